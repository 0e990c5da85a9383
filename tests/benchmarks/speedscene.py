"""The imagery and blocks of the speed benchmark: ground of the sample's painter, repeated to the size wanted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window as RioWindow
from shapely import box

from pipeline.io.sources import look
from pipeline.io.stac import Flight

CRS, X0, Y0 = "EPSG:4549", 561_915.0, 3_074_375.0
PATCH_PX, GRID = 2048, 2
_SAMPLE = Path(__file__).parents[2] / "sample_tiles"
_COMPRESSION = {
    "jpeg": {"compress": "jpeg", "jpeg_quality": 85, "photometric": "ycbcr"},
    "deflate": {"compress": "deflate", "predictor": 2, "zlevel": 6},
}


@dataclass(frozen=True)
class Picture:
    """A tiled GeoTIFF with averaged overviews: its name, path, pixel size and side in pixels."""

    name: str
    path: Path
    gsd_m: float
    side: int

    @property
    def megapixels(self) -> float:
        return self.side**2 / 1e6

    def flight(self) -> Flight:
        grid = look(str(self.path)).grid
        when = datetime(2021, 1, 14, 2, 30, tzinfo=UTC)
        return Flight("f", when, str(self.path), grid, (0.0, 0.0, 0.0, 0.0), "all", 4)

    def blocks(self, count: int) -> gpd.GeoDataFrame:
        """``count`` blocks in rows that cover the picture but for lanes of 4 % between them."""
        side, rows = self.side * self.gsd_m, round(count**0.5)
        shapes = []
        for row in range(rows):
            own = (row + 1) * count // rows - row * count // rows
            for i in range(own):
                west, south, wide, high = X0 + i * side / own, Y0 - (row + 1) * side / rows, side / own, side / rows
                shapes.append(box(west + 0.02 * wide, south + 0.02 * high, west + 0.98 * wide, south + 0.98 * high))
        return gpd.GeoDataFrame({"block_id": [f"B{i}" for i in range(count)]}, geometry=shapes, crs=CRS)


def painted(folder: Path, gsd_m: float) -> np.ndarray:
    """GRID x GRID patches of the sample community at this pixel size, (side, side, 3); kept in ``folder``."""
    kept = folder / f"ground-{gsd_m:g}.npy"
    if kept.exists():
        return np.asarray(np.load(kept))
    sys.path.insert(0, str(_SAMPLE))
    from community import sample
    from model import WINTER
    from painter import Window, render_window

    scene, side = sample().scene, PATCH_PX * gsd_m
    out = np.empty((GRID * PATCH_PX, GRID * PATCH_PX, 3), np.uint8)
    for row in range(GRID):
        for col in range(GRID):
            window = Window(60 + col * side, 60 + row * side, PATCH_PX, PATCH_PX, gsd_m)
            picture = render_window(scene, WINTER, window, 1)
            out[row * PATCH_PX :, col * PATCH_PX :][:PATCH_PX, :PATCH_PX] = picture.rgb
    np.save(kept, out)
    return out


def make(folder: Path, name: str, gsd_m: float, patches: int, patch_px: int = PATCH_PX) -> Picture:
    """A picture of ``patches`` x ``patches`` patches of ``patch_px``, compressed as the name says; made once."""
    side = patches * patch_px
    picture = Picture(f"{name} {100 * gsd_m:g} cm", folder / f"{name}-{gsd_m:g}-{side}.tif", gsd_m, side)
    if picture.path.exists():
        return picture
    ground, draft = painted(folder, gsd_m), folder / "draft.tif"
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8", "crs": CRS}
    profile |= {"tiled": True, "blockxsize": 512, "blockysize": 512, "interleave": "pixel", "BIGTIFF": "IF_SAFER"}
    transform = rasterio.transform.from_origin(X0, Y0, gsd_m, gsd_m)
    with (
        rasterio.Env(GDAL_CACHEMAX=256 << 20),
        rasterio.open(draft, "w", transform=transform, **profile, **_COMPRESSION[name]) as file,
    ):
        for row in range(patches):
            for col in range(patches):
                patch = ground[row % GRID * PATCH_PX :, col % GRID * PATCH_PX :][:patch_px, :patch_px]
                turned = np.ascontiguousarray(np.rot90(patch, (row // GRID + col // GRID) % 4).transpose(2, 0, 1))
                file.write(turned, window=RioWindow(col * patch_px, row * patch_px, patch_px, patch_px))
    with rasterio.Env(GDAL_CACHEMAX=256 << 20), rasterio.open(draft, "r+") as file:
        file.build_overviews([2**k for k in range(1, 7)], Resampling.average)
    draft.rename(picture.path)
    return picture
