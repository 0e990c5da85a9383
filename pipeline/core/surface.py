"""What each pixel is: vegetation, roof, shadow or open ground, as shares on the pooled grid rather than hard cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.core.filters import F32, Bool, blur, erode
from pipeline.core.greenery import GreenProfile, LogColour

SHADOW_STEP: Final = 0.5
SHADOW_COOLER: Final = 0.05
CANOPY_SPREAD: Final = 0.30
CANOPY_M: Final = 2.0
ROOF_M: Final = 2.0
TERRAIN_M: Final = 25.0
BARE_B: Final = (10.0, 18.0)
BARE_ROUGH: Final = (0.15, 0.25)
GROUND_EDGE_M: Final = 0.3


@dataclass(frozen=True)
class Surfaces:
    """Shares (0 to 1) of each surface per pooled pixel, (h, w) each; ``ground`` is what is none of the others.

    ``roof`` is NaN everywhere where nothing tells a roof from the ground.
    """

    valid: F32
    vegetation: F32
    canopy: F32
    shadow: F32
    roof: F32
    bare: F32
    ground: F32


def is_shade(colour: LogColour, profile: GreenProfile) -> Bool:
    """True where a pixel is dark and bluish: ln L below the flight's median by .5, cooler than its ground by .05.

    After Tsai 2006 (doi:10.1109/TGRS.2006.869980), in log colour with haze taken off. An overcast flight has none; dark
    asphalt is as neutral as its surroundings, what lies in shade is lit by the sky. With less green it stays true.
    """
    dark = colour.luminance < profile.luminance - SHADOW_STEP
    return np.asarray(dark & (colour.u < profile.warmth - SHADOW_COOLER))


def spread(mean: F32, square: F32, coarse_gsd_m: float) -> F32:
    """Standard deviation within 1.5 m from pooled means of values and of their squares, (h, w) each."""
    near, squares = blur(mean, 1.0, coarse_gsd_m), blur(square, 1.0, coarse_gsd_m)
    return np.sqrt(np.maximum(squares - near * near, 0))


def canopy(vegetation: F32, rough: F32, height_m: F32 | None) -> F32:
    """Share of tree crowns: rough vegetation, or, where a surface model gives it, vegetation above 2 m."""
    tall = rough > CANOPY_SPREAD
    if height_m is not None:
        tall = np.where(np.isfinite(height_m), height_m > CANOPY_M, tall)
    return np.asarray(vegetation * tall, np.float32)


def roof_from_height(height_m: F32, vegetation: F32) -> F32:
    """Confidence (0 to 1) of a roof from height above the local ground; vegetation above 2 m is a tree."""
    rise = np.clip((height_m - (ROOF_M - 0.5)) / 1.0, 0, 1)
    return np.asarray(np.nan_to_num(rise, nan=0.0) * (1 - vegetation), np.float32)


@dataclass(frozen=True)
class Cover:
    """Means over pooled pixels of what working pixels are, (h, w) each.

    Shares of ``valid``, ``green`` and dark other pixels (``shade``); ``yellow`` the mean b; ``rough`` the spread of
    log brightness within 1.5 m.
    """

    valid: F32
    green: F32
    shade: F32
    yellow: F32
    rough: F32


def classify(cover: Cover, *, roof: F32 | None, height_m: F32 | None, coarse_gsd_m: float) -> Surfaces:
    """Put the evidence of one window together; ``roof`` and ``height_m`` are pooled, (h, w), or None.

    ``roof`` is known from footprints: what is green there, paint above all, is roof. Soil is bare the more surely the
    yellower and the smoother it is, so that a shade of white balance does not decide.
    """
    green = cover.green if roof is None else np.asarray(cover.green * (1 - roof), np.float32)
    crowns = canopy(green, cover.rough, height_m)
    built = np.zeros_like(cover.valid) if roof is None else roof
    if height_m is not None:
        built = np.maximum(built, roof_from_height(height_m, green))
    open_ground = np.clip(cover.valid - green - cover.shade, 0, 1) * (1 - built)
    open_ground *= erode(built < 0.5, GROUND_EDGE_M, coarse_gsd_m)
    brown = _rise(cover.yellow, *BARE_B) * (1 - _rise(cover.rough, *BARE_ROUGH))
    known = roof is not None or height_m is not None
    return Surfaces(
        cover.valid,
        green,
        crowns,
        cover.shade,
        built if known else np.full_like(cover.valid, np.nan),
        np.asarray(open_ground * brown, np.float32),
        np.asarray(open_ground, np.float32),
    )


def _rise(values: F32, start: float, whole: float) -> F32:
    return np.asarray(np.clip((values - np.float32(start)) / np.float32(whole - start), 0, 1), np.float32)


def height_above_ground(surface_m: F32, gsd_m: float) -> F32:
    """Height above the local ground: a surface model less its opening over 25 m; NaN where there is no height.

    Opening over 25 m keeps 94 % of inner roofs and lifts 8 % of smooth ground above 2 m: soft evidence.
    """
    known = np.isfinite(surface_m)
    side = max(3, round(TERRAIN_M / gsd_m) | 1)
    filled = np.where(known, surface_m, np.float32(1e6)).astype(np.float32)
    low = cv2.erode(filled, np.ones((side, side), np.uint8))
    low = np.where(low > 1e5, np.float32(-1e6), low).astype(np.float32)
    ground = cv2.dilate(low, np.ones((side, side), np.uint8))
    return np.where(known, surface_m - ground, np.float32("nan")).astype(np.float32)
