"""The same work by the usual means: scikit-image on one window's working pixels, rasterstats and exactextract for sums.

The script of :func:`usual_script` is what one writes from the documentation for the indicators that Wuse has, on pixels
already averaged to 7.5 cm. It leaves out what it has no ready function for: whether a region is built like a roof and
how shade falls round it, and hotspots' outlines, both of which count on the side of score.
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
from scipy.ndimage import uniform_filter
from shapely import box
from shapely.geometry.base import BaseGeometry
from skimage.color import rgb2lab
from skimage.filters import gaussian, sobel_h, sobel_v
from skimage.measure import label, regionprops_table
from skimage.morphology import black_tophat, closing, dilation, disk, opening, white_tophat
from skimage.segmentation import felzenszwalb
from skimage.transform import downscale_local_mean

from pipeline.core.grid import CELL_M
from pipeline.io.imagery import Imagery

Planes = dict[str, np.ndarray]


def read_averaged(path: str, place: tuple[int, int, int, int], shape: tuple[int, int]) -> np.ndarray:
    """Working pixels (h, w, 3), averaged by GDAL while reading."""
    row, col, height, width = place
    window = rasterio.windows.Window(col, row, width, height)
    with rasterio.open(path) as file:
        average = rasterio.enums.Resampling.average
        return np.moveaxis(file.read(window=window, out_shape=(3, *shape), resampling=average), 0, -1)


def usual_script(rgb: np.ndarray, pool: int) -> Planes:
    """Indicators per pooled pixel of .3 m: green, shadow, small things, lines, directions, cars, context, regions."""
    soft = gaussian(rgb, 1.3, channel_axis=-1)
    lab = rgb2lab(soft)
    fine = _colours(soft) | _small_things(lab) | _directions(lab[..., 0])
    planes = {name: downscale_local_mean(plane.astype(float), (pool, pool)) for name, plane in fine.items()}
    half = downscale_local_mean(lab, (2, 2, 1))
    planes["cars"] = downscale_local_mean(_cars(half[..., 0]).astype(float), (pool // 2, pool // 2))
    small = downscale_local_mean(lab, (pool, pool, 1))
    return planes | _context(planes, half, small, pool) | _regions(small)


def _colours(soft: np.ndarray) -> Planes:
    r, g, b = (np.log(soft[..., i] * 255 + 1) for i in range(3))
    light = (r + g + b) / 3
    green = closing(opening(g - (r + b) / 2 > 0.08, disk(2)), disk(2))
    shadow = (light < np.median(light) - 0.5) & (r - b < np.median(r - b) - 0.05) & ~green
    return {"green": green, "shadow": shadow, "light": light, "light²": light * light}


def _small_things(lab: np.ndarray) -> Planes:
    ground = [uniform_filter(lab[..., i], 33) for i in (1, 2)]
    away = np.hypot(np.maximum(lab[..., 1] - ground[0], 0), lab[..., 2] - ground[1])
    light, colour, blueness = (
        plane.clip(0, 255).astype(np.uint8) for plane in (lab[..., 0] * 2.55, away * 6, 128 - 2 * lab[..., 2])
    )
    bright, dark = white_tophat(light, disk(5)), black_tophat(light, disk(5))
    coloured, blue = white_tophat(colour, disk(7)), white_tophat(blueness, disk(7))
    lines = [dilation(np.max([opening(hat, bar) for bar in _bars(6)], axis=0)) for hat in (bright, dark, coloured)]
    specks, dark_things, coloured_things = (
        hat - np.minimum(hat, line) for hat, line in zip((bright, dark, coloured), lines, strict=True)
    )
    neutral = (lab[..., 2] < 12) | (lab[..., 2] < ground[1] - 1)
    rise = [
        ((plane - start) / (whole - start)).clip(0, 1)
        for plane, start, whole in ((specks, 15.3, 35.7), (dark_things, 15.3, 35.7), (coloured_things, 24.0, 60.0))
    ]
    return {
        "specks": ((specks - 10.2) / 20.4).clip(0, 1) * (neutral & (lab[..., 1] > -8)),
        "things": np.sum(rise, axis=0),
        "blue": blue > 14,
        "lines": lines[0] > 18,
        "dark lines": lines[1] > 18,
    }


def _bars(reach: int) -> list[np.ndarray]:
    bars = []
    for angle in np.arange(8) * np.pi / 8:
        bar = np.zeros((2 * reach + 1,) * 2, np.uint8)
        for t in np.linspace(-reach, reach, 4 * reach + 1):
            bar[round(reach + t * np.sin(angle)), round(reach + t * np.cos(angle))] = 1
        bars.append(bar)
    return bars


def _directions(light: np.ndarray) -> Planes:
    gx, gy = sobel_v(light), sobel_h(light)
    weight, angle = np.hypot(gx, gy).clip(0, 4), 4 * np.arctan2(gy, gx)
    out = {"xx": gx * gx, "yy": gy * gy, "xy": gx * gy}
    return out | {"weight": weight, "cos": weight * np.cos(angle), "sin": weight * np.sin(angle)}


def _cars(light: np.ndarray) -> np.ndarray:
    """Bright and dark bodies of a car's size on pixels of .15 m."""
    found = np.zeros(light.shape, bool)
    for plane in (light * 2.55, 255 - light * 2.55):
        whole = closing(opening(plane.clip(0, 255).astype(np.uint8), disk(1)), disk(4))
        rise = white_tophat(whole, disk(9))
        for step in (25, 43, 64, 102):
            parts = label(opening(rise > step, disk(3)), connectivity=1)
            table = regionprops_table(parts, properties=("label", "area", "axis_major_length", "axis_minor_length"))
            long, wide = 0.15 * table["axis_major_length"], 0.15 * table["axis_minor_length"]
            fits = (long > 3.2) & (long < 6.2) & (wide > 1.4) & (wide < 2.6)
            found |= np.isin(parts, table["label"][fits])
    return dilation(found, disk(5))


def _context(planes: Mapping[str, np.ndarray], half: np.ndarray, small: np.ndarray, pool: int) -> Planes:
    """What surrounds each pooled pixel: Gaussian means over .4 to 3 m."""
    occupied = dilation(planes["specks"], np.ones((2, 2))) > 0.06
    light, yellow = half[..., 0], half[..., 2]
    both = {"lb": light * yellow, "ll": light * light, "bb": yellow * yellow}
    near = {name: downscale_local_mean(plane, (pool // 2, pool // 2)) for name, plane in both.items()}
    near |= {"l": small[..., 0], "b": small[..., 2]}
    near |= {name: planes[name] for name in ("specks", "things", "blue", "lines", "dark lines")}
    wanted = [(f"{name} .8 m", plane, 0.8) for name, plane in near.items()]
    wanted += [(f"occupied {m} m", occupied.astype(float), m) for m in (1.8, 3.0)]
    wanted += [(f"{name} 1 m", planes[name], 1.0) for name in ("green", "shadow", "light", "light²")]
    wanted += [(f"{name} .5 m", planes[name], 0.5) for name in ("xx", "yy", "xy")]
    wanted += [(f"{name} {m} m", planes[name], m) for name in ("weight", "cos", "sin") for m in (1.5, 3.0)]
    return {name: gaussian(plane, m / 0.3) for name, plane, m in wanted}


def _regions(small: np.ndarray) -> Planes:
    return {
        f"regions {scale}": felzenszwalb(small / 100, scale=scale, sigma=0.5, min_size=least).astype(float)
        for scale, least in ((80, 77), (300, 155))
    }


def cells_of(shapes: Sequence[BaseGeometry], frame: Affine, shape: tuple[int, int]) -> list[BaseGeometry]:
    """The parts of each shape in each cell of 10 m of a raster."""
    x = np.arange(frame.c, frame.c + shape[1] * frame.a, CELL_M)
    y = np.arange(frame.f + shape[0] * frame.e, frame.f, CELL_M)
    cells = [box(left, low, left + CELL_M, low + CELL_M) for left in x for low in y]
    parts = [cell.intersection(own) for own in shapes for cell in cells]
    return [part for part in parts if not part.is_empty]


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
