"""Pictures around a place on the ground, as an inspector sees them: close up and in its surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.grid import RasterGrid
from pipeline.io.chips import encode
from pipeline.io.imagery import Imagery


@dataclass(frozen=True)
class Square:
    """A square of ground on a raster: its first corner (col, row) and its size in whole native pixels."""

    col: int
    row: int
    wide: int
    high: int

    @classmethod
    def around(cls, grid: RasterGrid, x: float, y: float, side_m: float) -> Square:
        """The square of ``side_m`` metres whose middle is at CRS coordinates."""
        col, row = grid.colrow(x, y)
        wide, high = (max(8, math.ceil(side_m / gsd)) for gsd in (grid.gsd_x_m, grid.gsd_y_m))
        return cls(round(col - wide / 2), round(row - high / 2), wide, high)

    def rings(self, grid: RasterGrid, shape: BaseGeometry) -> list[list[list[float]]]:
        """A shape's outer rings in shares of the square (0 to 1 from the first corner), to a thousandth."""
        parts = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
        return [[self._share(*grid.colrow(x, y)) for x, y in p.exterior.coords[:-1]] for p in parts]

    def _share(self, col: float, row: float) -> list[float]:
        return [round((col - self.col) / self.wide, 3), round((row - self.row) / self.high, 3)]


@dataclass(frozen=True)
class View:
    """A square picture: WebP bytes, and the share of it that was flown."""

    webp: bytes
    valid: float


def view(imagery: Imagery, square: Square, *, max_px: int, quality: int) -> View:
    """The picture of a square at native size, or averaged to ``max_px``; never enlarged: the page does that."""
    rgb, valid = imagery.read_native(square.row, square.col, square.high, square.wide)
    size = min(max_px, max(square.wide, square.high))
    picture: NDArray[np.uint8] = np.asarray(cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
    return View(encode(picture, quality), float(valid.mean()))
