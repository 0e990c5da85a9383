"""Shade is dark and cool; dark paving is only dark; what is green on a known roof is roof."""

from __future__ import annotations

import numpy as np

from pipeline.core.greenery import log_colour
from pipeline.core.radiometry import fit_profile
from pipeline.core.sharpness import softened
from pipeline.core.surface import Cover, classify, is_shade

GSD_M = 0.075
SUNLIT, SHADED, ASPHALT = (160, 152, 142), (72, 74, 82), (76, 73, 68)


def test_shade_is_told_from_dark_paving_by_its_coolness() -> None:
    rng = np.random.default_rng(0)
    rgb = np.full((300, 300, 3), SUNLIT, float)
    rgb[40:100, 40:260], rgb[180:240, 40:260] = SHADED, ASPHALT
    rgb[-12:] = (8, 8, 8)
    picture = np.clip(rgb + rng.normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)
    valid = np.ones(picture.shape[:2], bool)
    profile = fit_profile([(picture, valid)], GSD_M, 4)
    assert profile is not None
    soft = softened(picture, valid, profile.soften_m, GSD_M)
    found = is_shade(log_colour(soft, profile.green.light), profile.green)
    shaded, paved, sunlit = found[45:95, 45:255].mean(), found[185:235, 45:255].mean(), found[110:170].mean()
    assert shaded > 0.9
    assert paved < 0.1
    assert sunlit < 0.01


def test_green_inside_a_footprint_is_roof_and_elsewhere_is_green() -> None:
    flat = np.full((20, 20), 1.0, np.float32)
    cover = Cover(flat, 0.8 * flat, 0 * flat, 0 * flat, 0.1 * flat)
    roof = np.zeros((20, 20), np.float32)
    roof[:, 10:] = 1
    seen = classify(cover, roof=roof, height_m=None, coarse_gsd_m=0.3)
    assert (seen.vegetation[:, 10:] == 0).all()
    np.testing.assert_allclose(seen.vegetation[:, :10], 0.8)
    unknown = classify(cover, roof=None, height_m=None, coarse_gsd_m=0.3)
    np.testing.assert_allclose(unknown.vegetation, 0.8)


def test_soil_is_bare_by_degrees_of_yellow_and_of_smoothness() -> None:
    flat = np.full((20, 20), 1.0, np.float32)

    def bare(yellow: float, rough: float) -> float:
        cover = Cover(flat, 0 * flat, 0 * flat, np.float32(yellow) * flat, np.float32(rough) * flat)
        return float(classify(cover, roof=None, height_m=None, coarse_gsd_m=0.3).bare.mean())

    shares = [bare(yellow, 0.1) for yellow in (5.0, 12.0, 16.0, 25.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert bare(25.0, 0.1) > bare(25.0, 0.2) > bare(25.0, 0.3)
