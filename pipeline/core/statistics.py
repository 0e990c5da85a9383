"""How sure a figure is, what change it can show, and how well two gradings agree."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

GROUP_CELLS: Final = 2
MIN_BLOCKS: Final = 8
_CHUNK: Final = 2_000_000
_QUARTER: Final = 0.3186
_WITHIN: Final = 1.5
_CUT_OFF: Final = 0.7426  # standard deviation of a normal distribution cut off at 1.5
_ROUNDS: Final = 3


def stable_seed(*parts: str) -> int:
    """A seed that depends on nothing but the given texts, on every machine and in every run.

    >>> stable_seed("B7") == stable_seed("B7"), stable_seed("a", "b") == stable_seed("ab")
    (True, False)
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True)
class Draws:
    """Resamples of a block's cells: spatial block bootstrap, neighbours drawn together.

    ``group`` (cells,) tells the group of each cell; ``counts`` (repeats, groups) how often each group was drawn.
    Neighbouring cells are alike, so drawing them one by one would claim too much certainty: groups of 2×2 cells are
    drawn, and a block that lies in a single group is drawn by cells (Künsch 1989, doi:10.1214/aos/1176347265;
    Nordman & Lahiri 2004 for lattices). The spread is widened by √(n/(n−1)), as n groups lose one to their mean.
    """

    group: I64
    counts: F64

    @staticmethod
    def of(ix: I64, iy: I64, repeats: int, seed: int) -> Draws:
        """Draw groups of cells (``ix``, ``iy`` are cell indices), as many as there are, with replacement."""
        group = _groups(ix // GROUP_CELLS, iy // GROUP_CELLS)
        if len(group) and group.max() == 0:
            group = _groups(ix, iy)
        n = int(group.max()) + 1 if len(group) else 0
        if n == 0:
            return Draws(group, np.zeros((repeats, 0)))
        drawn = np.random.default_rng(seed).integers(0, n, (repeats, n))
        rows = np.repeat(np.arange(repeats), n)
        counts = np.bincount(rows * n + drawn.ravel(), minlength=repeats * n).reshape(repeats, n)
        return Draws(group, counts.astype(np.float64))

    def ratio_se(self, part: F64, whole: F64) -> float:
        """Standard error of Σ part / Σ whole over the cells; NaN where nothing can be drawn.

        >>> draws = Draws.of(np.arange(40), np.zeros(40, np.int64), 400, seed=1)
        >>> draws.ratio_se(np.ones(40), np.full(40, 2.0))
        0.0
        """
        return self._spread(self._ratios(part, whole))

    def quantile_se(self, values: F64, weights: F64, share: float) -> float:
        """Standard error of the weighted quantile of the cells' values; cells with NaN are left out."""
        return self._spread(self._quantiles(values, weights, share))

    def ratio_change_se(self, before: tuple[F64, F64], after: tuple[F64, F64]) -> float:
        """Standard error of the change of Σ part / Σ whole, both flights drawn at the same cells.

        >>> draws = Draws.of(np.arange(40), np.zeros(40, np.int64), 400, seed=1)
        >>> uneven = np.arange(40.0)
        >>> draws.ratio_change_se((uneven, np.full(40, 50.0)), (uneven + 1, np.full(40, 50.0))) < 1e-9
        True
        """
        return self._spread(self._ratios(*after) - self._ratios(*before))

    def quantile_change_se(self, before: tuple[F64, F64], after: tuple[F64, F64], share: float) -> float:
        """Standard error of the change of the weighted quantile, both flights drawn at the same cells."""
        return self._spread(self._quantiles(*after, share) - self._quantiles(*before, share))

    def _ratios(self, part: F64, whole: F64) -> F64:
        above, below = (self.counts @ self._by_group(x) for x in (part, whole))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(below > 0, above / below, np.nan)

    def _quantiles(self, values: F64, weights: F64, share: float) -> F64:
        known = np.isfinite(values) & (weights > 0)
        if not known.any():
            return np.full(len(self.counts), np.nan)
        order = np.argsort(values[known], kind="stable")
        ordered, weight, group = values[known][order], weights[known][order], self.group[known][order]
        step = max(1, _CHUNK // len(ordered))
        picked = [
            _quantiles(ordered, self.counts[i : i + step][:, group] * weight, share)
            for i in range(0, len(self.counts), step)
        ]
        return np.concatenate(picked)

    def _by_group(self, values: F64) -> F64:
        sums: F64 = np.zeros(self.counts.shape[1])
        np.add.at(sums, self.group, values)
        return sums

    def _spread(self, estimates: F64) -> float:
        n = self.counts.shape[1]
        known = estimates[np.isfinite(estimates)]
        if n < 2 or len(known) < 2:
            return math.nan
        return float(known.std() * math.sqrt(n / (n - 1)))


def _groups(gx: I64, gy: I64) -> I64:
    if not len(gx):
        return np.zeros(0, np.int64)
    return np.unique(np.stack([gx, gy], axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _quantiles(ordered: F64, weights: F64, share: float) -> F64:
    reached = np.cumsum(weights, axis=1)
    total = reached[:, -1]
    first = (reached >= (share - 1e-12) * total[:, None]).argmax(axis=1)
    return np.where(total > 0, ordered[first], np.nan)


def mdc95(sem: float) -> float:
    """Smallest difference of two measurements that is a change and not noise, at 95 %: 1.96·√2·SEM.

    >>> round(mdc95(3.0), 2)
    8.32
    """
    return 1.96 * math.sqrt(2) * sem


def flight_sigma(differences: Sequence[float]) -> float:
    """Standard error that a flight adds to every figure, from the differences of all blocks between two flights.

    The spread of the blocks that stayed: from the lower quarter of the sizes (.3186 standard deviations of a normal
    distribution), then as the root mean square of the sizes within 1.5 of it, corrected for what that cuts off, three
    times over; scaled to one flight. Robust while more than a third of the blocks stayed; taken about zero, not about
    the middle, for a step that all blocks share is the flight's light and not their change. NaN of fewer than
    ``MIN_BLOCKS`` differences.

    >>> round(flight_sigma([0.5, -0.5, 0.4, -0.6, 0.5, -0.5, 9.0, 20.0, 30.0]), 3)
    0.479
    """
    known = np.abs([d for d in differences if math.isfinite(d)])
    if len(known) < MIN_BLOCKS:
        return math.nan
    spread = float(np.quantile(known, 0.25)) / _QUARTER
    for _ in range(_ROUNDS):
        kept = known[known <= _WITHIN * spread]
        spread = float(np.sqrt((kept**2).mean())) / _CUT_OFF if kept.size else spread
    return spread / math.sqrt(2)


def quadratic_kappa(a: Sequence[int], b: Sequence[int], classes: int = 5) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968, doi:10.1037/h0026256): 1 agreement, 0 luck.

    ``a`` and ``b`` are rungs 0 to ``classes`` − 1. NaN where both always give one and the same rung, or of nothing.

    >>> quadratic_kappa([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])
    1.0
    >>> round(quadratic_kappa([0, 0, 4, 4], [0, 4, 0, 4]), 3)
    0.0
    """
    if not len(a):
        return math.nan
    seen = np.zeros((classes, classes))
    np.add.at(seen, (np.asarray(a), np.asarray(b)), 1)
    rung = np.arange(classes)
    weight = (rung[:, None] - rung[None, :]) ** 2
    luck = np.outer(seen.sum(1), seen.sum(0)) / seen.sum()
    expected = float((weight * luck).sum())
    return 1 - float((weight * seen).sum()) / expected if expected > 0 else math.nan


def kappa_interval(a: Sequence[int], b: Sequence[int], *, repeats: int, seed: int) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the kappa over its items; NaN with fewer than two.

    >>> kappa_interval([0, 1, 2, 3, 4] * 4, [0, 1, 2, 3, 4] * 4, repeats=50, seed=1)
    (1.0, 1.0)
    """
    first, second = np.asarray(a, np.int64), np.asarray(b, np.int64)
    if len(first) < 2:
        return math.nan, math.nan
    picks = np.random.default_rng(seed).integers(0, len(first), (repeats, len(first)))
    kappas = np.array([quadratic_kappa(first[p].tolist(), second[p].tolist()) for p in picks])
    known = kappas[np.isfinite(kappas)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def prevalence_cut(values: Sequence[float], passing: int, *, at_most: bool, current: float) -> float:
    """The cut that lets ``passing`` of the values pass, so that the shares match those of the labels.

    Halfway between the last value that passes and the first that does not. A cut that already lets that many pass
    stays; where all or none shall pass, the cut clears the outermost value by a tenth of it. Where equal values
    straddle the cut, the nearer count wins.

    >>> prevalence_cut([2, 4, 10, 20], 2, at_most=True, current=50)
    7.0
    >>> prevalence_cut([2, 4, 10, 20], 1, at_most=False, current=5)
    15.0
    >>> prevalence_cut([2, 4, 10, 20], 2, at_most=True, current=8)
    8
    """
    sign = 1.0 if at_most else -1.0
    ranked = sorted(sign * v for v in values)
    if not ranked or sum(v <= sign * current for v in ranked) == passing:
        return current
    if passing in (0, len(ranked)):
        outer = ranked[0] if passing == 0 else ranked[-1]
        room = max(abs(outer) / 10, 1e-6)
        return sign * (outer - room if passing == 0 else outer + room)
    places = [k for k in range(1, len(ranked)) if ranked[k - 1] < ranked[k]]
    if not places:
        return current
    best = min(places, key=lambda k: (abs(k - passing), k))
    return sign * (ranked[best - 1] + ranked[best]) / 2
