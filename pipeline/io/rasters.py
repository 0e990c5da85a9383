"""Polygons and surface heights on the imagery's pooled pixels: they move to the picture, the picture never moves."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.windows import Window as RioWindow
from shapely.geometry.base import BaseGeometry

from pipeline.core.grid import Window
from pipeline.core.surface import TERRAIN_M, height_above_ground
from pipeline.errors import ImageryError
from pipeline.io.imagery import Imagery, gdal, open_raster
from pipeline.io.pixels import Pixels

__all__ = [
    "Imagery",
    "Pixels",
    "cover_share",
    "heights_above_ground",
    "label_blocks",
    "label_core",
    "pooled_frame",
    "read_heights",
]

Floats = npt.NDArray[np.float32]
_ONE_AT_A_TIME = threading.Lock()


def pooled_frame(window: Window, imagery: Imagery) -> tuple[tuple[int, int], Affine]:
    """Shape and affine transform of the pooled pixels of a window with its halo, as :meth:`Imagery.read` pads it."""
    row, col, height, width = window.read
    work, grid = imagery.work, imagery.grid
    rows, cols = (-(-n // work.align) * work.align * work.work // (work.native * work.pool) for n in (height, width))
    step = work.align / work.work
    x, y = grid.xy(col, row)
    return (rows, cols), Affine(grid.dx * step, 0.0, x, 0.0, grid.dy * step, y)


def label_blocks(polygons: Sequence[BaseGeometry], window: Window, imagery: Imagery) -> npt.NDArray[np.int32]:
    """Which block holds the centre of each pooled pixel: 0 for none, i + 1 for block i.

    ``polygons`` are in the raster's own CRS.
    """
    shape, transform = pooled_frame(window, imagery)
    shapes = list(_near(enumerate(polygons, start=1), shape, transform))
    if not shapes:
        return np.zeros(shape, np.int32)
    return _burn(shapes, shape, transform, "int32")


def label_core(
    polygons: Sequence[BaseGeometry], indices: Sequence[int], window: Window, imagery: Imagery
) -> npt.NDArray[np.int32]:
    """Of each pooled pixel, the index of the polygon that holds its centre, plus one; 0 for none and outside the core.

    ``indices`` are those of ``polygons``, which are in the raster's own CRS.
    """
    core = imagery.work.core(window)
    inner = label_blocks(polygons, window, imagery)
    labels = np.zeros_like(inner)
    labels[core] = np.concatenate([[0], np.asarray(indices) + 1])[inner[core]]
    return labels


def cover_share(polygons: Sequence[BaseGeometry], window: Window, imagery: Imagery, *, fine: int = 4) -> Floats:
    """Share 0-1 of each pooled pixel that polygons cover, from ``fine`` by ``fine`` points in it.

    ``polygons`` are in the raster's own CRS.
    """
    (rows, cols), transform = pooled_frame(window, imagery)
    shapes = list(_near(((1, p) for p in polygons), (rows, cols), transform))
    if not shapes:
        return np.zeros((rows, cols), np.float32)
    points = Affine(transform.a / fine, 0.0, transform.c, 0.0, transform.e / fine, transform.f)
    covered = _burn(shapes, (rows * fine, cols * fine), points, "uint8")
    return np.asarray(covered.reshape(rows, fine, cols, fine).mean(axis=(1, 3), dtype=np.float32))


def _burn(
    shapes: Sequence[tuple[BaseGeometry, int]], shape: tuple[int, int], transform: Affine, dtype: str
) -> npt.NDArray[Any]:
    """Rasterize, one thread at a time: rasterio hides a warning of its own by swapping Python's global filters."""
    with _ONE_AT_A_TIME:
        return np.asarray(rasterize(shapes, out_shape=shape, transform=transform, dtype=dtype))


def _near(
    labelled: Iterable[tuple[int, BaseGeometry]], shape: tuple[int, int], transform: Affine
) -> Iterable[tuple[BaseGeometry, int]]:
    left, top = transform.c, transform.f
    right, bottom = left + shape[1] * transform.a, top + shape[0] * transform.e
    for label, polygon in labelled:
        if polygon.is_empty:
            continue
        west, south, east, north = polygon.bounds
        if west < right and east > left and south < top and north > bottom:
            yield polygon, label


def read_heights(href: str, window: Window, imagery: Imagery) -> Floats | None:
    """Floats in metres at the centres of a window's pooled pixels, bilinear; NaN where there are none.

    None where the surface does not reach the window at all.
    """
    (rows, cols), frame = pooled_frame(window, imagery)
    x, y = np.meshgrid(frame.c + (np.arange(cols) + 0.5) * frame.a, frame.f + (np.arange(rows) + 0.5) * frame.e)
    with gdal(href):
        try:
            with open_raster(href) as dataset:
                move = Transformer.from_crs(
                    CRS.from_wkt(imagery.grid.crs_wkt), CRS.from_wkt(dataset.crs.to_wkt()), always_xy=True
                )
                return _sample(dataset, *move.transform(x, y))
        except RasterioError:
            raise ImageryError(
                f"{href} cannot be read",
                "a surface model",
                "restore the file, or drop dsm",
                zh=f"{href} 无法读取；应为表面模型（DSM）；处理：恢复该文件，或删去 dsm",
            ) from None


def heights_above_ground(href: str | None, window: Window, imagery: Imagery) -> Floats | None:
    """Metres above the local ground on a window's pooled pixels, from a wider piece of the surface model.

    None where there is no surface model, or it does not reach the window.
    """
    if href is None:
        return None
    work = imagery.work
    reach = TERRAIN_M + 1  # within which the lowest is the ground
    pad = math.ceil(reach / imagery.grid.gsd_m / work.align) * work.align
    surface = read_heights(href, Window(*window.read, pad, pad, pad, pad), imagery)
    if surface is None:
        return None
    skip, ((rows, cols), _) = pad * work.work // (work.native * work.pool), pooled_frame(window, imagery)
    return height_above_ground(surface, work.pool_gsd_m)[skip : skip + rows, skip : skip + cols]


def _sample(dataset: Any, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Floats | None:
    a: Affine = ~dataset.transform
    col, row = a.a * x + a.b * y + a.c - 0.5, a.d * x + a.e * y + a.f - 0.5
    if not (np.isfinite(col).any() and np.isfinite(row).any()):
        return None
    left, top = max(0, math.floor(np.nanmin(col)) - 1), max(0, math.floor(np.nanmin(row)) - 1)
    right = min(dataset.width, math.ceil(np.nanmax(col)) + 2)
    bottom = min(dataset.height, math.ceil(np.nanmax(row)) + 2)
    if right <= left or bottom <= top:
        return None
    heights, scale = _heights(dataset, RioWindow(left, top, right - left, bottom - top), x.shape)
    maps = [
        ((p - start + 0.5) * s - 0.5).astype(np.float32)
        for p, start, s in ((col, left, scale[0]), (row, top, scale[1]))
    ]
    out = cv2.remap(
        heights, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(float("nan"),)
    )
    return np.asarray(out, np.float32) if np.isfinite(out).any() else None


def _heights(dataset: Any, box: RioWindow, wanted: tuple[int, ...]) -> tuple[Floats, tuple[float, float]]:
    """The surface in a window, averaged while it is more than twice as fine as what is wanted; NaN for no height."""
    shape = [
        max(1, n if n <= 2 * target else 2 * target) for n, target in zip((box.height, box.width), wanted, strict=True)
    ]
    data = dataset.read(1, window=box, out_shape=tuple(shape), resampling=Resampling.average, masked=True)
    heights = data.astype(np.float32).filled(np.nan)
    heights[np.abs(heights) > 1e5] = np.nan
    return heights, (shape[1] / box.width, shape[0] / box.height)
