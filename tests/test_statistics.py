"""The bootstrap against known truth, kappa against a slow oracle, cuts against counting."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.statistics import Draws, kappa_interval, prevalence_cut, quadratic_kappa, stable_seed

rungs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40)


def square(side: int) -> tuple[np.ndarray, np.ndarray]:
    ix, iy = np.meshgrid(np.arange(side), np.arange(side))
    return ix.ravel(), iy.ravel()


def draws_of(side: int, seed: int = 1, repeats: int = 800) -> Draws:
    return Draws.of(*square(side), repeats, seed)


def test_seed_is_the_same_everywhere() -> None:
    assert stable_seed("虹北", "B1") == 0x80EE143B1D05BA0B


def test_independent_cells_give_the_textbook_error() -> None:
    side = 40
    values = np.random.default_rng(0).normal(50, 10, side * side)
    got = draws_of(side).ratio_se(values, np.ones_like(values))
    assert got == pytest.approx(10 / side, rel=0.12)


def test_alike_neighbours_give_a_larger_error_than_cells_drawn_one_by_one() -> None:
    side = 40
    ix, iy = square(side)
    coarse = np.random.default_rng(0).normal(50, 10, (side // 2, side // 2))
    values = coarse[ix // 2, iy // 2]
    grouped = draws_of(side).ratio_se(values, np.ones_like(values))
    alone = Draws.of(2 * ix, 2 * iy, 800, 1).ratio_se(values, np.ones_like(values))
    assert grouped == pytest.approx(2 * alone, rel=0.15)


def test_the_error_of_the_worst_corner() -> None:
    values = np.random.default_rng(0).uniform(0, 100, 1600)
    got = draws_of(40).quantile_se(values, np.ones_like(values), 0.9)
    assert got == pytest.approx(math.sqrt(0.9 * 0.1 / 1600) * 100, rel=0.25)


def test_constant_cells_have_no_error() -> None:
    draws = draws_of(6)
    assert draws.ratio_se(np.full(36, 5.0), np.full(36, 10.0)) == 0
    assert draws.quantile_se(np.full(36, 5.0), np.ones(36), 0.9) == 0


@pytest.mark.parametrize("cells", [0, 1])
def test_too_few_cells_tell_no_error(cells: int) -> None:
    draws = Draws.of(np.zeros(cells, np.int64), np.zeros(cells, np.int64), 50, 1)
    one = np.ones(cells)
    assert math.isnan(draws.ratio_se(one, one)) and math.isnan(draws.quantile_se(one, one, 0.9))


def test_a_block_inside_one_group_is_drawn_by_cells() -> None:
    draws = Draws.of(np.array([0, 1]), np.array([0, 0]), 400, 1)
    assert draws.ratio_se(np.array([0.0, 10.0]), np.ones(2)) > 0


def test_cells_without_ground_do_not_count() -> None:
    draws = draws_of(6)
    values = np.where(np.arange(36) % 2, np.nan, 7.0)
    assert draws.quantile_se(values, np.ones(36), 0.9) == 0
    assert math.isnan(draws.ratio_se(np.zeros(36), np.zeros(36)))
    assert math.isnan(draws.quantile_se(np.full(36, np.nan), np.ones(36), 0.9))


@given(st.integers(0, 10), st.integers(-50, 50), st.integers(-50, 50))
def test_every_draw_has_as_many_groups_as_there_are(seed: int, east: int, north: int) -> None:
    ix, iy = square(5)
    draws = Draws.of(ix + east, iy + north, 50, seed)
    assert (draws.counts.sum(axis=1) == draws.counts.shape[1]).all()
    assert draws.group.max() + 1 == draws.counts.shape[1]


def slow_kappa(pairs: list[tuple[int, int]]) -> float:
    n = len(pairs)
    seen = sum((a - b) ** 2 for a, b in pairs) / n
    luck = sum((a - b) ** 2 for a, _ in pairs for _, b in pairs) / n**2
    return 1 - seen / luck if luck else math.nan


@given(rungs)
def test_kappa_equals_the_obvious_sum(pairs: list[tuple[int, int]]) -> None:
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    assert quadratic_kappa(a, b) == pytest.approx(slow_kappa(pairs), nan_ok=True)
    assert quadratic_kappa(b, a) == pytest.approx(quadratic_kappa(a, b), nan_ok=True)


def test_kappa_of_nothing_is_unknown() -> None:
    assert math.isnan(quadratic_kappa([], [])) and math.isnan(quadratic_kappa([2, 2], [2, 2]))
    assert all(math.isnan(v) for v in kappa_interval([1], [1], repeats=50, seed=1))


def test_kappa_interval_holds_the_kappa_and_narrows() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 5, 400)
    said = np.clip(truth + rng.integers(-1, 2, 400), 0, 4)

    def width(n: int) -> float:
        low, high = kappa_interval(truth[:n].tolist(), said[:n].tolist(), repeats=300, seed=1)
        assert low <= quadratic_kappa(truth[:n].tolist(), said[:n].tolist()) <= high
        return high - low

    assert width(400) < width(40)


distinct = st.lists(st.integers(1, 1000), min_size=1, max_size=30, unique=True)


@given(distinct, st.data(), st.booleans())
def test_a_cut_lets_exactly_the_wanted_number_pass(values: list[int], data: st.DataObject, at_most: bool) -> None:
    passing = data.draw(st.integers(0, len(values)))
    current = data.draw(st.floats(0, 1000))
    cut = prevalence_cut(values, passing, at_most=at_most, current=current)
    keeps: Callable[[float], bool] = (lambda v: v <= cut) if at_most else (lambda v: v >= cut)
    assert sum(map(keeps, values)) == passing


def test_equal_values_cannot_be_split() -> None:
    assert prevalence_cut([5, 5, 5], 1, at_most=True, current=1) == 1
    assert prevalence_cut([5, 5, 5, 9], 2, at_most=True, current=1) == 7
