"""Small things as they lie: compact specks, lines, and things of any colour, before it is asked what is around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.core.compiled import compiled
from pipeline.core.filters import F32, U8, Bool, black_tophat, box_mean, line_part, radius_px, white_tophat
from pipeline.core.grid import WorkGrid
from pipeline.core.radiometry import Lab

SPECK_RADIUS_M: Final = 0.4
COLOUR_RADIUS_M: Final = 0.5
LINE_M: Final = 0.98
GROUND_M: Final = 1.2
SPECK_MIN_A: Final = -8.0
SPECK_MAX_B: Final = 12.0
L_SCALE: Final = 2.55
SPECK_L: Final = (4.0 * L_SCALE, 12.0 * L_SCALE)
THING_L: Final = (6.0 * L_SCALE, 14.0 * L_SCALE)
COLOUR_SCALE: Final = 6.0
COLOURED: Final = (4.0 * COLOUR_SCALE, 10.0 * COLOUR_SCALE)
BLUE_HAT: Final = 14
THING_LINES: Final = 0.35
FAINT_LINE, CLEAR_LINE = 9, 18
_VALID, _LOOSE, _NEUTRAL, _BLUE = 1, 2, 4, 8


@dataclass(frozen=True)
class SpeckPlanes:
    """Specks and lines as they lie, (h, w) each.

    ``strength`` (0 to 1) on the grid it was asked for; shares of ``blue`` specks, ``lines`` and ``dark_lines``, and
    compact ``things`` of any colour, pooled.
    """

    strength: F32
    blue: F32
    lines: F32
    dark_lines: F32
    things: F32


def speck_planes(lab: Lab, valid: Bool, grid: WorkGrid, step: int) -> SpeckPlanes:
    """White top-hat of lightness, less everything in it that is a line: litter is small, bright, neutral, compact.

    A speck counts from 4 L above its surroundings, wholly from 12 L, if it is not green and either neutral or at least
    no yellower than the ground within 1.2 m. Things also count where they are darker, or of another colour, than what
    is around. ``strength`` is pooled by ``step``, a divisor of the grid's pooling; nothing reaches 3.8 m.
    """
    gsd = grid.gsd_m
    light, blueness, colour, kinds = _byte_planes(lab, valid, gsd)
    bright, dark = white_tophat(light, SPECK_RADIUS_M, gsd), black_tophat(light, SPECK_RADIUS_M, gsd)
    blue, coloured = (white_tophat(plane, COLOUR_RADIUS_M, gsd) for plane in (blueness, colour))
    lines, dark_lines, coloured_lines = (line_part(hat, LINE_M, gsd) for hat in (bright, dark, coloured))
    for hat, part in ((bright, lines), (dark, dark_lines), (coloured, coloured_lines)):
        cv2.subtract(hat, part, dst=hat)  # in place: what is left is compact
    high, wide = valid.shape
    strength = np.empty((high // step, wide // step), np.float32)
    means = np.empty((4, high // grid.pool, wide // grid.pool), np.float32)
    _count(((bright, dark, coloured, blue), (lines, dark_lines)), kinds, (step, grid.pool), (strength, means))
    return SpeckPlanes(strength, means[0], means[1], means[2], np.clip(means[3], 0, 1))


def _byte_planes(lab: Lab, valid: Bool, gsd_m: float) -> U8:
    """Bytes of L, of how blue, of how far from the ground's colour on the red side, and bits of the kind: (4, h, w)."""
    reach = radius_px(GROUND_M, gsd_m)
    ground = box_mean(lab.a, reach), box_mean(lab.b, reach)
    out = np.empty((4, *valid.shape), np.uint8)
    _bytes((lab.l, lab.a, lab.b), ground, valid, out)
    return out


@compiled
def _clipped(value, most):  # type: ignore[no-untyped-def]
    zero, most = np.float32(0), np.float32(most)
    return zero if value < zero else (most if value > most else value)


@compiled
def _bytes(lab, ground, valid, out):  # type: ignore[no-untyped-def]
    for y in range(valid.shape[0]):
        l, a, b, near_a, near_b = lab[0][y], lab[1][y], lab[2][y], ground[0][y], ground[1][y]  # noqa: E741
        for x in range(valid.shape[1]):
            out[0, y, x] = np.int32(_clipped(l[x] * np.float32(L_SCALE), 255))
            out[1, y, x] = np.int32(_clipped(np.float32(128) - b[x] * np.float32(2), 255))
        for x in range(valid.shape[1]):
            redder, yellower = _clipped(a[x] - near_a[x], 1000), b[x] - near_b[x]
            away = np.sqrt(redder * redder + yellower * yellower)
            out[2, y, x] = np.int32(_clipped(away * np.float32(COLOUR_SCALE), 255))
        for x in range(valid.shape[1]):
            loose = valid[y, x] & (a[x] > np.float32(SPECK_MIN_A))
            neutral = (b[x] < np.float32(SPECK_MAX_B)) | (b[x] < near_b[x] - np.float32(1))
            blue = b[x] < np.float32(0)
            out[3, y, x] = _VALID * valid[y, x] + _LOOSE * loose + _NEUTRAL * (loose & neutral) + _BLUE * blue


@compiled
def _rise(value, start, whole):  # type: ignore[no-untyped-def]
    return _clipped((np.float32(value) - np.float32(start)) * np.float32(1 / (whole - start)), 1)


@compiled
def _count(planes, kinds, sizes, out):  # type: ignore[no-untyped-def]
    """Mean strength of specks; means of blue specks, clear lines, clear dark lines, and things less lines."""
    hats, lines = planes
    (step, size), (strength, means), wide = sizes, out, kinds.shape[1]
    one, none, less = np.float32(1), np.float32(0), np.float32(THING_LINES)
    total = np.zeros((5, wide), np.float32)
    for y in range(means.shape[1] * size):
        bright, dark, coloured, blue = hats[0][y], hats[1][y], hats[2][y], hats[3][y]
        thin, thin_dark = lines[0][y], lines[1][y]
        strong, bluish, clear, clear_dark, things = total[0], total[1], total[2], total[3], total[4]
        for x in range(wide):  # nothing is looked up in a condition, so that it goes many pixels at a time
            kind, light, line, dark_line = kinds[y, x], bright[x], thin[x], thin_dark[x]
            speck, thing = _rise(light, SPECK_L[0], SPECK_L[1]), _rise(light, THING_L[0], THING_L[1])
            other = _rise(dark[x], THING_L[0], THING_L[1]) + _rise(coloured[x], COLOURED[0], COLOURED[1])
            strong[x] += speck if kind & _NEUTRAL else none
            bluish[x] += one if (blue[x] > BLUE_HAT) & (kind >= _BLUE) else none
            clear[x] += one if line > CLEAR_LINE else none
            clear_dark[x] += one if dark_line > CLEAR_LINE else none
            faint = (less if line > FAINT_LINE else none) + (less if dark_line > FAINT_LINE else none)
            things[x] += (thing if kind & _LOOSE else none) + (other if kind & _VALID else none) - faint
        if (y + 1) % step == 0:
            _pooled(total[0], step, strength[y // step])
            total[0] = 0
        if (y + 1) % size == 0:
            for i in range(4):
                _pooled(total[i + 1], size, means[i, y // size])
            total[1:] = 0


@compiled
def _pooled(total, size, out):  # type: ignore[no-untyped-def]
    """Means over squares of ``size`` pixels from the sums of their rows."""
    share = np.float32(1 / (size * size))
    for col in range(len(out)):
        mean = np.float32(0)
        for x in range(col * size, (col + 1) * size):
            mean += total[x]
        out[col] = mean * share
