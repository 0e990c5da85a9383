"""Tables and vector layers: read whatever people have, write the same bytes for the same content."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from pipeline.artifacts import write_bytes
from pipeline.core.cells import starts_formula
from pipeline.errors import BlocksError, ConfigError
from pipeline.io.styles import fixed_date, with_style
from pipeline.io.vectors import flaw, kind_zh, read_vector, with_crs

_AREA_TOLERANCE = 0.01
_OVERLAP_SHARE, _OVERLAP_M2 = 0.01, 1.0
_NAMES = ("name", "name_en")


@dataclass(frozen=True)
class Blocks:
    """The management blocks in a metric CRS.

    ``frame`` has the columns ``block_id`` (text, unique), ``name``, ``name_en`` and geometry, in the natural order of
    ``block_id``.
    """

    frame: gpd.GeoDataFrame
    crs: pyproj.CRS

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def ids(self) -> tuple[str, ...]:
        """The blocks' ids, in order."""
        return tuple(self.frame["block_id"])


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which B2 comes before B10.

    >>> sorted(["B10", "B2", "A"], key=natural)
    ['A', 'B2', 'B10']
    """
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.findall(r"\d+|\D+", text))


def read_blocks(path: str | Path, crs: str | None, id_column: str = "block_id") -> Blocks:
    """Read the management blocks and move them to a metric CRS; slivers are left as they are.

    Parameters
    ----------
    path : file or http(s) address
    crs : the metric CRS to use; None for the layer's own if it is metric, else the UTM zone
    id_column : the column that names the blocks

    Raises
    ------
    BlocksError : no block_id, ids missing or shared, geometry empty, invalid or no polygon, blocks that overlap
    ConfigError : ``crs`` is unknown or does not measure true metres here
    """
    frame = read_vector(path, "set community.blocks", mend_zh="设置 community.blocks")
    if not len(frame):
        zh = f"{path} 里没有区块；每个区块应为一个面；处理：在 QGIS 中绘制"
        raise BlocksError(f"{path} holds no block", "one polygon for each block", "draw them in QGIS", zh=zh)
    frame = _with_names(frame, id_column, str(path))
    _check_shapes(frame, str(path))
    frame = _in_metres(frame, crs, str(path))
    frame["geometry"] = shapely.force_2d(frame.geometry.to_numpy())
    order = sorted(range(len(frame)), key=lambda i: natural(frame["block_id"].iloc[i]))
    frame = frame.iloc[order].reset_index(drop=True)
    _check_overlaps(frame, str(path))
    return Blocks(frame, pyproj.CRS(frame.crs))


def _with_names(frame: gpd.GeoDataFrame, id_column: str, path: str) -> gpd.GeoDataFrame:
    unique = "a unique id for each block"
    columns = {str(c).lower(): c for c in reversed(list(frame.columns))}
    if id_column.lower() not in columns:
        found = [str(c) for c in frame.columns if c != frame.geometry.name]
        raise BlocksError(
            f"{path} has no column {id_column} (found: {', '.join(found) or 'none'})",
            unique,
            "set community.block_id to the column that names the blocks (wuse new: --block-id COLUMN)",
            zh=f"{path} 没有 {id_column} 列（现有：{'、'.join(found) or '无'}）；每个区块应有唯一的编号；"
            "处理：将 community.block_id 设为区块编号所在的列（wuse new 用 --block-id COLUMN）",
        )
    ids = [_as_id(v) for v in frame[columns[id_column.lower()]]]
    if "" in ids:
        row, rest = ids.index("") + 1, ids.count("") - 1
        more, more_zh = (f" (and {rest} more)", f"（另有 {rest} 行）") if rest else ("", "")
        zh = f"{path}：第 {row} 行{more_zh}没有 {id_column}；每个区块应有唯一的编号；处理：补填，或删除该行"
        raise BlocksError(f"{path}: row {row}{more} has no {id_column}", unique, "fill it in or delete the row", zh=zh)
    twice = sorted({i for i in ids if ids.count(i) > 1}, key=natural)
    if twice:
        shared = [(i, *_rows_of(i, ids)) for i in twice[:5]]
        raise BlocksError(
            f"{path}: blocks share the {id_column} {', '.join(f'{i} ({en})' for i, _, en in shared)}",
            unique,
            "give each its own in QGIS, or make one block of them (Dissolve)",
            zh=f"{path}：有区块的 {id_column} 相同：{'、'.join(f'{i}（{zh}）' for i, zh, _ in shared)}；"
            "每个区块应有唯一的编号；处理：在 QGIS 中各给一个编号，或合并为一个区块（融合 Dissolve）",
        )
    data = {"block_id": ids} | {
        name: ["" if pd.isna(v) else str(v).strip() for v in frame[columns[name]]]
        if name in columns
        else [""] * len(ids)
        for name in _NAMES
    }
    return gpd.GeoDataFrame(data, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _rows_of(block: str, ids: list[str]) -> tuple[str, str]:
    """The rows of an id, counted from 1, in Chinese and English.

    >>> _rows_of("a", ["a", "b", "a"])
    ('第 1、3 行', 'rows 1, 3')
    """
    rows = [str(number) for number, i in enumerate(ids, 1) if i == block]
    more = " …" if len(rows) > 5 else ""
    return f"第 {'、'.join(rows[:5])}{more} 行", f"rows {', '.join(rows[:5])}{more}"


def _as_id(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _check_shapes(frame: gpd.GeoDataFrame, path: str) -> None:
    polygon = "a polygon for each block"
    for block, shape in zip(frame["block_id"], frame.geometry, strict=True):
        if shape is None or shape.is_empty:
            zh = f"{path}：区块 {block} 没有图形；每个区块应为一个面；处理：绘出图形，或删除该行"
            raise BlocksError(f"{path}: block {block} is empty", polygon, "draw it or delete the row", zh=zh)
        if shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise BlocksError(
                f"{path}: block {block} is a {shape.geom_type}",
                polygon,
                "draw its outline in QGIS, or set community.blocks to a layer of polygons",
                zh=f"{path}：区块 {block} 是{kind_zh(shape.geom_type)}；每个区块应为一个面；"
                "处理：在 QGIS 中绘出轮廓，或将 community.blocks 设为面图层",
            )
        if not shape.is_valid:
            why, why_zh = flaw(shape)
            mend, mend_zh = "mend it in QGIS (Fix geometries)", "在 QGIS 中修复（修正几何图形 Fix geometries）"
            zh = f"{path}：区块 {block} 的图形无效（{why_zh}）；应为有效的面；处理：{mend_zh}"
            raise BlocksError(f"{path}: block {block} is invalid: {why}", "a valid polygon", mend, zh=zh)


def _in_metres(frame: gpd.GeoDataFrame, crs: str | None, path: str) -> gpd.GeoDataFrame:
    lon, lat = _centre(frame, path)
    if crs is not None:
        try:
            wanted = pyproj.CRS.from_user_input(crs)
        except pyproj.exceptions.CRSError:
            zh = f"community.crs = {crs!r} 不是坐标系；应为 EPSG:4549 这样的代码"
            raise ConfigError(f"community.crs = {crs!r} is not a CRS", "a code like EPSG:4549", zh=zh) from None
        if not is_metric(wanted, lon, lat):
            raise ConfigError(
                f"community.crs = {crs!r} does not measure true metres at {lat:.2f}, {lon:.2f}",
                "a projected CRS in metres that fits the place",
                "leave community.crs out: the blocks' own metric CRS, else the UTM zone",
                zh=f"community.crs = {crs!r} 在 {lat:.2f}, {lon:.2f} 处量得的长度并非真实米数；"
                "应为适合当地、以米为单位的投影坐标系；"
                "处理：删去 community.crs：用区块图层自身的米制坐标系，否则用 UTM 带",
            )
    elif is_metric(pyproj.CRS(frame.crs), lon, lat):
        return frame
    else:
        wanted = frame.estimate_utm_crs()
    moved = frame.to_crs(wanted)
    if not np.isfinite(moved.total_bounds).all():
        zh = f"{path} 不在 {wanted.name} 的适用范围内；坐标应与图层的坐标系相符"
        fitting = "coordinates that fit the layer's CRS"
        raise BlocksError(f"{path} does not lie where {wanted.name} is defined", fitting, zh=zh)
    return moved


def _centre(frame: gpd.GeoDataFrame, path: str) -> tuple[float, float]:
    to_degrees = pyproj.Transformer.from_crs(frame.crs, "EPSG:4326", always_xy=True)
    left, bottom, right, top = frame.total_bounds
    lon, lat = to_degrees.transform((left + right) / 2, (bottom + top) / 2)
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):  # as far as UTM goes
        mend, mend_zh = with_crs(path)
        raise BlocksError(
            f"{path} does not lie on the Earth where people live by its CRS ({pyproj.CRS(frame.crs).name})",
            "coordinates that fit the layer's CRS, longitude before latitude",
            mend,
            zh=f"{path} 按其坐标系（{pyproj.CRS(frame.crs).name}）不在地球上有人居住之处；"
            f"坐标应与图层的坐标系相符，经度在前、纬度在后；处理：{mend_zh}",
        )
    return float(lon), float(lat)


def is_metric(crs: pyproj.CRS, lon: float, lat: float) -> bool:
    """Whether a CRS measures true metres at a place: projected, in metres, areas right within 1 %.

    >>> is_metric(pyproj.CRS("EPSG:3857"), 120.6, 27.8), is_metric(pyproj.CRS("EPSG:32651"), 120.6, 27.8)
    (False, True)
    """
    flat = crs.to_2d() if len(crs.axis_info) > 2 else crs
    if not flat.is_projected or any(abs(a.unit_conversion_factor - 1) > 1e-9 for a in flat.axis_info[:2]):
        return False
    try:
        scale = pyproj.Proj(flat).get_factors(lon, lat).areal_scale
    except pyproj.exceptions.ProjError:
        return False
    return abs(scale - 1) <= _AREA_TOLERANCE


def _check_overlaps(frame: gpd.GeoDataFrame, path: str) -> None:
    shapes = frame.geometry.to_numpy()
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = pairs[:, pairs[0] < pairs[1]]
    area, common = shapely.area(shapes), shapely.area(shapely.intersection(shapes[first], shapes[second]))
    over = (common > _OVERLAP_M2) & (common > _OVERLAP_SHARE * np.minimum(area[first], area[second]))
    if not over.any():
        return
    largest = min(np.flatnonzero(over), key=lambda k: (-common[k], first[k], second[k]))
    one, other = frame["block_id"].iloc[[first[largest], second[largest]]]
    n = over.sum()
    more, more_zh = (f", the largest of {n} overlaps", f"（{n} 处重叠中最大的一处）") if n > 1 else ("", "")
    raise BlocksError(
        f"{path}: blocks {one} and {other} overlap by {common[largest]:.0f} m²{more}",
        "blocks that at most touch",
        "cut one of them in QGIS",
        zh=f"{path}：区块 {one} 与 {other} 重叠 {common[largest]:.0f} 平方米{more_zh}；"
        "区块之间至多相接；处理：在 QGIS 中裁剪其中一个",
    )


def read_footprints(path: str | Path, crs: pyproj.CRS) -> tuple[gpd.GeoSeries, int]:
    """Footprints of buildings as valid polygons in ``crs``, and how many had to be repaired.

    Raises
    ------
    BlocksError : the layer cannot be read
    """
    mend, mend_zh = "set community.buildings, or leave it out", "设置 community.buildings，或删去这一项"
    shapes = read_vector(path, mend, mend_zh=mend_zh).to_crs(crs).geometry
    values = shapely.force_2d(shapes[shapes.notna() & ~shapes.is_empty].to_numpy())
    broken = ~shapely.is_valid(values)
    values[broken] = shapely.make_valid(values[broken])
    parts = shapely.get_parts(values)
    parts = shapely.get_parts(parts) if len(parts) else parts
    kept = parts[shapely.get_dimensions(parts) == 2]
    return gpd.GeoSeries(kept, crs=crs), int(broken.sum())


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet (GeoParquet if it has geometry), whole, the same bytes for the same table."""
    buffer = io.BytesIO()
    frame.reset_index(drop=True).to_parquet(buffer, index=False, compression="zstd")
    write_bytes(path, buffer.getvalue())


def write_gpkg(frame: gpd.GeoDataFrame, path: Path, layer: str, *, style: str = "") -> None:
    """Write a layer as a GeoPackage, whole, the same bytes for the same layer; its date is fixed.

    ``style`` is a QML document: QGIS opens the layer in it.
    """
    with fixed_date():
        buffer = io.BytesIO()
        kind = "MultiPolygon" if len(frame) and (frame.geom_type == "MultiPolygon").any() else "Polygon"
        pyogrio.write_dataframe(
            frame, buffer, driver="GPKG", layer=layer, geometry_type=kind, promote_to_multi=kind == "MultiPolygon"
        )
    content = buffer.getvalue()
    write_bytes(path, with_style(content, layer, style) if style else content)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table for a spreadsheet (UTF-8 with its mark, no geometry); no cell can start a formula."""
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name)) if isinstance(frame, gpd.GeoDataFrame) else frame
    safe = plain.apply(lambda column: column if column.dtype.kind in "biufM" else column.map(_no_formula))
    write_bytes(path, safe.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))


def _no_formula(value: object) -> object:
    if not isinstance(value, str) or not starts_formula(value):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value
