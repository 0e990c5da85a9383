"""Sums per block and 10 m cell in one pass over a window; partial sums merge in window order, so bits never differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.compiled import compiled
from pipeline.core.filters import F32

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class CellSums:
    """Sums over the pixels of each block in each cell: ``block, ix, iy`` (n,), ``sums`` (n, k) in order of names."""

    names: tuple[str, ...]
    block: I32
    ix: I64
    iy: I64
    sums: F64


def zonal_sums(labels: I32, ix: I64, iy: I64, values: Mapping[str, F32]) -> CellSums:
    """Sum each (h, w) value over the pixels that share a block and a cell; label 0 belongs to no block.

    >>> s = zonal_sums(np.array([[1, 1, 0]], np.int32), np.zeros((1, 3), np.int64), np.zeros((1, 3), np.int64),
    ...                {"green": np.array([[1, 2, 4]], np.float32)})
    >>> s.block.tolist(), s.sums.tolist()
    ([0], [[3.0]])
    """
    inside = np.flatnonzero(labels)
    block, x, y = labels.ravel()[inside] - 1, ix.ravel()[inside], iy.ravel()[inside]
    x0, y0 = (int(x.min()), int(y.min())) if x.size else (0, 0)
    span_x = int(x.max()) - x0 + 1 if x.size else 1
    span_y = int(y.max()) - y0 + 1 if y.size else 1
    blocks, rank = _occurring(block)
    cells, place = _occurring((rank * span_y + (y - y0)) * span_x + (x - x0))
    sums = np.zeros((len(cells), len(values)))
    for i, value in enumerate(values.values()):
        _add(value.ravel(), inside, place, sums[:, i])
    rest = cells // span_x
    return CellSums(
        tuple(values),
        blocks[rest // span_y].astype(np.int32),
        cells % span_x + x0,
        rest % span_y + y0,
        sums,
    )


@compiled
def _add(values, inside, place, sums):  # type: ignore[no-untyped-def]
    for i in range(len(inside)):
        sums[place[i]] += values[inside[i]]


def _occurring(numbers: NDArray[np.integer]) -> tuple[I64, I64]:
    """The numbers (n,), none below 0, that occur, ascending, and which of them each is, by counting."""
    there = np.bincount(numbers) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[numbers]


def merge(parts: Iterable[CellSums], names: Sequence[str]) -> CellSums:
    """Add partial sums cell by cell, in the order given; cells come out sorted by block, row and column."""
    kept = [p for p in parts if p.block.size]
    if not kept:
        none = np.zeros(0, np.int64)
        return CellSums(tuple(names), none.astype(np.int32), none, none, np.zeros((0, len(names))))
    keys = np.concatenate([np.stack([p.block, p.iy, p.ix], axis=1).astype(np.int64) for p in kept])
    cells, inverse = np.unique(keys, axis=0, return_inverse=True)
    sums = np.zeros((len(cells), len(names)))
    np.add.at(sums, inverse.ravel(), np.concatenate([p.sums for p in kept]))
    return CellSums(tuple(names), cells[:, 0].astype(np.int32), cells[:, 2], cells[:, 1], sums)
