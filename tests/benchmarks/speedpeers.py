"""The same work by the usual means: scikit-image on one window's working pixels, rasterstats and exactextract for sums.

The script of :func:`usual_script` is what one writes from the documentation, on pixels already averaged to 7.5 cm. It
leaves out what it has no ready function for: cars, hotspots' outlines, whether a region is built like a roof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import exactextract
import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from exactextract.raster import NumPyRasterSource
from rasterstats import zonal_stats
from shapely.geometry.base import BaseGeometry
from skimage.color import rgb2lab
from skimage.filters import gaussian, rank, sobel_h, sobel_v
from skimage.morphology import black_tophat, disk, opening, white_tophat
from skimage.segmentation import felzenszwalb
from skimage.transform import downscale_local_mean

from pipeline.io.imagery import Imagery


def read_averaged(path: str, box: tuple[int, int, int, int], shape: tuple[int, int]) -> np.ndarray:
    """Working pixels (h, w, 3), averaged by GDAL while reading."""
    row, col, height, width = box
    window = rasterio.windows.Window(col, row, width, height)
    with rasterio.open(path) as file:
        average = rasterio.enums.Resampling.average
        return np.moveaxis(file.read(window=window, out_shape=(3, *shape), resampling=average), 0, -1)


def usual_script(rgb: np.ndarray, pool: int) -> dict[str, np.ndarray]:
    """Indicators per pooled pixel: green, shadow, specks, lines, edges, roughness, regions."""
    lab = rgb2lab(rgb)
    r, g, b = (gaussian(rgb[..., i].astype(float), 1.3) + 1 for i in range(3))
    light = np.log(r * g * b) / 3
    green = np.log(g) - (np.log(r) + np.log(b)) / 2 > 0.08
    smooth = (gaussian(lab[..., 0], 0.8) * 2.55).clip(0, 255).astype(np.uint8)
    bright, dark = white_tophat(smooth, disk(5)), black_tophat(smooth, disk(5))
    lines, dark_lines = (np.max([opening(hat, bar) for bar in _bars(6)], axis=0) for hat in (bright, dark))
    blue = white_tophat((128 - 2 * lab[..., 2]).clip(0, 255).astype(np.uint8), disk(7)) > 14
    gx, gy = sobel_v(smooth.astype(float)), sobel_h(smooth.astype(float))
    weight, angle = np.hypot(gx, gy).clip(0, 4), 4 * np.arctan2(gy, gx)
    planes = {
        "green": green,
        "shadow": (light < np.median(light) - 0.5) & ~green,
        "specks": (bright.astype(float) - lines) / 255,
        "lines": lines > 18,
        "dark_lines": dark_lines > 18,
        "blue": blue,
        "entropy": rank.entropy(smooth, disk(4)),
        "cos": weight * np.cos(angle),
        "sin": weight * np.sin(angle),
        "weight": weight,
    }
    pooled = {name: downscale_local_mean(plane.astype(float), (pool, pool)) for name, plane in planes.items()}
    pooled = {name: gaussian(plane, 5.0) for name, plane in pooled.items()}
    small = downscale_local_mean(lab, (pool, pool, 1))
    for scale, least in ((80, 77), (300, 155)):
        pooled[f"regions {scale}"] = felzenszwalb(small / 100, scale=scale, sigma=0.5, min_size=least).astype(float)
    return pooled


def _bars(reach: int) -> list[np.ndarray]:
    bars = []
    for angle in np.arange(8) * np.pi / 8:
        bar = np.zeros((2 * reach + 1,) * 2, np.uint8)
        for t in np.linspace(-reach, reach, 4 * reach + 1):
            bar[round(reach + t * np.sin(angle)), round(reach + t * np.cos(angle))] = 1
        bars.append(bar)
    return bars


def by_rasterstats(planes: Mapping[str, np.ndarray], shapes: Sequence[BaseGeometry], frame: Affine) -> None:
    for plane in planes.values():
        zonal_stats(shapes, plane, affine=frame, stats=["sum"], nodata=-1)


def by_exactextract(planes: Mapping[str, np.ndarray], shapes: gpd.GeoSeries, frame: Affine, imagery: Imagery) -> None:
    high, wide = next(iter(planes.values())).shape
    left, top = frame.c, frame.f
    box = {"xmin": left, "xmax": left + wide * frame.a, "ymin": top + high * frame.e, "ymax": top}
    layers = [
        NumPyRasterSource(plane, name=name.replace(" ", "_"), srs_wkt=imagery.grid.crs_wkt, **box)
        for name, plane in planes.items()
    ]
    exactextract.exact_extract(layers, gpd.GeoDataFrame(geometry=shapes, crs=imagery.grid.crs_wkt), ["sum"])
