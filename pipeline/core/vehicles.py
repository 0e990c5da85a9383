"""Cars and vans: bright or dark bodies of a car's size and shape, whose windows and edges would pass for litter."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from pipeline.core.filters import F32, U8, Bool, disc, radius_px
from pipeline.core.grid import WorkGrid
from pipeline.core.kernels import part_boxes

BODY_STEPS_L: Final = (10.0, 17.0, 25.0, 40.0)
PAINT_M: Final = 0.2
WINDOW_M: Final = 0.6
HALF_WIDTH_M: Final = 1.4
LEAST_HALF_WIDTH_M: Final = 0.5
WIDTH_M: Final = (1.4, 2.6)
LENGTH_M: Final = (3.2, 6.2)
LEAST_FILL: Final = 0.77
MARGIN_M: Final = 0.7
COARSEST_GSD_M: Final = 0.2


def vehicle_bodies(lightness: F32, gsd_m: float) -> Bool:
    """True on bodies of a car's size, and 0.7 m round them: L (h, w), 0 to 100, in; (h, w) out.

    A body differs from what surrounds it within 1.4 m by 10 to 40 L after paint lines are opened away and its
    windows closed (the white top-hat, or its mirror for dark bodies); it is 1.4 to 2.6 m wide and 3.2 to 6.2 m long and
    fills at least .77 of its smallest rectangle. Some skylights and shadows pass as well, rubble and goods seldom.
    Empty or constant input has none.
    """
    bytes_l = np.clip(lightness * np.float32(2.55), 0, 255).astype(np.uint8)
    found = _bright_bodies(bytes_l, gsd_m) | _bright_bodies(cv2.bitwise_not(bytes_l), gsd_m)
    return np.asarray(cv2.dilate(found, disc(radius_px(MARGIN_M, gsd_m))), np.uint8).view(np.bool_)


def _bright_bodies(bytes_l: U8, gsd_m: float) -> U8:
    lineless = cv2.morphologyEx(bytes_l, cv2.MORPH_OPEN, disc(radius_px(PAINT_M, gsd_m)))
    whole = cv2.morphologyEx(lineless, cv2.MORPH_CLOSE, disc(radius_px(WINDOW_M, gsd_m)))
    rise = cv2.morphologyEx(whole, cv2.MORPH_TOPHAT, disc(radius_px(HALF_WIDTH_M, gsd_m)))
    out = np.zeros_like(bytes_l)
    for step in BODY_STEPS_L:
        high = (rise > step * 2.55).astype(np.uint8)
        high = np.asarray(cv2.morphologyEx(high, cv2.MORPH_OPEN, disc(radius_px(LEAST_HALF_WIDTH_M, gsd_m))), np.uint8)
        _keep_cars(high, gsd_m, out)
    return out


def _keep_cars(high: U8, gsd_m: float, out: U8) -> None:
    """Set ``out`` to 1 on the connected parts of ``high`` that have a car's size and shape."""
    count, labels = cv2.connectedComponents(high, connectivity=4)
    parts = part_boxes(np.asarray(labels, np.int32), count)
    area_m2 = parts[:, 0] * gsd_m**2
    sized = (area_m2 >= WIDTH_M[0] * LENGTH_M[0] * LEAST_FILL) & (area_m2 <= WIDTH_M[1] * LENGTH_M[1])
    for i in np.nonzero(sized)[0]:
        x, y, w, h = (int(n) for n in parts[i, 1:])
        part = (labels[y : y + h, x : x + w] == i).astype(np.uint8)
        if _car_shaped(part, gsd_m):
            out[y : y + h, x : x + w] |= part


def _car_shaped(part: U8, gsd_m: float) -> bool:
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    sides = cv2.minAreaRect(max(outlines, key=len))[1]
    width, length = sorted(float(s + 1) * gsd_m for s in sides)
    fill = float(part.sum()) * gsd_m**2 / max(width * length, 1e-6)
    fits = WIDTH_M[0] <= width <= WIDTH_M[1] and LENGTH_M[0] <= length <= LENGTH_M[1]
    return fits and fill >= LEAST_FILL


def vehicle_step(grid: WorkGrid) -> int:
    """How many working pixels make one of about 0.15 m, on which vehicles are found; 1 where imagery is coarser."""
    return 2 if grid.gsd_m < COARSEST_GSD_M / 2 and grid.pool % 2 == 0 else 1


def vehicles(lightness: F32, gsd_m: float) -> Bool:
    """True on vehicles: L (h, w) on pixels of ``gsd_m`` in, (h, w) out; none where they are too coarse to tell."""
    if gsd_m > COARSEST_GSD_M:
        return np.zeros(lightness.shape, np.bool_)
    return vehicle_bodies(lightness, gsd_m)
