"""Sums per block and cell: equal to an obvious loop, and the same however the picture is cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.zonal import merge, zonal_sums

SHAPE = (6, 9)
LABELS = arrays(np.int32, SHAPE, elements=st.integers(0, 3))
INDEX = arrays(np.int64, SHAPE, elements=st.integers(-2, 2))
VALUES = arrays(np.float32, SHAPE, elements=st.integers(0, 100).map(float))


@settings(deadline=None)  # the first one compiles
@given(LABELS, INDEX, INDEX, VALUES)
def test_sums_equal_an_obvious_loop(labels: np.ndarray, ix: np.ndarray, iy: np.ndarray, v: np.ndarray) -> None:
    slow: dict[tuple[int, int, int], float] = {}
    for at in np.ndindex(SHAPE):
        if labels[at]:
            key = int(labels[at]) - 1, int(ix[at]), int(iy[at])
            slow[key] = slow.get(key, 0.0) + float(v[at])
    got = zonal_sums(labels, ix, iy, {"v": v})
    assert dict(zip(zip(got.block, got.ix, got.iy, strict=True), got.sums[:, 0], strict=True)) == slow


@settings(deadline=None)
@given(LABELS, INDEX, INDEX, VALUES, st.integers(1, 8))
def test_merging_parts_equals_one_pass(
    labels: np.ndarray, ix: np.ndarray, iy: np.ndarray, v: np.ndarray, cut: int
) -> None:
    parts = [zonal_sums(labels[:, s], ix[:, s], iy[:, s], {"v": v[:, s]}) for s in (slice(0, cut), slice(cut, None))]
    once, merged = merge([zonal_sums(labels, ix, iy, {"v": v})], ["v"]), merge(parts, ["v"])
    for name in ("block", "ix", "iy", "sums"):
        np.testing.assert_array_equal(getattr(once, name), getattr(merged, name))


def test_no_block_gives_no_cell() -> None:
    none = zonal_sums(
        np.zeros(SHAPE, np.int32), np.zeros(SHAPE, int), np.zeros(SHAPE, int), {"v": np.ones(SHAPE, np.float32)}
    )
    assert len(none.block) == 0
    assert merge([none], ["v"]).sums.shape == (0, 1)
