"""Which spots are asked about, and what the answers tell."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.answers import Answer, Asked
from pipeline.core.asking import Candidate, Share, choose, random_answers, random_order, share_real


def spots(n: int, *, chances: bool = False, answered: tuple[int, ...] = ()) -> list[Candidate]:
    rng = np.random.default_rng(1)
    return [
        Candidate(f"S{i:03d}", f"B{i % 7}", i + 1, i in answered, float(rng.random()) if chances else None)
        for i in range(n)
    ]


@given(st.integers(0, 150), st.integers(1, 120), st.booleans(), st.sets(st.integers(0, 149)))
def test_never_twice_never_again_and_as_many_as_there_are(n: int, most: int, chances: bool, answered: set[int]) -> None:
    candidates = spots(n, chances=chances, answered=tuple(answered))
    asked = [q.spot for q in choose(candidates, most, "x")]
    open_ = {c.spot for c in candidates if not c.answered}
    assert len(asked) == len(set(asked)) == min(most, len(open_))
    assert set(asked) <= open_


def test_shares_with_and_without_a_ranker() -> None:
    assert Counter(q.asked for q in choose(spots(500), 100, "x")) == {Asked.TOP: 90, Asked.RANDOM: 10}
    learned = Counter(q.asked for q in choose(spots(500, chances=True), 100, "x"))
    assert learned == {Asked.UNCERTAIN: 70, Asked.TOP: 20, Asked.RANDOM: 10}


def test_uncertain_ones_are_near_a_half_and_from_all_blocks() -> None:
    candidates = spots(500, chances=True)
    chance = {c.spot: c.chance or 0 for c in candidates}
    block = {c.spot: c.block for c in candidates}
    asked = choose(candidates, 100, "x")
    wavering = [q.spot for q in asked if q.asked is Asked.UNCERTAIN]
    top = [q.spot for q in asked if q.asked is Asked.TOP]
    assert max(abs(chance[s] - 0.5) for s in wavering) < 0.15
    assert min(chance[s] for s in top) > 0.9
    assert set(Counter(block[s] for s in wavering).values()) == {10}


def test_a_review_broken_off_has_asked_some_of_each() -> None:
    first = choose(spots(500, chances=True), 100, "x")[:20]
    assert Counter(q.asked for q in first) == {Asked.UNCERTAIN: 14, Asked.TOP: 4, Asked.RANDOM: 2}


def test_the_random_ones_of_all_rounds_are_one_sample() -> None:
    names = [c.spot for c in spots(200)]
    answered: set[int] = set()
    for rounds in (1, 2, 3, 4):
        answered |= {int(q.spot[1:]) for q in choose(spots(200, answered=tuple(answered)), 40, "x")}
        answers = {f"S{i:03d}": Answer.REJECTED for i in answered}
        assert random_answers(names, "x", answers) == random_order(names, "x")[: 4 * rounds]


def test_the_estimate_is_fair_although_most_answers_are_for_the_strongest() -> None:
    """Strong spots are asked about first and are real more often; the random draw must not be misled by either."""
    n, found = 200, []
    for k in range(300):
        rng = np.random.default_rng(k)
        real = rng.random(n) < np.linspace(0.9, 0.1, n)
        answered: set[int] = set()
        for _ in range(2):
            answered |= {int(q.spot[1:]) for q in choose(spots(n, answered=tuple(answered)), 60, str(k))}
        answers = {f"S{i:03d}": Answer.CONFIRMED if real[i] else Answer.REJECTED for i in answered}
        sample = random_answers([f"S{i:03d}" for i in range(n)], str(k), answers)
        assert len(sample) == 12
        found.append(share_real(sample, answers).value - real.mean())
        assert share_real(list(answers), answers).value > real.mean()
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))


def test_a_draw_with_a_gap_tells_nothing_and_a_census_tells_all() -> None:
    names = [f"S{i:03d}" for i in range(50)]
    all_ = dict.fromkeys(names, Answer.REJECTED)
    assert set(random_answers(names, "x", all_)) == set(names)
    first = random_order(names, "x")[0]
    assert random_answers(names, "x", {s: a for s, a in all_.items() if s != first}) == []


def test_what_nobody_can_tell_counts_for_neither_side() -> None:
    answers = dict.fromkeys("abc", Answer.CONFIRMED) | {"d": Answer.REJECTED, "e": Answer.UNCLEAR}
    assert share_real(list("abcde"), answers) == Share(3, 4)
    low, high = Share(3, 4).interval
    assert low < 0.75 < high
    assert np.isnan(Share(0, 0).value)
