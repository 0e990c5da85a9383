"""Pixels of a window, and bringing them to the working grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.core.grid import WorkGrid

Rgb = npt.NDArray[np.uint8]
Valid = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pixels:
    """Working pixels of a window with its halo.

    ``rgb`` is (height, width, 3) uint8, 0 where not valid; ``valid`` is True where every native pixel is usable;
    ``nir`` is (height, width) uint8, or None where the flight has no near-infrared.
    """

    rgb: Rgb
    valid: Valid
    nir: npt.NDArray[np.uint8] | None = None


def strips(start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """Pieces of ``[start, end)`` cut at multiples of ``size``.

    >>> list(strips(256, 1100, 512))
    [(256, 512), (512, 1024), (1024, 1100)]
    """
    while start < end:
        stop = min((start // size + 1) * size, end)
        yield start, stop
        start = stop


def blanked(rgb: Rgb, valid: Valid) -> Rgb:
    """Colours with 0 where they are not valid."""
    return rgb if valid.all() else np.multiply(rgb, valid[:, :, None], out=rgb)


def resample(native: Pixels, work: WorkGrid) -> Pixels:
    """Average native pixels to working ones, or interpolate them where working pixels are smaller (bicubic).

    A working pixel is valid only where all native pixels that it shares ground with are, else 0.
    """
    if work.native == work.work:
        return Pixels(blanked(native.rgb, native.valid), native.valid, native.nir)
    size = work.working(native.rgb.shape[1]), work.working(native.rgb.shape[0])
    way = cv2.INTER_CUBIC if work.interpolated else cv2.INTER_AREA
    rgb = np.asarray(cv2.resize(native.rgb, size, interpolation=way), np.uint8)
    if native.valid.all():
        valid = np.ones(rgb.shape[:2], bool)
    else:
        lost = cv2.resize((~native.valid).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        valid = lost < 0.5 / work.native**2
    near = None if native.nir is None else cv2.resize(native.nir, size, interpolation=way)
    return Pixels(blanked(rgb, valid), valid, None if near is None else near.astype(np.uint8))
