"""Grade: indicators and people's evidence become one of five colours per block, with its interval and its reasons."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.artifacts import FlightPaths
from pipeline.config import GradeSection
from pipeline.core.case import BlockEvidence, Case
from pipeline.core.indicators import WORST_SHARE
from pipeline.core.ladder import Grading, grade_block
from pipeline.core.reasons import gate_reason, needs, reasons
from pipeline.core.statistics import Draws, stable_seed
from pipeline.core.vocabulary import Grade, Indicator, Unusable
from pipeline.io.evidence import Evidence
from pipeline.io.qml import qml_style
from pipeline.io.reviewed import Review
from pipeline.io.tables import Blocks, write_csv, write_gpkg, write_parquet

LAYER: Final = "blocks"
_CELL_COLUMNS = ("open_m2", "mess_m2", "valid_m2", "green_m2", "ground_green_m2", "bare_m2", "clutter")
_GREEN = {
    Indicator.GREEN_PCT: "green_m2",
    Indicator.GROUND_GREEN_PCT: "ground_green_m2",
    Indicator.BARE_PCT: "bare_m2",
}
_UNSEEN = {"valid_pct": 0.0, "unusable_reason": Unusable.NO_IMAGERY.value}
_OF_CLUTTER = (Indicator.CLUTTER, Indicator.CLUTTER_P90)


def grade_flight(
    scores: pd.DataFrame,
    cells: pd.DataFrame,
    blocks: Blocks,
    evidence: Evidence | None,
    *,
    flight: str,
    settings: GradeSection,
    paths: FlightPaths,
    review: Review | None = None,
) -> gpd.GeoDataFrame:
    """Grade a flight's blocks and write them as GeoPackage, GeoParquet and CSV.

    Parameters
    ----------
    scores, cells : the score stage's tables
    evidence : what people supplied; None where there is nothing
    flight : the flight's id, by which evidence is dated
    review : the flight's hotspots and what people decided about them; None where nobody did

    Raises
    ------
    EvidenceError : the evidence names a block that there is not
    """
    table = grade_table(scores, cells, blocks, evidence, flight=flight, settings=settings, review=review)
    write_gpkg(table, paths.grade_gpkg, LAYER, style=qml_style())
    write_parquet(table, paths.grade_parquet)
    write_csv(table, paths.grade_csv)
    return table


def grade_table(
    scores: pd.DataFrame,
    cells: pd.DataFrame,
    blocks: Blocks,
    evidence: Evidence | None,
    *,
    flight: str,
    settings: GradeSection,
    review: Review | None = None,
) -> gpd.GeoDataFrame:
    """One row per block, in the blocks' order; a block that the score stage left out has no imagery."""
    if evidence is not None:
        evidence.require_blocks(blocks.ids)
    known = {} if evidence is None else evidence.at(flight)
    scored: dict[str, Mapping[Any, Any]] = {str(row["block_id"]): row for row in scores.to_dict("records")}
    own = {str(block): part for block, part in cells.groupby("block_id", sort=False)}
    reviewed = review or Review(())
    rows = []
    for block, shape in zip(blocks.ids, blocks.frame.geometry, strict=True):
        score, mine = reviewed.correct(block, shape, scored.get(block, _UNSEEN), own.get(block))
        errors = standard_errors(mine, settings, seed=stable_seed(block))
        case = Case.of(score, errors, known.get(block, BlockEvidence()))
        rows.append({"block_id": block} | _row(score, case, grade_block(case, settings.ladder)))
    table = pd.DataFrame(rows).astype({"hotspots": "Int64"})
    for place, name in enumerate(("name", "name_en"), start=1):
        table.insert(place, name, blocks.frame[name].to_numpy())
    table = table.assign(area_m2=blocks.frame.geometry.area.to_numpy(), rubric=settings.rubric)
    return gpd.GeoDataFrame(table, geometry=blocks.frame.geometry.to_numpy(), crs=blocks.crs)


def standard_errors(cells: pd.DataFrame | None, settings: GradeSection, *, seed: int) -> dict[Indicator, float]:
    """Standard errors of a block's figures: the spread over its cells, and that of flights over unchanged ground.

    ``cells`` are the block's own 10 m cells. NaN where the cells do not tell.
    """
    if cells is None or cells.empty:
        return {}
    draws = Draws.of(_whole(cells, "ix"), _whole(cells, "iy"), settings.bootstrap, seed)
    column = {name: cells[name].to_numpy(np.float64) for name in _CELL_COLUMNS}
    spread = {
        Indicator.CLUTTER: 100 * draws.ratio_se(column["mess_m2"], column["open_m2"]),
        Indicator.CLUTTER_P90: draws.quantile_se(column["clutter"], column["open_m2"], WORST_SHARE),
    } | {kind: 100 * draws.ratio_se(column[part], column["valid_m2"]) for kind, part in _GREEN.items()}
    between = {True: settings.clutter_sigma_flight, False: settings.green_sigma_flight}
    return {kind: math.hypot(se, between[kind in _OF_CLUTTER]) for kind, se in spread.items()}


def _whole(cells: pd.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    return cells[name].to_numpy(np.int64)


def _row(score: Mapping[Any, Any], case: Case, grading: Grading) -> dict[str, Any]:
    why, open_needs = reasons(grading, case), needs(grading, case)
    figures = {i.value: case.figures[i].value for i in Indicator}
    told = ((i, case.figures[i]) for i in (*_OF_CLUTTER, *_GREEN))
    errors = {i.error_column: f.se if math.isfinite(f.value) else math.nan for i, f in told}
    odds = {f"p_{g.value}": p for g, p in zip(Grade.ladder(), grading.odds, strict=True)}
    return {
        "grade": grading.grade.value,
        "grade_lower": grading.lower.value,
        "grade_upper": grading.upper.value,
        "provisional": grading.provisional,
        "confidence": grading.confidence,
        **figures,
        **errors,
        "hotspots": pd.NA if case.unusable is Unusable.NO_IMAGERY else int(score["hotspots"]),
        **case.evidence.spots.columns(),
        "unusable_reason": case.unusable.value if case.unusable else "",
        "reasons_zh": why.zh,
        "reasons_en": why.en,
        "needs_zh": open_needs.zh,
        "needs_en": open_needs.en,
        "gates": _gates(grading, case),
        **odds,
    }


def _gates(grading: Grading, case: Case) -> str:
    told = {}
    for gate, finding in grading.findings.items():
        text = gate_reason(finding, case)
        told[gate.value] = {
            "verdict": finding.verdict.value,
            "source": finding.source.value,
            "reason_zh": text.zh,
            "reason_en": text.en,
        }
    return json.dumps(told, ensure_ascii=False)
