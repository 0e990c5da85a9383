"""Shifts between two pictures: planted ones are found, changes and moved shadows are not taken for them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.registration import FlightShift, LocalShift, Shift, flight_shift, measure_shift

GSD, SIDE = 0.1, 200
WHOLE = np.ones((SIDE, SIDE), np.float32)
METRES = st.floats(-2.0, 2.0, allow_nan=False)


def texture(seed: int, east_m: float = 0.0, north_m: float = 0.0) -> np.ndarray:
    """Ground whose every thing is drawn where it lies, so that a shift needs no interpolation: blurred dots."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    picture = np.zeros((SIDE, SIDE))
    for x, y, tone in np.column_stack([rng.uniform(-20, SIDE + 20, (500, 2)), rng.normal(0, 1, 500)]):
        x, y = x + east_m / GSD, y - north_m / GSD
        top, left = max(int(y) - 9, 0), max(int(x) - 9, 0)
        part = np.s_[top : max(int(y) + 10, 0), left : max(int(x) + 10, 0)]
        picture[part] += tone * np.exp(-((rows[part] - y) ** 2 + (cols[part] - x) ** 2) / 8)
    return picture.astype(np.float32)


def measured(first: np.ndarray, second: np.ndarray, trust: np.ndarray = WHOLE) -> Shift:
    return measure_shift(first, second, trust, trust, gsd_m=GSD)


@settings(max_examples=25, deadline=None)
@given(east=METRES, north=METRES, gain=st.floats(0.5, 2.0), offset=st.floats(-3, 3))
def test_a_planted_shift_is_measured_whatever_the_exposure(
    east: float, north: float, gain: float, offset: float
) -> None:
    found = measured(texture(1), gain * texture(1, east, north) + np.float32(offset))
    assert found.known
    assert math.hypot(found.dx_m - east, found.dy_m - north) < 0.02


@settings(max_examples=15, deadline=None)
@given(east=METRES, north=METRES, seed=st.integers(0, 50))
def test_swapping_the_pictures_mirrors_the_shift(east: float, north: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.2, (SIDE, SIDE)).astype(np.float32)
    first, second = texture(seed), texture(seed, east, north) + noise
    there, back = measured(first, second), measured(second, first)
    assert (back.dx_m, back.dy_m) == pytest.approx((-there.dx_m, -there.dy_m), abs=0.0011)


@pytest.mark.parametrize("seed", range(5))
def test_a_picture_has_no_shift_from_itself(seed: int) -> None:
    assert measured(texture(seed), texture(seed)) == Shift(0.0, 0.0, pytest.approx(0.8, abs=0.2))


def test_different_places_have_no_shift() -> None:
    found = [measured(texture(seed), texture(seed + 100)) for seed in range(20)]
    assert not any(shift.known for shift in found)


def test_a_kerb_alone_does_not_tell_where_along_it() -> None:
    kerb = np.zeros((SIDE, SIDE), np.float32)
    kerb[:, SIDE // 2 :] = 1
    assert not measured(kerb, np.roll(kerb, 5, axis=1)).known


def test_flat_or_distrusted_ground_tells_nothing() -> None:
    flat = np.full((SIDE, SIDE), 3, np.float32)
    assert not measured(flat, flat).known
    assert not measured(texture(1), texture(1), np.zeros_like(WHOLE)).known


def test_shadows_that_moved_do_not_move_the_ground() -> None:
    """Dark shapes 1.5 m further east are far stronger than the ground's own texture, and are not trusted."""
    trusted, pictures = [], []
    for moved, east_m in ((0, 0.0), (15, 0.4)):
        noise = np.random.default_rng(moved).normal(0, 0.4, (SIDE, SIDE))
        picture, trust = (texture(3, east_m) + noise).astype(np.float32), WHOLE.copy()
        for row, col in ((r, (c + 7 * r) % 170) for r in range(5, 190, 25) for c in range(0, 170, 40)):
            part = np.s_[row : row + 12, col + moved : col + 14 + moved]
            picture[part] -= 9
            trust[part] = 0
        pictures.append(picture)
        trusted.append(trust)
    found = measure_shift(*pictures, *trusted, gsd_m=GSD)
    assert (found.dx_m, found.dy_m) == pytest.approx((0.4, 0.0), abs=0.03)
    assert not measured(*pictures).known


def test_a_part_that_was_rebuilt_does_not_move_the_rest() -> None:
    second = texture(4, -0.7, 0.25)
    second[:, :80] = texture(99)[:, :80]
    found = measured(texture(4), second)
    assert (found.dx_m, found.dy_m) == pytest.approx((-0.7, 0.25), abs=0.02)


def patches(model: FlightShift, *, wrong: int = 0, noise_m: float = 0.0) -> list[LocalShift]:
    rng = np.random.default_rng(7)
    found = []
    for i, (x, y) in enumerate((x, y) for x in range(0, 400, 40) for y in range(0, 200, 40)):
        east, north = np.array(model.at(x, y)) + rng.normal(0, noise_m, 2)
        if i % 3 == 0 and wrong > 0:
            wrong -= 1
            east, north = rng.uniform(-3, 3, 2)
        found.append(LocalShift(x, y, Shift(float(east), float(north), 0.7)))
    return found


def model(dx: float, dy: float, scale: float, rotation: float) -> FlightShift:
    return FlightShift(dx, dy, scale, rotation, 180.0, 80.0, 0.0, 0, (), ())


@settings(max_examples=30, deadline=None)
@given(dx=METRES, dy=METRES, scale=st.floats(-0.005, 0.005), rotation=st.floats(-0.005, 0.005))
def test_a_shift_a_turn_and_a_stretch_are_found_though_a_third_was_rebuilt(
    dx: float, dy: float, scale: float, rotation: float
) -> None:
    truth = model(dx, dy, scale, rotation)
    found = flight_shift(patches(truth, wrong=17, noise_m=0.01))
    for x, y in ((0, 0), (360, 160), (180, 80)):
        assert found.at(x, y) == pytest.approx(truth.at(x, y), abs=0.03)
    assert sum(found.outlier) >= 15
    assert found.rmse_m < 0.05


def test_few_patches_give_a_shift_without_turn_or_stretch() -> None:
    found = flight_shift(patches(model(0.5, 0.2, 0, 0), noise_m=0.05)[:5])
    assert (found.scale, found.rotation, found.patches) == (0, 0, 5)


def test_what_is_not_known_stays_so() -> None:
    blank = LocalShift(0.0, 0.0, Shift(math.nan, math.nan, 0.1))
    none = flight_shift([blank])
    assert math.isnan(none.dx_m) and none.patches == 0 and none.outlier == (False,)
    one = flight_shift([blank, LocalShift(1.0, 1.0, Shift(0.25, 0.5, 0.9))])
    assert (one.dx_m, one.dy_m, one.rmse_m, one.patches) == (0.25, 0.5, 0.0, 1)
    assert math.isnan(one.residual_m[0]) and one.residual_m[1] == 0


def test_swapping_mirrors_what_the_patches_have_in_common() -> None:
    there = patches(model(0.5, -0.2, 0.001, 0.002), wrong=10, noise_m=0.03)
    back = [LocalShift(p.x, p.y, Shift(-p.shift.dx_m, -p.shift.dy_m, p.shift.quality)) for p in there]
    one, other = flight_shift(there), flight_shift(back)
    assert other.at(30, 60) == pytest.approx([-v for v in one.at(30, 60)], abs=1e-12)
    assert other.outlier == one.outlier
    assert other.residual_m == pytest.approx(one.residual_m, abs=1e-12)


def test_a_place_is_found_in_the_other_picture_and_back() -> None:
    common = FlightShift(0.5, -0.2, 0.001, 0.002, 100.0, 50.0, 0.0, 9, (), ())
    places = np.random.default_rng(2).uniform(-200, 300, (40, 2))
    assert np.allclose(common.here(common.there(places)), places, atol=2e-3)
    assert np.allclose(common.there(places)[0], places[0] + common.at(*places[0]))
    unknown = flight_shift([])
    assert np.array_equal(unknown.there(places), places) and np.array_equal(unknown.here(places), places)
