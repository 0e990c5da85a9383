"""The flat plane in which a page is drawn: true ground metres along the axes of the reference flight's raster.

The origin is the outer corner of the raster's first pixel, x grows along its columns and y up against its rows. A
pixel is ``gsd_x_m`` by ``gsd_y_m`` there, so a scale bar is true even where the raster's CRS (EPSG:3857) is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from pipeline.core.grid import RasterGrid

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Picture:
    """An overview picture and the box ``(left, bottom, right, top)`` of the plane that it fills, in metres."""

    rgb: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    box: Box


class Plane:
    """The plane of one reference raster."""

    def __init__(self, grid: RasterGrid) -> None:
        self.grid = grid
        self._crs = CRS.from_wkt(grid.crs_wkt)

    def place(self, shapes: NDArray[np.object_], crs: CRS | str) -> list[BaseGeometry]:
        """Bring geometries from ``crs`` into the plane."""
        step = Transformer.from_crs(crs, self._crs, always_xy=True)

        def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y = step.transform(points[:, 0], points[:, 1])
            return np.column_stack(self._metres(np.asarray(x), np.asarray(y)))

        return [shapely.transform(shape, move) for shape in shapes]

    def lonlat(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places of the plane in degrees of WGS 84."""
        g = self.grid
        step = Transformer.from_crs(self._crs, "EPSG:4326", always_xy=True)
        lon, lat = step.transform(x / g.gsd_x_m * g.dx + g.x0, y / g.gsd_y_m * -g.dy + g.y0)
        return np.asarray(lon), np.asarray(lat)

    def picture(self, grid: RasterGrid, rgb: NDArray[np.uint8], valid: NDArray[np.bool_]) -> Picture:
        """Place a whole-raster overview of ``grid``.

        A raster in the plane's own CRS is placed as it is. One in another CRS is turned for display only, by the
        affine map that fits its corners; nothing is ever measured on that picture.
        """
        corners = self._corners(grid)
        left, bottom = corners.min(axis=0)
        right, top = corners.max(axis=0)
        box = (float(left), float(bottom), float(right), float(top))
        if CRS.from_wkt(grid.crs_wkt) == self._crs:
            return Picture(rgb, valid, box)
        height, width = valid.shape
        step = max((right - left) / width, (top - bottom) / height)
        size = (max(1, round((right - left) / step)), max(1, round((top - bottom) / step)))
        pixels = np.array([[0, 0], [width, 0], [0, height]], dtype=np.float32) - 0.5
        target = (corners[:3] - [left, top]) / [step, -step] - 0.5
        matrix = cv2.getAffineTransform(pixels, target.astype(np.float32))
        turned = cv2.warpAffine(rgb, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        kept = cv2.warpAffine(valid.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
        return Picture(turned.astype(np.uint8), kept > 0, box)

    def window(self, grid: RasterGrid, box: Box) -> tuple[int, int, int, int]:
        """``(row, col, height, width)`` of the pixels of ``grid`` that a box of the plane touches."""
        left, bottom, right, top = box
        g = self.grid
        x = np.array([left, right, left, right]) / g.gsd_x_m * g.dx + g.x0
        y = np.array([top, top, bottom, bottom]) / g.gsd_y_m * -g.dy + g.y0
        if CRS.from_wkt(grid.crs_wkt) != self._crs:
            x, y = Transformer.from_crs(self._crs, grid.crs_wkt, always_xy=True).transform(x, y)
        cols, rows = (np.asarray(x) - grid.x0) / grid.dx, (np.asarray(y) - grid.y0) / grid.dy
        col, row = max(0, math.floor(cols.min())), max(0, math.floor(rows.min()))
        end, last = min(grid.width, math.ceil(cols.max())), min(grid.height, math.ceil(rows.max()))
        if end <= col or last <= row:
            return 0, 0, grid.height, grid.width
        return row, col, last - row, end - col

    def _corners(self, grid: RasterGrid) -> NDArray[np.float64]:
        """Upper left, upper right, lower left and lower right corner of a raster, in the plane."""
        at = np.array([grid.xy(c, r) for r in (0, grid.height) for c in (0, grid.width)])
        x, y = at[:, 0], at[:, 1]
        if CRS.from_wkt(grid.crs_wkt) != self._crs:
            x, y = Transformer.from_crs(grid.crs_wkt, self._crs, always_xy=True).transform(x, y)
        return np.column_stack(self._metres(np.asarray(x), np.asarray(y)))

    def _metres(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        g = self.grid
        return (x - g.x0) / g.dx * g.gsd_x_m, -(y - g.y0) / g.dy * g.gsd_y_m
