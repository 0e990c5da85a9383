"""Two flights on one scale: exposure is found and undone, greening stays, swapping inverts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.greenery import Light, fit_green, greenness, log_colour, vegetation
from pipeline.core.normalise import MIN_PIXELS, carried_cut, digits, is_bare, stable_gain
from pipeline.core.sharpness import softened

GAINS = st.floats(0.7, 1.4)


def ground(n: int = 8000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.uniform(50, 200, (n, 1)) * [1.0, 0.92, 0.8] + rng.normal(0, 3, (n, 3))).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(gain=st.tuples(GAINS, GAINS, GAINS), offset=st.floats(-20, 20), changed=st.floats(0, 0.3))
def test_exposure_and_white_balance_are_found_though_some_ground_changed(gain, offset, changed) -> None:
    first = ground()
    second = first * np.float32(gain) + np.float32(offset)
    rebuilt = np.random.default_rng(1).random(len(first)) < changed
    second[rebuilt] = ground(len(first), seed=9)[rebuilt][:, ::-1]
    found = stable_gain(first, second)
    assert [g.gain for g in found] == pytest.approx(gain, rel=0.03)
    for band in range(3):
        assert found[band].undo(second[~rebuilt, band]) == pytest.approx(first[~rebuilt, band], abs=4)


@settings(max_examples=20, deadline=None)
@given(gain=GAINS, offset=st.floats(-20, 20), noise=st.floats(0, 8))
def test_swapping_the_flights_inverts_gain_and_offset(gain: float, offset: float, noise: float) -> None:
    first = ground()
    second = first * np.float32(gain) + np.float32(offset)
    second += np.random.default_rng(2).normal(0, noise, second.shape).astype(np.float32)
    for there, back in zip(stable_gain(first, second), stable_gain(second, first), strict=True):
        assert back.gain == pytest.approx(1 / there.gain)
        assert back.offset == pytest.approx(-there.offset / there.gain, abs=1e-6)


def test_a_flight_against_itself_has_nothing_to_normalise() -> None:
    assert {(g.gain, g.offset) for g in stable_gain(ground(), ground())} == {(1.0, 0.0)}
    assert math.isnan(stable_gain(ground(MIN_PIXELS - 1), ground(MIN_PIXELS - 1))[0].gain)
    flat = np.full((MIN_PIXELS, 3), 9, np.float32)
    assert math.isnan(stable_gain(flat, flat)[0].gain)


@settings(max_examples=30, deadline=None)
@given(wider=st.floats(0.4, 2.5), cut=st.floats(0.02, 0.1))
def test_thresholds_stand_equally_high_above_the_same_ground(wider: float, cut: float) -> None:
    first = np.random.default_rng(3).normal(-0.01, 0.02, 20_000).astype(np.float32)
    second = (first * np.float32(wider) + np.float32(0.005)).astype(np.float32)
    carried = carried_cut(first, second, cut)
    assert (first > cut).mean() == pytest.approx((second > carried).mean(), abs=2e-4)
    assert carried_cut(second, first, carried) == pytest.approx(cut, abs=1e-6)


def test_a_threshold_stays_where_the_ground_is_the_same_or_nothing_is_known() -> None:
    values = np.random.default_rng(3).normal(0, 0.02, 5000).astype(np.float32)
    assert carried_cut(values, values, 0.06) == 0.06
    assert carried_cut(values[:100], values[:100] + 1, 0.06) == 0.06
    assert carried_cut(values, values + 1, -0.01) == -0.01
    assert carried_cut(np.zeros(5000, np.float32), values, 0.05) == 0.05


@settings(max_examples=25, deadline=None)
@given(gain=st.tuples(GAINS, GAINS, GAINS), offset=st.floats(-20, 20))
def test_what_a_flight_shows_is_carried_to_the_light_of_another(gain, offset) -> None:
    first = ground()
    second = np.clip(np.rint(first * np.float32(gain) + np.float32(offset)), 0, 255).astype(np.uint8)
    gains = stable_gain(first, second.astype(np.float32))
    table = digits(gains)
    known = (second > 5) & (second < 250) & (first > [g.low for g in gains])
    carried = np.stack([table[second[:, band], band] for band in range(3)], axis=1)
    assert np.abs(carried.astype(float) - first)[known].mean() < 0.8
    assert (np.diff(table.astype(int), axis=0) >= 0).all()
    assert np.array_equal(digits(stable_gain(first, first))[:, 0], np.arange(256))
    assert np.array_equal(digits(())[:, 1], np.arange(256))


def meadow(greener: float) -> np.ndarray:
    """Soil with noise; the left third is lawn in both flights, of the rest a share has been sown."""
    rng = np.random.default_rng(11)
    rgb = np.full((300, 300, 3), (150, 135, 112), np.float32)
    rgb[:, :100] = (80, 120, 60)
    rgb[: int(300 * greener), 100:] = (84, 124, 62)
    return np.clip(rgb + rng.normal(0, 4, rgb.shape), 1, 254).astype(np.uint8)


@pytest.mark.parametrize("greener", [0.0, 0.2, 0.5])
def test_greening_is_not_normalised_away(greener: float) -> None:
    valid = np.ones((300, 300), bool)
    looks, profiles = [], []
    for rgb in (meadow(0.0), meadow(greener)):
        colour = log_colour(softened(rgb, valid, 0.1, 0.1), Light((5.0, 5.0, 5.0)))
        profiles.append(fit_green(type(colour)(*(p.ravel() for p in vars(colour).values())), (5.0, 5.0, 5.0)))
        looks.append(colour)
    own = [greenness(c, p) for c, p in zip(looks, profiles, strict=True)]
    bare = np.logical_and(*(is_bare(v, p.cut, 0.1) for v, p in zip(own, profiles, strict=True)))
    values = [greenness(c, profiles[0])[bare] for c in looks]
    carried = replace(profiles[0], cut=carried_cut(values[0], values[1], profiles[0].cut))
    green = [vegetation(c, p, valid, 0.1).mean() for c, p in zip(looks, (profiles[0], carried), strict=True)]
    assert green[1] - green[0] == pytest.approx(greener * 2 / 3, abs=0.02)


def test_greenness_is_what_the_threshold_is_held_against() -> None:
    rng = np.random.default_rng(5)
    rgb = rng.integers(1, 255, (60, 60, 3)).astype(np.uint8)
    colour = log_colour(rgb, Light((0.0, 0.0, 0.0)))
    profile = fit_green(type(colour)(*(p.ravel() for p in vars(colour).values())), (0.0, 0.0, 0.0))
    found = vegetation(colour, profile, np.ones((60, 60), bool), 1.0)  # too coarse to close or open anything
    assert np.array_equal(greenness(colour, profile) > profile.cut, found)
