"""``wuse calibrate``: what it prints can be pasted, bad labels are one line, and it writes only where it is told."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from tiny import tiny_community
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.config import GradeSection, load_config

GRADES = {"red": "红", "orange": "橙色", "yellow": "3", "blue": "blue", "green": "绿"}


def wuse(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny_community(tmp_path_factory.mktemp("community"))
    assert wuse("run", config, "-q").exit_code == 0
    return config


def graded(config: Path, flight: str) -> pd.DataFrame:
    return pd.read_parquet(config.parent / "runs" / flight / "grade" / "blocks.parquet")


def labels(config: Path, path: Path) -> Path:
    """The flights' own grades as people might write them; the newest flight without naming it."""
    rows = [
        f"{b},{GRADES[g]},{'' if flight == '2021-09' else flight}"
        for flight in ("2021-01", "2021-09")
        for b, g in graded(config, flight)[["block_id", "grade"]].itertuples(index=False)
    ]
    path.write_text("\n".join(["block_id,grade,flight", *rows]), encoding="utf-8")
    return path


def test_what_it_prints_is_a_section_of_the_config_with_its_account_as_comments(done: Path, tmp_path: Path) -> None:
    out = tmp_path / "rubric.toml"
    result = wuse("calibrate", done, labels(done, tmp_path / "l.csv"), "--out", out, "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert out.read_text(encoding="utf-8") == result.stdout
    assert "# 4 个区块有人工定级" in result.stdout and re.search("# 留一检验：一致 .*，二次加权 κ ", result.stdout)
    section = GradeSection.model_validate(tomllib.loads(result.stdout)["grade"])
    merged = done.parent / "merged.toml"
    merged.write_text(done.read_text(encoding="utf-8") + result.stdout, encoding="utf-8")
    assert load_config(merged).grade == section
    merged.unlink()
    english = wuse("calibrate", done, tmp_path / "l.csv", "--lang", "en")
    assert (
        re.search("# leave one block out: .* quadratic weighted kappa", english.stdout)
        and len(english.stderr.splitlines()) == 1
    )


def test_labels_that_the_cuts_already_meet_leave_the_rubric_alone(done: Path, tmp_path: Path) -> None:
    found = json.loads(wuse("calibrate", done, labels(done, tmp_path / "l.csv"), "--json").stdout)
    assert found["rubric"] == load_config(done).grade.rubric
    assert found["before"]["exact"] == found["fitted"]["exact"] == 1
    assert found["labels"] == 4 and found["far"] == []


def test_a_block_labelled_two_rungs_away_is_named(done: Path, tmp_path: Path) -> None:
    path = labels(done, tmp_path / "l.csv")
    first = graded(done, "2021-01")
    far = "绿" if first["grade"].iloc[0] in ("red", "orange") else "红"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = f"{first['block_id'].iloc[0]},{far},2021-01"
    path.write_text("\n".join(lines), encoding="utf-8")
    told = wuse("calibrate", done, path, "--lang", "en").stdout
    assert f"two rungs or more off: 2021-01 {first['block_id'].iloc[0]}" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("block_id,grade\nB1,purple\n", "row 2, column grade: 'purple'"),
        ("block_id,grade\nB77,red\n", "block 'B77' is not in flight 2021-09"),
        ("block_id,colour\nB1,red\n", "labelled blocks have a grade to compare"),
        ("who,what\n1,2\n", "no column block_id"),
    ],
)
def test_labels_that_cannot_be_used_are_one_line(done: Path, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "l.csv"
    path.write_text(text, encoding="utf-8")
    result = wuse("calibrate", done, path)
    assert result.exit_code == 3 and result.stdout == ""
    assert told in result.stderr and len(result.stderr.splitlines()) == 1


def test_without_a_graded_flight_or_beside_an_old_file_nothing_is_written(done: Path, tmp_path: Path) -> None:
    path = labels(done, tmp_path / "l.csv")
    fresh = tiny_community(tmp_path / "fresh")
    assert "wuse run" in wuse("calibrate", fresh, path).stderr
    kept = tmp_path / "kept.toml"
    kept.write_text("mine", encoding="utf-8")
    assert wuse("calibrate", done, path, "--out", kept).exit_code == 3
    assert kept.read_text(encoding="utf-8") == "mine"
