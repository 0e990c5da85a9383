"""Reading a flight's imagery by window: native pixels, working pixels, an overview."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window as RioWindow

from pipeline.core.grid import RasterGrid, Window, WorkGrid, work_grid
from pipeline.errors import ImageryError
from pipeline.io.overviews import averaged_level, reduced_mask
from pipeline.io.pixels import Pixels, Rgb, Valid, blanked, resample, strips
from pipeline.io.stac import Flight, ValidFrom

CACHE_MB = 64
STRIP_PX = 512
DRIVERS = ("GTiff", "VRT", "JPEG", "PNG", "JP2OpenJPEG", "HFA", "ENVI")
_WEB = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_LOW_SPEED_TIME": "60",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "CPL_VSIL_CURL_CHUNK_SIZE": "131072",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
}


@contextmanager
def gdal(href: str = "") -> Iterator[None]:
    """GDAL's options while ``href`` is open: a bounded block cache; range reads and no listing for web addresses."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20, GDAL_TIFF_INTERNAL_MASK=True, **(_WEB if "://" in href else {})):
        yield


def open_raster(href: str) -> Any:
    """Open a local file or http(s) address for reading, with the drivers that imagery comes in and no others."""
    if href.startswith("/vsi") or ("://" in href and not href.startswith(("http://", "https://"))):
        raise ImageryError(
            f"{href} is neither a file nor an http(s) address",
            "a path or an http(s) address",
            zh=f"{href} 既不是文件，也不是 http(s) 地址；应为路径或 http(s) 地址",
        )
    name = f"/vsicurl/{href}" if "://" in href else href
    return DatasetReader(name, driver=["GTiff"] if "://" in href else list(DRIVERS))


class Imagery:
    """A flight's imagery, read by window from any thread; each thread has its own handle, all closed at the end.

    Opens at the first read. Equal by value and pickleable: it is an address and how to read it.
    """

    def __init__(
        self,
        href: str,
        grid: RasterGrid,
        *,
        valid_from: ValidFrom = "mask",
        alpha_band: int = 4,
        rgb: tuple[int, int, int] = (1, 2, 3),
        nir: tuple[str, int] | None = None,
    ) -> None:
        self.href, self.grid = href, grid
        self.valid_from, self.alpha_band, self.rgb, self.nir = valid_from, alpha_band, rgb, nir
        self._start()

    @classmethod
    def of(cls, flight: Flight) -> Self:
        """The imagery of a flight."""
        f = flight
        nir = (f.nir_href, f.nir_band) if f.nir_href is not None and f.nir_band is not None else None
        return cls(f.href, f.grid, valid_from=f.valid_from, alpha_band=f.alpha_band, rgb=f.rgb, nir=nir)

    def _start(self) -> None:
        self._local, self._lock, self._opened = threading.local(), threading.Lock(), list[Any]()

    def __getstate__(self) -> dict[str, Any]:
        hidden = ("_local", "_lock", "_opened", "work", "_level")
        return {key: value for key, value in self.__dict__.items() if key not in hidden}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._start()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Imagery) and self.__getstate__() == other.__getstate__()

    def __hash__(self) -> int:
        return hash((self.href, self.grid))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close every thread's handles."""
        with self._lock:
            opened, self._opened, self._local = self._opened, [], threading.local()
        for dataset in opened:
            dataset.close()

    @cached_property
    def work(self) -> WorkGrid:
        """The working grid to which native pixels are brought."""
        return work_grid(self.grid.gsd_m)

    def read(self, window: Window) -> Pixels:
        """Working pixels of a window's core and halo, padded at right and bottom to whole pooled pixels (not valid).

        Native pixels are read and averaged strip by strip, so that few of them are in memory at any time, from left to
        right, so that the window beside it finds the tiles they share still decoded; where they are interpolated, all
        at once, so that no border is seen.
        """
        row, col, height, width = window.read
        work = self.work
        high, wide = (-(-n // work.align) * work.align for n in (height, width))
        shape = work.working(high), work.working(wide)
        rgb, valid = np.zeros((*shape, 3), np.uint8), np.zeros(shape, bool)
        near = np.zeros(shape, np.uint8) if self.nir else None
        level = self._level
        finer = replace(work, native=work.native // level)
        across = -(-STRIP_PX * level // work.align) * work.align
        for left, right in [(col, col + wide)] if work.interpolated else strips(col, col + wide, across):
            small = resample(self._native((row, left, high, right - left), (row + height, col + width), level), finer)
            here = slice((left - col) * work.work // work.native, (right - col) * work.work // work.native)
            rgb[:, here], valid[:, here] = small.rgb, small.valid
            if near is not None and small.nir is not None:
                near[:, here] = small.nir
        return Pixels(rgb, valid, near)

    @cached_property
    def _level(self) -> int:
        """The overview whose pixels are averaged in place of native ones; 1 where there is none to be trusted."""
        if self.nir:
            return 1
        with self._reading() as dataset:
            return averaged_level(dataset, self.rgb, self.work.native / self.work.work)

    def _native(self, place: tuple[int, int, int, int], end: tuple[int, int], level: int) -> Pixels:
        """Pixels of ``(row, col, height, width)`` of a level; none is valid from native row and column ``end`` on."""
        rgb, valid = self._as_stored(place, level)
        row, col = (max(e - start, 0) // level for e, start in zip(end, place, strict=False))
        valid[row:], valid[:, col:] = False, False
        return Pixels(rgb, valid, self._band(self.nir, place) if self.nir else None)

    def read_native(self, row: int, col: int, height: int, width: int) -> tuple[Rgb, Valid]:
        """Native pixels ``(rgb, valid)`` of a rectangle; what lies outside the raster is not valid and 0."""
        rgb, valid = self._as_stored((row, col, height, width), 1)
        return blanked(rgb, valid), valid

    def _as_stored(self, place: tuple[int, int, int, int], level: int) -> tuple[Rgb, Valid]:
        """Colours as the file has them, also where they are not valid; all bands in one read, to decode once."""
        box, here = self._inside(*place)
        shape = place[2] // level, place[3] // level
        rgb, valid = np.zeros((*shape, 3), np.uint8), np.zeros(shape, bool)
        if box is None:
            return rgb, valid
        bands = [*self.rgb, self.alpha_band] if self.valid_from == "alpha" else [*self.rgb]
        with self._reading() as dataset:
            part = dataset.read(bands, window=box, out_shape=(len(bands), box.height // level, box.width // level))
            seen = (
                part[3] == 255 if self.valid_from == "alpha" else reduced_mask(self._seen(dataset, window=box), level)
            )
        if seen.shape == valid.shape:
            return np.asarray(cv2.merge(part[:3]), np.uint8), seen
        rows, cols = (slice(s.start // level, s.start // level + n) for s, n in zip(here, seen.shape, strict=True))
        rgb[rows, cols], valid[rows, cols] = cv2.merge(part[:3]), seen
        return rgb, valid

    def overview(self, max_px: int) -> tuple[Rgb, Valid]:
        """The whole picture with its longer side at most ``max_px`` pixels, averaged; for backgrounds."""
        return self.decimated(0, 0, self.grid.height, self.grid.width, max_px=max_px)

    def decimated(self, row: int, col: int, height: int, width: int, *, max_px: int) -> tuple[Rgb, Valid]:
        """A rectangle inside the raster with its longer side at most ``max_px`` pixels.

        Read at the power of two whose overview is next finer, then averaged; mostly valid counts as valid.
        """
        longest = max(height, width)
        level = 2 ** max(0, math.floor(math.log2(longest / max_px)))
        near = -(-height // level), -(-width // level)
        box = RioWindow(col, row, width, height)
        with self._reading() as dataset:
            bands = dataset.read(self.rgb, window=box, out_shape=(3, *near))
            seen = self._seen(dataset, window=box, out_shape=near)
        np.multiply(bands, seen, out=bands)
        if max(near) <= max_px:
            return np.asarray(cv2.merge(bands), np.uint8), seen
        size = tuple(max(1, round(n * max_px / longest)) for n in (width, height))
        weight = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        valid = weight >= 0.5
        small = np.zeros((*valid.shape, 3), np.uint8)
        for i, band in enumerate(bands):
            mean = cv2.resize(band.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            small[..., i] = np.where(valid, np.rint(mean / np.maximum(weight, 0.5)), 0)
        return small, valid

    def valid_every(self, row: int, col: int, rows: int, cols: int, *, step: int) -> Valid:
        """Validity of every ``step``-th pixel, (rows, cols), from overviews; False outside the raster.

        ``row`` and ``col`` are multiples of ``step``.
        """
        out = np.zeros((rows, cols), bool)
        box, here = self._inside(row, col, rows * step, cols * step)
        if box is not None:
            high, wide = -(-box.height // step), -(-box.width // step)
            top, left = here[0].start // step, here[1].start // step
            with self._reading() as dataset:
                out[top : top + high, left : left + wide] = self._seen(dataset, window=box, out_shape=(high, wide))
        return out

    def _inside(self, row: int, col: int, height: int, width: int) -> tuple[RioWindow | None, tuple[slice, slice]]:
        top, left = max(row, 0), max(col, 0)
        bottom, right = min(row + height, self.grid.height), min(col + width, self.grid.width)
        here = slice(top - row, bottom - row), slice(left - col, right - col)
        if bottom <= top or right <= left:
            return None, here
        return RioWindow(left, top, right - left, bottom - top), here

    def _band(self, source: tuple[str, int], place: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
        href, band = source
        box, here = self._inside(*place)
        out = np.zeros(place[2:], np.uint8)
        if box is not None:
            with self._reading(href) as dataset:
                out[here] = dataset.read(band, window=box)
        return out

    def _seen(self, dataset: Any, **kwargs: Any) -> Valid:
        if self.valid_from == "alpha":
            return np.asarray(dataset.read(self.alpha_band, **kwargs) == 255)
        if self.valid_from == "mask":
            return np.asarray(dataset.read_masks(self.rgb[0], **kwargs) == 255)
        return np.ones(kwargs.get("out_shape") or (kwargs["window"].height, kwargs["window"].width), bool)

    @contextmanager
    def _reading(self, href: str = "") -> Iterator[Any]:
        href = href or self.href
        with gdal(href):
            try:
                yield self._handle(href)
            except RasterioError:
                raise ImageryError(
                    f"{href} cannot be read",
                    "the imagery that ingest found",
                    "restore the file, or run wuse ingest CONFIG",
                    zh=f"{href} 无法读取；应为导入时的影像；处理：恢复该文件，或运行 wuse ingest CONFIG",
                ) from None

    def _handle(self, href: str) -> Any:
        handles = self._local.__dict__.setdefault("handles", {})
        if href not in handles:
            handles[href] = open_raster(href)
            with self._lock:
                self._opened.append(handles[href])
        return handles[href]
