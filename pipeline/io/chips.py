"""Small pictures of the hotspots, with the spot outlined: what an inspector sees first."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import write_bytes
from pipeline.errors import WorkdirError
from pipeline.io.imagery import Imagery

CHIP_PX = 256
QUALITY = 80
_HALO, _LINE = (40, 40, 36), (255, 244, 130)


def write_chips(imagery: Imagery, hotspots: gpd.GeoDataFrame, folder: Path, *, chip_m: float, most: int) -> None:
    """Write a WebP of at most 256 by 256 px, ``chip_m`` metres wide, for each of the first ``most`` hotspots.

    ``hotspots`` has the columns ``chip`` (file name after the last slash) and geometry, best first.
    """
    first = hotspots.iloc[:most]
    for name, shape in zip(first["chip"], first.geometry.to_crs(imagery.grid.crs_wkt), strict=True):
        write_bytes(folder / Path(str(name)).name, encode(chip(imagery, shape, chip_m)))


def chip(imagery: Imagery, shape: BaseGeometry, chip_m: float) -> NDArray[np.uint8]:
    """The picture around a shape in the raster's CRS, (n, n, 3) RGB, with the shape outlined."""
    grid = imagery.grid
    centre = shape.representative_point()
    col, row = grid.colrow(centre.x, centre.y)
    wide, high = (max(8, math.ceil(chip_m / gsd)) for gsd in (grid.gsd_x_m, grid.gsd_y_m))
    left, top = round(col - wide / 2), round(row - high / 2)
    rgb, _ = imagery.read_native(top, left, high, wide)
    scale = min(CHIP_PX / max(high, wide), 4.0)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    picture = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    parts = getattr(shape, "geoms", [shape])
    outlines = [
        np.array([[(c - left) * size[0] / wide, (r - top) * size[1] / high] for c, r in map(grid.colrow, *ring)])
        for ring in (part.exterior.xy for part in parts if part.geom_type == "Polygon")
    ]
    fixed = [np.rint(o * 8).astype(np.int32) for o in outlines]
    for colour, width in ((_HALO, 2), (_LINE, 1)):
        cv2.polylines(picture, fixed, True, colour, width, cv2.LINE_AA, 3)
    return np.asarray(picture, np.uint8)


def encode(rgb: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """A picture (h, w, 3) as WebP."""
    done, data = cv2.imencode(".webp", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality])
    if not done:
        raise WorkdirError(
            "a picture could not be encoded as WebP",
            "an OpenCV build with WebP",
            zh="图片无法编码为 WebP；应使用支持 WebP 的 OpenCV",
        )
    return bytes(data)
