"""Vegetation is found above the flight's own soil: through haze, warm light and exposure, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.greenery import (
    GROUND_WARMTH,
    GreenProfile,
    Light,
    LogColour,
    fit_green,
    is_green,
    log_colour,
    mode,
    vegetation,
    vegetation_nir,
)
from pipeline.core.radiometry import fit_profile

GSD = 0.075
GRASS, SOIL, ASPHALT = (92, 118, 62), (152, 128, 104), (118, 119, 121)


def field(share: float, seed: int = 0, size: int = 320) -> tuple[np.ndarray, np.ndarray]:
    """Patches of 2 m of grass on soil and asphalt with grain; the true map of grass."""
    rng = np.random.default_rng(seed)
    patch = round(2 / GSD)
    grass = np.kron(rng.random((size // patch + 1,) * 2) < share, np.ones((patch, patch), bool))[:size, :size]
    base = np.where((np.arange(size) // 80 % 2 == 0)[:, None, None], SOIL, ASPHALT)
    rgb = (
        np.where(grass[..., None], GRASS, base) + rng.normal(0, 6, (size, size, 1)) + rng.normal(0, 2, (size, size, 3))
    )
    return np.clip(rgb, 0, 255), grass


def found(rgb: np.ndarray) -> float:
    picture = np.clip(rgb, 0, 255).astype(np.uint8)
    valid = np.ones(picture.shape[:2], bool)
    profile = fit_profile([(picture, valid)], GSD, 4)
    assert profile is not None
    return float(vegetation(log_colour(picture, profile.green.light), profile.green, valid, GSD).mean())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
@pytest.mark.parametrize(
    "light",
    [
        lambda x: x,
        lambda x: 0.8 * x,
        lambda x: 1.15 * x,
        lambda x: 60 + 0.6 * x,
        lambda x: x * (1.05, 1.0, 0.95),
        lambda x: x * (0.95, 1.0, 1.05),
    ],
    ids=["plain", "darker", "brighter", "haze", "warm", "cool"],
)
def test_cover_is_right_in_any_light(share: float, light: object) -> None:
    rgb, grass = field(share)
    assert found(light(rgb)) == pytest.approx(grass.mean(), abs=0.08)  # type: ignore[operator]


@pytest.mark.parametrize("gains", [(0.9, 1.0, 1.1), (1.25, 1.0, 0.8)], ids=["bluish", "reddish"])
def test_a_cast_is_taken_off_the_ground(gains: tuple[float, float, float]) -> None:
    rgb, grass = field(0.3)
    rgb = np.where(grass[..., None], rgb, rgb.mean(axis=2, keepdims=True))  # all ground is grey under white light
    picture = np.clip(rgb * gains, 0, 255).astype(np.uint8)
    profile = fit_profile([(picture, np.ones(grass.shape, bool))], GSD, 4)
    assert profile is not None
    low, high = GROUND_WARMTH
    ground = log_colour(picture, profile.green.light).u[~grass]
    assert low - 0.04 <= float(np.median(ground)) <= high + 0.04
    assert (profile.green.light.cast > 0) == (gains[0] < gains[2])
    assert found(rgb * gains) == pytest.approx(found(rgb), abs=0.02)


def test_ground_that_is_as_warm_as_ground_may_be_keeps_its_warmth() -> None:
    colour = LogColour(*(np.full(4000, v, np.float32) for v in (0.0, 0.1, 4.0)))
    assert fit_green(colour, (0.0, 0.0, 0.0)).light == Light((0.0, 0.0, 0.0))


def test_the_brighter_a_pixel_the_greener_it_must_be_and_deep_shade_the_less() -> None:
    level = np.array([-1.6, -0.8, 0.0, 0.8], np.float32)[None, :].repeat(9, axis=0)
    profile = GreenProfile(Light((0.0, 0.0, 0.0)), (0.0,) * 13, 0.0, 0.0, 0.05)

    def least(column: int) -> float:
        for e in np.arange(-0.2, 0.3, 0.005):
            colour = LogColour(np.full_like(level, e), np.zeros_like(level), level)
            if vegetation(colour, profile, np.ones(level.shape, bool), 1.0)[4, column]:
                return float(e)
        return 1.0

    shade, dim, usual, bright = (least(i) for i in range(4))
    assert shade < dim < usual < bright


def test_what_is_grey_must_be_greener_and_what_is_warm_and_dark_less() -> None:
    profile = GreenProfile(Light((0.0, 0.0, 0.0)), (0.0,) * 13, 0.0, 0.0, 0.05)

    def least(warmth: float, luminance: float) -> float:
        e = np.arange(-0.2, 0.3, 0.002, np.float32)
        colour = LogColour(e, np.full_like(e, warmth), np.full_like(e, luminance))
        return float(e[is_green(colour, profile)][0])

    assert least(0.0, 0.0) > least(0.1, 0.0) > least(0.3, 0.0) == least(0.6, 0.0)
    assert least(0.6, -0.5) < least(0.3, -0.5) < least(0.3, 0.0)


def test_what_is_invalid_is_not_green() -> None:
    rgb = np.full((40, 40, 3), GRASS, np.uint8)
    colour = log_colour(rgb, Light((0.0, 0.0, 0.0)))
    valid = np.zeros((40, 40), bool)
    profile = fit_green(LogColour(*(np.zeros(10, np.float32),) * 3), (0.0, 0.0, 0.0))
    assert not vegetation(colour, profile, valid, GSD).any()


def test_blue_tin_is_not_green() -> None:
    rgb, _ = field(0.2)
    rgb[100:180, 100:180] = (60, 110, 170)
    picture = rgb.astype(np.uint8)
    valid = np.ones(picture.shape[:2], bool)
    profile = fit_profile([(picture, valid)], GSD, 4)
    assert profile is not None
    green = vegetation(log_colour(picture, profile.green.light), profile.green, valid, GSD)
    assert green[110:170, 110:170].mean() < 0.05


def test_a_histogram_without_values_has_no_mode() -> None:
    assert mode(np.zeros(10, np.float32), -1, 1) is None


def test_near_infrared_tells_leaves_from_green_paint() -> None:
    red, nir = np.array([[60, 60]], np.uint8), np.array([[150, 62]], np.uint8)
    assert vegetation_nir(red, nir, np.ones((1, 2), bool)).tolist() == [[True, False]]
