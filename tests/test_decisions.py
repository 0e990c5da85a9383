"""What people decided is kept whole, once, and in order."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from shapely import box

from pipeline.core.answers import Answer, Asked, Problem, Severity
from pipeline.errors import ArtifactError
from pipeline.io.decisions import Decision, add_decisions, read_decisions, scoring_of, standing


def decision(**changes: object) -> Decision:
    facts = {
        "flight": "2021-01", "hotspot_id": "S1", "block_id": "B1", "x": 1.0, "y": 2.0, "area_m2": 3.0, "rank": 1,
        "score": 70.0, "answer": Answer.CONFIRMED, "kind": Problem.RUBBISH, "severity": Severity.SEVERE, "note": "",
        "by": "张三", "at": "2021-02-01T08:00:00Z", "asked": Asked.TOP, "rubric": "2026-1", "scoring": "a", "file": "f",
    }  # fmt: skip
    return Decision.model_validate(facts | changes)


HOSTILE = [
    "<script>alert(1)</script>", "</script>", "=1+1", "`${1}`", "\\", "\u202eabc", "\0", "x" * 10_000, "a\nb\r\nc",
    "\u2028\u2029", '","at":"', "{{7*7}}",
]  # fmt: skip


@pytest.mark.parametrize("note", HOSTILE)
def test_a_note_comes_back_as_it_was(tmp_path: Path, note: str) -> None:
    path = tmp_path / "review" / "decisions.jsonl"
    add_decisions(path, [decision(note=note)])
    assert [d.note for d in read_decisions(path)] == [note]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(list(Answer)), st.integers(1, 5)), max_size=8))
def test_taking_twice_changes_nothing_and_the_newest_answer_holds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, Answer, int]]
) -> None:
    given_ = [
        decision(
            hotspot_id=spot,
            answer=answer,
            severity=Severity.MINOR if answer is Answer.CONFIRMED else None,
            at=f"2021-02-0{day}T08:00:00Z",
        )
        for spot, answer, day in rows
    ]
    path = tmp_path_factory.mktemp("d") / "decisions.jsonl"
    first = add_decisions(path, given_)
    content = path.read_bytes() if path.exists() else b""
    assert add_decisions(path, given_) == ()
    assert (path.read_bytes() if path.exists() else b"") == content
    assert read_decisions(path) == first
    for spot, held in standing(first).items():
        assert held.moment == max(d.moment for d in first if d.hotspot_id == spot)


def test_lines_on_record_are_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    add_decisions(path, [decision()])
    before = path.read_bytes()
    add_decisions(path, [decision(answer=Answer.REJECTED, severity=None, at="2021-02-02T08:00:00Z")])
    assert path.read_bytes().startswith(before)
    assert standing(read_decisions(path))["S1"].answer is Answer.REJECTED


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    add_decisions(path, [decision()])
    path.write_text(path.read_text() + '{"version": 1}\n')
    with pytest.raises(ArtifactError, match="line 2 is damaged"):
        read_decisions(path)


@pytest.mark.parametrize(
    "changes",
    [{"severity": None}, {"answer": "rejected"}, {"at": "yesterday"}, {"at": "2021-02-01T08:00:00"}, {"by": ""}],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        decision(**changes)


def test_the_scoring_is_named_by_what_is_asked_and_nothing_else() -> None:
    frame = gpd.GeoDataFrame(
        {"hotspot_id": ["A", "B"], "block_id": ["1", "1"], "score": [70.0, 60.0]},
        geometry=[box(0, 0, 1, 1), box(5, 5, 6, 6)],
        crs="EPSG:32651",
    )
    assert scoring_of(frame) == scoring_of(frame.assign(rank=[1, 2], chip="x"))
    assert scoring_of(frame) != scoring_of(frame.iloc[:1])
    assert scoring_of(frame) != scoring_of(frame.assign(score=[70.0, 61.0]))
    assert scoring_of(frame) != scoring_of(frame.set_geometry(frame.geometry.translate(0.05)))
