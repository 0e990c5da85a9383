"""Opening the files that people have: the facts of each, a sample of its pixels, and a plain word where it won't do."""

from __future__ import annotations

import warnings
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
from pipeline.io.stac import Notice
from pipeline.io.virtual import parts_of

TYPES = ("uint8", "uint16", "int16", "float32", "float64")
_PATCH = 128
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
        found = f"{href} is a folder" if Path(href).is_dir() else f"{href} does not exist"
        raise ImageryError(found, "an orthophoto", "set orthophoto in [[flights]]")
    parts_of(Path(href))
    try:
        with gdal(href), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with open_raster(href) as dataset:
                return _facts(href, dataset)
    except RasterioError:
        raise unreadable(href) from None


def unreadable(href: str, key: str = "orthophoto") -> ImageryError:
    """What to say of a file or address that won't open or breaks off."""
    if "://" in href:
        return ImageryError(
            f"{href} cannot be read as a GeoTIFF over http",
            "the address of a COG on a server that allows range requests",
            f"open the address in a browser, or download the file and name it in {key}",
        )
    return ImageryError(
        f"{href} is not a raster that can be read: it is damaged, cut off, or of another format",
        "a GeoTIFF, COG or VRT",
        f"gdalinfo {quote(href)} tells more; copy or export the file again",
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
        )
    if dataset.count < 3:
        bands = "1 band" if dataset.count == 1 else "2 bands"
        raise ImageryError(
            f"{href} has {bands}",
            "3 or 4 bands: red, green, blue (and alpha or near-infrared)",
            "export a colour orthophoto",
        )
    odd = sorted(set(dataset.dtypes) - set(TYPES))
    if odd or len(set(dataset.dtypes)) > 1:
        raise ImageryError(
            f"{href} has pixels of type {', '.join(sorted(set(dataset.dtypes)))}",
            f"one of {', '.join(TYPES)} in all bands",
            f"gdal_translate -ot Float32 {quote(href)} float.tif",
        )


def _grid(href: str, dataset: Any) -> RasterGrid:
    crs = _crs(href, dataset)
    t = dataset.transform
    x, y = t.c + t.a * dataset.width / 2, t.f + t.e * dataset.height / 2
    if abs(t.b) * dataset.height > _MAX_SKEW_PX * abs(t.a) or abs(t.d) * dataset.width > _MAX_SKEW_PX * abs(t.e):
        raise ImageryError(
            f"{href} has a rotated grid", "a north-up grid", f"gdalwarp -r bilinear {quote(href)} north_up.tif"
        )
    if t.a <= 0 or t.e >= 0:
        raise ImageryError(
            f"{href} has a grid that is south-up or mirrored",
            "a north-up grid",
            f"gdalwarp -r near {quote(href)} north_up.tif",
        )
    gsd_x, gsd_y = _ground_size(href, crs, (x, y), (t.a, t.e))
    return RasterGrid(dataset.width, dataset.height, t.c, t.f, t.a, t.e, dataset.crs.to_wkt(), gsd_x, gsd_y)


def _crs(href: str, dataset: Any) -> CRS:
    if dataset.crs is None:
        if dataset.gcps[0]:
            raise ImageryError(
                f"{href} has ground control points but no grid",
                "a projected CRS and grid",
                f"gdalwarp {quote(href)} gridded.tif",
            )
        raise ImageryError(
            f"{href} has no CRS", "a projected CRS", f"gdal_edit.py -a_srs EPSG:4549 {quote(href)} (its own code)"
        )
    crs = CRS.from_wkt(dataset.crs.to_wkt())
    if crs.is_geographic:
        lon, lat = (dataset.bounds.left + dataset.bounds.right) / 2, (dataset.bounds.top + dataset.bounds.bottom) / 2
        raise ImageryError(
            f"{href} has a geographic CRS (degrees)",
            "a projected CRS",
            f"gdalwarp -t_srs EPSG:{_utm(lon, lat)} -r bilinear {quote(href)} utm.tif",
        )
    if not crs.is_projected or crs.geodetic_crs is None:
        raise ImageryError(
            f"{href} has a CRS that is not tied to the earth ({crs.name})",
            "a projected CRS",
            f"gdal_edit.py -a_srs EPSG:4549 {quote(href)} (its own code)",
        )
    if dataset.transform.is_identity:
        raise ImageryError(
            f"{href} has a CRS but no grid",
            "an origin and pixel size",
            f"gdal_edit.py -a_ullr WEST NORTH EAST SOUTH {quote(href)}",
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
            f"gdal_edit.py -a_srs EPSG:4549 {quote(href)}",
        )
    geod = crs.get_geod() or Geod(ellps="WGS84")
    sizes = [abs(geod.inv(lon[i], lat[i], lon[i + 1], lat[i + 1])[2]) / pixels for i in (0, 2)]
    if not 1 / _MAX_STRETCH < sizes[0] / sizes[1] < _MAX_STRETCH:
        raise ImageryError(
            f"{href} has pixels of {sizes[0]:.4f} m by {sizes[1]:.4f} m",
            "square pixels",
            f"gdalwarp -t_srs EPSG:{_utm(lon[0], lat[0])} -r bilinear {quote(href)} utm.tif",
        )
    return sizes[0], sizes[1]


def probe(source: Source, patches: int) -> npt.NDArray[Any]:
    """Pixels of all bands (bands, n) from patches spread over the file, its corners among them.

    Raises
    ------
    ImageryError : a patch can't be read: the file is cut off or damaged
    """
    side = max(2, int(np.sqrt(patches)))
    grid = source.grid
    rows = np.unique(np.linspace(0, max(grid.height - _PATCH, 0), side).astype(int))
    cols = np.unique(np.linspace(0, max(grid.width - _PATCH, 0), side).astype(int))
    high, wide = min(_PATCH, grid.height), min(_PATCH, grid.width)
    try:
        with gdal(source.href), open_raster(source.href) as dataset:
            parts = [
                dataset.read(window=RioWindow(int(c), int(r), wide, high)).reshape(dataset.count, -1)
                for r in rows
                for c in cols
            ]
    except RasterioError:
        raise unreadable(source.href) from None
    return np.concatenate(parts, axis=1)


def check_dsm(href: str, crs_wkt: str, bounds: tuple[float, float, float, float]) -> tuple[Notice, ...]:
    """Look at a surface model before it is used; says where it does not cover the blocks' ``bounds`` in ``crs_wkt``.

    Raises
    ------
    ImageryError : it is missing, is no raster, has no CRS or more than one band, or lies elsewhere
    """
    if "://" not in href and not Path(href).is_file():
        raise ImageryError(f"{href} does not exist", "a surface model", "set dsm in [[flights]], or leave it out")
    parts_of(Path(href))
    try:
        with gdal(href), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with open_raster(href) as dataset:
                west, south, east, north = _dsm_bounds(href, dataset, crs_wkt)
    except RasterioError:
        raise unreadable(href, "dsm") from None
    if not (west < bounds[2] and east > bounds[0] and south < bounds[3] and north > bounds[1]):
        raise ImageryError(f"{href} lies outside the blocks", "a surface model of the same place", "set dsm")
    if west > bounds[0] or east < bounds[2] or south > bounds[1] or north < bounds[3]:
        return (Notice("dsm_partly", "高程模型未覆盖全部区块", "The surface model does not cover all blocks"),)
    return ()


def _dsm_bounds(href: str, dataset: Any, crs_wkt: str) -> tuple[float, ...]:
    if dataset.count != 1:
        raise ImageryError(f"{href} has {dataset.count} bands", "a surface model of 1 band", "set dsm in [[flights]]")
    if dataset.crs is None:
        raise ImageryError(f"{href} has no CRS", "the CRS of its grid", f"gdal_edit.py -a_srs EPSG:4549 {quote(href)}")
    size = min(_PATCH, dataset.width), min(_PATCH, dataset.height)
    for col, row in ((0, 0), (dataset.width - size[0], dataset.height - size[1])):
        dataset.read(1, window=RioWindow(col, row, *size))
    move = Transformer.from_crs(CRS.from_wkt(dataset.crs.to_wkt()), crs_wkt, always_xy=True)
    return tuple(move.transform_bounds(*dataset.bounds))
