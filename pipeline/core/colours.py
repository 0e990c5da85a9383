"""Everything that is asked of a pixel's colour alone: Lab, plants, shade, brightness.

Whether a pixel is green or in shade turns once as its green value rises with red and blue held, so a table of where it
turns, made once for each flight from the formulas themselves, answers for every pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.core import surface
from pipeline.core.compiled import compiled
from pipeline.core.filters import F32, U8, Bool
from pipeline.core.greenery import (
    GreenProfile,
    Light,
    LogColour,
    gaps_closed,
    is_green,
    log_bands,
    log_colour,
    vegetation_nir,
)
from pipeline.core.grid import WorkGrid
from pipeline.core.radiometry import FlightProfile, Lab, to_lab
from pipeline.core.sharpness import softened

U16 = NDArray[np.uint16]


@dataclass(frozen=True)
class Colours:
    """A strip's working pixels in the colours by which it is judged, and which of them are green or in shade.

    ``lab``, ``green`` and ``dark`` (h, w); ``log`` and ``log_square`` the mean of log brightness and of its square,
    (h / pool, w / pool).
    """

    lab: Lab
    green: Bool
    dark: Bool
    log: F32
    log_square: F32


def colours(rgb: U8, valid: Bool, nir: U8 | None, profile: FlightProfile, *, grid: WorkGrid) -> Colours:
    """Bring (h, w, 3) pixels to the flight's scale and tell plants and shade apart."""
    rgb = softened(rgb, valid, profile.soften_m, grid.gsd_m)
    green, dark, log, log_square = _told_apart(rgb, valid, profile.green, grid.pool)
    if nir is None:
        green = gaps_closed(green, valid, grid.gsd_m)
    else:
        green = vegetation_nir(np.ascontiguousarray(rgb[..., 0]), nir, valid)
    return Colours(to_lab(rgb, valid, profile), green, dark, log, log_square)


def turning_points(holds: Callable[[LogColour], Bool], light: Light) -> U16:
    """The least green value with which ``holds`` is true, 256 for none, for each red and blue: (256, 256).

    ``holds`` must not turn false again as green rises.
    """
    rgb = np.zeros((256, 256, 3), np.uint8)
    rgb[..., 0], rgb[..., 2] = np.arange(256)[:, None], np.arange(256)
    least = np.zeros((256, 256), np.uint16)
    for step in (128, 64, 32, 16, 8, 4, 2, 1, 1):
        rgb[..., 1] = np.minimum(least + (step - 1), 255)
        least[~holds(log_colour(rgb, light)) & (least < 256)] += np.uint16(step)
    return least


@lru_cache(maxsize=8)
def _tables(profile: GreenProfile) -> tuple[U16, F32]:
    """Where pixels turn green, and out of the shade, (256, 256, 2); log brightness of each band's values, (3, 256)."""
    green = turning_points(lambda colour: is_green(colour, profile), profile.light)
    lit = turning_points(lambda colour: ~surface.is_shade(colour, profile), profile.light)
    return np.stack([green, lit], axis=-1), log_bands(profile.light)


def _told_apart(rgb: U8, valid: Bool, profile: GreenProfile, pool: int) -> tuple[Bool, Bool, F32, F32]:
    turns, logs = _tables(profile)
    flags = np.zeros((2, *valid.shape), np.bool_)
    means = np.zeros((2, valid.shape[0] // pool, valid.shape[1] // pool), np.float32)
    _apart((rgb, valid), (turns, logs), pool, (flags, means))
    return flags[0], flags[1], means[0], means[1]


@compiled
def _apart(picture, tables, pool, out):  # type: ignore[no-untyped-def]
    """Set flags to green and dark, and means to the pooled log brightness and its square."""
    (rgb, valid), (turns, logs), (flags, means) = picture, tables, out
    third, share = np.float32(1 / 3), np.float32(1 / (pool * pool))
    for y in range(means.shape[1] * pool):
        row = y // pool
        for col in range(means.shape[2]):
            total, squares = np.float32(0), np.float32(0)
            for x in range(col * pool, (col + 1) * pool):
                r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
                flags[0, y, x] = (g >= turns[r, b, 0]) & valid[y, x]
                flags[1, y, x] = (g < turns[r, b, 1]) & valid[y, x]
                log = (logs[0, r] + logs[2, b] + logs[1, g]) * third
                total += log
                squares += log * log
            means[0, row, col] += total * share
            means[1, row, col] += squares * share
