"""What people say of spots settles the clean gate: confirmed ones count, rejected ones no longer do."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from pipeline.config import GradeSection
from pipeline.core.answers import Answer, Severity, SpotTally
from pipeline.core.case import BlockEvidence, Case, Figure
from pipeline.core.ladder import grade_block
from pipeline.core.reasons import gate_reason, needs, reasons
from pipeline.core.spots import Ruling, clutter_without, rejected_m2, settle, tally
from pipeline.core.vocabulary import Gate, Grade, Indicator, Source, Unusable, Verdict

RUBRIC = GradeSection(clutter_max=8, clutter_p90_max=22).ladder
names = (Indicator.CLUTTER, Indicator.CLUTTER_P90, Indicator.BARE_PCT, Indicator.GREEN_PCT, Indicator.GROUND_GREEN_PCT)


def block(clutter: float, spots: SpotTally, checks: dict[Gate, bool] | None = None) -> Case:
    figures = dict(zip(names, (Figure(v, 1) for v in (clutter, clutter, 0, 30, 30)), strict=True))
    return Case(figures, BlockEvidence(checks or {}, spots=spots))


def test_a_confirmed_severe_spot_fails_a_clean_looking_block() -> None:
    case = block(2, SpotTally(3, confirmed=1, grave=1, severe=1))
    graded = grade_block(case, RUBRIC)
    assert (graded.grade, graded.lower, graded.upper) == (Grade.RED, Grade.RED, Grade.RED)
    assert not graded.suspected and not graded.provisional and graded.confidence == 1
    assert graded.findings[Gate.CLEAN].source is Source.PERSON
    assert reasons(graded, case).zh == "核查确认 1 处严重问题"


def test_confirmed_spots_that_are_not_severe_leave_a_clean_block_clean() -> None:
    assert grade_block(block(2, SpotTally(3, confirmed=3, grave=3)), RUBRIC).grade is Grade.BLUE


def test_a_confirmed_spot_makes_a_suspected_red_a_red() -> None:
    alone = grade_block(block(20, SpotTally(3)), RUBRIC)
    stood_by = grade_block(block(20, SpotTally(3, confirmed=1, grave=1)), RUBRIC)
    slight = grade_block(block(20, SpotTally(3, confirmed=1)), RUBRIC)
    assert [g.grade for g in (alone, stood_by, slight)] == [Grade.RED] * 3
    assert [g.suspected for g in (alone, stood_by, slight)] == [True, False, True]
    assert stood_by.odds == alone.odds


def test_a_block_whose_spots_were_all_rejected_is_not_red_but_not_known_to_be_clean() -> None:
    case = block(20, SpotTally(4, rejected=4))
    graded = grade_block(case, RUBRIC)
    assert graded.grade is Grade.ORANGE
    assert graded.lower is Grade.RED and graded.provisional and Gate.CLEAN in graded.open_gates
    assert graded.findings[Gate.CLEAN].verdict is Verdict.UNKNOWN
    assert "4 处疑似点经核查均为误报" in gate_reason(graded.findings[Gate.CLEAN], case).zh
    assert "check on the spot whether it is clean" in needs(graded, case).en
    assert np.isclose(sum(graded.odds), 1)
    assert grade_block(block(20, SpotTally(4, rejected=3)), RUBRIC).grade is Grade.RED


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("spots", [SpotTally(1, 1, 1, 1), SpotTally(2, rejected=2), SpotTally(2, 1, 1)])
def test_an_inspection_of_the_block_outvotes_its_spots(clean: bool, spots: SpotTally) -> None:
    graded = grade_block(block(20, spots, {Gate.CLEAN: clean}), RUBRIC)
    assert (graded.grade is not Grade.RED) is clean


def test_a_block_that_nobody_could_see_is_red_once_a_severe_spot_is_confirmed() -> None:
    dark = Case({}, BlockEvidence(spots=SpotTally(1, 1, 1, 1)), Unusable.DARK)
    assert grade_block(dark, RUBRIC).grade is Grade.RED
    assert grade_block(Case({}, BlockEvidence(spots=SpotTally(1)), Unusable.DARK), RUBRIC).grade is Grade.UNGRADED


def test_the_tally_travels_with_the_grade_table() -> None:
    told = SpotTally(4, 2, 1, 0, 2)
    row = json.loads(json.dumps({"clutter": 1.0} | told.columns()))
    assert Case.of(row, {}, BlockEvidence()).evidence.spots == told


def ruling(spot: str, answer: Answer, severity: Severity | None = None, x: float = 0.0) -> Ruling:
    return Ruling(spot, "B1", answer, severity, x, 0.0)


def test_answers_follow_a_spot_that_was_renamed_but_not_one_that_moved() -> None:
    told = [ruling("old", Answer.REJECTED, x=0.0), ruling("own", Answer.CONFIRMED, Severity.SEVERE, x=50.0)]
    held = settle(told, ["new", "far", "own"], np.array([[0.6, 0], [3.0, 0], [50.0, 0]]))
    assert {spot: r.spot for spot, r in held.items()} == {"new": "old", "own": "own"}


def test_the_nearest_answer_holds_where_several_are_near() -> None:
    told = [ruling("far", Answer.CONFIRMED, Severity.SEVERE, x=0.95), ruling("near", Answer.REJECTED, x=0.05)]
    for order in (told, told[::-1]):
        assert settle(order, ["new"], np.array([[0.0, 0.0]]))["new"].spot == "near"


def test_a_confirmed_spot_counts_even_if_it_is_listed_no_more() -> None:
    told = [ruling("gone", Answer.CONFIRMED, Severity.SEVERE), ruling("a", Answer.REJECTED, x=9.0)]
    counted = tally(told, {"a": told[1]}, {"a": "B1", "b": "B1", "c": "B2"})
    assert counted == {"B1": SpotTally(2, 1, 1, 1, 1), "B2": SpotTally(1)}


cells = st.lists(st.tuples(st.floats(0, 40), st.floats(0, 100)), min_size=1, max_size=30)


@given(cells, st.integers(0, 5))
def test_taking_out_more_never_raises_clutter_and_nothing_taken_changes_nothing(
    rows: list[tuple[float, float]], step: int
) -> None:
    mess, open_ = (np.array(column) for column in zip(*rows, strict=True))
    mess = np.minimum(mess, open_)
    same, _, _ = clutter_without(mess, open_, np.zeros(len(mess)))
    assert np.array_equal(same, mess)
    less, clutter, figures = clutter_without(mess, open_, np.full(len(mess), float(step)))
    before = clutter_without(mess, open_, np.zeros(len(mess)))[2]
    assert (less >= 0).all() and np.nanmin(clutter, initial=0) >= 0
    for name, value in figures.items():
        assert np.isnan(value) or value <= before[name] + 1e-9


def test_outlines_that_touch_are_taken_out_once_and_only_inside_the_block() -> None:
    ix, iy = np.array([0.0, 1.0]), np.array([0.0, 0.0])
    one = rejected_m2([box(2, 2, 4, 4)], box(0, 0, 20, 10), ix, iy)
    assert np.allclose(one, rejected_m2([box(2, 2, 4, 4)] * 2, box(0, 0, 20, 10), ix, iy))
    assert rejected_m2([box(2, 2, 4, 4)], box(0, 0, 20, 3), ix, iy).sum() < one.sum()
    assert rejected_m2([box(0, 0, 20, 10)], box(0, 0, 20, 10), ix, iy).tolist() == [100, 100]
