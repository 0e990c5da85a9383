"""What the page knows, as values that become JSON: names and colours, blocks, and one table of columns per flight."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.comparison import ChangeReason, ProposalState, Transition
from pipeline.core.vocabulary import Gate, Grade, Indicator, SpotKind, Verdict
from pipeline.viewer.text import TEXT

GRADES = tuple(Grade)
REGISTER = ("register", "register-blocks")
_DIGITS = {"confidence": 3, "area_m2": 1, "clutter": 2, "clutter_se": 2, "green_se": 2}
_NUMBERS = ("clutter_se", "green_se", "confidence", "area_m2", "hotspots")
_TEXTS = ("reasons_zh", "reasons_en", "needs_zh", "needs_en")


def vocabulary() -> dict[str, Any]:
    """Grades, gates, indicators, kinds and aims as the page's scripts use them: names are written nowhere else."""
    return {
        "grades": [{"id": g.value} | {k: getattr(g.facts, k) for k in g.facts.__dataclass_fields__} for g in GRADES],
        "gates": [_named(g) for g in Gate],
        "verdicts": [_named(v) for v in Verdict],
        "indicators": [_named(i) | {"unit": i.unit, "direction": i.direction.value} for i in Indicator],
        "kinds": [_named(k) for k in SpotKind],
        "transitions": [_named(t) for t in Transition],
        "reasons": [_named(r) for r in ChangeReason],
        "states": [_named(s) for s in ProposalState],
        "text": {key: list(pair) for key, pair in TEXT.items()},
    }


def register_tables(register: Mapping[str, Any] | None) -> dict[str, Any]:
    """The register in two tables: the community's, and the blocks', which only cards and the report ask for."""
    if register is None:
        return {}
    whole = {name: value for name, value in register.items() if name != "blocks"}
    return dict(zip(REGISTER, (whole, register["blocks"]), strict=True))


def _named(member: Any) -> dict[str, str]:
    return {"id": member.value, "zh": member.zh, "en": member.en}


def block_table(frame: pd.DataFrame, shapes: Sequence[BaseGeometry]) -> dict[str, Any]:
    """Ids, names, outlines (centimetres, each point relative to the last) and the place of the label."""
    names = frame.get("name", frame["block_id"])
    english = frame.get("name_en", names)
    return {
        "id": [_text(v) for v in frame["block_id"]],
        "name": [_text(v) for v in names],
        "name_en": [_text(v) for v in english],
        "shape": [_rings(shape) for shape in shapes],
        "spot": [_label_point(shape) for shape in shapes],
    }


def flight_table(frame: pd.DataFrame) -> dict[str, Any]:
    """One column per figure; grades as places in the vocabulary's list, texts as places in ``strings``."""
    strings: dict[str, int] = {"": 0}
    place = {g.value: i for i, g in enumerate(GRADES)}
    table: dict[str, Any] = {}
    for name in (*(i.value for i in Indicator), *_NUMBERS):
        table[name] = _numbers(frame, name, _DIGITS.get(name, 1))
    for name in ("grade", "grade_lower", "grade_upper"):
        values = frame[name] if name in frame else [None] * len(frame)
        table[name] = [place.get(str(v), -1) for v in values]
    table["provisional"] = [int(v is True or v == 1) for v in _column(frame, "provisional")]
    for name in _TEXTS:
        table[name] = [strings.setdefault(_text(v), len(strings)) for v in _column(frame, name)]
    table["chances"] = [_numbers(frame, f"p_{g.value}", 3) for g in Grade.ladder()]
    if "party" in frame:
        table["party"] = [strings.setdefault(_text(v), len(strings)) for v in frame["party"]]
    table["strings"] = list(strings)
    return table


def gate_table(frame: pd.DataFrame) -> dict[str, Any]:
    """Each block's gates as a place in ``strings``: most of a flight's text, and only a card asks for it."""
    strings: dict[str, int] = {"": 0}
    gates = [strings.setdefault(_gates(v), len(strings)) for v in _column(frame, "gates")]
    return {"gates": gates, "strings": list(strings)}


def hotspot_table(frame: pd.DataFrame, shapes: Sequence[BaseGeometry], blocks: Mapping[str, int]) -> dict[str, Any]:
    """The flight's suspected spots, in order of rank."""
    kinds = {k.value: i for i, k in enumerate(SpotKind)}
    return {
        "id": [_text(v) for v in frame["hotspot_id"]],
        "block": [blocks.get(_text(v), -1) for v in frame["block_id"]],
        "rank": [int(v) for v in frame["rank"]],
        "clear": [int(v) for v in frame["clear"]],
        "score": _numbers(frame, "score", 4),
        "area_m2": _numbers(frame, "area_m2", 2),
        "kind": [kinds.get(str(v), kinds[SpotKind.UNTOLD.value]) for v in frame["kind"]],
        "shape": [_rings(shape) for shape in shapes],
        "spot": [_label_point(shape) for shape in shapes],
    }


def quality_table(quality: Mapping[str, Any], blocks: Mapping[str, int]) -> dict[str, Any]:
    """The flight's quality figures that a reader should see."""
    names = ("gsd_m", "valid_pct", "shadow_pct", "clipped_pct", "blur_m")
    coverage = quality.get("coverage") or {}
    partly = {str(k): v for k, v in coverage.items() if v is not None and float(v) < 99.5}
    return {name: _number(quality.get(name), 4) for name in names} | {
        "partly": [[k, _number(v, 1)] for k, v in sorted(partly.items(), key=lambda kv: blocks.get(kv[0], 0))],
        "notices": [_notice(n) for n in quality.get("notices") or []],
    }


def _notice(notice: Any) -> list[str]:
    if isinstance(notice, Mapping):
        return [_text(notice.get("zh")), _text(notice.get("en"))]
    parts = [_text(p) for p in notice] if isinstance(notice, list | tuple) else [_text(notice)]
    return parts[-2:] if len(parts) > 1 else parts * 2


def _column(frame: pd.DataFrame, name: str) -> Iterable[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _numbers(frame: pd.DataFrame, name: str, digits: int) -> list[float | int | None]:
    return [_number(v, digits) for v in _column(frame, name)]


def _number(value: Any, digits: int) -> float | int | None:
    """A finite number rounded, whole ones as integers; anything else is unknown.

    >>> _number(2.04, 1), _number(float("nan"), 1), _number(None, 1)
    (2, None, None)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    rounded = round(number, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _text(value: Any) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return "\n".join(_text(v) for v in value)
    return "" if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else str(value)


def _gates(value: Any) -> str:
    """The gates as compact JSON text, so that equal sets are stored once."""
    if not isinstance(value, str) or not value:
        return ""
    try:
        return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return ""


def _rings(shape: BaseGeometry) -> list[list[list[int]]]:
    """Polygons of rings of whole centimetres: the first point, then steps; the closing point is left out.

    >>> _rings(shapely.box(0, 0, 1, 2))
    [[[100, 0, 0, 200, -100, 0, 0, -200]]]
    """
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and not p.is_empty]
    return [[_steps(ring) for ring in (p.exterior, *p.interiors)] for p in parts]


def _steps(ring: Any) -> list[int]:
    points = np.rint(shapely.get_coordinates(ring)[:-1] * 100).astype(np.int64)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return [int(v) for v in steps.ravel()]


def _label_point(shape: BaseGeometry) -> list[float]:
    """The middle of the largest circle inside, in metres."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and not p.is_empty]
    if not parts:
        return [0.0, 0.0]
    largest = max(parts, key=lambda p: float(p.area))
    tolerance = max(math.sqrt(largest.area) / 50, 0.02)
    x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=tolerance))[0]
    return [round(float(x), 2), round(float(y), 2)]
