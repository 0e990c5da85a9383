"""The spots of two flights, thing by thing: new, gone, still there, back again; pure.

Spots that the same heap is found by never lie exactly on each other, and the same spot may pass the cut at one flight
and fall short at the other. So what is matched is every candidate, and a spot is new only where the earlier flight
shows nothing there: neither a spot that counts nor a weaker one. The rule looks at both flights alike, so swapping
them turns new into gone and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from pipeline.core.casefacts import GONE, STILL

SAME_M: Final = 0.5
WEAKER: Final = 0.5
OBJECT_RESIDUAL_M: Final = 0.15
CELL_RESIDUAL_M: Final = 0.5
BACK_M: Final = 3.0
BACK_WITHIN: Final = timedelta(days=90)

F64 = NDArray[np.float64]


class Fate(StrEnum):
    """What became of a thing between two flights."""

    NEW = "new"
    GONE = GONE
    STILL = STILL
    BACK = "back"


@dataclass(frozen=True)
class Spots:
    """A flight's candidate spots, moved to where they lie in the first flight's picture.

    ``xy_m`` (n, 2) centres, ``score`` (n,) 0 to 100, ``radius_m`` (n,) of a disc of the outline's area. ``sure`` (n,)
    is False where nothing can be said of a spot: the other flight does not see its place, or lies more than 0.15 m
    off there.
    """

    xy_m: F64
    score: F64
    radius_m: F64
    sure: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True)
class Thing:
    """A thing and what became of it; ``before`` and ``after`` are indices of spots, None where there is none."""

    fate: Fate
    before: int | None
    after: int | None


def match_objects(before: Spots, after: Spots, *, cut: float) -> list[Thing]:
    """What became of each spot that counts (``score`` > ``cut``) at either flight; unsure spots are left out.

    Spots are the same thing when their centres are no further apart than 0.5 m and the smaller's radius; of several,
    the assignment with the least distance in all holds. A spot without a partner is new (or gone) unless a candidate
    of at least half the cut lies within its own outline and 0.5 m at the other flight: there it may just have been
    weaker.

    >>> one = Spots(np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([80.0, 80.0]), np.array([0.6, 0.6]), np.ones(2, bool))
    >>> other = Spots(np.array([[0.3, 0.0]]), np.array([90.0]), np.array([0.6]), np.ones(1, bool))
    >>> [(t.fate.value, t.before, t.after) for t in match_objects(one, other, cut=50)]
    [('still', 0, 0), ('gone', 1, None)]
    """
    pairs = _partners(before, after)
    taken = {i for i, _ in pairs}, {j for _, j in pairs}
    things = [
        Thing(Fate.STILL, i, j)
        for i, j in pairs
        if before.sure[i] and after.sure[j] and max(before.score[i], after.score[j]) > cut
    ]
    things += [Thing(Fate.GONE, i, None) for i in _alone(before, after, taken[0], cut)]
    things += [Thing(Fate.NEW, None, j) for j in _alone(after, before, taken[1], cut)]
    return sorted(things, key=lambda t: (t.before is None, t.before or 0, t.after or 0))


def _partners(before: Spots, after: Spots) -> list[tuple[int, int]]:
    """One-to-one pairs of spots near enough, with the least sum of distances among as many pairs as can be."""
    if not len(before) or not len(after):
        return []
    reach = SAME_M + max(float(before.radius_m.max()), float(after.radius_m.max()))
    near = KDTree(before.xy_m).sparse_distance_matrix(KDTree(after.xy_m), reach, output_type="coo_matrix")
    limit = SAME_M + np.minimum(before.radius_m[near.row], after.radius_m[near.col])
    good = near.data <= limit
    rows, cols, apart = near.row[good], near.col[good], near.data[good]
    n = len(before)
    graph = coo_array((np.ones(len(rows)), (rows, cols + n)), shape=(n + len(after),) * 2)
    group = connected_components(graph, directed=False)[1]
    order = np.argsort(group[rows], kind="stable")
    found: list[tuple[int, int]] = []
    for part in np.split(order, np.flatnonzero(np.diff(group[rows][order])) + 1):
        found += _assign(rows[part], cols[part], apart[part])
    return sorted(found)


def _assign(rows: NDArray[np.int64], cols: NDArray[np.int64], apart: F64) -> list[tuple[int, int]]:
    i, at_i = np.unique(rows, return_inverse=True)
    j, at_j = np.unique(cols, return_inverse=True)
    cost = np.full((len(i), len(j)), 1e6)
    cost[at_i, at_j] = apart
    return [(int(i[a]), int(j[b])) for a, b in zip(*linear_sum_assignment(cost), strict=True) if cost[a, b] < 1e6]


def _alone(these: Spots, others: Spots, taken: set[int], cut: float) -> list[int]:
    """Spots that count, surely, and of which the other flight shows nothing."""
    weak = others.xy_m[others.score > WEAKER * cut]
    apart = KDTree(weak).query(these.xy_m)[0] if len(weak) and len(these) else np.full(len(these), np.inf)
    lonely = (these.score > cut) & these.sure & (apart > SAME_M + these.radius_m)
    return [int(i) for i in np.flatnonzero(lonely) if i not in taken]


@dataclass(frozen=True)
class Past:
    """A place where a thing was gone: metres in the same CRS, and when it was first seen gone."""

    x: float
    y: float
    gone: datetime


def back_again(new: Mapping[int, tuple[float, float]], past: Sequence[Past], now: datetime) -> dict[int, int]:
    """Which new spots are old things back again: within 3 m of where one was gone at most 90 days ago.

    Gives the index of the nearest such place for each new spot that has one.

    >>> from datetime import UTC
    >>> gone = Past(10.0, 0.0, datetime(2021, 6, 1, tzinfo=UTC))
    >>> back_again({4: (12.0, 0.0), 5: (20.0, 0.0)}, [gone], datetime(2021, 8, 1, tzinfo=UTC))
    {4: 0}
    """
    recent = [k for k, p in enumerate(past) if timedelta(0) <= now - p.gone <= BACK_WITHIN]
    found = {}
    for spot, (x, y) in new.items():
        apart = {k: float(np.hypot(past[k].x - x, past[k].y - y)) for k in recent}
        if apart and min(apart.values()) <= BACK_M:
            found[spot] = min(apart, key=lambda k: (apart[k], k))
    return found
