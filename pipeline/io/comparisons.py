"""A comparison as files: its table of blocks, pictures of the same ground at both flights, and the pair as a whole."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from pipeline.artifacts import read_json, write_bytes
from pipeline.core.comparison import ChangeReason, Condition
from pipeline.core.pairing import PARTS, BlockChange, Comparison
from pipeline.core.registration import FlightShift
from pipeline.core.vocabulary import Indicator
from pipeline.errors import ArtifactError
from pipeline.io.chips import CHIP_PX, QUALITY
from pipeline.io.imagery import Imagery
from pipeline.io.stac import Flight
from pipeline.io.tables import Blocks
from pipeline.io.views import Square, view

OBJECT_COLUMNS = ("object_id", "block_id", "state", "hotspot_before", "hotspot_after", "chip")


@dataclass(frozen=True)
class ComparisonFiles:
    """The files of a comparison in its folder."""

    folder: Path

    @property
    def record(self) -> Path:
        """What the comparison says of the pair as a whole."""
        return self.folder / "comparison.json"

    @property
    def blocks(self) -> Path:
        """The same block by block, with geometry, for programs."""
        return self.folder / "blocks.parquet"

    @property
    def csv(self) -> Path:
        """The same without geometry, for a spreadsheet."""
        return self.folder / "blocks.csv"

    @property
    def chips(self) -> Path:
        """Folder of the pictures of the same ground at both flights."""
        return self.folder / "chips"

    @property
    def objects(self) -> Path:
        """Things that came, went or stayed, for a GIS: layer ``objects``."""
        return self.folder / "objects.gpkg"


@dataclass(frozen=True)
class Told:
    """A comparison as it was written: the pair as a whole (``comparison.json``), and its table of blocks."""

    record: Mapping[str, Any]
    blocks: gpd.GeoDataFrame
    files: ComparisonFiles

    @property
    def pair(self) -> tuple[str, str]:
        """The two flights."""
        return self.record["before"]["id"], self.record["after"]["id"]


def read_comparison(folder: Path) -> Told | None:
    """A comparison from its folder; None where there is none.

    Raises
    ------
    ArtifactError : it is damaged
    """
    files = ComparisonFiles(folder)
    if not files.record.exists():
        return None
    record = read_json(files.record)
    try:
        blocks = gpd.read_parquet(files.blocks)
    except (OSError, ValueError) as e:
        raise _damaged(folder, e) from None
    if not isinstance(record, dict) or not {"before", "after", "comparable"} <= record.keys():
        raise _damaged(folder, ValueError("comparison.json"))
    return Told(record, blocks, files)


def read_objects(files: ComparisonFiles) -> gpd.GeoDataFrame:
    """The things of a comparison: ``object_id, block_id, state, hotspot_before, hotspot_after, chip``, geometry.

    Raises
    ------
    ArtifactError : the table is missing or damaged
    """
    try:
        return gpd.read_file(files.objects, layer="objects", engine="pyogrio")
    except Exception as e:
        raise _damaged(files.folder, e) from e


def _damaged(folder: Path, why: Exception) -> ArtifactError:
    return ArtifactError(
        f"{folder} cannot be read ({why})",
        "what wuse compare wrote",
        "wuse compare CONFIG A B",
        zh=f"{folder} 无法读取（{why}）；应为 wuse compare 写出的结果；处理：wuse compare CONFIG A B",
    )


def comparison_record(found: Comparison, flights: tuple[Flight, Flight], more: Mapping[str, Any]) -> dict[str, Any]:
    """The comparison as a whole, as ``comparison.json`` holds it; None where a figure could not be had."""
    return {
        "version": 1,
        "before": {"id": flights[0].id, "acquired": flights[0].acquired.isoformat()},
        "after": {"id": flights[1].id, "acquired": flights[1].acquired.isoformat()},
        "comparable": found.pair.comparable,
        "why_zh": found.pair.why().zh,
        "why_en": found.pair.why().en,
        "checks": [
            {
                "condition": c.condition.value,
                "figure": _known(c.figure),
                "limit": c.limit,
                "met": c.met,
                "zh": c.sentence().zh,
                "en": c.sentence().en,
            }
            for c in found.pair.checks
        ],
        "indicators": {
            kind.value: {
                "sigma_flight": _known(s.sigma),
                "measured": _known(s.seen),
                "blocks": s.blocks,
                "mdc95": _known(s.mdc95),
            }
            for kind, s in found.spread.items()
        },
        "aims": {aim.value: count for aim, count in found.aims.items()},
        "closed": found.closed,
        "better": found.count(1),
        "worse": found.count(-1),
        "reasons": {r.value: sum(c.reason is r for c in found.changes.values()) for r in ChangeReason},
        **more,
    }


def _known(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def change_table(found: Comparison, blocks: Blocks) -> gpd.GeoDataFrame:
    """The comparison block by block, in the blocks' order."""
    rows = [_row(block) for block in found.blocks]
    table = pd.DataFrame(rows)
    table.insert(1, "name", blocks.frame["name"].to_numpy())
    return gpd.GeoDataFrame(table, geometry=blocks.frame.geometry.to_numpy(), crs=blocks.crs)


def _row(block: BlockChange) -> dict[str, Any]:
    change, why = block.change, block.places.why()
    checks = {c.condition: c.figure for c in block.places.checks}
    row: dict[str, Any] = {
        "block_id": block.block_id,
        "comparable": block.places.comparable,
        "objects_comparable": block.places.objects,
        "why_zh": why.zh,
        "why_en": why.en,
        "grade_before": change.before.value,
        "grade_after": change.after.value,
        "grade_held": change.held.value,
        "proposed": change.proposed,
        "direction": change.direction,
        "reason": change.reason.value,
        "reason_zh": change.reason.zh,
        "reason_en": change.reason.en,
        "gates": json.dumps([gate.value for gate in change.gates]),
        "overlap_pct": checks[Condition.OVERLAP],
        "shadow_pct": checks[Condition.SHADOW],
        "shift_m": checks[Condition.SHIFT],
        "rest_m": checks[Condition.OBJECT_SHIFT],
    }
    for kind in PARTS:
        first, second = block.before.figure(kind), block.after.figure(kind)
        name = kind.value
        row |= {f"{name}_before": first.value, f"{name}_after": second.value, f"{name}_se": first.se}
        row |= {f"{name}_change": second.value - first.value, f"{name}_changed": block.changed(kind)}
    return row


def shift_record(common: FlightShift) -> dict[str, Any]:
    """How the second mosaic lies off the first, as ``comparison.json`` holds it."""
    figures = {name: _known(getattr(common, name)) for name in ("dx_m", "dy_m", "rmse_m")}
    turned = {"scale": common.scale, "rotation": common.rotation}
    small = {name: round(v, 7) + 0.0 if math.isfinite(v) else None for name, v in turned.items()}
    rebuilt = sum(common.outlier)
    return {"shift": {**figures, **small, "patches": common.patches, "outliers": rebuilt}}


def to_show(found: Comparison, most: int) -> list[BlockChange]:
    """The blocks of which pictures are made, those to look at first first: what is proposed, or differs in any way."""
    told = [b for b in found.blocks if b.at is not None]
    worth = [b for b in told if b.change.before is not b.change.after or b.changed(Indicator.CLUTTER)]
    return sorted(worth, key=lambda b: b.weight, reverse=True)[:most]


def with_pairs(
    table: gpd.GeoDataFrame,
    chosen: Sequence[BlockChange],
    imagery: tuple[Imagery, Imagery],
    common: FlightShift,
    *,
    files: ComparisonFiles,
    chip_m: float,
) -> gpd.GeoDataFrame:
    """Write the pictures of the chosen blocks' ground at both flights; the table names them and their middle.

    What the mosaics have as their common shift is taken out: half of it on either side.
    """
    places = {block: place for place, block in enumerate(table["block_id"])}
    names = {"chip_before": [""] * len(table), "chip_after": [""] * len(table)}
    middle = np.full((len(table), 2), np.nan)
    for block in chosen:
        if block.at is None:
            continue
        place = places[block.block_id]
        middle[place] = block.at
        off = common.at(*block.at)
        dx, dy = off if math.isfinite(off[0]) else (0.0, 0.0)
        for (end, column), side, picture in zip(enumerate(names), (-0.5, 0.5), imagery, strict=True):
            name = f"chips/{place + 1:04d}-{'ab'[end]}.webp"
            names[column][place] = name
            x, y = block.at[0] + side * dx, block.at[1] + side * dy
            write_bytes(files.folder / name, _square(picture, (x, y), table.crs, chip_m))
    return table.assign(**names, x=middle[:, 0], y=middle[:, 1])


def _square(imagery: Imagery, at: tuple[float, float], crs: Any, side_m: float) -> bytes:
    move = pyproj.Transformer.from_crs(crs, imagery.grid.crs_wkt, always_xy=True)
    square = Square.around(imagery.grid, *move.transform(*at), side_m)
    return view(imagery, square, max_px=CHIP_PX, quality=QUALITY).webp
