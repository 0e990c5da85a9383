"""The grade stage on synthetic tables: contract, five colours without evidence, honesty about what is unknown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely import box

from pipeline.artifacts import FlightPaths
from pipeline.config import GradeSection
from pipeline.core.vocabulary import Gate, Grade, Indicator
from pipeline.errors import EvidenceError
from pipeline.grade import grade_flight, grade_table
from pipeline.io.evidence import Evidence, Row
from pipeline.io.tables import Blocks

CRS = pyproj.CRS("EPSG:32651")
SIDE = 6
CONTRACT = {
    "block_id",
    "name",
    "grade",
    "grade_lower",
    "grade_upper",
    "provisional",
    "confidence",
    "clutter",
    "clutter_se",
    "clutter_p90",
    "green_pct",
    "green_se",
    "ground_green_pct",
    "canopy_pct",
    "bare_pct",
    "shadow_pct",
    "roof_pct",
    "valid_pct",
    "area_m2",
    "hotspots",
    "reasons_zh",
    "reasons_en",
}


def some_blocks(n: int) -> Blocks:
    ids = [f"B{i + 1}" for i in range(n)]
    shapes = [box(100 * i, 0, 100 * i + 10 * SIDE, 10 * SIDE) for i in range(n)]
    names = [f"区块{i}" for i in ids]
    return Blocks(gpd.GeoDataFrame({"block_id": ids, "name": names, "name_en": ids}, geometry=shapes, crs=CRS), CRS)


def score_row(block: str, clutter: float, green: float, **more: Any) -> dict[str, Any]:
    row = {i.value: 0.0 for i in Indicator} | {"valid_pct": 100.0, "hotspots": 3, "unusable_reason": ""}
    figures = {"clutter": clutter, "clutter_p90": 1.5 * clutter, "green_pct": green, "ground_green_pct": green}
    return {"block_id": block} | row | figures | more


def cells_of(scores: pd.DataFrame, noise: float = 0.3) -> pd.DataFrame:
    rows = []
    for k, row in enumerate(scores.to_dict("records")):
        for i in range(SIDE):
            for j in range(SIDE):
                wave = 1 + noise * math.sin(3 * i + 5 * j)
                clutter, green = row["clutter"] * wave, row["green_pct"] * wave
                rows.append(
                    {
                        "block_id": row["block_id"],
                        "ix": 10 * k + i,
                        "iy": j,
                        "open_m2": 50.0,
                        "mess_m2": clutter / 2,
                        "valid_m2": 100.0,
                        "green_m2": green,
                        "ground_green_m2": green,
                        "bare_m2": 0.0,
                        "clutter": clutter,
                    }
                )
    return pd.DataFrame(rows)


RUBRIC = GradeSection(clutter_max=12, clutter_p90_max=35)
FIVE = pd.DataFrame(
    [
        score_row("B1", 41, 40),
        score_row("B2", 9, 40),
        score_row("B3", 3, 4),
        score_row("B4", 3, 27),
        score_row("B5", 3, 60),
    ]
)


def graded(scores: pd.DataFrame, evidence: Evidence | None = None, flight: str = "f1") -> pd.DataFrame:
    blocks = some_blocks(len(scores))
    return grade_table(scores, cells_of(scores), blocks, evidence, flight=flight, settings=RUBRIC)


def evidence_of(*rows: Row) -> Evidence:
    return Evidence("evidence.xlsx", ("f1", "f2"), rows)


def test_a_first_flight_without_evidence_gives_five_honest_colours() -> None:
    table = graded(FIVE)
    assert table["grade"].tolist() == ["red", "orange", "yellow", "blue", "green"]
    assert table["provisional"].all()
    assert (table["needs_zh"] != "").all() and (table["needs_en"] != "").all()
    assert "疑似红" in table["reasons_zh"][0] and "杂物 41，高于洁化线 12" in table["reasons_zh"][0]
    assert "Clutter 41, above the clean line 12" in table["reasons_en"][0]


def test_the_contract_is_kept_in_all_three_files(tmp_path: Path) -> None:
    paths = FlightPaths(tmp_path)
    blocks = some_blocks(5)
    grade_flight(FIVE, cells_of(FIVE), blocks, None, flight="f1", settings=RUBRIC, paths=paths)
    for frame in (
        gpd.read_file(paths.grade_gpkg, layer="blocks"),
        gpd.read_parquet(paths.grade_parquet),
        pd.read_csv(paths.grade_csv),
    ):
        assert set(frame.columns) >= CONTRACT
        assert frame["grade"].tolist() == [g.value for g in Grade.ladder()]
    assert gpd.read_parquet(paths.grade_parquet).crs == CRS
    assert paths.grade_csv.read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    cells = cells_of(FIVE)
    seen = []
    for name, order in (("a", cells), ("b", cells)):
        paths = FlightPaths(tmp_path / name)
        grade_flight(FIVE, order, some_blocks(5), None, flight="f1", settings=RUBRIC, paths=paths)
        seen.append([p.read_bytes() for p in (paths.grade_gpkg, paths.grade_parquet, paths.grade_csv)])
    assert seen[0] == seen[1]


def test_probabilities_are_a_distribution_and_the_suggestion_has_its_share() -> None:
    table = graded(FIVE)
    odds = table[[f"p_{g.value}" for g in Grade.ladder()]].to_numpy(float)
    assert np.allclose(odds.sum(axis=1), 1) and (odds >= 0).all()
    assert np.allclose(table["confidence"], odds[np.arange(5), np.arange(5)])


def test_a_block_near_the_clean_line_is_less_sure_than_one_far_from_it() -> None:
    table = graded(pd.DataFrame([score_row("B1", 12.5, 40), score_row("B2", 45, 40)]))
    assert table["grade"].tolist() == ["red", "red"]
    assert table["confidence"][0] < 0.8 < table["confidence"][1]


@pytest.mark.parametrize("reason", ["no_imagery", "little_ground", "dark", "blurred"])
def test_what_cannot_be_seen_is_ungraded_with_the_reason(reason: str) -> None:
    row = score_row("B1", math.nan, 30, unusable_reason=reason, clutter_p90=math.nan)
    table = graded(pd.DataFrame([row]))
    first = table.iloc[0]
    assert (first["grade"], first["grade_lower"], first["grade_upper"]) == ("ungraded",) * 3
    assert not first["provisional"]
    assert math.isnan(first["confidence"]) and math.isnan(first["clutter"]) and math.isnan(first["clutter_se"])
    assert "看不出是否干净" in first["reasons_zh"] and "cannot be told" in first["reasons_en"]
    assert first["needs_zh"] == "到现场看是否干净"


def test_a_person_can_grade_what_the_picture_cannot() -> None:
    row = score_row("B1", math.nan, math.nan, unusable_reason="no_imagery", clutter_p90=math.nan)
    table = graded(pd.DataFrame([row]), evidence_of(Row("inspections", 2, "B1", 0, ((Gate.CLEAN, False),))))
    assert table["grade"][0] == "red" and not table["provisional"][0]
    assert table["confidence"][0] == 1
    assert "现场检查" in table["reasons_zh"][0]


def test_a_block_that_score_left_out_is_ungraded_without_zeros() -> None:
    table = grade_table(FIVE[:4], cells_of(FIVE[:4]), some_blocks(5), None, flight="f1", settings=RUBRIC)
    last = table.iloc[4]
    assert last["grade"] == "ungraded" and last["valid_pct"] == 0
    assert math.isnan(last["green_pct"]) and math.isnan(last["green_se"]) and last["hotspots"] is pd.NA
    assert last["area_m2"] == (10 * SIDE) ** 2


def test_gates_are_told_one_by_one() -> None:
    gates = json.loads(graded(FIVE)["gates"][1])
    assert list(gates) == [g.value for g in Gate]
    assert gates["clean"]["verdict"] == "pass" and gates["clean"]["source"] == "imagery"
    assert gates["facilities"]["verdict"] == "unknown"
    assert all(g["reason_zh"] and g["reason_en"] for g in gates.values())


def test_evidence_for_a_block_that_is_not_there_is_refused() -> None:
    stray = evidence_of(Row("culture", 7, "B99", None, ((Gate.CULTURE, True),)))
    with pytest.raises(EvidenceError, match=r"sheet culture, row 7, column block_id: 'B99'"):
        graded(FIVE, stray)


def test_the_number_of_other_blocks_does_not_touch_a_blocks_figures() -> None:
    alone, among = graded(FIVE[:1]), graded(FIVE)
    assert alone.iloc[0][["confidence", "clutter_se", "green_se"]].equals(
        among.iloc[0][["confidence", "clutter_se", "green_se"]]
    )


def test_wider_scatter_of_cells_is_a_larger_error() -> None:
    calm, wild = (
        grade_table(FIVE, cells_of(FIVE, noise), some_blocks(5), None, flight="f1", settings=RUBRIC)
        for noise in (0.1, 0.9)
    )
    assert (wild["clutter_se"] > calm["clutter_se"]).all() and (calm["clutter_se"] >= 1.0).all()
