"""Vector layers as people have them: any format, any CRS, Chinese attribute tables in whatever encoding."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import geopandas as gpd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

from pipeline.errors import BlocksError

_KINDS = {
    "Point": "点",
    "LineString": "线",
    "MultiPoint": "多点",
    "MultiLineString": "多线",
    "GeometryCollection": "几何集合",
}
_FLAWS = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相交",
    "Hole lies outside shell": "洞在外环之外",
    "Too few points in geometry component": "点数过少",
}


def read_vector(
    path: str | Path,
    mend: str = "name a layer that exists",
    *,
    mend_zh: str = "指定存在的图层",
    columns: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Read a vector layer of any format and CRS; of several layers the one named blocks, else the first with polygons.

    Parameters
    ----------
    path : file or http(s) address
    mend, mend_zh : what to do where it does not exist, with the key that names it, in English and Chinese
    columns : those that it must have

    Raises
    ------
    BlocksError : missing, not a vector file, locked by another program, in no known encoding, without a CRS or a column
    """
    address = str(path)
    if "://" not in address and not Path(address).exists():
        raise BlocksError(
            f"{address} does not exist", "a vector layer", mend, zh=f"{address} 不存在；应为矢量图层；处理：{mend_zh}"
        )
    with _told_in_one_line(address):
        layer = _layer(address)
        frame = _decoded(address, layer)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BlocksError(
            f"{address} has no geometry",
            "a layer of polygons",
            "name the layer that holds the shapes",
            zh=f"{address} 没有图形；应为面图层；处理：指定含有图形的图层",
        )
    if frame.crs is None:
        mend, mend_zh = with_crs(address)
        zh = f"{address} 没有坐标系；图层应注明坐标系；处理：{mend_zh}"
        raise BlocksError(f"{address} has no CRS", "a layer that says its CRS", mend, zh=zh)
    lacking = [name for name in columns if name not in frame]
    if lacking:
        raise BlocksError(
            f"{address} has no column {lacking[0]}",
            f"columns {', '.join(columns)}",
            "add it in QGIS",
            zh=f"{address} 没有 {lacking[0]} 列；应有 {'、'.join(columns)} 列；处理：在 QGIS 中添加",
        )
    return frame


def with_crs(address: str) -> tuple[str, str]:
    """The command that gives a layer the CRS that it should have had, in English and Chinese."""
    command = f"ogr2ogr -a_srs EPSG:4549 with_crs.gpkg {quote(address)}"
    return f"{command} (its own code)", f"{command}（换成实际代码）"


def kind_zh(kind: str) -> str:
    """A type of geometry in Chinese, as shapely names it where there is no word.

    >>> kind_zh("MultiLineString")
    '多线'
    """
    return _KINDS.get(kind, kind)


def flaw(shape: BaseGeometry) -> tuple[str, str]:
    """Why a shape is invalid and where, in English and Chinese.

    >>> flaw(shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"))
    ('Self-intersection at 1 1', '自相交，在 1 1 处')
    """
    why, _, place = shapely.is_valid_reason(shape).removesuffix("]").partition("[")
    zh = _FLAWS.get(why, why)
    return (f"{why} at {place}", f"{zh}，在 {place} 处") if place else (why, zh)


@contextmanager
def _told_in_one_line(address: str) -> Iterator[None]:
    try:
        yield
    except (DataSourceError, DataLayerError, OSError) as e:
        if "locked" in str(e) or "busy" in str(e):
            raise BlocksError(
                f"{address} is locked by another program",
                "a file that can be read",
                "close it in QGIS",
                zh=f"{address} 被其他程序占用；应为可读取的文件；处理：在 QGIS 中关闭它",
            ) from None
        raise BlocksError(
            f"{address} cannot be read as a vector layer: it is damaged, cut off, or of another format",
            "GeoPackage, Shapefile, GeoJSON or the like",
            f"ogrinfo {quote(address)} tells more; save it again in QGIS",
            zh=f"{address} 不能作为矢量图层读取：已损坏、不完整或格式不符；应为 GeoPackage、Shapefile、GeoJSON 等；"
            f"处理：用 ogrinfo {quote(address)} 查看详情；在 QGIS 中重新保存",
        ) from None


def _layer(address: str) -> str:
    layers = pyogrio.list_layers(address)
    if not len(layers):
        raise BlocksError(
            f"{address} has no layer",
            "a layer of polygons",
            "save it again in QGIS",
            zh=f"{address} 里没有图层；应有面图层；处理：在 QGIS 中重新保存",
        )
    named = [str(name) for name, _ in layers if name == "blocks"]
    polygons = [str(name) for name, kind in layers if kind and "Polygon" in kind]
    return (named + polygons + [str(layers[0][0])])[0]


def _decoded(address: str, layer: str) -> gpd.GeoDataFrame:
    for encoding in _encodings(address):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                return pyogrio.read_dataframe(address, layer=layer, encoding=encoding)
        except UnicodeDecodeError:
            continue
    raise BlocksError(
        f"{address}: the attribute table is neither UTF-8 nor GB18030",
        "a .cpg file that says which",
        zh=f"{address} 的属性表既不是 UTF-8 也不是 GB18030；应有注明编码的 .cpg 文件",
    )


def _encodings(address: str) -> tuple[str | None, ...]:
    """Shapefiles without a .cpg say nothing or lie: strict UTF-8 first, then the Chinese national encoding."""
    path = Path(address)
    if path.suffix.lower() == ".shp":
        declared = any(path.with_suffix(s).exists() for s in (".cpg", ".CPG"))
    elif path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [n.lower() for n in archive.namelist()]
        if not any(n.endswith(".shp") for n in names):
            return (None,)
        declared = any(n.endswith(".cpg") for n in names)
    else:
        return (None,)
    return (None, "UTF-8", "GB18030") if declared else ("UTF-8", "GB18030", None)
