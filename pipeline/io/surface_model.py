"""Looking at a surface model before anyone waits for it: whether it can be read, and lies where the blocks do."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

from pyproj import CRS, Transformer
from rasterio.windows import Window as RioWindow

from pipeline.errors import ImageryError
from pipeline.io.sources import PATCH_PX, opened
from pipeline.io.stac import Notice


def check_dsm(href: str, crs_wkt: str, bounds: tuple[float, float, float, float]) -> tuple[Notice, ...]:
    """Look at a surface model before it is used; says where it does not cover the blocks' ``bounds`` in ``crs_wkt``.

    Raises
    ------
    ImageryError : it is missing, is no raster, has no CRS or more than one band, or lies elsewhere
    """
    if "://" not in href and not Path(href).is_file():
        raise ImageryError(
            f"{href} does not exist",
            "a surface model",
            "set dsm in [[flights]], or leave it out",
            zh=f"{href} 不存在；应为表面模型（DSM）；处理：在 [[flights]] 里设置 dsm，或不填",
        )
    with opened(href, "dsm") as dataset:
        west, south, east, north = _bounds(href, dataset, crs_wkt)
    if not (west < bounds[2] and east > bounds[0] and south < bounds[3] and north > bounds[1]):
        raise ImageryError(
            f"{href} lies outside the blocks",
            "a surface model of the same place",
            "set dsm",
            zh=f"{href} 在区块范围之外；应为同一地点的表面模型（DSM）；处理：重新设置 dsm",
        )
    if west > bounds[0] or east < bounds[2] or south > bounds[1] or north < bounds[3]:
        return (Notice("dsm_partly", "表面模型（DSM）未覆盖全部区块", "The surface model does not cover all blocks"),)
    return ()


def _bounds(href: str, dataset: Any, crs_wkt: str) -> tuple[float, ...]:
    if dataset.count != 1:
        raise ImageryError(
            f"{href} has {dataset.count} bands",
            "a surface model of 1 band",
            "set dsm in [[flights]]",
            zh=f"{href} 有 {dataset.count} 个波段；应为单波段的表面模型（DSM）；处理：在 [[flights]] 里设置 dsm",
        )
    if dataset.crs is None:
        raise ImageryError(
            f"{href} has no CRS",
            "a surface model that says its CRS",
            f"gdal_edit.py -a_srs EPSG:4549 {quote(href)} (its own code)",
            zh=f"{href} 没有坐标系；应注明坐标系；处理：gdal_edit.py -a_srs EPSG:4549 {quote(href)}（换成实际代码）",
        )
    size = min(PATCH_PX, dataset.width), min(PATCH_PX, dataset.height)
    for col, row in ((0, 0), (dataset.width - size[0], dataset.height - size[1])):
        dataset.read(1, window=RioWindow(col, row, *size))
    move = Transformer.from_crs(CRS.from_wkt(dataset.crs.to_wkt()), crs_wkt, always_xy=True)
    return tuple(move.transform_bounds(*dataset.bounds))
