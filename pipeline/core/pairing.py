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

STEADY: Mapping[Indicator, tuple[float, float]] = {Indicator.CLUTTER: (0.1, 0.8)}
"""Figures for which a pair may tell a smaller error than the rubric assumes: down to what share of it where the figure
is 0, and how that grows, σ ∝ √(1 + (rise)² figure).

A mean over a block's ground, read by one scale over the same ground, moves by what lies at the cut and falls to one
side or the other: the more is there, the more falls, and the error's square grows with it. The worst corner hangs on
few cells, greenery on the season."""

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
    to ``least``, and the error of a block goes with its figure by ``rise``. ``blocks`` is how many were measured, and
    ``level`` the middle one's figure; ``measured`` and ``least`` are the errors of a figure of 0.
    """

    assumed: float
    measured: float
    blocks: int
    least: float = math.nan
    rise: float = 0.0
    level: float = 0.0

    def at(self, level: float) -> float:
        """σ_flight of a figure, in its own unit; that of the middle block where the figure is not known.

        >>> [FlightSpread(1.0, measured, 43).at(5.0) for measured in (0.7, 2.5, math.nan)]
        [1.0, 2.5, 1.0]
        >>> steady = FlightSpread(1.0, 0.03, 43, least=0.1, rise=0.75)
        >>> steady.at(0.0), steady.at(16.0) == 0.1 * math.sqrt(10)
        (0.1, True)
        """
        if math.isnan(self.measured):
            return self.assumed
        floor = self.assumed if math.isnan(self.least) else self.least
        return max(self.measured, floor) * _rising(self.rise, self.level if math.isnan(level) else level)

    @property
    def sigma(self) -> float:
        """σ_flight of the middle block."""
        return self.at(self.level)

    @property
    def seen(self) -> float:
        """What was measured, for the middle block; NaN where nothing was."""
        return self.measured * _rising(self.rise, self.level)

    @property
    def mdc95(self) -> float:
        """The smallest difference that is a change in a middle block that both flights saw whole."""
        return mdc95(self.sigma)

    @staticmethod
    def of(before: Sequence[float], after: Sequence[float], assumed: float, kind: Indicator) -> FlightSpread:
        """From a figure of all blocks that can be compared, at both flights; blocks with NaN are left out."""
        both = np.array([before, after], np.float64).reshape(2, -1)
        both = both[:, np.isfinite(both).all(axis=0)]
        share, rise = STEADY.get(kind, (math.nan, 0.0))
        levels = [level_of(a, b) for a, b in both.T]
        steps = [(b - a) / _rising(rise, level) for (a, b), level in zip(both.T, levels, strict=True)]
        middle = float(np.median(levels)) if levels else 0.0
        return FlightSpread(assumed, flight_sigma(steps), len(steps), share * assumed, rise, middle)


def level_of(before: float, after: float) -> float:
    """The figure to which an error belongs: the mean of both flights', NaN where one is not known."""
    return (before + after) / 2


def _rising(rise: float, level: float) -> float:
    """How many times as large the error of a figure is as that of 0."""
    return math.sqrt(1 + rise**2 * max(level, 0.0))


def pair_errors(
    boot: Mapping[Indicator, float], spread: Mapping[Indicator, FlightSpread], levels: Mapping[Indicator, float]
) -> dict[Indicator, float]:
    """σ of each compared figure of a block in either flight: the two spreads together; ``levels`` by both flights."""
    return {kind: math.hypot(boot[kind], spread[kind].at(levels[kind])) for kind in PARTS}


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
