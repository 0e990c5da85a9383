"""Several files as one picture: where each lies on a common grid, and reading a window through all of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window as RioWindow

from pipeline.core.grid import RasterGrid
from pipeline.errors import ImageryError
from pipeline.io.bands import BandPlan, Scaling
from pipeline.io.imagery import gdal, open_raster
from pipeline.io.sources import Source, unreadable

Box = tuple[int, int, int, int]
_OPEN_FILES = 32
_MAX_DRIFT_PX = 0.5


@dataclass(frozen=True)
class Part:
    """One file in a mosaic: what it is, how its bands are read, and where its first pixel lies."""

    source: Source
    plan: BandPlan
    row: int = 0
    col: int = 0

    def shared(self, box: Box) -> Box | None:
        """The part of a box ``(row, col, height, width)`` of the mosaic that this file covers."""
        row, col, height, width = box
        top, left = max(row, self.row), max(col, self.col)
        bottom = min(row + height, self.row + self.source.grid.height)
        right = min(col + width, self.col + self.source.grid.width)
        return (top, left, bottom - top, right - left) if bottom > top and right > left else None


@dataclass(frozen=True)
class Mosaic:
    """Files on one grid, each overlaying those before it; ``shift_px`` is the largest rounding to whole pixels."""

    grid: RasterGrid
    parts: tuple[Part, ...]
    scaling: Scaling
    shift_px: float = 0.0

    @property
    def has_nir(self) -> bool:
        """Whether near-infrared is read along."""
        return any(p.plan.nir for p in self.parts)

    @property
    def filled(self) -> float:
        """Share of the picture's area under files; overlaps count twice."""
        area = sum(p.source.grid.width * p.source.grid.height for p in self.parts)
        return area / (self.grid.width * self.grid.height)

    def alone(self, part: Part) -> Mosaic:
        """One of the files as a picture of its own, on its place in the common grid."""
        x0, y0 = self.grid.xy(part.col, part.row)
        own = part.source.grid
        grid = replace(self.grid, width=own.width, height=own.height, x0=x0, y0=y0)
        return replace(self, grid=grid, parts=(replace(part, row=0, col=0),))

    def boxes(self, size: int) -> Iterator[Box]:
        """Boxes on multiples of ``size`` that a file touches, in reading order."""
        found: set[tuple[int, int]] = set()
        for p in self.parts:
            rows = range(p.row // size, -(-(p.row + p.source.grid.height) // size))
            cols = range(p.col // size, -(-(p.col + p.source.grid.width) // size))
            found.update((r, c) for r in rows for c in cols)
        for r, c in sorted(found):
            row, col = r * size, c * size
            yield row, col, min(size, self.grid.height - row), min(size, self.grid.width - col)


def place(sources: Sequence[Source]) -> tuple[RasterGrid, list[tuple[int, int]], float]:
    """A common grid for files, the (row, col) of each on it, and the largest rounding to whole pixels.

    Raises
    ------
    ImageryError : the files differ in CRS or pixel size; names the first that does
    """
    first = sources[0].grid
    for source in sources[1:]:
        _check_same(sources[0], source)
    x0, y0 = min(s.grid.x0 for s in sources), max(s.grid.y0 for s in sources)
    exact = [((s.grid.y0 - y0) / first.dy, (s.grid.x0 - x0) / first.dx) for s in sources]
    corners = [(round(row), round(col)) for row, col in exact]
    shift = max(abs(e - c) for at, corner in zip(exact, corners, strict=True) for e, c in zip(at, corner, strict=True))
    height = max(row + s.grid.height for s, (row, _) in zip(sources, corners, strict=True))
    width = max(col + s.grid.width for s, (_, col) in zip(sources, corners, strict=True))
    return replace(first, width=width, height=height, x0=x0, y0=y0), corners, shift


def _check_same(first: Source, other: Source) -> None:
    a, b = first.grid, other.grid
    if a.crs_wkt != b.crs_wkt and CRS.from_wkt(a.crs_wkt) != CRS.from_wkt(b.crs_wkt):
        names = [CRS.from_wkt(g.crs_wkt).name for g in (a, b)]
        mend, mend_zh = _warp(first, other)
        raise ImageryError(
            f"{first.name} is in {names[0]}, {other.name} in {names[1]}",
            "files of one flight in one CRS",
            f"{mend}, or make two flights",
            zh=f"{first.name} 的坐标系为 {names[0]}，{other.name} 的为 {names[1]}；同一航次的文件应为同一坐标系；"
            f"处理：{mend_zh}，或分作两个航次",
        )
    drift = max(abs(b.dx / a.dx - 1) * b.width, abs(b.dy / a.dy - 1) * b.height)
    if drift > _MAX_DRIFT_PX:
        sizes = [f"{g.dx:.6g} × {-g.dy:.6g}" for g in (a, b)]
        raise ImageryError(
            f"{first.name} has pixels of {sizes[0]}, {other.name} of {sizes[1]} CRS units",
            "files of one flight with one pixel size",
            f"gdalwarp -tr {a.dx:.10g} {-a.dy:.10g} -r bilinear -dstalpha {quote(other.href)} same.tif",
            zh=f"{first.name} 的像素大小为 {sizes[0]}，{other.name} 的为 {sizes[1]}（坐标系单位）；"
            "同一航次的文件应为同一像素大小；"
            f"处理：gdalwarp -tr {a.dx:.10g} {-a.dy:.10g} -r bilinear -dstalpha {quote(other.href)} same.tif",
        )
    if first.dtype != other.dtype:
        raise ImageryError(
            f"{first.name} has pixels of type {first.dtype}, {other.name} of {other.dtype}",
            "files of one flight with one pixel type",
            "export all files of the flight again with one pixel type",
            zh=f"{first.name} 的像素类型为 {first.dtype}，{other.name} 的为 {other.dtype}；"
            "同一航次的文件应为同一像素类型；处理：按同一像素类型重新导出全部图幅",
        )


def _warp(first: Source, other: Source) -> tuple[str, str]:
    """What moves a file to the first's CRS and pixel size; what it does not cover there stays empty."""
    grid, code, href = first.grid, CRS.from_wkt(first.grid.crs_wkt).to_epsg(), quote(other.href)
    if code is None:
        return f"gdalwarp {href} into the other's CRS", f"用 gdalwarp 将 {href} 转到前者的坐标系"
    size = f"-tr {grid.dx:.10g} {-grid.dy:.10g}"
    command = f"gdalwarp -t_srs EPSG:{code} {size} -r bilinear -dstalpha {href} same.tif"
    return command, command


@dataclass(frozen=True)
class Piece:
    """A window of a mosaic, native pixels: ``rgb`` is 0 where not ``valid``; ``nir`` where the flight has it."""

    rgb: npt.NDArray[np.uint8]
    valid: npt.NDArray[np.bool_]
    nir: npt.NDArray[np.uint8] | None


class MosaicReader:
    """Reads windows of a mosaic, with a bounded number of files open; closes them at the end."""

    def __init__(self, mosaic: Mosaic) -> None:
        self.mosaic = mosaic
        self._files: OrderedDict[str, Any] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._files:
            self._files.popitem()[1].close()

    def read(self, box: Box) -> Piece:
        """The pixels of a box ``(row, col, height, width)`` inside the mosaic.

        Raises
        ------
        ImageryError : a file can't be read there
        """
        row, col, height, width = box
        rgb, valid = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), bool)
        near = np.zeros((height, width), np.uint8) if self.mosaic.has_nir else None
        for part in self.mosaic.parts:
            shared = part.shared(box)
            if shared is None:
                continue
            here = (
                slice(shared[0] - row, shared[0] - row + shared[2]),
                slice(shared[1] - col, shared[1] - col + shared[3]),
            )
            piece = self._piece(part, shared)
            rgb[here][piece.valid], valid[here] = piece.rgb[piece.valid], valid[here] | piece.valid
            if near is not None and piece.nir is not None:
                near[here][piece.valid] = piece.nir[piece.valid]
        return Piece(rgb, valid, near)

    def _piece(self, part: Part, shared: Box) -> Piece:
        window = RioWindow(shared[1] - part.col, shared[0] - part.row, shared[3], shared[2])
        plan, href = part.plan, part.source.href
        try:
            with gdal(href):
                dataset = self._file(href)
                data = dataset.read(plan.bands, window=window)
                seen = dataset.read_masks(plan.rgb[0], window=window) == 255 if plan.valid_from == "mask" else None
        except RasterioError:
            raise unreadable(href) from None
        valid = plan.valid(data, seen)
        colours = self.mosaic.scaling.apply(data[:3]).transpose(1, 2, 0)
        near = self.mosaic.scaling.apply(data[-1]) if plan.nir else None
        return Piece(np.ascontiguousarray(colours), valid, near)

    def _file(self, href: str) -> Any:
        if href in self._files:
            self._files.move_to_end(href)
            return self._files[href]
        if len(self._files) >= _OPEN_FILES:
            self._files.popitem(last=False)[1].close()
        self._files[href] = open_raster(href)
        return self._files[href]
