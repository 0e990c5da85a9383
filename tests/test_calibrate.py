"""Cuts from labels: shares are matched, truth is recovered, and what is not known stays untouched."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.calibrate import CUTS, Calibration, calibrate
from pipeline.config import GradeSection
from pipeline.core.case import BlockEvidence, Case
from pipeline.core.ladder import grade_block
from pipeline.core.vocabulary import Gate, Grade
from pipeline.errors import EvidenceError
from pipeline.io.evidence import Evidence, Row

TRUTH = GradeSection(
    clutter_max=20.0,
    clutter_p90_max=60.0,
    facilities_proxy_share=0.4,
    beautified_proxy_green_min=28.0,
    culture_proxy_green_min=45.0,
)


def scores_of(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    clutter, green = rng.gamma(1.5, 6, n).clip(0, 100), rng.uniform(13, 70, n)
    figures = {"clutter": clutter, "clutter_p90": 2.5 * clutter, "green_pct": green, "ground_green_pct": green}
    ids = [f"B{i + 1}" for i in range(n)]
    return pd.DataFrame({"block_id": ids, **figures, "bare_pct": 0.0, "unusable_reason": ""})


def labels_of(scores: pd.DataFrame, truth: GradeSection = TRUTH) -> list[Grade]:
    cases = [Case.of(r, {}, BlockEvidence()) for r in scores.to_dict("records")]
    return [grade_block(c, truth.ladder).grade for c in cases]


def write(path: Path, scores: pd.DataFrame, grades: list[Grade], **columns: Any) -> Path:
    table = pd.DataFrame({"block_id": scores["block_id"], "grade": [g.value for g in grades], **columns})
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def recovered(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    scores = scores_of(120)
    labels = write(tmp_path_factory.mktemp("labels") / "labels.csv", scores, labels_of(scores))
    return calibrate({"f1": scores}, labels, None, GradeSection())


def test_known_cuts_are_recovered(recovered: Calibration) -> None:
    assert recovered.settings.clutter_max == pytest.approx(TRUTH.clutter_max, abs=1.5)
    assert recovered.settings.facilities_proxy_share == pytest.approx(TRUTH.facilities_proxy_share, abs=0.05)
    assert recovered.settings.beautified_proxy_green_min == pytest.approx(28, abs=2)
    assert recovered.settings.culture_proxy_green_min == pytest.approx(45, abs=2)
    assert recovered.fitted.kappa == 1 and recovered.fitted.exact == 1
    assert recovered.before.kappa < recovered.unseen.kappa
    assert recovered.unseen.low <= recovered.unseen.kappa <= recovered.unseen.high


def test_the_result_is_a_rubric_of_its_own_that_can_be_pasted(recovered: Calibration) -> None:
    section = GradeSection.model_validate(tomllib.loads(recovered.toml())["grade"])
    assert section == recovered.settings
    assert section.rubric.startswith("2026-1+") and section.rubric != "2026-1"
    assert json.loads(json.dumps(recovered.as_dict(), allow_nan=False))["cuts"].keys() == set(CUTS)
    assert "120 个区块" in recovered.summary("zh") and "leave one block out" in recovered.summary("en")


def test_cuts_that_already_match_stay(tmp_path: Path) -> None:
    scores = scores_of(30)
    got = calibrate({"f1": scores}, write(tmp_path / "l.csv", scores, labels_of(scores)), None, TRUTH)
    assert got.settings == TRUTH and got.fitted == got.before


def test_shares_are_matched_when_labels_are_noisy(tmp_path: Path) -> None:
    scores = scores_of(60)
    rng = np.random.default_rng(1)
    noisy = [Grade.at(int(np.clip(g.rung + rng.integers(-1, 2), 0, 4))) for g in labels_of(scores)]
    got = calibrate({"f1": scores}, write(tmp_path / "l.csv", scores, noisy), None, GradeSection())
    reds = sum(g is Grade.RED for g in labels_of(scores, got.settings))
    assert reds == sum(g is Grade.RED for g in noisy)
    assert got.unseen.kappa < 1


def test_a_label_two_rungs_off_is_named(tmp_path: Path) -> None:
    scores = scores_of(40)
    grades = labels_of(scores)
    odd = grades.index(Grade.GREEN)
    grades[odd] = Grade.RED
    got = calibrate({"f1": scores}, write(tmp_path / "l.csv", scores, grades), None, TRUTH)
    assert f"B{odd + 1}" in [e.block_id for e in got.far]
    assert f"B{odd + 1}: label red" in got.summary("en")


def test_blocks_that_people_checked_do_not_move_the_clean_line(tmp_path: Path) -> None:
    scores = scores_of(30)
    grades = [Grade.RED] * 30
    rows = tuple(Row("inspections", i, f"B{i + 1}", None, ((Gate.CLEAN, False),)) for i in range(30))
    got = calibrate({"f1": scores}, write(tmp_path / "l.csv", scores, grades), Evidence("e", ("f1",), rows), TRUTH)
    assert got.settings == TRUTH
    assert math.isnan(got.fitted.kappa) and got.as_dict()["fitted"]["kappa"] is None


def test_what_the_picture_cannot_grade_is_left_out_and_told(tmp_path: Path) -> None:
    scores = scores_of(10)
    grades = labels_of(scores)
    scores.loc[3, ["clutter", "clutter_p90", "unusable_reason"]] = [math.nan, math.nan, "dark"]
    got = calibrate({"f1": scores}, write(tmp_path / "l.csv", scores, grades), None, TRUTH)
    assert got.left_out == ("f1/B4",) and got.labels == 9
    assert "f1/B4" in got.summary("zh")


def test_labels_in_chinese_and_of_two_flights(tmp_path: Path) -> None:
    old, new = scores_of(5, seed=1), scores_of(5, seed=2)
    text = "区块,等级,航次\nB1,红,f1\nB1,绿色,\nB2,黄,f2\n"
    (tmp_path / "标注.csv").write_bytes(text.encode("gb18030"))
    assert calibrate({"f1": old, "f2": new}, tmp_path / "标注.csv", None, TRUTH).labels == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("block_id,colour\nB1,red\n", r"0|1 labelled blocks have a grade"),
        ("block_id,grad\nB1,red\n", r"no column grade \(found: block_id, grad\)"),
        ("block_id,grade\nB1,pink\n", r"row 2, column grade: 'pink'"),
        ("block_id,grade\nB77,red\n", r"row 2: block 'B77' is not in flight f1"),
        ("block_id,grade,flight\nB1,red,f9\n", r"row 2, column flight: 'f9'"),
        ("block_id,grade\nB1,red\nB1,blue\n", r"row 3: block B1 of flight f1 is labelled twice"),
        ("", "no column block_id"),
    ],
)
def test_labels_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "l.csv").write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match=message):
        calibrate({"f1": scores_of(5)}, tmp_path / "l.csv", None, GradeSection())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"none\.csv does not exist"):
        calibrate({"f1": scores_of(5)}, tmp_path / "none.csv", None, GradeSection())
