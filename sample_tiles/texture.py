"""Smooth noise that belongs to a place: the same ground gives the same value whichever window asks."""

from __future__ import annotations

import numpy as np
from model import Floats
from numpy.typing import NDArray
from scipy import sparse


def lattice(first_row: int, first_col: int, shape: tuple[int, int], seed: int) -> Floats:
    """Hashed values in [-1, 1] at integer lattice points."""
    rows = np.arange(first_row, first_row + shape[0], dtype=np.int64).astype(np.uint32)[:, None]
    cols = np.arange(first_col, first_col + shape[1], dtype=np.int64).astype(np.uint32)[None, :]
    with np.errstate(over="ignore"):
        value = rows * np.uint32(0x9E3779B1) ^ cols * np.uint32(0x85EBCA77) ^ np.uint32(seed * 0x27D4EB2F & 0xFFFFFFFF)
        for _ in range(2):
            value = (value ^ (value >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
            value = (value ^ (value >> np.uint32(13))) * np.uint32(0x297A2D39)
        value ^= value >> np.uint32(16)
    return (value.astype(np.float32) / np.float32(2**31) - np.float32(1.0)).astype(np.float32)


def _weights(start: float, count: int, step: float) -> tuple[sparse.csr_matrix, int, int]:
    """Cubic B-spline weights from lattice points to `count` samples, the first lattice index and their number."""
    place = start + step * np.arange(count)
    base = np.floor(place).astype(np.int64)
    t = place - base
    taps = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1) / 6
    first = int(base[0]) - 1
    size = int(base[-1]) + 3 - first
    cols = (base - 1 - first)[:, None] + np.arange(4)[None, :]
    rows = np.repeat(np.arange(count), 4)
    matrix = sparse.csr_matrix((taps.ravel().astype(np.float32), (rows, cols.ravel())), shape=(count, size))
    return matrix, first, size


def noise(
    origin: tuple[float, float], shape: tuple[int, int], gsd_m: float, scale_m: float, seed: int
) -> NDArray[np.float32]:
    """Noise of one scale, about unit variance, on a grid whose first pixel centre is `origin` (x, y)."""
    down, first_row, rows = _weights(origin[1] / scale_m, shape[0], gsd_m / scale_m)
    across, first_col, cols = _weights(origin[0] / scale_m, shape[1], gsd_m / scale_m)
    values = lattice(first_row, first_col, (rows, cols), seed)
    tall = down @ values
    return np.ascontiguousarray((across @ np.ascontiguousarray(tall.T)).T * np.float32(3.2), dtype=np.float32)
