"""Where a spot lies, as pictures for paper: its surroundings with the block's outline, and a crop with its own.

No crop shows less than 5 cm of ground to a pixel, whatever the flight's ground size is: at that a face or a plate
seen from above is one to four pixels, so nobody can be told from it, while a heap of rubbish still shows its outline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.grid import RasterGrid
from pipeline.io.imagery import Imagery
from pipeline.io.photos import jpeg

FINEST_M = 0.05
CROP_M, PIXELS = 18.0, 720
_PAPER, _DARK, _BRIGHT, _SPOT = (242, 240, 236), (30, 30, 30), (255, 255, 255), (40, 40, 220)
_LENGTHS_M = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Frame:
    """A square of ground on a raster's grid, as a picture of ``PIXELS`` a side: its middle (col, row) and its side."""

    grid: RasterGrid
    col: float
    row: float
    side_m: float

    @classmethod
    def around(cls, grid: RasterGrid, shape: BaseGeometry, *, room: float, least_m: float) -> Self:
        """The square around a shape in the raster's CRS, ``room`` times as large, and no smaller than ``least_m``."""
        left, bottom, right, top = shape.bounds
        (c0, r0), (c1, r1) = grid.colrow(left, top), grid.colrow(right, bottom)
        side = max((c1 - c0) * grid.gsd_x_m, (r1 - r0) * grid.gsd_y_m) * room
        return cls(grid, (c0 + c1) / 2, (r0 + r1) / 2, max(side, least_m))

    @property
    def wide(self) -> float:
        """Native pixels across."""
        return self.side_m / self.grid.gsd_x_m

    @property
    def high(self) -> float:
        """Native pixels down."""
        return self.side_m / self.grid.gsd_y_m

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where CRS coordinates lie in the picture, in its pixels from the upper left corner."""
        col, row = self.grid.colrow(x, y)
        return (
            (col - self.col + self.wide / 2) * PIXELS / self.wide,
            (row - self.row + self.high / 2) * PIXELS / self.high,
        )


def map_picture(imagery: Imagery, block: BaseGeometry, x: float, y: float) -> bytes:
    """The block in its surroundings, outlined, with a ring around the spot; JPEG.

    ``block`` and ``x, y`` are in the raster's CRS.
    """
    frame = Frame.around(imagery.grid, block, room=1.35, least_m=60.0)
    picture = _ground(imagery, frame)
    _outline(picture, frame, block, _BRIGHT)
    middle = tuple(round(v) for v in frame.place(x, y))
    for colour, width in ((_BRIGHT, 9), (_SPOT, 5)):
        cv2.circle(picture, middle, 22, colour, width, cv2.LINE_AA)
    _scale(picture, frame)
    return jpeg(picture)


def crop_picture(imagery: Imagery, shape: BaseGeometry) -> bytes:
    """The spot with its outline, 18 m of ground or as much as it needs; JPEG. ``shape`` is in the raster's CRS."""
    frame = Frame.around(imagery.grid, shape, room=1.3, least_m=CROP_M)
    picture = _ground(imagery, frame)
    _outline(picture, frame, shape, (130, 244, 255))
    _scale(picture, frame)
    return jpeg(picture)


def around(x: float, y: float, radius_m: float = 1.5) -> BaseGeometry:
    """A circle that stands for a spot whose outline nobody drew, in a metric CRS."""
    return shapely.Point(x, y).buffer(radius_m)


def _ground(imagery: Imagery, frame: Frame) -> NDArray[np.uint8]:
    """The square's ground, (PIXELS, PIXELS, 3) blue first; what was not flown is paper."""
    left, top = math.floor(frame.col - frame.wide / 2), math.floor(frame.row - frame.high / 2)
    wide, high = max(2, math.ceil(frame.wide)), max(2, math.ceil(frame.high))
    most = max(8, min(PIXELS, math.floor(frame.side_m / FINEST_M)))
    rgb, valid = _read(imagery, (top, left, high, wide), most)
    rgb[~valid] = _PAPER[::-1]
    if max(rgb.shape[:2]) > most:
        rgb = np.asarray(cv2.resize(rgb, (most, most), interpolation=cv2.INTER_AREA), np.uint8)
    rgb = np.asarray(cv2.resize(rgb, (PIXELS, PIXELS), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.ascontiguousarray(rgb[..., ::-1])


def _read(imagery: Imagery, place: tuple[int, int, int, int], most: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A rectangle (row, col, height, width), by overviews where it is much larger than ``most`` pixels."""
    top, left, high, wide = place
    step = 2 ** max(0, math.floor(math.log2(max(high, wide) / most)))
    if step == 1:
        return imagery.read_native(top, left, high, wide)
    size = -(-high // step), -(-wide // step)
    rgb, valid = np.zeros((*size, 3), np.uint8), np.zeros(size, bool)
    r0, c0 = max(top, 0), max(left, 0)
    r1, c1 = min(top + high, imagery.grid.height), min(left + wide, imagery.grid.width)
    if r1 > r0 and c1 > c0:
        part, seen = imagery.decimated(r0, c0, r1 - r0, c1 - c0, max_px=max(r1 - r0, c1 - c0) // step)
        at = (r0 - top) // step, (c0 - left) // step
        part, seen = part[: size[0] - at[0], : size[1] - at[1]], seen[: size[0] - at[0], : size[1] - at[1]]
        here = slice(at[0], at[0] + part.shape[0]), slice(at[1], at[1] + part.shape[1])
        rgb[here], valid[here] = part, seen
    return rgb, valid


def _outline(picture: NDArray[np.uint8], frame: Frame, shape: BaseGeometry, colour: tuple[int, int, int]) -> None:
    parts = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
    rings = [np.array([frame.place(x, y) for x, y in p.exterior.coords]) for p in parts]
    fixed = [np.rint(ring * 8).astype(np.int32) for ring in rings]
    for ink, width in ((_DARK, 6), (colour, 3)):
        cv2.polylines(picture, fixed, True, ink, width, cv2.LINE_AA, 3)


def _scale(picture: NDArray[np.uint8], frame: Frame) -> None:
    """A bar of whole metres, about a fourth of the side, in the lower left corner."""
    length = max((m for m in _LENGTHS_M if m <= frame.side_m / 3.2), default=_LENGTHS_M[0])
    across = round(length / frame.side_m * PIXELS)
    left, base = 24, PIXELS - 28
    for ink, width in ((_DARK, 10), (_BRIGHT, 5)):
        cv2.line(picture, (left, base), (left + across, base), ink, width, cv2.LINE_AA)
        at = (left, base - 16)
        cv2.putText(picture, f"{length} m", at, cv2.FONT_HERSHEY_SIMPLEX, 1.0, ink, width - 2, cv2.LINE_AA)
