"""How messy the ground is: small, compact, colourless things where nothing is built and nothing grows.

What carries over between places, light and soil is not texture (which finds trees) nor colour (which finds roofs)
but compact neutral specks, in a context without right angles. Every constant is absolute after one band stretch per
flight, so that one flight can be compared with another. All windows are in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.core.filters import F32, Bool, blur, weighted_blur
from pipeline.core.grid import WorkGrid
from pipeline.core.kernels import edge_means
from pipeline.core.radiometry import Lab
from pipeline.core.specks import SpeckPlanes, speck_planes

EDGE_UNIT_M: Final = 0.0754
THING_CUT: Final = 0.033
THING_SLOPE: Final = 8.0
THING_SHARE: Final = 0.35
SCORE_CUT: Final = -7.15
SCORE_SLOPE: Final = 4.0
ROOF_WEIGHT: Final = 0.5
LIT_WEIGHT: Final = 1.3
RIGHT_ANGLES: Final = 2.0
AREA_DARK_LINES: Final = 1.5
AREA_LIT: Final = 0.8
AREA_LIGHT: Final = 0.4
DENSITY_CUT: Final = -3.75
DENSITY_SLOPE: Final = 6.0
DENSITY_SHARE: Final = 0.3
SETTLE_M: Final = 0.42


@dataclass(frozen=True)
class Specks:
    """Compact specks pooled to about 0.3 m, (h, w) each.

    ``density`` ln(share of specks within 0.8 m + .01); ``occupancy`` and ``occupancy_wide`` ln(share of spots with a
    speck within 1.8 m and 3 m + .03); ``blue`` ln(share of blue specks + .01); ``lines`` and ``dark_lines`` the share
    of long thin bright and dark things; ``things`` (0 to 1) the share of compact things of any colour.
    """

    share: F32
    density: F32
    occupancy: F32
    occupancy_wide: F32
    blue: F32
    lines: F32
    dark_lines: F32
    things: F32


@dataclass(frozen=True)
class Context:
    """What surrounds a spot, pooled, (h, w) each.

    ``green`` and ``gloom`` shares of vegetation and of the flight's darkest within 1 m (0 to 1); ``light`` how light
    the surroundings are (0 to 2); ``rough`` spread of log brightness; ``roof`` confidence of a roof (0 to 1); ``lit``
    how far what is lighter is also yellower (-1 to 1).
    """

    green: F32
    gloom: F32
    light: F32
    rough: F32
    roof: F32
    lit: F32


@dataclass(frozen=True)
class Directions:
    """Edge directions pooled to about 0.3 m, (h, w) each.

    ``isotropic`` log gradient energy that has no direction; ``right_angles`` and ``right_angles_wide`` how far edges
    are parallel or perpendicular to each other within 1.5 m and 3 m (0 to 1): high for everything built.
    """

    isotropic: F32
    right_angles: F32
    right_angles_wide: F32


def compact_specks(lab: Lab, valid: Bool, grid: WorkGrid) -> Specks:
    """How crowded the specks of :func:`speck_planes` are, (h, w) in and (h / pool, w / pool) out.

    ``lab`` is of the common sharpness, which takes half of the contrast of things of 0.3 m.
    """
    planes = speck_planes(lab, valid, grid, grid.pool)
    return gathered_specks(planes, planes.strength, grid.pool_gsd_m)


def gathered_specks(planes: SpeckPlanes, share: F32, coarse_gsd_m: float) -> Specks:
    """How crowded specks and lines are around each pooled pixel; ``share`` is their strength there."""
    coarse = coarse_gsd_m
    around = np.asarray(cv2.dilate(share, np.ones((2, 2), np.uint8)) > 0.06, np.float32)
    return Specks(
        share,
        np.log(blur(share, 0.8, coarse) + np.float32(0.01)),
        np.log(blur(around, 1.8, coarse) + np.float32(0.03)),
        np.log(blur(around, 3.0, coarse) + np.float32(0.03)),
        np.log(blur(planes.blue, 0.8, coarse) + np.float32(0.01)),
        blur(planes.lines, 0.8, coarse),
        blur(planes.dark_lines, 0.8, coarse),
        planes.things,
    )


@dataclass(frozen=True)
class EdgePlanes:
    """Means over edges, pooled, (h, w) each: products of the gradient; its weight, alone and times cos, sin 4 theta."""

    xx: F32
    yy: F32
    xy: F32
    weight: F32
    cos4: F32
    sin4: F32


def edge_directions(lightness: F32, grid: WorkGrid) -> Directions:
    """Structure tensor and fourth-harmonic coherence of edges: rubble has energy without direction, walls the reverse.

    Coherence is |sum w e^(i 4 theta)| / sum w with w = min(|grad L|, 4), none below .6 (in L per .075 m); the fourth
    harmonic counts perpendicular edges as one direction.
    """
    return gathered_edges(edge_planes(lightness, grid), grid.pool_gsd_m)


def edge_planes(lightness: F32, grid: WorkGrid) -> EdgePlanes:
    """The edges of :func:`edge_directions` as they lie; nothing reaches 3.8 m."""
    return EdgePlanes(*edge_means(lightness * np.float32(EDGE_UNIT_M / grid.gsd_m), grid.pool))


def gathered_edges(planes: EdgePlanes, coarse_gsd_m: float) -> Directions:
    """Edge energy and right angles around each pooled pixel."""
    xx, yy, xy = (blur(p, 0.5, coarse_gsd_m) for p in (planes.xx, planes.yy, planes.xy))
    smallest = np.maximum(xx + yy - np.sqrt((xx - yy) ** 2 + 4 * xy * xy), 0)
    near, wide = (
        np.hypot(blur(planes.cos4, m, coarse_gsd_m), blur(planes.sin4, m, coarse_gsd_m))
        / (blur(planes.weight, m, coarse_gsd_m) + np.float32(0.05))
        for m in (1.5, 3.0)
    )
    return Directions(np.log(np.sqrt(smallest) + np.float32(0.3)), near, wide)


def light_context(lightness: F32, coarse_gsd_m: float) -> F32:
    """How light the surroundings are, 0 to 2: the upper quarter of L within 2 m, from 30 upwards.

    The upper quarter is taken as mean plus .674 standard deviations, which is exact for a normal distribution.
    """
    mean = blur(lightness, 1.2, coarse_gsd_m)
    spread = np.sqrt(np.maximum(blur(lightness * lightness, 1.2, coarse_gsd_m) - mean * mean, 0))
    upper = mean + np.float32(0.674) * spread
    return np.asarray(np.clip(upper - np.float32(30), 0, 50) / np.float32(25), np.float32)


def mess_score(specks: Specks, directions: Directions, context: Context, coarse_gsd_m: float) -> F32:
    """Strength of mess per pooled pixel, (h, w): higher is messier, above ``SCORE_CUT`` it counts as mess.

    Signs follow from mechanism. Sizes, and the cuts of :func:`mess_share`, were picked among some 2,000 settings on 76
    rated blocks of three places; settings picked on two of the places did clearly worse on the third.
    """
    score = (
        specks.density
        + 0.5 * specks.occupancy
        + 0.5 * specks.occupancy_wide
        + 0.3 * specks.blue
        - specks.lines
        - 1.5 * specks.dark_lines
        + 0.5 * directions.isotropic
        - RIGHT_ANGLES * directions.right_angles
        - 2 * directions.right_angles_wide
        - 0.7 * context.green
        - context.gloom
        - 0.5 * context.light
        - context.rough
        - ROOF_WEIGHT * context.roof
        - LIT_WEIGHT * context.lit
    )
    return blur(np.asarray(score, np.float32), SETTLE_M, coarse_gsd_m)


def mess_share(score: F32, specks: Specks, directions: Directions, context: Context, *, coarse_gsd_m: float) -> F32:
    """How far a pooled pixel counts as mess, 0 to 1: softly above the cut of the score and of the specks alone.

    The specks' own density, on ground that is neither rough nor gloomy, keeps the scale between places; the score
    keeps the order within one; things of any colour, where neither plants nor a roof are near, see what is not white.
    Unlike the rank of spots, an area of specks is not told by whether it may be a roof (known roofs are no open ground
    anyway), nor by right angles next to it, for much lies along walls and fences; kerbs, cables and gaps, and ground
    that is light itself, count more against it.
    """
    area = (
        score
        + ROOF_WEIGHT * context.roof
        + RIGHT_ANGLES * directions.right_angles
        + AREA_LIT * context.lit
        - AREA_LIGHT * context.light
        - AREA_DARK_LINES * specks.dark_lines
    )
    alone = blur(np.asarray(specks.density - context.rough - 0.5 * context.gloom, np.float32), SETTLE_M, coarse_gsd_m)
    strong = _logistic(SCORE_SLOPE * (area - SCORE_CUT))
    dense = _logistic(DENSITY_SLOPE * (alone - DENSITY_CUT))
    crowd = np.log(blur(specks.things * (1 - np.clip(context.green, 0, 1)), 0.8, coarse_gsd_m) + np.float32(0.003))
    strewn = _logistic(THING_SLOPE * (crowd - np.float32(np.log(THING_CUT)))) * (1 - context.roof)
    mess = (1 - DENSITY_SHARE) * strong + DENSITY_SHARE * dense + THING_SHARE * strewn
    return np.asarray(np.minimum(mess, 1), np.float32)


def _logistic(values: F32) -> F32:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), np.float32)


def surroundings(share: F32, valid: F32, coarse_gsd_m: float) -> F32:
    """Share of a surface within about 1 m, over valid pixels only: (h, w) in and out, 0 to 1."""
    return weighted_blur(share, valid, 1.0, coarse_gsd_m)
