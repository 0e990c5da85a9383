"""What people's answers about spots mean for a block: what counts no longer, and what the answers amount to.

A rejected spot is no mess: its outline and ``AROUND_M`` around it are taken out of the mess of the cells it lies in
(the area stays open ground). That is the most that the spot can have put there, so that doubt is on the block's side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.answers import Answer, Severity, SpotTally
from pipeline.core.grid import CELL_M
from pipeline.core.indicators import MIN_CELL_M2, WORST_SHARE, share_pct, weighted_quantile

AROUND_M: Final = 1.0
SAME_M: Final = 1.0

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Ruling:
    """What holds for one spot, and where it was: metres in the blocks' CRS."""

    spot: str
    block: str
    answer: Answer
    severity: Severity | None
    x: float
    y: float


def settle(rulings: Sequence[Ruling], spots: Sequence[str], xy_m: F64) -> dict[str, Ruling]:
    """The ruling that holds for each listed spot: its own, else that of the nearest spot less than 1 m away.

    Scoring a flight anew may move a spot a little and so rename it; what people said of the place still holds.
    ``xy_m`` (n, 2) are the places of ``spots``.

    >>> told = Ruling("S1", "B1", Answer.REJECTED, None, 10.0, 10.0)
    >>> settle([told], ["S9", "S8"], np.array([[10.5, 10.0], [40.0, 10.0]])) == {"S9": told}
    True
    """
    own = {r.spot: r for r in rulings}
    found = {spot: own[spot] for spot in spots if spot in own}
    homeless = [r for r in rulings if r.spot not in found]
    for i, spot in enumerate(spots):
        apart = [(float(np.hypot(r.x - xy_m[i, 0], r.y - xy_m[i, 1])), n) for n, r in enumerate(homeless)]
        nearest = min(apart, default=(math.inf, 0))
        if spot not in found and nearest[0] < SAME_M:
            found[spot] = homeless[nearest[1]]
    return found


def tally(rulings: Sequence[Ruling], held: Mapping[str, Ruling], blocks: Mapping[str, str]) -> dict[str, SpotTally]:
    """What the answers amount to, by block.

    Parameters
    ----------
    rulings : all that holds; a confirmed spot counts even if no listed spot stands for it any more
    held : the ruling of each listed spot that has one
    blocks : the block of each listed spot
    """
    found: dict[str, list[int]] = {}
    for block in blocks.values():
        found.setdefault(block, [0, 0, 0, 0, 0])[0] += 1
    for spot, ruling in held.items():
        found[blocks[spot]][4] += ruling.answer is Answer.REJECTED
    for ruling in rulings:
        if ruling.severity is not None:
            row = found.setdefault(ruling.block, [0, 0, 0, 0, 0])
            row[1] += 1
            row[2] += ruling.severity.order >= Severity.MODERATE.order
            row[3] += ruling.severity is Severity.SEVERE
    return {block: SpotTally(*row) for block, row in sorted(found.items())}


def rejected_m2(outlines: Sequence[BaseGeometry], block: BaseGeometry, ix: F64, iy: F64) -> F64:
    """Square metres of each cell that rejected spots claimed, ``ix, iy`` (n,) being the cells' places in the grid.

    >>> spot, block = shapely.box(9, 4, 11, 6), shapely.box(0, 0, 40, 10)
    >>> rejected_m2([spot], block, np.array([0.0, 1.0, 2.0]), np.zeros(3)).round(1).tolist()
    [7.6, 7.6, 0.0]
    """
    claimed = shapely.intersection(shapely.union_all([o.buffer(AROUND_M) for o in outlines]), block)
    cells = shapely.box(ix * CELL_M, iy * CELL_M, (ix + 1) * CELL_M, (iy + 1) * CELL_M)
    return np.asarray(shapely.area(shapely.intersection(claimed, cells)), np.float64)


def clutter_without(mess_m2: F64, open_m2: F64, taken_m2: F64) -> tuple[F64, F64, dict[str, float]]:
    """Mess and clutter of a block's cells, and its two figures of clutter, once rejected spots are taken out.

    >>> mess, clutter, figures = clutter_without(np.array([8.0, 0.0]), np.array([80.0, 80.0]), np.array([3.0, 3.0]))
    >>> mess.tolist(), clutter.tolist(), figures
    ([5.0, 0.0], [6.25, 0.0], {'clutter': 3.125, 'clutter_p90': 6.25})
    """
    mess = np.maximum(mess_m2 - taken_m2, 0.0)
    clutter = np.where(open_m2 >= MIN_CELL_M2, share_pct(mess, open_m2), np.nan)
    known = np.isfinite(clutter)
    whole = share_pct(np.array([mess.sum()]), np.array([open_m2.sum()]))
    worst = weighted_quantile(clutter[known], open_m2[known], WORST_SHARE)
    return mess, clutter, {"clutter": float(whole[0]), "clutter_p90": worst}
