"""Opening the files that people have: the facts of each, a sample of its pixels, and a plain word where it won't do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RioWindow

from pipeline.core.grid import RasterGrid
from pipeline.errors import ImageryError
from pipeline.io.imagery import gdal, open_raster
from pipeline.io.virtual import parts_of

TYPES = ("uint8", "uint16", "int16", "float32", "float64")
PATCH_PX = 128
_MAX_SKEW_PX = 0.1
_MAX_STRETCH = 1.05
_MAX_TILE = 4096


@dataclass(frozen=True)
class Source:
    """The facts of one raster file or address."""

    href: str
    driver: str
    grid: RasterGrid
    dtype: str
    colours: tuple[str, ...]
    nodata: float | None
    has_mask: bool
    tiled: bool
    block: tuple[int, int]
    overviews: bool
    compression: str
    interleave: str
    taken: str

    @property
    def name(self) -> str:
        """The file's name for messages."""
        return self.href.rsplit("/", 1)[-1]

    @property
    def reads_well(self) -> bool:
        """A tiled GeoTIFF with overviews (or too small to need them)."""
        small = max(self.grid.width, self.grid.height) <= 1024
        return self.driver == "GTiff" and self.tiled and max(self.block) <= _MAX_TILE and (self.overviews or small)


def look(href: str) -> Source:
    """Open a file or address and take down its facts.

    Raises
    ------
    ImageryError : it is missing, is no raster, or has bands, a CRS or a grid that can't be measured on
    """
    if "://" not in href and not Path(href).is_file():
        found, found_zh = ("is a folder", "是文件夹") if Path(href).is_dir() else ("does not exist", "不存在")
        raise ImageryError(
            f"{href} {found}",
            "an orthophoto",
            "set orthophoto in [[flights]]",
            zh=f"{href} {found_zh}；应为正射影像；处理：在 [[flights]] 里设置 orthophoto",
        )
    with opened(href) as dataset:
        return _facts(href, dataset)


@contextmanager
def opened(href: str, key: str = "orthophoto") -> Iterator[Any]:
    """A raster that people named under ``key``, made of files and http(s) addresses only.

    Raises
    ------
    ImageryError : it, or what it is made of, is not there or cannot be read
    """
    parts_of(Path(href))
    try:
        with gdal(href), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with open_raster(href) as dataset:
                yield dataset
    except RasterioError:
        raise unreadable(href, key) from None


def unreadable(href: str, key: str = "orthophoto") -> ImageryError:
    """What to say of a file or address that won't open or breaks off."""
    if "://" in href:
        return ImageryError(
            f"{href} cannot be read as a GeoTIFF over http",
            "the address of a COG on a server that allows range requests",
            f"open the address in a browser, or download the file and name it in {key}",
            zh=f"{href} 无法通过 http 作为 GeoTIFF 读取；应为 COG 的地址，且服务器支持范围请求（range requests）；"
            f"处理：在浏览器里打开该地址，或下载文件并填入 {key}",
        )
    return ImageryError(
        f"{href} is not a raster that can be read: it is damaged, cut off, or of another format",
        "a GeoTIFF, COG or VRT",
        f"gdalinfo {quote(href)} tells more; copy or export the file again",
        zh=f"{href} 不是可读取的栅格：已损坏、不完整或格式不符；应为 GeoTIFF、COG 或 VRT；"
        f"处理：gdalinfo {quote(href)} 可查看详情；重新复制或导出该文件",
    )


def _facts(href: str, dataset: Any) -> Source:
    _check_bands(href, dataset)
    flags = {flag for band in dataset.mask_flag_enums for flag in band}
    return Source(
        href=href,
        driver=dataset.driver,
        grid=_grid(href, dataset),
        dtype=dataset.dtypes[0],
        colours=tuple(c.name for c in dataset.colorinterp),
        nodata=dataset.nodata,
        has_mask=MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags,
        tiled=_tiled(dataset.block_shapes[0], dataset.width),
        block=dataset.block_shapes[0],
        overviews=bool(dataset.overviews(1)),
        compression=dataset.compression.value if dataset.compression else "none",
        interleave=dataset.interleaving.value if dataset.interleaving else "",
        taken=dataset.tags().get("TIFFTAG_DATETIME", ""),
    )


def _tiled(block: tuple[int, int], width: int) -> bool:
    return block[1] < width or block[0] == block[1]


def _check_bands(href: str, dataset: Any) -> None:
    if dataset.colorinterp[0] == ColorInterp.palette:
        raise ImageryError(
            f"{href} has a palette instead of colours",
            "red, green and blue bands",
            f"gdal_translate -expand rgb {quote(href)} rgb.tif",
            zh=f"{href} 是调色板影像，不是真彩色；应有红、绿、蓝波段；"
            f"处理：gdal_translate -expand rgb {quote(href)} rgb.tif",
        )
    if dataset.count < 3:
        bands = "1 band" if dataset.count == 1 else "2 bands"
        raise ImageryError(
            f"{href} has {bands}",
            "3 or 4 bands: red, green, blue (and alpha or near-infrared)",
            "export a colour orthophoto",
            zh=f"{href} 有 {dataset.count} 个波段；应为 3 或 4 个波段：红、绿、蓝（另可有透明度 alpha 或近红外）；"
            "处理：导出彩色正射影像",
        )
    odd = sorted(set(dataset.dtypes) - set(TYPES))
    if odd or len(set(dataset.dtypes)) > 1:
        raise ImageryError(
            f"{href} has pixels of type {', '.join(sorted(set(dataset.dtypes)))}",
            f"one of {', '.join(TYPES)} in all bands",
            f"gdal_translate -ot Float32 {quote(href)} float.tif",
            zh=f"{href} 的像素类型为 {'、'.join(sorted(set(dataset.dtypes)))}；"
            f"所有波段应同为 {'、'.join(TYPES)} 之一；处理：gdal_translate -ot Float32 {quote(href)} float.tif",
        )


def _grid(href: str, dataset: Any) -> RasterGrid:
    crs = _crs(href, dataset)
    t = dataset.transform
    x, y = t.c + t.a * dataset.width / 2, t.f + t.e * dataset.height / 2
    if abs(t.b) * dataset.height > _MAX_SKEW_PX * abs(t.a) or abs(t.d) * dataset.width > _MAX_SKEW_PX * abs(t.e):
        raise ImageryError(
            f"{href} has a rotated grid",
            "a north-up grid",
            f"gdalwarp -r bilinear -dstalpha {quote(href)} north_up.tif",
            zh=f"{href} 的格网有旋转；应为正北朝上的格网；"
            f"处理：gdalwarp -r bilinear -dstalpha {quote(href)} north_up.tif",
        )
    if t.a <= 0 or t.e >= 0:
        raise ImageryError(
            f"{href} has a grid that is south-up or mirrored",
            "a north-up grid",
            f"gdalwarp -r near {quote(href)} north_up.tif",
            zh=f"{href} 的格网南北颠倒或左右镜像；应为正北朝上的格网；"
            f"处理：gdalwarp -r near {quote(href)} north_up.tif",
        )
    gsd_x, gsd_y = _ground_size(href, crs, (x, y), (t.a, t.e))
    return RasterGrid(dataset.width, dataset.height, t.c, t.f, t.a, t.e, dataset.crs.to_wkt(), gsd_x, gsd_y)


def _crs(href: str, dataset: Any) -> CRS:
    if dataset.crs is None:
        if dataset.gcps[0]:
            raise ImageryError(
                f"{href} has ground control points but no grid",
                "a projected CRS and grid",
                f"gdalwarp -dstalpha {quote(href)} gridded.tif",
                zh=f"{href} 有地面控制点但没有格网；应有投影坐标系和格网；"
                f"处理：gdalwarp -dstalpha {quote(href)} gridded.tif",
            )
        raise ImageryError(
            f"{href} has no CRS",
            "a projected CRS",
            f"gdal_edit.py -a_srs EPSG:4549 {quote(href)} (its own code)",
            zh=f"{href} 没有坐标系；应为投影坐标系；处理：gdal_edit.py -a_srs EPSG:4549 {quote(href)}（换成实际代码）",
        )
    crs = CRS.from_wkt(dataset.crs.to_wkt())
    if crs.is_geographic:
        lon, lat = (dataset.bounds.left + dataset.bounds.right) / 2, (dataset.bounds.top + dataset.bounds.bottom) / 2
        raise ImageryError(
            f"{href} has a geographic CRS (degrees)",
            "a projected CRS",
            f"gdalwarp -t_srs EPSG:{_utm(lon, lat)} -r bilinear -dstalpha {quote(href)} utm.tif",
            zh=f"{href} 是地理坐标系（经纬度）；应为投影坐标系；"
            f"处理：gdalwarp -t_srs EPSG:{_utm(lon, lat)} -r bilinear -dstalpha {quote(href)} utm.tif",
        )
    if not crs.is_projected or crs.geodetic_crs is None:
        raise ImageryError(
            f"{href} has a CRS that is not tied to the earth ({crs.name})",
            "a projected CRS",
            f"gdal_edit.py -a_srs EPSG:4549 {quote(href)} (its own code)",
            zh=f"{href} 的坐标系（{crs.name}）未与大地坐标系关联；应为投影坐标系；"
            f"处理：gdal_edit.py -a_srs EPSG:4549 {quote(href)}（换成实际代码）",
        )
    if dataset.transform.is_identity:
        raise ImageryError(
            f"{href} has a CRS but no grid",
            "an origin and pixel size",
            f"gdal_edit.py -a_ullr WEST NORTH EAST SOUTH {quote(href)}",
            zh=f"{href} 有坐标系但没有格网；应有原点和像素大小；"
            f"处理：gdal_edit.py -a_ullr WEST NORTH EAST SOUTH {quote(href)}",
        )
    return crs


def _utm(lon: float, lat: float) -> int:
    return (32600 if lat >= 0 else 32700) + int((lon + 180) % 360 // 6) + 1


def _ground_size(
    href: str, crs: CRS, centre: tuple[float, float], step: tuple[float, float], *, pixels: int = 100
) -> tuple[float, float]:
    """True ground size in metres of a pixel at the centre, by the geodesic over ``pixels`` pixels each way."""
    (x, y), (dx, dy) = centre, (step[0] * pixels / 2, step[1] * pixels / 2)
    try:
        move = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        lon, lat = move.transform([x - dx, x + dx, x, x], [y, y, y - dy, y + dy], errcheck=True)
    except ProjError:
        lon = lat = [float("inf")]
    if not np.isfinite([*lon, *lat]).all():
        raise ImageryError(
            f"{href} lies outside its own CRS ({crs.name})",
            "coordinates within the CRS",
            f"gdal_edit.py -a_srs EPSG:4549 {quote(href)} (its own code)",
            zh=f"{href} 超出自身坐标系（{crs.name}）的范围；坐标应在坐标系范围内；"
            f"处理：gdal_edit.py -a_srs EPSG:4549 {quote(href)}（换成实际代码）",
        )
    geod = crs.get_geod() or Geod(ellps="WGS84")
    sizes = [abs(geod.inv(lon[i], lat[i], lon[i + 1], lat[i + 1])[2]) / pixels for i in (0, 2)]
    if not 1 / _MAX_STRETCH < sizes[0] / sizes[1] < _MAX_STRETCH:
        raise ImageryError(
            f"{href} has pixels of {sizes[0]:.4f} m by {sizes[1]:.4f} m",
            "square pixels",
            f"gdalwarp -t_srs EPSG:{_utm(lon[0], lat[0])} -r bilinear -dstalpha {quote(href)} utm.tif",
            zh=f"{href} 的像素为 {sizes[0]:.4f} 米 × {sizes[1]:.4f} 米；应为正方形像素；"
            f"处理：gdalwarp -t_srs EPSG:{_utm(lon[0], lat[0])} -r bilinear -dstalpha {quote(href)} utm.tif",
        )
    return sizes[0], sizes[1]


def probe(source: Source, patches: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Pixels of all bands (bands, n) from patches spread over the file; and of these the file's outermost ones.

    Raises
    ------
    ImageryError : a patch can't be read: the file is cut off or damaged
    """
    side = max(2, int(np.sqrt(patches)))
    grid = source.grid
    rows = np.unique(np.linspace(0, max(grid.height - PATCH_PX, 0), side).astype(int))
    cols = np.unique(np.linspace(0, max(grid.width - PATCH_PX, 0), side).astype(int))
    high, wide = min(PATCH_PX, grid.height), min(PATCH_PX, grid.width)
    try:
        with gdal(source.href), open_raster(source.href) as dataset:
            parts = {(r, c): dataset.read(window=RioWindow(int(c), int(r), wide, high)) for r in rows for c in cols}
    except RasterioError:
        raise unreadable(source.href) from None
    edges = []
    for (r, c), part in parts.items():
        lines = part[:, 0], part[:, -1], part[:, :, 0], part[:, :, -1]
        outermost = r == rows[0], r == rows[-1], c == cols[0], c == cols[-1]
        edges += [line for line, is_edge in zip(lines, outermost, strict=True) if is_edge]
    return np.concatenate([p.reshape(len(p), -1) for p in parts.values()], axis=1), np.concatenate(edges, axis=1)
