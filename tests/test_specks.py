"""Compiled loops over colours and specks against plain array operations."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photos import picture

from pipeline.core import colours, specks
from pipeline.core.filters import F32, U8, Bool, black_tophat, box_mean, line_part, pool, white_tophat
from pipeline.core.greenery import GreenProfile, Light, is_green, log_colour, vegetation
from pipeline.core.grid import work_grid
from pipeline.core.radiometry import FlightProfile, Lab, fit_profile, to_lab
from pipeline.core.sharpness import softened
from pipeline.core.surface import is_shade

GRID = work_grid(0.075)


@pytest.fixture(scope="module")
def window() -> tuple[U8, Bool, FlightProfile]:
    rgb = np.ascontiguousarray(picture(192, 160, seed=4).transpose(1, 2, 0))
    valid = np.ones(rgb.shape[:2], bool)
    valid[40:60, 20:70] = False
    profile = fit_profile([(rgb, valid)], GRID.gsd_m, GRID.pool)
    assert profile is not None
    return rgb, valid, profile


def _ramp(values: U8, start: float, whole: float) -> F32:
    table = np.clip((np.arange(256) - start) / (whole - start), 0, 1).astype(np.float32)
    return np.asarray(cv2.LUT(values, table), np.float32)


def _as_bytes(values: F32) -> U8:
    return np.clip(values, 0, 255).astype(np.uint8)


def slow_box(values: F32, reach: int) -> F32:
    """Mean over squares, of values to 1/64."""
    wide = np.pad(np.rint(values * np.float32(64)) / 64, reach, "reflect")
    squares = np.lib.stride_tricks.sliding_window_view(wide, (2 * reach + 1,) * 2)
    return np.asarray(squares.mean(axis=(2, 3), dtype=np.float64), np.float32)


def slow_planes(lab: Lab, valid: Bool, step: int) -> specks.SpeckPlanes:
    """What :func:`specks.speck_planes` gives, one array operation after the other."""
    gsd, size = GRID.gsd_m, GRID.pool
    light = _as_bytes(lab.l * np.float32(2.55))
    bright, dark = white_tophat(light, 0.4, gsd), black_tophat(light, 0.4, gsd)
    lines, dark_lines = line_part(bright, 0.98, gsd), line_part(dark, 0.98, gsd)
    ground_a, ground_b = (slow_box(plane, 16) for plane in (lab.a, lab.b))
    loose = (lab.a > -8) & valid
    neutral = (lab.b < np.maximum(ground_b - np.float32(1), np.float32(12))) & loose
    compact = cv2.subtract(bright, lines)
    blue_hat = white_tophat(_as_bytes(128 - lab.b * np.float32(2)), 0.5, gsd)
    away = np.hypot(np.maximum(lab.a - ground_a, np.float32(0)), lab.b - ground_b)
    coloured = white_tophat(_as_bytes(away * np.float32(6)), 0.5, gsd)
    things = (
        pool(_ramp(compact, 15.3, 35.7) * loose, size)
        + pool(_ramp(cv2.subtract(dark, dark_lines), 15.3, 35.7) * valid, size)
        + pool(_ramp(cv2.subtract(coloured, line_part(coloured, 0.98, gsd)), 24, 60) * valid, size)
        - np.float32(0.35) * (pool(lines > 9, size) + pool(dark_lines > 9, size))
    )
    return specks.SpeckPlanes(
        pool(_ramp(compact, 10.2, 30.6) * neutral, step),
        pool((blue_hat > 14) & (lab.b < 0), size),
        pool(lines > 18, size),
        pool(dark_lines > 18, size),
        np.clip(things, 0, 1),
    )


@pytest.mark.parametrize("step", [2, 4])
def test_specks_are_those_of_plain_array_operations(step: int, window: tuple[U8, Bool, FlightProfile]) -> None:
    lab = to_lab(*window)
    found, slow = specks.speck_planes(lab, window[1], GRID, step), slow_planes(lab, window[1], step)
    for name, plane in vars(slow).items():
        assert plane.any(), name
        np.testing.assert_allclose(getattr(found, name), plane, atol=2e-6, err_msg=name)


def test_plants_and_shade_are_those_of_the_formulas(window: tuple[U8, Bool, FlightProfile]) -> None:
    rgb, valid, profile = window
    seen = colours.colours(rgb, valid, None, profile, grid=GRID)
    colour = log_colour(softened(rgb, valid, profile.soften_m, GRID.gsd_m), profile.green.light)
    np.testing.assert_array_equal(seen.green, vegetation(colour, profile.green, valid, GRID.gsd_m))
    np.testing.assert_array_equal(seen.dark, is_shade(colour, profile.green) & valid)
    np.testing.assert_allclose(seen.log, pool(colour.luminance, GRID.pool), atol=1e-5)
    np.testing.assert_allclose(seen.log_square, pool(colour.luminance**2, GRID.pool), atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_colours_turn_where_the_formula_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    soil = tuple(np.cumsum(rng.normal(0, 0.02, 13)).tolist())
    light = Light(tuple(rng.uniform(0, 40, 3).tolist()), float(rng.uniform(-0.2, 0.2)))
    profile = GreenProfile(light, soil, float(rng.uniform(3.5, 5)), float(rng.uniform(-0.1, 0.2)), 0.05)
    turns = colours.turning_points(lambda colour: is_green(colour, profile), light)
    rgb = rng.integers(0, 256, (300, 400, 3), np.uint8)
    told = rgb[..., 1] >= turns[rgb[..., 0], rgb[..., 2]]
    np.testing.assert_array_equal(told, is_green(log_colour(rgb, light), profile))
    assert 0 < told.mean() < 1


def test_what_never_holds_turns_past_the_last_value_and_what_always_does_at_the_first() -> None:
    never, always = (
        colours.turning_points(lambda c, e=even: np.full(c.e.shape, e), Light((0.0, 0.0, 0.0)))
        for even in (False, True)
    )
    assert (never == 256).all() and (always == 0).all()


@pytest.mark.parametrize(("shape", "reach"), [((40, 30), 4), ((5, 60), 16), ((1, 3), 2)])
def test_box_means_are_the_means_of_squares(shape: tuple[int, int], reach: int) -> None:
    values = np.random.default_rng(0).normal(0, 40, shape).astype(np.float32)
    np.testing.assert_allclose(box_mean(values, reach), slow_box(values, reach), atol=1e-4)
