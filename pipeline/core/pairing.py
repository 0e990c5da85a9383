"""Two flights held against each other: how sure a difference is over the same ground, and what came out; pure.

σ² = σ²_boot + σ²_flight, for one flight. σ_boot comes from a bootstrap of the block's cells drawn alike in both
flights: what all cells share cancels. It carries the finite population correction √(1 − f): of a block whose ground
both flights saw whole (f = 1) nothing was sampled, and only the flights' own spread is left (Cochran 1977, Sampling
Techniques, ch. 2). σ_flight comes from all the blocks of the pair, most of which did not change. Every figure here is
the same for both orders of the flights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.case import Case
from pipeline.core.change import Change, detectable, transitions
from pipeline.core.comparability import Comparability
from pipeline.core.comparison import Transition
from pipeline.core.grid import CELL_M
from pipeline.core.indicators import WORST_SHARE
from pipeline.core.statistics import F64, I64, Draws, flight_sigma, mdc95
from pipeline.core.vocabulary import Indicator

PARTS: Mapping[Indicator, tuple[str, str]] = {
    Indicator.CLUTTER: ("mess_m2", "open_m2"),
    Indicator.CLUTTER_P90: ("clutter", "open_m2"),
    Indicator.GREEN_PCT: ("green_m2", "valid_m2"),
    Indicator.GROUND_GREEN_PCT: ("ground_green_m2", "valid_m2"),
    Indicator.BARE_PCT: ("bare_m2", "valid_m2"),
}
"""The columns of cells that each compared figure is made of: a part and what it is a share of (of the worst corner: a
figure and its weight)."""

STEADY: Mapping[Indicator, float] = {Indicator.CLUTTER: 0.2}
"""Figures for which a pair's blocks may tell a smaller error than the rubric assumes, and down to what share of it.

A mean over a block's ground, read by one scale over the same ground, keeps within .6 where only light, file or place of
the picture differ. The worst corner hangs on few cells, greenery on the season."""

Columns = Mapping[str, F64]


@dataclass(frozen=True)
class PairedCells:
    """A block's cells that both flights saw: indices (n,), and the columns of each flight (n,) in the same order.

    ``open_share, valid_share`` are how much of the block's ground, and of its area, both flights saw (0 to 1).
    """

    ix: I64
    iy: I64
    before: Columns
    after: Columns
    open_share: float
    valid_share: float

    def place(self) -> tuple[float, float] | None:
        """The middle of the cell whose mess changed most, in the metric CRS; of equal ones the first; None of none."""
        if not len(self.ix):
            return None
        most = int(np.abs(self.after["mess_m2"] - self.before["mess_m2"]).argmax())
        return (int(self.ix[most]) + 0.5) * CELL_M, (int(self.iy[most]) + 0.5) * CELL_M

    def boot(self, repeats: int, seed: int) -> dict[Indicator, float]:
        """σ_boot of each compared figure, of one flight: the paired bootstrap's error over √2, corrected; NaN unknown.

        The square metres that neither flight saw are what was sampled.
        """
        draws = Draws.of(self.ix, self.iy, repeats, seed)
        found = {}
        for kind, (part, whole) in PARTS.items():
            ends = (self.before[part], self.before[whole]), (self.after[part], self.after[whole])
            if kind is Indicator.CLUTTER_P90:
                se = draws.quantile_change_se(*ends, WORST_SHARE)
            else:
                se = 100 * draws.ratio_change_se(*ends)
            seen = self.open_share if whole == "open_m2" else self.valid_share
            found[kind] = 0.0 if seen == 1 else math.sqrt((1 - seen) / 2) * se
        return found


@dataclass(frozen=True)
class FlightSpread:
    """What flights add to the figure of every block: ``measured`` from the pair's blocks, ``assumed`` by the rubric.

    The larger of the two holds, but for a figure that a pair's own reading steadies: there the pair is believed down
    to ``least``. ``blocks`` is how many were measured.
    """

    assumed: float
    measured: float
    blocks: int
    least: float = math.nan

    @property
    def sigma(self) -> float:
        """σ_flight.

        >>> FlightSpread(1.0, 0.7, 43).sigma, FlightSpread(1.0, 2.5, 43).sigma, FlightSpread(1.0, math.nan, 3).sigma
        (1.0, 2.5, 1.0)
        >>> FlightSpread(1.0, 0.7, 43, 0.25).sigma, FlightSpread(1.0, 0.1, 43, 0.25).sigma
        (0.7, 0.25)
        """
        if math.isnan(self.measured):
            return self.assumed
        return max(self.measured, self.assumed if math.isnan(self.least) else self.least)

    @property
    def mdc95(self) -> float:
        """The smallest difference that is a change in a block that both flights saw whole."""
        return mdc95(self.sigma)

    @staticmethod
    def of(differences: Sequence[float], assumed: float, kind: Indicator) -> FlightSpread:
        """From the differences of a figure in all blocks that can be compared; NaN is left out."""
        known = [d for d in differences if math.isfinite(d)]
        return FlightSpread(assumed, flight_sigma(known), len(known), STEADY.get(kind, math.nan) * assumed)


def pair_errors(boot: Mapping[Indicator, float], spread: Mapping[Indicator, FlightSpread]) -> dict[Indicator, float]:
    """σ of each compared figure in either flight: the two spreads together."""
    return {kind: math.hypot(boot[kind], spread[kind].sigma) for kind in PARTS}


def seen_share(before: F64, after: F64, whole: float) -> float:
    """Share (0 to 1) of a whole that both flights saw, from what each saw of every cell; NaN of nothing.

    >>> seen_share(np.array([50.0, 20.0]), np.array([40.0, 30.0]), 80.0)
    0.75
    """
    return min(float(np.minimum(before, after).sum()) / whole, 1.0) if whole > 0 else math.nan


@dataclass(frozen=True)
class BlockChange:
    """What a comparison says of one block: whether it can be compared, its colours, its figures with their error.

    ``at`` is where its ground changed most, in the metric CRS; None where both flights saw none of it.
    """

    block_id: str
    places: Comparability
    change: Change
    before: Case
    after: Case
    at: tuple[float, float] | None = None

    @property
    def weight(self) -> tuple[bool, float]:
        """How much it deserves a look: a proposal before all else, then by its change of clutter against the error."""
        first, second = self.before.figure(Indicator.CLUTTER), self.after.figure(Indicator.CLUTTER)
        step = abs(second.value - first.value) / first.se if first.se > 0 else 0.0
        return self.change.proposed, step if math.isfinite(step) else 0.0

    def changed(self, indicator: Indicator) -> bool:
        """Whether a figure differs by more than its error, and can be compared at all."""
        return indicator not in self.places.apart() and detectable(self.before, self.after, indicator)


@dataclass(frozen=True)
class Comparison:
    """Two flights held against each other: as a whole, how far flights spread by themselves, and each block."""

    before: str
    after: str
    pair: Comparability
    spread: Mapping[Indicator, FlightSpread]
    blocks: tuple[BlockChange, ...]

    @property
    def changes(self) -> dict[str, Change]:
        """Each block's colours."""
        return {b.block_id: b.change for b in self.blocks}

    @property
    def aims(self) -> dict[Transition, int]:
        """How many blocks met each of the five aims, by the colours that are proposed."""
        return transitions(self.changes.values())

    @property
    def closed(self) -> int:
        """How many red and orange blocks left their colour for a better one (销号)."""
        return self.aims[Transition.OUT_OF_RED] + self.aims[Transition.OUT_OF_ORANGE]

    def count(self, direction: int) -> int:
        """How many blocks are proposed to be better (1) or worse (-1)."""
        return sum(c.direction == direction for c in self.changes.values() if c.proposed)
