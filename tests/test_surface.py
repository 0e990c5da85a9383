"""Shade is dark and cool; dark paving is only dark."""

from __future__ import annotations

import numpy as np

from pipeline.core.greenery import log_colour
from pipeline.core.radiometry import fit_profile
from pipeline.core.sharpness import softened
from pipeline.core.surface import shadow

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
    found = shadow(log_colour(soft, profile.green.haze), profile.green, valid)
    shaded, paved, sunlit = found[45:95, 45:255].mean(), found[185:235, 45:255].mean(), found[110:170].mean()
    assert shaded > 0.9
    assert paved < 0.1
    assert sunlit < 0.01
