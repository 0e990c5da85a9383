"""Laws of change: a mirror for swapped flights, nothing for one flight twice, few false colours from noise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.case import BlockEvidence, Case, Figure, Rubric
from pipeline.core.change import Change, Standing, compare_block, transitions
from pipeline.core.comparison import ChangeReason, Transition
from pipeline.core.ladder import grade_block
from pipeline.core.vocabulary import Facility, Gate, Grade, Indicator, Unusable

RUBRIC = Rubric(12, 35, 12, 25, 0.5, 20, 35)
USED = (
    Indicator.CLUTTER,
    Indicator.CLUTTER_P90,
    Indicator.GREEN_PCT,
    Indicator.GROUND_GREEN_PCT,
    Indicator.BARE_PCT,
)
figures = st.builds(Figure, st.floats(0, 60) | st.just(math.nan), st.floats(0, 8))
cases = st.builds(
    Case,
    st.fixed_dictionaries(dict.fromkeys(USED, figures)),
    st.builds(
        BlockEvidence,
        st.dictionaries(st.sampled_from(list(Gate)), st.booleans(), max_size=2),
        st.dictionaries(st.sampled_from(list(Facility)), st.booleans()),
    ),
    st.none() | st.sampled_from(list(Unusable)),
)


def standing(case: Case) -> Standing:
    return Standing(case, grade_block(case, RUBRIC))


def seen(clutter: float, green: float = 5, se: float = 2.0) -> Standing:
    values = (clutter, 1.5 * clutter, green, green, 0.0)
    return standing(Case({k: Figure(v, se) for k, v in zip(USED, values, strict=True)}))


def checked(base: Standing, **answers: bool) -> Standing:
    return standing(replace(base.case, evidence=BlockEvidence({Gate[k.upper()]: v for k, v in answers.items()})))


def test_figures_that_keep_on_one_side_of_the_cut_propose_nothing_though_the_colours_differ() -> None:
    """The second flight's own scale made it red; read as the first would have seen it, nothing changed."""
    first, own, compared = seen(11.5), seen(12.5), seen(11.5)
    change = compare_block(first, Standing(compared.case, own.grading))
    assert (change.before, change.after) == (Grade.ORANGE, Grade.RED)
    assert not change.proposed and change.reason is ChangeReason.WITHIN_ERROR


@given(cases, cases)
def test_swapping_the_flights_mirrors_the_result(a: Case, b: Case) -> None:
    there, back = compare_block(standing(a), standing(b)), compare_block(standing(b), standing(a))
    assert back == Change(there.after, there.before, there.reason, there.gates)
    assert back.direction == -there.direction


@given(cases)
def test_a_flight_against_itself_changes_nothing(case: Case) -> None:
    change = compare_block(standing(case), standing(case))
    assert not change.proposed and change.held is change.before and not change.gates


@given(cases, cases)
def test_a_proposal_changes_the_colour_and_names_its_gates(a: Case, b: Case) -> None:
    change = compare_block(standing(a), standing(b))
    if change.proposed:
        assert change.before is not change.after and change.gates and change.direction != 0
    else:
        assert not change.gates and change.direction == 0


def test_a_clear_improvement_is_proposed() -> None:
    change = compare_block(seen(41), seen(9))
    assert (change.before, change.after, change.reason) == (Grade.RED, Grade.ORANGE, ChangeReason.MEASURED)
    assert change.gates == (Gate.CLEAN,)


@pytest.mark.parametrize(("before", "after"), [(14.5, 9.5), (13.0, 11.0), (16.0, 10.9)])
def test_what_noise_may_have_done_is_not_proposed(before: float, after: float) -> None:
    change = compare_block(seen(before), seen(after))
    assert (change.before, change.reason, change.gates) == (Grade.RED, ChangeReason.WITHIN_ERROR, ())


@pytest.mark.parametrize(("before", "after"), [(41.0, 11.0), (13.0, 2.0)])
def test_a_large_difference_counts_though_one_end_is_near_the_cut(before: float, after: float) -> None:
    assert compare_block(seen(before), seen(after)).proposed
    assert compare_block(seen(after), seen(before)).proposed


def test_a_wide_error_hides_what_a_narrow_one_shows() -> None:
    assert compare_block(seen(30, se=2), seen(8, se=2)).proposed
    assert not compare_block(seen(30, se=13), seen(8, se=13)).proposed


def test_a_block_leaves_red_by_its_cleanness_and_not_by_its_record() -> None:
    lacking = {**dict.fromkeys(Facility, True), Facility.TOILET: False}
    before, after = (
        standing(replace(seen(clutter).case, evidence=BlockEvidence({}, record)))
        for clutter, record in ((13.0, lacking), (11.0, dict.fromkeys(Facility, True)))
    )
    change = compare_block(before, after)
    assert (change.before, change.after, change.reason) == (Grade.RED, Grade.YELLOW, ChangeReason.WITHIN_ERROR)


def test_figures_that_cannot_be_compared_flip_nothing_but_people_do() -> None:
    blind = dict.fromkeys(Indicator, ChangeReason.NOT_COMPARABLE)
    assert compare_block(seen(41), seen(3), blind).reason is ChangeReason.NOT_COMPARABLE
    assert compare_block(checked(seen(41), clean=False), checked(seen(3), clean=True), blind).proposed
    green = dict.fromkeys([Indicator.GREEN_PCT, Indicator.GROUND_GREEN_PCT], ChangeReason.SEASON)
    assert compare_block(seen(3, green=5), seen(3, green=30)).proposed
    assert compare_block(seen(3, green=5), seen(3, green=30), green).reason is ChangeReason.SEASON
    assert compare_block(seen(41), seen(9), green).proposed


def test_people_settle_what_the_picture_cannot() -> None:
    change = compare_block(checked(seen(13), clean=False), seen(9))
    assert change.proposed and change.reason is ChangeReason.EVIDENCE
    unsure = compare_block(checked(seen(13), clean=False), seen(11.5))
    assert not unsure.proposed


def test_a_filled_in_record_changes_the_colour() -> None:
    base = replace(seen(9).case, evidence=BlockEvidence({}, dict.fromkeys(Facility, True)))
    lacking = replace(base, evidence=BlockEvidence({}, {**dict.fromkeys(Facility, True), Facility.TOILET: False}))
    change = compare_block(standing(lacking), standing(base))
    assert (change.before, change.after, change.reason) == (Grade.ORANGE, Grade.YELLOW, ChangeReason.EVIDENCE)
    assert change.gates == (Gate.FACILITIES,)


def test_both_are_told_where_the_picture_and_the_record_changed() -> None:
    lacking = {**dict.fromkeys(Facility, True), Facility.TOILET: False}
    before = replace(seen(41).case, evidence=BlockEvidence({}, lacking))
    after = replace(seen(9).case, evidence=BlockEvidence({}, dict.fromkeys(Facility, True)))
    for one, other in ((before, after), (after, before)):
        change = compare_block(standing(one), standing(other))
        assert {change.before, change.after} == {Grade.RED, Grade.YELLOW}
        assert change.proposed and change.reason is ChangeReason.BOTH
        assert set(change.gates) == {Gate.CLEAN, Gate.FACILITIES}


def test_an_ungraded_block_cannot_be_compared() -> None:
    blind = standing(replace(seen(3).case, unusable=Unusable.DARK))
    assert compare_block(blind, seen(41)).reason is ChangeReason.UNGRADED


def test_unknown_errors_prove_nothing() -> None:
    assert not compare_block(seen(41, se=math.nan), seen(9, se=math.nan)).proposed


def test_the_five_aims_count_only_what_is_proposed() -> None:
    pairs = [
        (Grade.RED, Grade.ORANGE, ChangeReason.MEASURED),
        (Grade.RED, Grade.ORANGE, ChangeReason.WITHIN_ERROR),
        (Grade.ORANGE, Grade.BLUE, ChangeReason.EVIDENCE),
        (Grade.BLUE, Grade.BLUE, ChangeReason.SAME),
        (Grade.BLUE, Grade.YELLOW, ChangeReason.WITHIN_ERROR),
        (Grade.BLUE, Grade.UNGRADED, ChangeReason.UNGRADED),
        (Grade.YELLOW, Grade.GREEN, ChangeReason.MEASURED),
    ]
    counts = transitions(Change(*p) for p in pairs)
    assert counts == {
        Transition.OUT_OF_RED: 1,
        Transition.OUT_OF_ORANGE: 1,
        Transition.REACH_YELLOW: 1,
        Transition.KEEP_BLUE: 3,
        Transition.STRIVE_GREEN: 1,
    }


def test_noise_alone_makes_at_most_one_false_colour_in_fifty_blocks() -> None:
    rng = np.random.default_rng(0)
    truth, sigma, n = rng.uniform(0, 40, 2000), 3.0, 2000
    flights = [truth + rng.normal(0, sigma, n) for _ in range(2)]
    pairs = [(seen(a, se=sigma), seen(b, se=sigma)) for a, b in zip(*flights, strict=True)]
    naive = sum(a.grading.grade is not b.grading.grade for a, b in pairs) / n
    guarded = sum(compare_block(a, b).proposed for a, b in pairs) / n
    assert guarded <= 0.02 < 0.1 < naive
