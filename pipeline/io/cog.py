"""Writing imagery once as a COG, by window: 8-bit colour, internal mask, 512 px tiles, averaged overviews."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window as RioWindow

from pipeline.artifacts import atomic, write_text
from pipeline.core.grid import RasterGrid
from pipeline.errors import WorkdirError
from pipeline.io.imagery import CACHE_MB, gdal
from pipeline.io.mosaic import Mosaic, MosaicReader, Part

TILE = 512
_WINDOW = 2048
_TILED = {"driver": "GTiff", "tiled": True, "blockxsize": TILE, "blockysize": TILE, "BIGTIFF": "IF_SAFER"}
_COG = _TILED | {"compress": "deflate", "zlevel": 6, "predictor": 2, "SPARSE_OK": "TRUE"}
_RAW = _TILED | {"dtype": "uint8", "compress": "zstd", "zstd_level": 1, "SPARSE_OK": "TRUE"}


def write_cog(mosaic: Mosaic, out: Path, nir_out: Path | None, progress: Callable[[int, int], None]) -> None:
    """Write a mosaic's colours and mask to ``out``, its near-infrared to ``nir_out``; whole or not at all.

    Raises
    ------
    ImageryError : a file can't be read
    WorkdirError : the disk is full or can't be written
    """
    with ExitStack() as stack:
        finals = [stack.enter_context(atomic(path)) for path in (out, nir_out) if path is not None]
        raws = [path.with_name(f"{path.stem}.raw.tif") for path in finals]
        for raw in raws:
            stack.callback(raw.unlink, missing_ok=True)
        stack.enter_context(gdal())
        with _writing(out):
            _write_raw(mosaic, raws, progress)
            for raw, final in zip(raws, finals, strict=True):
                _check_room(final, 2 * raw.stat().st_size)
                _finish(raw, final)
                raw.unlink()


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except (RasterioError, CPLE_BaseError) as e:
        raise _no_room(out, " ".join(str(e).split())[:100]) from None


def _no_room(out: Path, why: str, why_zh: str = "") -> WorkdirError:
    return WorkdirError(
        f"{out} cannot be written: {why}",
        "a disk with room for the imagery",
        "free space, or set community.workdir",
        zh=f"{out} 无法写入（{why_zh or why}）；磁盘应放得下影像；处理：腾出空间，或改设 community.workdir",
    )


def _check_room(out: Path, need: int) -> None:
    """GDAL notices a full disk late and talks about it; so ask first."""
    free = shutil.disk_usage(out.parent).free
    if free < need:
        raise _no_room(
            out,
            f"the disk is full ({free >> 20} MB free, at least {need >> 20} MB needed)",
            f"磁盘已满：剩余 {free >> 20} MB，至少需要 {need >> 20} MB",
        )


def _write_raw(mosaic: Mosaic, raws: Sequence[Path], progress: Callable[[int, int], None]) -> None:
    boxes = list(mosaic.boxes(_WINDOW))
    need = min(CACHE_MB << 20, sum(3 * box[2] * box[3] for box in boxes))
    with ExitStack() as stack:
        reader = stack.enter_context(MosaicReader(mosaic))
        files = [
            stack.enter_context(rasterio.open(raw, "w", **_RAW, **_profile(mosaic.grid, count)))
            for raw, count in zip(raws, (3, 1), strict=False)
        ]
        for done, box in enumerate(boxes, start=1):
            piece = reader.read(box)
            if piece.valid.any():
                _check_room(raws[0], need)
                window = RioWindow(box[1], box[0], box[3], box[2])
                bands = [np.ascontiguousarray(piece.rgb.transpose(2, 0, 1))]
                bands += [piece.nir[None]] if piece.nir is not None else []
                for file, data in zip(files, bands, strict=False):
                    file.write(data, window=window)
                    file.write_mask(piece.valid, window=window)
            progress(done, len(boxes))


def _profile(grid: RasterGrid, count: int) -> dict[str, Any]:
    transform = Affine(grid.dx, 0.0, grid.x0, 0.0, grid.dy, grid.y0)
    look = {"photometric": "RGB", "interleave": "pixel"} if count == 3 else {}
    size = {"width": grid.width, "height": grid.height, "count": count}
    return size | {"crs": grid.crs_wkt, "transform": transform} | look


def _finish(raw: Path, final: Path) -> None:
    """Add overviews and put tiles in a COG's order: what rio-cogeo does, without its pass through a warped copy."""
    with rasterio.open(raw, "r+") as file:
        longest = max(file.width, file.height)
        levels = [2**k for k in range(1, 16) if longest >> k >= TILE // 2]
        if levels:
            file.build_overviews(levels, Resampling.average)
    rasterio.shutil.copy(str(raw), str(final), copy_src_overviews=True, **_COG)


def write_vrt(mosaic: Mosaic, tiles: Sequence[tuple[Part, str]], out: Path, bands: int) -> None:
    """Write a VRT over COGs that lie beside it (names relative to it), each on its part's place in the mosaic."""
    grid = mosaic.grid
    head = (
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">\n'
        f"<SRS>{escape(grid.crs_wkt)}</SRS>\n"
        f"<GeoTransform>{grid.x0!r}, {grid.dx!r}, 0.0, {grid.y0!r}, 0.0, {grid.dy!r}</GeoTransform>\n"
    )
    colours = ("Red", "Green", "Blue") if bands == 3 else ("Gray",)
    body = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><ColorInterp>{colour}</ColorInterp>\n'
        + "".join(_placed(part, name, str(band)) for part, name in tiles)
        + "</VRTRasterBand>\n"
        for band, colour in enumerate(colours, start=1)
    )
    seen = "".join(_placed(part, name, "mask,1") for part, name in tiles)
    mask = f'<MaskBand><VRTRasterBand dataType="Byte">\n{seen}</VRTRasterBand></MaskBand>\n'
    write_text(out, f"{head}{body}{mask}</VRTDataset>\n")


def _placed(part: Part, name: str, band: str) -> str:
    grid = part.source.grid
    size = f'xSize="{grid.width}" ySize="{grid.height}"'
    return (
        f'<SimpleSource><SourceFilename relativeToVRT="1">{escape(name)}</SourceFilename>'
        f"<SourceBand>{band}</SourceBand>"
        f'<SourceProperties RasterXSize="{grid.width}" RasterYSize="{grid.height}" DataType="Byte" '
        f'BlockXSize="{TILE}" BlockYSize="{TILE}"/>'
        f'<SrcRect xOff="0" yOff="0" {size}/><DstRect xOff="{part.col}" yOff="{part.row}" {size}/></SimpleSource>\n'
    )
