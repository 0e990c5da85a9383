"""Some twenty figures of a hotspot from the picture around it: what a ranker learns from when people confirm or reject.

Chosen by mechanism, as signs of rubbish or of what is mistaken for it: how strong, how crowded, and whether part of
something larger; size and shape; how it stands out in colour, texture and edges; what grows, is built, or lies in the
dark around it.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core import clutter, surface
from pipeline.core.filters import F32, Bool
from pipeline.core.grid import WorkGrid
from pipeline.core.measure import Evidence, appearance
from pipeline.core.radiometry import FlightProfile, Lab

F64 = NDArray[np.float64]

STRENGTH: Final = "strength"
OF_TABLE: Final = (STRENGTH, "crowd", "adjoining")
OF_SHAPE: Final = ("area", "elongation", "solidity")
OF_PICTURE: Final = (
    *("contrast_l", "contrast_a", "contrast_b", "lightness", "texture", "edge"),
    *("green", "green_distance", "shadow_distance", "ground"),
    *("gloom", "light", "right_angles", "roughness", "occupancy"),
)
TRAITS: Final = OF_TABLE + OF_SHAPE + OF_PICTURE
REACH_M: Final = 11.0
_RING_M: Final = (0.3, 2.0)
_WIDE_RING_M: Final = 2.5
_FAR_M: Final = 8.0
_CROWD_M: Final = 5.0
_ADJOINING_M: Final = 3.0


def table_traits(severity: F64, xy_m: F64) -> dict[str, F64]:
    """Strength, and how much other strength lies around: (n,) severities of 0 to 100, (n, 2) places in metres.

    strength = ln(s / (100 - s)). crowd and adjoining = ln(.05 + sum of s / 100 exp(-d² / 2 r²)) over the others, with
    r = 5 m for a littered place and 3 m for one heap that was told as several spots, which are 2.5 m apart or more.

    >>> near = table_traits(np.array([50.0, 50.0]), np.array([[0.0, 0.0], [1.0, 0.0]]))
    >>> far = table_traits(np.array([50.0, 50.0]), np.array([[0.0, 0.0], [900.0, 0.0]]))
    >>> near["strength"].tolist(), bool(near["crowd"][0] > far["crowd"][0])
    ([0.0, 0.0], True)
    """
    share = np.clip(severity / 100, 0.001, 0.999)
    reaches = {"crowd": _CROWD_M, "adjoining": _ADJOINING_M}
    sums = {name: np.zeros(len(share)) for name in reaches}
    for i in range(len(share)):
        square = ((xy_m - xy_m[i]) ** 2).sum(axis=1)
        square[i] = np.inf
        for name, reach in reaches.items():
            sums[name][i] = float(np.exp(-square / (2 * reach**2)) @ share)
    return {STRENGTH: np.log(share / (1 - share))} | {name: np.log(0.05 + s) for name, s in sums.items()}


def shape_traits(outline_m: F64) -> dict[str, float]:
    """Size and shape of an outline, (n, 2) metres: ln area, ratio of the sides of the tightest box, area over hull.

    >>> [round(v, 2) for v in shape_traits(np.array([[0, 0], [4, 0], [4, 1], [0, 1]], float)).values()]
    [1.41, 4.0, 1.0]
    """
    points = (outline_m - outline_m.mean(axis=0)).astype(np.float32)
    area = abs(float(cv2.contourArea(points)))
    hull = float(cv2.contourArea(cv2.convexHull(points)))
    sides = sorted(cv2.minAreaRect(points)[1])
    return {
        "area": math.log(area + 0.1),
        "elongation": sides[1] / max(sides[0], 0.05),
        "solidity": area / hull if hull > 0 else 1.0,
    }


def picture_traits(evidence: Evidence, profile: FlightProfile, grid: WorkGrid, outline_px: F64) -> dict[str, float]:
    """How a spot stands out from what is around it, and what that is.

    Parameters
    ----------
    evidence : pixels around the spot, ``REACH_M`` to each side
    outline_px : (n, 2) corners (col, row) in working pixels of the window

    Differences are inside less ring (0.3 to 2 m away); a window without valid pixels gives zeros.
    """
    seen = appearance(evidence, profile, grid)
    surfaces, lab, valid = seen.surfaces, seen.lab, evidence.valid
    own = _stand_out(lab, _filled(outline_px, valid.shape), valid, grid.gsd_m)
    coarse = grid.pool_gsd_m
    planes = {
        "green": clutter.surroundings(surfaces.vegetation, surfaces.valid, coarse),
        "gloom": clutter.surroundings(seen.gloom, surfaces.valid, coarse),
        "light": clutter.light_context(seen.lightness, coarse),
        "right_angles": clutter.edge_directions(lab.l, grid).right_angles_wide,
        "roughness": seen.roughness,
        "occupancy": clutter.compact_specks(lab, valid, grid).occupancy_wide,
    }
    pooled = _filled(outline_px / grid.pool, seen.lightness.shape)
    away = _distance(pooled, coarse)
    ring = (away > 0) & (away < _WIDE_RING_M)
    around = {name: _mean(plane, ring) for name, plane in planes.items()}
    return own | around | _near(surfaces, pooled, coarse)


def _near(surfaces: surface.Surfaces, spot: Bool, gsd_m: float) -> dict[str, float]:
    """Mean distance of the spot to plants and to shadow in metres, at most 8, and its share of open ground."""
    return {
        "green_distance": min(_mean(_distance(surfaces.vegetation >= 0.5, gsd_m), spot), _FAR_M),
        "shadow_distance": min(_mean(_distance(surfaces.shadow >= 0.5, gsd_m), spot), _FAR_M),
        "ground": _mean(surfaces.ground, spot),
    }


def _stand_out(lab: Lab, inside: Bool, valid: Bool, gsd_m: float) -> dict[str, float]:
    away = _distance(inside, gsd_m)
    ring, spot = (away > _RING_M[0]) & (away < _RING_M[1]) & valid, inside & valid
    planes = {"l": lab.l, "a": lab.a, "b": lab.b}
    contrast = {f"contrast_{n}": _mean(p, spot) - _mean(p, ring) if ring.any() else 0.0 for n, p in planes.items()}
    gx = cv2.Sobel(lab.l, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(lab.l, cv2.CV_32F, 0, 1, scale=1 / 8)
    return contrast | {
        "lightness": _mean(lab.l, spot),
        "texture": float(lab.l[spot].std()) if spot.any() else 0.0,
        "edge": math.log(_mean(_f32(np.hypot(gx, gy)), spot) + 0.1),
    }


def _filled(outline_px: F64, shape: tuple[int, ...]) -> Bool:
    """True inside the outline; of an outline smaller than a pixel, the pixel that holds its first corner."""
    flags = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(flags, [np.rint((outline_px - 0.5) * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    if not flags.any():
        col, row = (int(np.clip(outline_px[0, i], 0, shape[1 - i] - 1)) for i in (0, 1))
        flags[row, col] = 1
    return flags.view(np.bool_)


def _distance(flags: Bool, gsd_m: float) -> F32:
    """Metres to the nearest True pixel, 0 on it; far away where there is none."""
    if not flags.any():
        return np.full(flags.shape, 1e3, np.float32)
    return _f32(cv2.distanceTransform((~flags).astype(np.uint8), cv2.DIST_L2, 5) * np.float32(gsd_m))


def _mean(plane: F32, where: Bool) -> float:
    return float(plane[where].mean(dtype=np.float64)) if where.any() else 0.0


def _f32(values: NDArray[np.generic]) -> F32:
    return np.asarray(values, np.float32)
