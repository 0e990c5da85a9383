"""Clutter counts small compact things, not texture, lines or what is built; and keeps to metres."""

from __future__ import annotations

import dataclasses
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.core.clutter import (
    THING_SHARE,
    Context,
    Directions,
    Specks,
    compact_specks,
    edge_directions,
    mess_score,
    mess_share,
)
from pipeline.core.filters import line_part, pool
from pipeline.core.grid import WorkGrid, work_grid
from pipeline.core.measure import Evidence, read_window
from pipeline.core.radiometry import FlightProfile, Lab, fit_profile, to_lab

GRID = work_grid(0.075)


def paving(size: int = 480, seed: int = 0) -> np.ndarray:
    """Sunlit paving with stains and grain, and a strip of lawn and of dark roof so that the stretch has both ends."""
    rng = np.random.default_rng(seed)
    stains = cv2.GaussianBlur(rng.normal(0, 1, (size, size)).astype(np.float32), (0, 0), 12) * 60
    grey = 120 + stains[..., None] + rng.normal(0, 3, (size, size, 1)) + rng.normal(0, 1, (size, size, 3))
    grey[: size // 10] = (90, 115, 60)
    grey[-size // 10 :] = (30, 28, 30)
    grey[:, -size // 12 :] = (238, 238, 236)
    return np.clip(grey, 0, 255)


def littered(rgb: np.ndarray, count: int, seed: int = 1, colour: tuple[int, int, int] = (225, 225, 222)) -> np.ndarray:
    """``count`` compact things of 0.3 m strewn over the middle of the picture."""
    out, rng = rgb.copy(), np.random.default_rng(seed)
    low, high = rgb.shape[0] // 5, rgb.shape[0] - rgb.shape[0] // 5
    for x, y in rng.integers(low, high, (count, 2)):
        cv2.ellipse(out, ((int(x), int(y)), (4, 3), float(rng.uniform(0, 180))), colour, -1)
    return out


def mess(rgb: np.ndarray, profile: FlightProfile, grid: WorkGrid = GRID) -> float:
    picture = rgb.astype(np.uint8)
    reading = read_window(Evidence(picture, np.ones(picture.shape[:2], bool)), profile, grid, 0.0)
    inner = reading.mess.shape[0] // 5
    return float(reading.mess[inner:-inner, inner:-inner].mean())


@pytest.fixture(scope="module")
def profile() -> FlightProfile:
    picture = littered(paving(), 40).astype(np.uint8)
    fitted = fit_profile([(picture, np.ones(picture.shape[:2], bool))], GRID.gsd_m, GRID.pool)
    assert fitted is not None
    return fitted


def test_more_litter_is_more_clutter(profile: FlightProfile) -> None:
    levels = [mess(littered(paving(), n), profile) for n in (0, 60, 200, 500)]
    assert levels[0] < 0.02
    assert levels == sorted(levels)
    assert levels[-1] > levels[0] + 0.2


def test_long_bright_lines_are_not_litter(profile: FlightProfile) -> None:
    painted = paving()
    for at in range(120, 380, 26):
        cv2.line(painted, (110, at), (370, at + 8), (225, 225, 222), 2)
    marked = compact_specks(to_lab(painted.astype(np.uint8), np.ones(painted.shape[:2], bool), profile), _all(), GRID)
    strewn = littered(paving(), 60).astype(np.uint8)
    litter = compact_specks(to_lab(strewn, np.ones(strewn.shape[:2], bool), profile), _all(), GRID)
    inner = slice(30, -30)
    assert marked.share[inner, inner].mean() < 0.3 * litter.share[inner, inner].mean()


def _all() -> np.ndarray:
    return np.ones((480, 480), bool)


def test_coloured_things_are_not_neutral_specks(profile: FlightProfile) -> None:
    assert mess(littered(paving(), 200, colour=(225, 200, 60)), profile) < mess(littered(paving(), 200), profile) / 2


def test_on_warm_soil_a_speck_may_be_as_warm_as_the_soil_but_no_warmer() -> None:
    lab = Lab(*(np.full((240, 240), v, np.float32) for v in (50.0, 8.0, 24.0)))
    lab.l[60:64, 60:64] = lab.l[160:164, 160:164] = 85.0
    lab.b[60:64, 60:64], lab.b[160:164, 160:164] = 16.0, 40.0
    share = compact_specks(lab, np.ones((240, 240), bool), GRID).share
    assert share[15, 15] > 0.5
    assert share[40, 40] == 0


def test_a_speck_counts_the_more_the_more_it_stands_out() -> None:
    def found(step_l: float) -> float:
        lab = Lab(*(np.full((240, 240), v, np.float32) for v in (50.0, 0.0, 0.0)))
        lab.l[120:124, 120:124] += step_l
        return float(compact_specks(lab, np.ones((240, 240), bool), GRID).share.sum())

    shares = [found(step) for step in (3.0, 6.0, 9.0, 20.0)]
    assert shares[0] == 0
    assert shares == sorted(set(shares))


def test_things_of_any_colour_are_mess_in_the_open_and_not_on_a_roof() -> None:
    zero, one = np.zeros((40, 40), np.float32), np.ones((40, 40), np.float32)
    near = -4.6 * one
    bare, strewn = (Specks(zero, near, near, near, near, zero, zero, np.float32(n) * one) for n in (0, 0.1))
    open_air, roofed, lawn = (
        Context(green, zero, zero, zero, roof, zero) for green, roof in ((zero, zero), (zero, one), (one, zero))
    )
    low, even = -12 * one, Directions(zero, zero, zero)

    def added(context: Context) -> float:
        more, less = (mess_share(low, specks, even, context, coarse_gsd_m=0.3) for specks in (strewn, bare))
        return float((more - less).mean())

    assert added(open_air) == pytest.approx(THING_SHARE, rel=0.1)
    assert added(roofed) == added(lawn) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_turning_the_picture_turns_the_result(profile: FlightProfile, turn: int) -> None:
    rgb = littered(paving(), 150)
    turned = mess(np.ascontiguousarray(np.rot90(rgb, turn)), profile)
    assert turned == pytest.approx(mess(rgb, profile), abs=0.02)


def test_walls_have_right_angles_and_rubble_has_none() -> None:
    walls = np.full((320, 320), 40, np.float32)
    for at in range(20, 320, 40):
        walls[:, at : at + 3], walls[at : at + 3, :] = 80, 80
    rubble = 40 + 12 * np.random.default_rng(0).normal(0, 1, (320, 320)).astype(np.float32)
    middle = slice(20, -20)
    built, loose = (edge_directions(x, GRID).right_angles[middle, middle].mean() for x in (walls, rubble))
    assert built > 0.8
    assert loose < 0.3


def test_the_line_part_keeps_lines_and_drops_dots() -> None:
    picture = np.zeros((60, 60), np.uint8)
    picture[30, 5:55] = 200
    picture[10, 10] = 200
    lines = line_part(picture, 0.9, 0.075)
    assert lines[30, 30] == 200
    assert lines[10, 10] == 0


def test_a_constant_picture_is_clean_and_finite(profile: FlightProfile) -> None:
    flat = np.full((240, 240, 3), 128, np.uint8)
    reading = read_window(Evidence(flat, np.ones((240, 240), bool)), profile, GRID, 0.0)
    assert np.isfinite(reading.score).all()
    assert reading.mess.max() < 0.01


def test_pooling_keeps_the_mean() -> None:
    values = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    assert pool(values, 4).mean() == pytest.approx(values.mean(), rel=1e-5)


def test_roofs_and_right_angles_lower_the_rank_of_a_spot_but_not_the_mess_of_its_area() -> None:
    zero, one = np.zeros((40, 40), np.float32), np.ones((40, 40), np.float32)
    specks = Specks(zero, -2 * one, -2 * one, -2 * one, -4.6 * one, zero, zero, zero)
    even, walled = (Directions(zero, near, zero) for near in (zero, one))
    open_air = Context(zero, zero, zero, zero, zero, zero)
    roofed, light = (dataclasses.replace(open_air, **{name: one}) for name in ("roof", "light"))

    def told(directions: Directions, context: Context) -> tuple[float, Any]:
        score = mess_score(specks, directions, context, 0.3)
        return float(score.mean()), mess_share(score, specks, directions, context, coarse_gsd_m=0.3)

    rank, area = told(even, open_air)
    for other in (told(even, roofed), told(walled, open_air)):
        assert other[0] < rank
        np.testing.assert_allclose(other[1], area, atol=1e-3)
    assert told(even, light)[1].mean() < area.mean()
    kerbs = dataclasses.replace(specks, dark_lines=one)
    score = mess_score(specks, even, open_air, 0.3)
    assert mess_share(score, kerbs, even, open_air, coarse_gsd_m=0.3).mean() < area.mean()
