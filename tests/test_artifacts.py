"""What exists is complete; what cannot be written is told in one line."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from pipeline.artifacts import FlightPaths, atomic, disk_troubles, read_json, write_json, write_text
from pipeline.core.vocabulary import Stage
from pipeline.errors import ArtifactError, WorkdirError


def test_success_leaves_the_file_and_nothing_else(tmp_path: Path) -> None:
    with atomic(tmp_path / "deep" / "a.txt") as temporary:
        temporary.write_text("whole")
        assert temporary.suffix == ".txt"
        assert not (tmp_path / "deep" / "a.txt").exists()
    assert [(p.name, p.read_text()) for p in (tmp_path / "deep").iterdir()] == [("a.txt", "whole")]


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "permission denied"), (errno.EROFS, "the disk is read-only")],
)
def test_disk_troubles_are_told_in_one_line(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(WorkdirError, match=words) as told, atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise OSError(number, os.strerror(number))
    assert "\n" not in str(told.value)
    assert str(tmp_path / "a.txt") in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_recognised_behind_any_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    with pytest.raises(WorkdirError, match="the disk is full"), disk_troubles(tmp_path / "a.tif"):
        raise RuntimeError("a library's own words")


def test_other_errors_stay_themselves(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), disk_troubles(tmp_path / "a.tif"):
        raise RuntimeError("a fault")


def test_a_folder_under_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkdirError):
        write_text(tmp_path / "file" / "a.txt", "")


def test_json_is_sorted_readable_and_refuses_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": [1.5], "a": "红"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n "a": "红",\n "b": [\n  1.5\n ]\n}\n'
    assert read_json(tmp_path / "a.json") == {"a": "红", "b": [1.5]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()


def test_missing_and_broken_json_are_told(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is missing"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_json(tmp_path / "a.json")


def test_only_the_stage_being_made_is_named_in_its_temporary_folder() -> None:
    paths = FlightPaths(Path("w/a")).writing_to(Stage.GRADE)
    assert paths.grade_csv == Path("w/a/.grade.tmp/blocks.csv")
    assert paths.score_blocks == Path("w/a/score/blocks.parquet")
    assert FlightPaths(Path("w/a")).folder(Stage.GRADE) == Path("w/a/grade")


def test_a_flight_has_a_comparison_with_each_earlier_one() -> None:
    paths = FlightPaths(Path("w/c")).against("b")
    assert paths.folder(Stage.COMPARE) == Path("w/c/compare/b")
    assert paths.writing_to(Stage.COMPARE).folder(Stage.COMPARE) == Path("w/c/compare/.b.tmp")
    assert paths.record(Stage.COMPARE) == Path("w/c/compare.b.json")
