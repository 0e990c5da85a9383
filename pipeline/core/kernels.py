"""Compiled loops over a strip's pixels, where a chain of array operations would go to memory for each of its links.

Each is plain arithmetic in a fixed order on one thread, so it gives the same bits wherever it runs. They compile at
their first use after an install, some seconds all together, and are kept on the disk from then on.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.compiled import compiled

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

_TO_XYZ: Final = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE: Final = np.array([0.950456, 1.0, 1.088754])
_ROOTS: Final = 8192


def lab_tables(stretched: NDArray[np.float64]) -> F32:
    """What each value of each band adds to X, Y and Z, relative to white: (3, 256) of 0 to 1 in, (3, 256, 3) out."""
    linear = np.where(stretched <= 0.04045, stretched / 12.92, ((stretched + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear[:, :, None] * (_TO_XYZ / _WHITE[:, None]).T[:, None, :], np.float32)


def _root_table() -> F32:
    """f(t) of CIELab in ``_ROOTS`` steps of t from 0 to 1, and how far each is from the next: (n, 2)."""
    t = np.arange(_ROOTS + 2) / _ROOTS
    roots = np.asarray(np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116), np.float32)
    return np.stack([roots[:-1], np.diff(roots)], axis=1)


_ROOT: Final = _root_table()


def lab_planes(rgb: U8, valid: Bool, tables: F32, fill: tuple[float, float, float]) -> tuple[F32, F32, F32]:
    """CIELab (D65) of an (h, w, 3) picture by its :func:`lab_tables`; ``fill`` where it is not valid: (h, w) each.

    L is within .001 of exact arithmetic.
    """
    out = np.empty((3, *valid.shape), np.float32)
    _lab((rgb, valid), tables, np.asarray(fill, np.float32), out)
    return out[0], out[1], out[2]


@compiled
def _f(t):  # type: ignore[no-untyped-def]
    at = (t if t < np.float32(1) else np.float32(1)) * np.float32(_ROOTS)
    k = np.uint32(np.int32(at))
    return _ROOT[k, 0] + (at - np.float32(np.int32(at))) * _ROOT[k, 1]


@compiled
def _lab(picture, tables, fill, out):  # type: ignore[no-untyped-def]
    rgb, valid = picture
    red, green, blue = tables[0], tables[1], tables[2]
    for y in range(rgb.shape[0]):
        for x in range(rgb.shape[1]):
            if not valid[y, x]:
                out[0, y, x], out[1, y, x], out[2, y, x] = fill[0], fill[1], fill[2]
                continue
            r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            fx = _f(red[r, 0] + green[g, 0] + blue[b, 0])
            fy = _f(red[r, 1] + green[g, 1] + blue[b, 1])
            fz = _f(red[r, 2] + green[g, 2] + blue[b, 2])
            out[0, y, x] = np.float32(116) * fy - np.float32(16)
            out[1, y, x] = np.float32(500) * (fx - fy)
            out[2, y, x] = np.float32(200) * (fy - fz)


def edge_means(smooth: F32, pool: int) -> F32:
    """Means of edges over squares of ``pool`` pixels of a smoothed (h, w) plane, (6, h / pool, w / pool).

    In order: gx², gy², gx gy; the weight w = min(|g|, 4), 0 below .6; w cos 4θ, w sin 4θ. Gradients are Sobel's, per
    pixel; beyond the plane it is mirrored.
    """
    high, wide = smooth.shape
    out = np.empty((6, high // pool, wide // pool), np.float32)
    _edges(np.pad(smooth, 1, "reflect"), pool, out)
    return out


@partial(compiled, error_model="numpy")
def _edges(smooth, pool, out):  # type: ignore[no-untyped-def]
    wide = smooth.shape[1] - 2
    total = np.empty((6, wide), np.float32)
    eighth, two = np.float32(0.125), np.float32(2)
    for row in range(out.shape[1]):
        total[:] = 0
        for y in range(row * pool, (row + 1) * pool):
            above, here, below = smooth[y], smooth[y + 1], smooth[y + 2]
            for x in range(wide):
                gx = (above[x + 2] - above[x] + two * (here[x + 2] - here[x]) + below[x + 2] - below[x]) * eighth
                gy = (below[x] - above[x] + two * (below[x + 1] - above[x + 1]) + below[x + 2] - above[x + 2]) * eighth
                xx, yy, xy = gx * gx, gy * gy, gx * gy
                square = xx + yy + np.float32(1e-12)
                size = np.sqrt(square)
                weight = np.float32(0) if size < np.float32(0.6) else min(size, np.float32(4))
                part = weight / (square * square)
                total[0, x] += xx
                total[1, x] += yy
                total[2, x] += xy
                total[3, x] += weight
                total[4, x] += part * ((xx - yy) * (xx - yy) - np.float32(4) * xy * xy)
                total[5, x] += part * np.float32(4) * xy * (xx - yy)
        scale = np.float32(1 / (pool * pool))
        for i in range(6):
            for col in range(out.shape[2]):
                mean = np.float32(0)
                for x in range(col * pool, (col + 1) * pool):
                    mean += total[i, x]
                out[i, row, col] = mean * scale


def part_boxes(labels: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Area, left, top, width and height in pixels of each label of (h, w) from 1 on, (count, 5); no area for label 0.

    >>> part_boxes(np.array([[0, 1, 1], [2, 0, 1]], np.int32), 3).tolist()[1:]
    [[3, 1, 0, 2, 2], [1, 0, 1, 1, 1]]
    """
    boxes = np.tile(np.array([0, *labels.shape[::-1], 0, 0], np.int32), (count, 1))
    _boxes(labels, boxes)
    boxes[:, 3:] -= boxes[:, 1:3]
    return boxes


@compiled
def _boxes(labels, boxes):  # type: ignore[no-untyped-def]
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            if labels[y, x] != 0:
                box = boxes[labels[y, x]]
                box[0] += 1
                box[1], box[2] = min(box[1], x), min(box[2], y)
                box[3], box[4] = max(box[3], x + 1), max(box[4], y + 1)
