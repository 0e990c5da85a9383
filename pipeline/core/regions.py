"""Regions of one colour at several scales, by joining neighbours from the most alike on.

Felzenszwalb & Huttenlocher 2004 (doi:10.1023/B:VISI.0000022288.19776.77), as scikit-image has it, which sorts its
edges anew for each scale and in double precision: here they are sorted once, by counting, in 65,536 steps of cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.compiled import compiled

I32 = NDArray[np.int32]

SMOOTH_PX: Final = 0.5
_STEPS: Final = 65536
_AT_ONCE: Final = 512
_UNIT: Final = float(3**0.5 / (_STEPS - 1))


def regions(picture: NDArray[np.uint8], scales: Sequence[tuple[float, int]]) -> Iterator[I32]:
    """Labels 0, 1, … of connected regions, (h, w), for each of ``scales``.

    Parameters
    ----------
    picture : (h, w, 3); a constant one is one region
    scales : (how readily regions grow, in scikit-image's units; fewest pixels of a region)

    >>> halves = np.zeros((10, 20, 3), np.uint8)
    >>> halves[:, 10:] = 200
    >>> next(regions(halves, [(10.0, 15)]))[0, [0, 19]].tolist()
    [0, 1]
    """
    smooth = cv2.GaussianBlur(picture.astype(np.float32) / 255, (5, 5), SMOOTH_PX, borderType=cv2.BORDER_REFLECT)
    costs = _edge_costs(smooth)
    order = _sorted_edges(costs)
    for scale, least in scales:
        yield _joined(costs, order, scale / 255 / _UNIT, least)


@compiled
def _edge_costs(smooth):  # type: ignore[no-untyped-def]
    """How unlike each pixel and its four neighbours ahead are, (h, w, 4); the last step where there is none.

    Neighbours: right, down, down and right; last, the one below with the one at the right.
    """
    high, wide = smooth.shape[:2]
    costs = np.full((high, wide, 4), _STEPS - 1, np.uint16)
    for y in range(high):
        for x in range(wide):
            for kind in range(4):
                y0, x0 = (y + 1, x) if kind == 3 else (y, x)
                y1, x1 = (y if kind in (0, 3) else y + 1), (x if kind == 1 else x + 1)
                if max(y0, y1) < high and x1 < wide:
                    square = np.float32(0)
                    for band in range(3):
                        step = smooth[y0, x0, band] - smooth[y1, x1, band]
                        square += step * step
                    costs[y, x, kind] = min(np.int64(np.sqrt(square) / _UNIT), _STEPS - 2)
    return costs


@compiled
def _sorted_edges(costs):  # type: ignore[no-untyped-def]
    """Numbers of the edges there are, cheapest first, ties in reading order."""
    flat = costs.ravel()
    ends = np.zeros(_STEPS + 1, np.int64)
    for cost in flat:
        ends[cost + 1] += 1
    ends = np.cumsum(ends)
    order = np.empty(ends[_STEPS - 1], np.int32)
    for edge in range(len(flat)):
        if flat[edge] < _STEPS - 1:
            order[ends[flat[edge]]] = edge
            ends[flat[edge]] += 1
    return order


@compiled
def _apart(edges, wide, label, some):  # type: ignore[no-untyped-def]
    """Put the edges whose ends are in two sets into ``some``: how many there are.

    Most are not. Without a condition to guess wrong they cost little, so they are sifted out some at a time.
    """
    count = 0
    for edge in edges:
        one, other = _ends(edge, wide)
        some[count] = edge
        count += label[one] != label[other]
    return count


@compiled
def _ends(edge, wide):  # type: ignore[no-untyped-def]
    pixel, kind = edge >> 2, edge & 3
    return pixel + wide * (kind == 3), pixel + wide * ((kind == 1) | (kind == 2)) + (kind != 1)


@compiled
def _absorb(sets, one, other):  # type: ignore[no-untyped-def]
    """The smaller of two sets, by their labels, joins the larger, which it names; a ring links the pixels of each."""
    label, after, size = sets
    if size[one] < size[other]:
        one, other = other, one
    pixel = after[other]
    label[other] = one
    while pixel != other:
        label[pixel] = one
        pixel = after[pixel]
    after[one], after[other] = after[other], after[one]
    size[one] += size[other]
    return one


@compiled
def _joined(costs, order, scale, least):  # type: ignore[no-untyped-def]
    """Join what is no more unlike than what is within, then what is too small; number regions in reading order.

    A cost is below a bound where it is below the next whole number.
    """
    high, wide = costs.shape[:2]
    flat, count = costs.ravel(), high * wide
    label, size = np.arange(count).astype(np.int32), np.ones(count, np.int32)
    after, bound = label.copy(), np.full(count, np.int32(min(np.ceil(scale), _STEPS)))
    sets = label, after, size
    left, some, kept = np.empty(len(order), np.int32), np.empty(_AT_ONCE, np.int32), 0
    for start in range(0, len(order), _AT_ONCE):
        for edge in some[: _apart(order[start : start + _AT_ONCE], wide, label, some)]:
            one, other = _ends(edge, wide)
            one, other = label[one], label[other]
            if one == other:
                continue
            if flat[edge] < bound[one] and flat[edge] < bound[other]:
                one = _absorb(sets, one, other)
                bound[one] = np.int32(np.ceil(flat[edge] + scale / size[one]))
            else:
                left[kept] = edge
                kept += 1
    for start in range(0, kept, _AT_ONCE):
        for edge in some[: _apart(left[start : min(start + _AT_ONCE, kept)], wide, label, some)]:
            one, other = _ends(edge, wide)
            one, other = label[one], label[other]
            if one != other and min(size[one], size[other]) < least:
                _absorb(sets, one, other)
    return _numbered(label).reshape(high, wide)


@compiled
def _numbered(label):  # type: ignore[no-untyped-def]
    names, found = np.full(len(label), -1, np.int32), 0
    for pixel in range(len(label)):
        if names[label[pixel]] < 0:
            names[label[pixel]] = found
            found += 1
        label[pixel] = names[label[pixel]]
    return label
