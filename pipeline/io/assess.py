"""What a flight's imagery is worth: coverage of each block, blur, light and shadow, and what to say about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from pipeline.core.cover import cores_under
from pipeline.core.grid import RasterGrid, work_grid
from pipeline.core.photo import PhotoFigures, photo_figures
from pipeline.errors import BlocksError
from pipeline.io.imagery import Imagery
from pipeline.io.mosaic import Box
from pipeline.io.pixels import Pixels, resample
from pipeline.io.stac import Notice

Native = tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]

PATCH = 512
_PATCHES = 48
_COVER_PX = 512
_NAMED = 12
_PARTLY_PCT, _BLUR_PX, _CLIPPED_PCT, _SHADOW_PCT, _DARK, _BRIGHT = 99.5, 2.0, 2.0, 25.0, 50.0, 215.0


def check_overlap(polygons: Sequence[BaseGeometry], grid: RasterGrid, flight_id: str) -> None:
    """Stop where no block shares ground with the imagery.

    Raises
    ------
    BlocksError : says where each of the two lies
    """
    frame = shapely.box(*grid.bounds(0, 0, grid.height, grid.width))
    if any(frame.intersects(p) for p in polygons):
        return
    there = shapely.box(*shapely.total_bounds(polygons)).centroid
    move = Transformer.from_crs(grid.crs_wkt, 4326, always_xy=True)
    places = (move.transform(p.x, p.y) for p in (there, frame.centroid))
    blocks_at, imagery_at = (f"{lat:.4f}, {lon:.4f}" for lon, lat in places)
    raise BlocksError(
        f"none of the {len(polygons)} blocks lies in the imagery of flight {flight_id} "
        f"(blocks round {blocks_at}, imagery round {imagery_at}, latitude, longitude)",
        "blocks and imagery of one place",
        "check the CRS of the blocks, and that orthophoto names the right file",
        zh=f"{len(polygons)} 个区块都不在航次 {flight_id} 的影像范围内"
        f"（区块在 {blocks_at} 附近，影像在 {imagery_at} 附近，纬度在前、经度在后）；区块与影像应在同一地点；"
        "处理：核对区块图层的坐标系，以及 orthophoto 是否指向正确的文件",
    )


def coverage_pct(polygons: Sequence[BaseGeometry], imagery: Imagery) -> list[float]:
    """Share 0-100 of each polygon's area under valid pixels; from a decimated reading where the polygon is large."""
    return [round(100 * _covered(polygon, imagery), 2) for polygon in polygons]


def _covered(polygon: BaseGeometry, imagery: Imagery) -> float:
    grid = imagery.grid
    west, south, east, north = polygon.bounds
    (left, top), (right, bottom) = grid.colrow(west, north), grid.colrow(east, south)
    step = 1
    while max(right - left, bottom - top) > _COVER_PX * step:
        step *= 2
    row, col = int(top // step) * step, int(left // step) * step
    rows, cols = -int((row - bottom) // step), -int((col - right) // step)
    x, y = grid.xy(col, row)
    frame = Affine(grid.dx * step, 0.0, x, 0.0, grid.dy * step, y)
    inside = rasterize([polygon], out_shape=(rows, cols), transform=frame, dtype="uint8", all_touched=False) > 0
    if not inside.any():
        inside[:] = True
    return float(imagery.valid_every(row, col, rows, cols, step=step)[inside].mean())


def figures(
    polygons: Sequence[BaseGeometry],
    grid: RasterGrid,
    read: Callable[[Box], Native],
    progress: Callable[[int, int], None],
) -> PhotoFigures:
    """Photo figures from a bounded number of patches, spread evenly over the imagery under the polygons."""
    boxes = [core for core, _ in cores_under(polygons, grid, PATCH)]
    chosen = np.unique(np.linspace(0, len(boxes) - 1, min(_PATCHES, len(boxes))).round().astype(int))
    work = work_grid(grid.gsd_m)
    native, working = [], []
    for done, index in enumerate(chosen, start=1):
        rgb, valid = read(boxes[index])
        progress(done, len(chosen))
        if not valid.any():
            continue
        native.append((rgb, valid))
        height, width = (n // work.align * work.align for n in valid.shape)
        if height and width:
            small = resample(Pixels(np.ascontiguousarray(rgb[:height, :width]), valid[:height, :width]), work)
            working.append((small.rgb, small.valid))
    return photo_figures(native, working or native, work.gsd_m, work.pool)


def quality_notices(found: PhotoFigures, coverage: Mapping[str, float]) -> tuple[Notice, ...]:
    """What the figures and the coverage mean for a reader."""
    return _coverage_notices(coverage) + tuple(_figure_notices(found))


def _coverage_notices(coverage: Mapping[str, float]) -> tuple[Notice, ...]:
    none = [name for name, pct in coverage.items() if pct == 0]
    partly = [f"{name} ({pct:.0f} %)" for name, pct in coverage.items() if 0 < pct < _PARTLY_PCT]
    notices = []
    if none:
        zh, en = f"没有影像、将不定级的区块（{len(none)} 个）", f"Blocks without imagery, to be ungraded ({len(none)})"
        notices.append(Notice("blocks_not_covered", f"{zh}：{_listed(none)}", f"{en}: {_listed(none)}"))
    if partly:
        zh, en = f"只有部分影像的区块（{len(partly)} 个）", f"Blocks only partly covered ({len(partly)})"
        notices.append(Notice("blocks_partly_covered", f"{zh}：{_listed(partly)}", f"{en}: {_listed(partly)}"))
    return tuple(notices)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _figure_notices(found: PhotoFigures) -> list[Notice]:
    notices = []
    if found.blur_px is not None and found.blur_px > _BLUR_PX:
        zh, en = f"影像模糊（约 {found.blur_px:.1f} 像素）", f"the picture is blurred by about {found.blur_px:.1f} px"
        notices.append(Notice("blurred", zh + "，小件杂物会漏看", en + "; small litter will be missed"))
    if found.clipped_pct is not None and found.clipped_pct > _CLIPPED_PCT:
        zh, en = f"过曝或欠曝像素占 {found.clipped_pct:.1f}%", f"{found.clipped_pct:.1f} % of pixels are clipped"
        notices.append(Notice("clipped", zh + "，与其他航次比较须谨慎", en + "; compare it with care"))
    if found.shadow_pct is not None and found.shadow_pct > _SHADOW_PCT:
        zh, en = f"阴影占 {found.shadow_pct:.0f}%", f"{found.shadow_pct:.0f} % of the picture is in shadow"
        notices.append(Notice("much_shadow", zh + "，阴影下的情况不可知", en + "; what lies there is unknown"))
    if found.exposure is not None and not _DARK <= found.exposure <= _BRIGHT:
        dark = found.exposure < _DARK
        zh, en = ("影像偏暗", "the picture is dark") if dark else ("影像偏亮", "the picture is very bright")
        mean = f"{found.exposure:.0f}"
        notices.append(Notice("exposure", f"{zh}（平均亮度 {mean}/255）", f"{en} (mean brightness {mean} of 255)"))
    return notices


def quality_record(
    grid: RasterGrid, found: PhotoFigures, coverage: Mapping[str, float], areas: Sequence[float]
) -> dict[str, Any]:
    """The figures as ``quality.json`` holds them; None where a figure could not be had."""
    total = sum(areas)
    valid = sum(pct * area for pct, area in zip(coverage.values(), areas, strict=True)) / total if total else 0.0
    photo = {name: None if v is None else round(v, 4) for name, v in asdict(found).items()}
    blur = photo["blur_px"]
    return photo | {
        "gsd_m": round(grid.gsd_m, 6),
        "gsd_x_m": round(grid.gsd_x_m, 6),
        "gsd_y_m": round(grid.gsd_y_m, 6),
        "blur_m": None if blur is None else round(blur * grid.gsd_m, 4),
        "coverage": dict(coverage),
        "valid_pct": round(valid, 2),
        "gdal": rasterio.__gdal_version__,
    }
