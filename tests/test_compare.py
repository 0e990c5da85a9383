"""Comparing flights: mirrors, nothing for one flight twice, and what cannot be compared is said, not guessed."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.change import Change
from pipeline.core.comparability import (
    GREENERY,
    Check,
    FlightFacts,
    PairLimits,
    Shift,
    compare_flights,
    compare_places,
    season_gap,
)
from pipeline.core.comparison import ChangeReason, Condition, ProposalAct, ProposalState
from pipeline.core.ledger import MACHINE
from pipeline.core.pairing import PARTS, STEADY, FlightSpread, PairedCells, pair_errors
from pipeline.core.proposals import ProposalLine, fold, lines_owed, repeats_owed
from pipeline.core.statistics import flight_sigma
from pipeline.core.trend import trend
from pipeline.core.vocabulary import Grade, Indicator
from pipeline.settings import CompareSection

LIMITS = CompareSection().limits
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = FlightFacts(date(2021, 4, 1), "2026-1", gsd_m=0.05, blur_m=0.05, shadow_pct=10, clipped_pct=0.1)
NEAR = Shift(0.1, 0.05)
amounts = st.floats(0, 100) | st.just(math.nan)
facts = st.builds(
    FlightFacts,
    st.dates(date(2016, 1, 1), date(2024, 12, 31)),
    st.sampled_from(["a", "b"]),
    gsd_m=st.floats(0.02, 0.5),
    blur_m=amounts,
    shadow_pct=amounts,
    clipped_pct=amounts,
)


@steady
@given(facts, facts, st.floats(0, 100))
def test_swapped_flights_are_compared_alike(a: FlightFacts, b: FlightFacts, overlap: float) -> None:
    there, back = (compare_flights(*pair, overlap, NEAR, limits=LIMITS) for pair in ((a, b), (b, a)))
    assert [(c.condition, c.met) for c in there.checks] == [(c.condition, c.met) for c in back.checks]
    assert [c.sentence() for c in there.checks] == [c.sentence() for c in back.checks]


def test_two_good_flights_of_one_season_are_comparable() -> None:
    pair = compare_flights(GOOD, replace(GOOD, flown=date(2022, 4, 20)), 99.0, NEAR, limits=LIMITS)
    assert pair.comparable and pair.objects and pair.apart() == {}
    assert pair.why().zh == ""


@pytest.mark.parametrize(
    ("broken", "condition"),
    [
        ({"rubric": "other"}, Condition.RUBRIC),
        ({"shadow_pct": 25.1}, Condition.SHADOW),
        ({"shadow_pct": math.nan}, Condition.SHADOW),
        ({"clipped_pct": 2.1}, Condition.CLIPPED),
        ({"blur_m": 0.16}, Condition.BLUR),
        ({"gsd_m": 0.08}, Condition.GSD),
    ],
)
def test_each_condition_by_itself_stops_a_comparison_and_is_named(
    broken: dict[str, float], condition: Condition
) -> None:
    pair = compare_flights(GOOD, replace(GOOD, **broken), 99.0, NEAR, limits=LIMITS)
    assert [c.condition for c in pair.checks if not c.met] == [condition]
    assert not pair.comparable
    assert condition.zh in pair.why().zh or condition is Condition.RUBRIC
    assert set(pair.apart().values()) == {ChangeReason.NOT_COMPARABLE}


def test_overlap_and_shift_stop_it_too_and_a_shift_between_the_limits_stops_objects_only() -> None:
    def of(overlap: float, shift: Shift) -> tuple[bool, bool]:
        pair = compare_flights(GOOD, GOOD, overlap, shift, limits=LIMITS)
        return pair.comparable, pair.objects

    assert of(80.0, NEAR) == (True, True)
    assert of(79.9, NEAR) == (False, False)
    assert of(99.0, Shift(0.51, 0.05)) == (False, False)
    assert of(99.0, Shift(0.5, 0.16)) == (True, False)
    assert of(99.0, Shift()) == (False, False), "a shift that nobody could measure is no small one"


def test_another_season_sets_greenery_apart_and_nothing_else() -> None:
    pair = compare_flights(GOOD, replace(GOOD, flown=date(2021, 9, 1)), 99.0, NEAR, limits=LIMITS)
    assert pair.comparable
    assert pair.apart() == dict.fromkeys(GREENERY, ChangeReason.SEASON)


@steady
@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4000))
def test_seasons_are_never_more_than_half_a_year_apart(day: date, later: int) -> None:
    other = day + timedelta(days=later)
    assert 0 <= season_gap(day, other) == season_gap(other, day) <= 183
    assert season_gap(day, day) == 0


def test_a_block_carries_what_the_pair_does_not_meet_and_its_own_figures() -> None:
    pair = compare_flights(GOOD, replace(GOOD, clipped_pct=9), 99.0, NEAR, limits=LIMITS)
    block = compare_places(pair, 100.0, 5.0, shift=NEAR, limits=LIMITS)
    assert not block.comparable and "9.0 %" in block.why().en
    fine = compare_flights(GOOD, GOOD, 99.0, NEAR, limits=LIMITS)
    dark = compare_places(fine, 100.0, 40.0, shift=NEAR, limits=LIMITS)
    assert not dark.comparable and dark.why().en == "shadow 40.0 %, above 25 %"
    assert compare_places(fine, 100.0, 5.0, shift=NEAR, limits=LIMITS).comparable


def test_a_check_tells_its_figure_and_its_limit_in_both_languages() -> None:
    said = Check(Condition.GSD, 1.62, 1.5).sentence()
    assert said.zh == "地面分辨率之比 1.62，超过 1.5" and said.en == "ratio of ground sizes 1.62, above 1.5"
    assert PairLimits(**vars(LIMITS)) == LIMITS


# ---- how sure a difference is ----


def cells(before: np.ndarray, after: np.ndarray, seen: float = 0.9) -> PairedCells:
    n = len(before)
    ix, iy = np.arange(n) % 6, np.arange(n) // 6
    full = np.full(n, 100.0)

    def columns(mess: np.ndarray) -> dict[str, np.ndarray]:
        parts = dict.fromkeys(("green_m2", "ground_green_m2", "bare_m2"), full / 4)
        return {"mess_m2": mess, "clutter": mess, "open_m2": full, "valid_m2": full, **parts}

    return PairedCells(ix.astype(np.int64), iy.astype(np.int64), columns(before), columns(after), seen, seen)


@steady
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=9, max_size=36), st.floats(0, 1))
def test_the_error_of_a_difference_is_the_same_both_ways(rows: list[tuple[float, float]], seen: float) -> None:
    first, second = np.array(rows).T
    there, back = (cells(*pair, seen).boot(50, seed=1) for pair in ((first, second), (second, first)))
    assert there == back


def test_what_all_cells_share_cancels_and_what_was_seen_whole_was_not_sampled() -> None:
    uneven = np.linspace(0, 60, 30)
    assert cells(uneven, uneven + 5).boot(200, seed=1)[Indicator.CLUTTER] == pytest.approx(0, abs=1e-9)
    odd = uneven[::-1].copy()
    part, less, whole = (cells(uneven, odd, seen).boot(200, seed=1)[Indicator.CLUTTER] for seen in (0.2, 0.8, 1.0))
    assert part > less > whole == 0.0
    assert part == pytest.approx(2 * less)


def test_the_paired_error_is_that_of_repeated_measuring() -> None:
    rng = np.random.default_rng(3)
    ground = rng.uniform(0, 60, 36)
    noisy = [ground + rng.normal(0, 3, (400, 36)) for _ in range(2)]
    differences = (noisy[1] - noisy[0]).mean(axis=1)
    told = [cells(a, b, 0.0).boot(100, seed=1)[Indicator.CLUTTER] for a, b in zip(*noisy, strict=True)]
    assert np.median(told) * math.sqrt(2) == pytest.approx(float(differences.std()), rel=0.25)


def test_flights_spread_is_measured_on_blocks_that_stayed() -> None:
    rng = np.random.default_rng(0)
    quiet = rng.normal(0, 2 * math.sqrt(2), 43)
    changed = quiet.copy()
    changed[:14] += 40
    assert flight_sigma(list(quiet)) == pytest.approx(2, rel=0.35)
    assert flight_sigma(list(changed)) < 2 * flight_sigma(list(quiet))
    assert flight_sigma(list(-quiet)) == flight_sigma(list(quiet))
    assert math.isnan(flight_sigma([1.0] * 7)) and flight_sigma([0.0] * 8) == 0.0


def test_a_step_that_all_blocks_share_is_the_flights_and_not_theirs() -> None:
    assert flight_sigma([6.0] * 20) == pytest.approx(6 / 0.7426 / math.sqrt(2))


@pytest.mark.parametrize("changed", [0.0, 0.3, 0.58])
def test_the_spread_is_that_of_the_blocks_that_stayed(changed: float) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(60):
        differences = rng.normal(0, math.sqrt(2), 43)
        moved = int(changed * 43)
        differences[:moved] = rng.uniform(7, 40, moved) * rng.choice([-1, 1], moved)
        found.append(flight_sigma(list(differences)))
    assert 0.9 < np.median(found) < 1.3


def spread_of(steps: list[float], kind: Indicator, level: float = 0.0) -> FlightSpread:
    return FlightSpread.of([level] * len(steps), [level + step for step in steps], 3.0, kind)


def test_both_errors_come_together_and_neither_falls_below_what_is_least() -> None:
    spread = {kind: spread_of([0.0] * 20, kind) for kind in PARTS}
    least = {kind: 3.0 * STEADY.get(kind, (1.0, 0.0))[0] for kind in PARTS}
    found = pair_errors(dict.fromkeys(PARTS, 4.0), spread, dict.fromkeys(PARTS, 0.0))
    assert found == {k: math.hypot(4.0, s) for k, s in least.items()}
    assert spread[Indicator.GREEN_PCT].mdc95 == pytest.approx(1.96 * math.sqrt(2) * 3)


def test_few_blocks_say_nothing_and_what_is_assumed_holds() -> None:
    few = spread_of([0.1] * 7, Indicator.CLUTTER)
    assert few.sigma == few.at(40.0) == few.at(math.nan) == 3.0
    assert spread_of([9.0] * 8, Indicator.CLUTTER).sigma > 3.0


def test_the_error_of_clutter_grows_with_it_and_that_of_greenery_does_not() -> None:
    rng = np.random.default_rng(2)
    before = rng.uniform(0, 40, 300)
    after = before + rng.normal(0, 0.5 * np.sqrt(1 + 0.64 * before))
    clutter, green = (
        FlightSpread.of(list(before), list(after), 1.0, kind) for kind in (Indicator.CLUTTER, Indicator.GREEN_PCT)
    )
    for level in (0.0, 5.0, 40.0):
        assert clutter.at(level) == pytest.approx(0.5 * math.sqrt((1 + 0.64 * level) / 2), rel=0.2)
    assert green.at(0.0) == green.at(40.0)
    assert clutter.at(math.nan) == clutter.sigma == clutter.at(clutter.level)
    assert FlightSpread.of(list(after), list(before), 1.0, Indicator.CLUTTER) == clutter


# ---- the ledger of proposals ----

AT = "2021-09-18T02:10:00Z"
BETTER = Change(Grade.RED, Grade.ORANGE, ChangeReason.MEASURED)
WORSE = Change(Grade.YELLOW, Grade.RED, ChangeReason.MEASURED)
STAYS = Change(Grade.RED, Grade.RED, ChangeReason.SAME)


def person(act: ProposalAct, block: str = "B1") -> ProposalLine:
    return ProposalLine(act, "a", "b", block, Grade.RED, Grade.ORANGE, "陈海", AT)


def test_a_comparison_said_twice_adds_nothing() -> None:
    first = lines_owed([], ("a", "b"), {"B1": BETTER, "B2": STAYS, "B3": WORSE}, AT)
    assert [(x.act, x.block_id, x.old, x.new) for x in first] == [
        (ProposalAct.PROPOSE, "B1", Grade.RED, Grade.ORANGE),
        (ProposalAct.PROPOSE, "B3", Grade.YELLOW, Grade.RED),
    ]
    assert lines_owed(first, ("a", "b"), {"B1": BETTER, "B2": STAYS, "B3": WORSE}, AT) == []


def test_only_a_person_or_a_further_flight_makes_a_change_official() -> None:
    lines = lines_owed([], ("a", "b"), {"B1": BETTER}, AT)
    key = ("a", "b", "B1")
    assert fold(lines)[key].state is ProposalState.PROPOSED
    assert fold([*lines, person(ProposalAct.CONFIRM)])[key].state is ProposalState.OFFICIAL
    assert fold([*lines, person(ProposalAct.REFUSE)])[key].state is ProposalState.REFUSED
    again = repeats_owed(lines, ("a", "c"), {"B1": BETTER}, AT)
    assert [(x.act, x.flight, x.by) for x in again] == [(ProposalAct.REPEAT, "c", MACHINE)]
    assert fold([*lines, *again])[key].state is ProposalState.OFFICIAL
    assert repeats_owed([*lines, *again], ("a", "c"), {"B1": BETTER}, AT) == []
    assert repeats_owed(lines, ("a", "c"), {"B1": STAYS}, AT) == []
    assert repeats_owed(lines, ("b", "c"), {"B1": BETTER}, AT) == [], "another old flight repeats nothing"
    assert repeats_owed(lines, ("a", "b"), {"B1": BETTER}, AT) == [], "a flight cannot repeat itself"


def test_a_further_flight_that_turns_the_other_way_does_not_repeat() -> None:
    lines = lines_owed([], ("a", "b"), {"B1": BETTER}, AT)
    other = Change(Grade.ORANGE, Grade.RED, ChangeReason.MEASURED)
    assert repeats_owed(lines, ("a", "c"), {"B1": other}, AT) == []


def test_what_no_longer_stands_is_withdrawn_and_what_a_person_said_stays() -> None:
    lines = lines_owed([], ("a", "b"), {"B1": BETTER}, AT)
    gone = lines_owed(lines, ("a", "b"), {"B1": STAYS}, AT)
    assert [x.act for x in gone] == [ProposalAct.WITHDRAW]
    assert fold([*lines, *gone])["a", "b", "B1"].state is ProposalState.WITHDRAWN
    assert lines_owed([*lines, *gone], ("a", "b"), {"B1": STAYS}, AT) == []
    confirmed = [*lines, person(ProposalAct.CONFIRM)]
    assert lines_owed(confirmed, ("a", "b"), {"B1": STAYS}, AT) == []
    assert lines_owed(confirmed, ("a", "b"), {"B1": BETTER}, AT) == []


def test_other_colours_begin_anew() -> None:
    lines = [*lines_owed([], ("a", "b"), {"B1": BETTER}, AT), person(ProposalAct.CONFIRM)]
    further = Change(Grade.RED, Grade.YELLOW, ChangeReason.MEASURED)
    anew = lines_owed(lines, ("a", "b"), {"B1": further}, AT)
    assert fold([*lines, *anew])["a", "b", "B1"].state is ProposalState.PROPOSED


@steady
@given(st.lists(st.sampled_from([BETTER, STAYS, WORSE]), max_size=8))
def test_after_every_comparison_the_ledger_says_what_it_says(said: list[Change]) -> None:
    lines: list[ProposalLine] = []
    for change in said:
        lines += lines_owed(lines, ("a", "b"), {"B1": change}, AT)
        held = fold(lines).get(("a", "b", "B1"))
        standing = held is not None and held.state is not ProposalState.WITHDRAWN
        assert standing == change.proposed
        assert held is None or not standing or (held.old, held.new) == (change.before, change.after)


# ---- trends ----


def test_a_trend_needs_three_flights_and_turns_with_time() -> None:
    days, values = [0.0, 200.0, 400.0, 600.0], [20.0, 15.0, 9.0, 5.0]
    found = trend(days, values, [1.0] * 4)
    assert found is not None and found.direction == -1 and found.per_year == pytest.approx(-9.3, abs=0.2)
    back = trend([-d for d in days], values, [1.0] * 4)
    assert back is not None and back.per_year == pytest.approx(-found.per_year)
    assert trend(days[:2], values[:2], [1.0] * 2) is None
    assert trend(days, [math.nan, math.nan, 9.0, 5.0], [1.0] * 4) is None
    assert trend([3.0] * 4, values, [1.0] * 4) is None
    flat = trend(days, [10.0, 10.5, 9.5, 10.0], [2.0] * 4)
    assert flat is not None and flat.direction == 0
