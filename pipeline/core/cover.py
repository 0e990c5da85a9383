"""Which parts of a raster lie under polygons: found from the polygons, as a city may have millions of parts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from pipeline.core.grid import POOL_MAX, RasterGrid, Window, halo_px, work_grid

Core = tuple[int, int, int, int]
_AS_FINE = 1.5


def windows_under(
    polygons: Sequence[BaseGeometry], grid: RasterGrid, *, size_px: int, halo_m: float
) -> list[tuple[Window, tuple[int, ...]]]:
    """Windows in reading order whose core shares ground with a polygon, each with the indices of those it touches.

    Cores lie on multiples of ``size_px``, rounded up to the working grid's alignment; of twice (four times) as much
    where imagery is 3 (6) times as fine as the working grid, lest most of what is read be halo; of less where a native
    pixel is more of a pooled one, since memory goes with pooled pixels. ``polygons`` are in the raster's CRS.
    """
    work = work_grid(grid.gsd_m)
    halo = halo_px(work, grid.gsd_m, halo_m)
    finer = 2 ** max(0, int(math.log2(work.native / work.work / _AS_FINE)))
    pooled = POOL_MAX * max(work.native, work.work)
    size = -(-size_px * finer // pooled) * work.align
    chosen = []
    for (row, col, height, width), touched in cores_under(polygons, grid, size):
        below, beside = grid.height - row - height, grid.width - col - width
        halos = min(halo, row), min(halo, col), min(halo, below), min(halo, beside)
        chosen.append((Window(row, col, height, width, *halos), touched))
    return chosen


def cores_under(polygons: Sequence[BaseGeometry], grid: RasterGrid, size: int) -> list[tuple[Core, tuple[int, ...]]]:
    """Squares ``(row, col, height, width)`` on multiples of ``size`` that share area with a polygon, in reading order.

    Each comes with the indices of the polygons it touches. ``polygons`` are in the raster's CRS; squares are cut at
    the raster's edge.

    >>> grid = RasterGrid(100, 100, 0.0, 100.0, 1.0, -1.0, "", 1.0, 1.0)
    >>> cores_under([shapely.box(60, 90, 70, 100), shapely.box(-50, 0, -40, 9)], grid, 64)
    [((0, 0, 64, 64), (0,)), ((0, 64, 64, 36), (0,))]
    """
    tree = STRtree(polygons)
    found = []
    for row, col in _corners(polygons, grid, size):
        height, width = min(size, grid.height - row), min(size, grid.width - col)
        square = shapely.box(*grid.bounds(row, col, height, width))
        near = [int(i) for i in sorted(tree.query(square, "intersects"))]
        touched = tuple(i for i in near if polygons[i].intersection(square).area > 0)
        if touched:
            found.append(((row, col, height, width), touched))
    return found


def _corners(polygons: Sequence[BaseGeometry], grid: RasterGrid, size: int) -> list[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for polygon in polygons:
        if polygon.is_empty:
            continue
        west, south, east, north = polygon.bounds
        left, top = grid.colrow(west, north)
        right, bottom = grid.colrow(east, south)
        rows = range(max(0, int(top // size)), min(-(-grid.height // size), int(bottom // size) + 1))
        cols = range(max(0, int(left // size)), min(-(-grid.width // size), int(right // size) + 1))
        found.update((r * size, c * size) for r in rows for c in cols)
    return sorted(found)
