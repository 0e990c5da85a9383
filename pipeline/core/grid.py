"""The working grid: from a raster's pixels to true ground metres, windows and halo. Pixels are never warped.

A flight's native pixels are averaged, or interpolated where they are up to ``COARSEST_EQUAL_M``, to working pixels of
about ``WORK_GSD_M``, so that small things cover as many of them whatever flew. The ratio is ``STEP / m`` native
pixels per working pixel with a whole ``m``, so that ``STEP`` native pixels are exactly ``m`` working pixels: windows
that start on multiples of ``STEP * POOL`` native pixels see the same working pixels whatever their size. ``POOL``
by ``POOL`` working pixels make one pooled pixel (about 0.3 m), on which context is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

WORK_GSD_M = 0.075
POOL_GSD_M = 0.30
POOL_MAX = 4
COARSEST_EQUAL_M = 0.15
STEP = 32
CELL_M = 10.0


@dataclass(frozen=True)
class RasterGrid:
    """Where a raster's pixels lie: size, north-up affine transform, CRS (WKT) and true ground size of a pixel.

    ``x0, y0`` is the outer corner of the first pixel, ``dx > 0`` and ``dy < 0`` the pixel size in CRS units,
    ``gsd_x_m`` and ``gsd_y_m`` its true size on the ground in metres.
    """

    width: int
    height: int
    x0: float
    y0: float
    dx: float
    dy: float
    crs_wkt: str
    gsd_x_m: float
    gsd_y_m: float

    @property
    def gsd_m(self) -> float:
        """Geometric mean of the pixel's two ground sizes, in metres."""
        return math.sqrt(self.gsd_x_m * self.gsd_y_m)

    def xy(self, col: float, row: float) -> tuple[float, float]:
        """CRS coordinates of the pixel position (col, row); whole numbers are corners of pixels."""
        return self.x0 + col * self.dx, self.y0 + row * self.dy

    def bounds(self, row: int, col: int, height: int, width: int) -> tuple[float, float, float, float]:
        """West, south, east and north of a rectangle of pixels, in CRS coordinates."""
        (west, north), (east, south) = self.xy(col, row), self.xy(col + width, row + height)
        return west, south, east, north

    def colrow(self, x: float, y: float) -> tuple[float, float]:
        """Pixel position of CRS coordinates; the inverse of :meth:`xy`."""
        return (x - self.x0) / self.dx, (y - self.y0) / self.dy


@dataclass(frozen=True)
class WorkGrid:
    """How native pixels become working and pooled pixels.

    ``native`` native pixels are exactly ``work`` working pixels; ``pool`` working pixels make one pooled pixel;
    ``gsd_m`` is the ground size of a working pixel in metres.
    """

    native: int
    work: int
    pool: int
    gsd_m: float

    @property
    def interpolated(self) -> bool:
        """Whether working pixels are smaller than native ones."""
        return self.work > self.native

    @property
    def pool_gsd_m(self) -> float:
        """Ground size of a pooled pixel in metres."""
        return self.gsd_m * self.pool

    @property
    def align(self) -> int:
        """Native pixels on whose multiples windows start, so that working and pooled pixels fall together."""
        return self.native * self.pool

    def core(self, window: Window) -> tuple[slice, slice]:
        """A window's core in pooled pixels; at the raster's far edges it ends with the padding."""
        top, left = window.top * self.work // self.align, window.left * self.work // self.align
        high, wide = (-(-n * self.work // self.align) for n in (window.height, window.width))
        return slice(top, top + high), slice(left, left + wide)

    def working(self, native_px: int) -> int:
        """Working pixels in a length of native pixels (a multiple of ``align``, or the rest at the raster's edge).

        >>> WorkGrid(32, 24, 4, 0.0755).working(2048)
        1536
        """
        return max(native_px * self.work // self.native, 1)


def work_grid(gsd_m: float) -> WorkGrid:
    """The working grid of a flight from its native GSD in metres.

    Finer imagery is averaged to within 6 % of 0.075 m, imagery of up to 0.15 m interpolated to that; what is coarser is
    used as it is.

    >>> g = work_grid(0.0566)
    >>> g.native, g.work, g.pool, round(g.gsd_m, 4)
    (32, 24, 4, 0.0755)
    >>> work_grid(0.6)
    WorkGrid(native=32, work=32, pool=1, gsd_m=0.6)
    """
    work = max(1, round(STEP * gsd_m / WORK_GSD_M)) if gsd_m <= COARSEST_EQUAL_M else STEP
    gsd = gsd_m * STEP / work
    return WorkGrid(STEP, work, min(max(round(POOL_GSD_M / gsd), 1), POOL_MAX), gsd)


@dataclass(frozen=True, order=True)
class Window:
    """A core of native pixels that this window owns, and the halo that is read around it.

    ``row, col, height, width`` is the core; ``top, left, bottom, right`` the halo in native pixels on each side.
    """

    row: int
    col: int
    height: int
    width: int
    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0

    @property
    def read(self) -> tuple[int, int, int, int]:
        """``(row, col, height, width)`` of core and halo together."""
        return (
            self.row - self.top,
            self.col - self.left,
            self.height + self.top + self.bottom,
            self.width + self.left + self.right,
        )


def windows(width: int, height: int, size: int, halo: int) -> Iterator[Window]:
    """Cores of ``size`` native pixels that cover the raster once, row by row, each with a halo cut at the edges.

    >>> [(w.row, w.col, w.right) for w in windows(100, 60, 64, 32)]
    [(0, 0, 32), (0, 64, 0)]
    """
    for row in range(0, height, size):
        for col in range(0, width, size):
            h, w = min(size, height - row), min(size, width - col)
            yield Window(
                row,
                col,
                h,
                w,
                min(halo, row),
                min(halo, col),
                min(halo, height - row - h),
                min(halo, width - col - w),
            )


def halo_px(grid: WorkGrid, native_gsd_m: float, halo_m: float) -> int:
    """Native pixels of a halo of at least ``halo_m`` metres, rounded up to the grid's alignment.

    >>> halo_px(work_grid(0.05), 0.05, 9.0)
    256
    """
    return math.ceil(halo_m / native_gsd_m / grid.align) * grid.align
