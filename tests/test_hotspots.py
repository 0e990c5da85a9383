"""Spots: one for each heap, outlined tightly, none within reach of a better one, named by place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.clutter import SCORE_CUT
from pipeline.core.hotspots import APART_M, SCORE_FLOOR, Spot, best, keep_apart, peaks, severity

GSD = 0.3


def hills(*places: tuple[int, int, float]) -> np.ndarray:
    rows, cols = np.mgrid[0:60, 0:60]
    field = np.full((60, 60), SCORE_FLOOR - 1, np.float32)
    for row, col, top in places:
        field = np.maximum(field, top - ((rows - row) ** 2 + (cols - col) ** 2) / 4)
    return field.astype(np.float32)


def test_each_hill_is_one_spot_best_first() -> None:
    found = peaks(hills((15, 15, -5.0), (40, 45, -4.0)), np.ones((60, 60), bool), GSD)
    assert [(p.row, p.col) for p in found] == [(40, 45), (15, 15)]


def test_the_outline_encloses_the_peak_and_stays_near_it() -> None:
    (peak,) = peaks(hills((20, 30, -4.0)), np.ones((60, 60), bool), GSD)
    low, high = peak.outline.min(axis=0), peak.outline.max(axis=0)
    assert low[0] <= 30.5 <= high[0] and low[1] <= 20.5 <= high[1]
    assert ((high - low) * GSD <= 4.5).all()


def test_nothing_is_found_where_nothing_is_allowed() -> None:
    assert peaks(hills((20, 30, -4.0)), np.zeros((60, 60), bool), GSD) == []


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30), st.floats(-9, 0)), max_size=40))
def test_kept_spots_are_apart_and_every_dropped_one_is_near_a_better(places: list[tuple[float, float, float]]) -> None:
    xy = np.array([[x, y] for x, y, _ in places]).reshape(-1, 2)
    score = [s for _, _, s in places]
    kept = keep_apart(xy, score)
    for n, i in enumerate(kept):
        assert all(np.hypot(*(xy[i] - xy[j])) >= APART_M for j in kept[:n])
    for i in set(range(len(places))) - set(kept):
        assert any(np.hypot(*(xy[i] - xy[j])) < APART_M and score[j] >= score[i] for j in kept)


@given(st.permutations(range(6)))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    spots = [Spot(0, float(i % 3), 3.0 * i, 0.0, np.zeros((3, 2))) for i in range(6)]
    assert [s.x for s in best([spots[i] for i in order], 4)] == [s.x for s in best(spots, 4)]


def test_severity_rises_with_the_score_and_stays_between_0_and_100() -> None:
    values = [severity(s) for s in (-30.0, -9.0, -6.0, -2.0, 30.0)]
    assert values == sorted(values)
    assert values[0] >= 0 and values[-1] <= 100
    assert best([], 3) == []
    assert severity(SCORE_CUT) == pytest.approx(50)
