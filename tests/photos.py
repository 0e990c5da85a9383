"""Tiny orthophotos of every kind, made where a test wants them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import geopandas as gpd
import numpy as np
import pyproj
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp
from shapely import box

from pipeline.io.tables import Blocks

CRS = "EPSG:4549"
X0, Y0 = 640_000.0, 3_072_000.0


def picture(height: int = 300, width: int = 400, *, seed: int = 0) -> np.ndarray:
    """A (3, height, width) uint8 picture with coarse and fine detail, nowhere 0 or 255."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(60, 200, (height // 20 + 1, width // 20 + 1, 3), np.uint8), (width, height))
    fine = rng.integers(-20, 20, (height, width, 3))
    return np.ascontiguousarray(np.clip(coarse + fine, 1, 254).astype(np.uint8).transpose(2, 0, 1))


def write_tif(path: Path, data: np.ndarray, **options: Any) -> str:
    """Write bands; ``mask``, ``colours``, ``overviews``, ``x``, ``y``, ``gsd`` are ours, the other options GDAL's."""
    mask, colours = options.pop("mask", None), options.pop("colours", None)
    overviews, gsd = options.pop("overviews", []), options.pop("gsd", 0.1)
    x, y = options.pop("x", X0), options.pop("y", Y0)
    profile = {
        "driver": "GTiff",
        "count": data.shape[0],
        "height": data.shape[1],
        "width": data.shape[2],
        "dtype": data.dtype,
        "crs": CRS,
        "transform": Affine(gsd, 0, x, 0, -gsd, y),
    } | options
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as file:
        if colours:
            file.colorinterp = [ColorInterp[c] for c in colours]
        file.write(data)
        if mask is not None:
            file.write_mask(mask)
    if overviews:
        with rasterio.open(path, "r+") as file:
            file.build_overviews(overviews, rasterio.enums.Resampling.average)
    return str(path)


def blocks_at(*boxes: tuple[float, float, float, float], crs: str = CRS) -> Blocks:
    """Rectangular blocks B1, B2, … given as west, south, east, north in metres from the pictures' corner."""
    ids = [f"B{i + 1}" for i in range(len(boxes))]
    shapes = [box(X0 + w, Y0 + s, X0 + e, Y0 + n) for w, s, e, n in boxes]
    frame = gpd.GeoDataFrame({"block_id": ids, "name": ids, "name_en": ids}, geometry=shapes, crs=crs)
    return Blocks(frame, pyproj.CRS(crs))


SOME_BLOCKS = ((1.0, -14.0, 18.0, -1.0), (20.0, -28.0, 39.0, -2.0))
