"""Where a block's figure is heading over more than two flights; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MIN_FLIGHTS: Final = 3
YEAR_DAYS: Final = 365.25


@dataclass(frozen=True)
class Trend:
    """A straight line through a figure over time: change per year and its standard error."""

    per_year: float
    se: float

    @property
    def direction(self) -> int:
        """1 rising, -1 falling, 0 where the slope may be noise (within 1.96 standard errors).

        >>> Trend(4.0, 1.0).direction, Trend(-4.0, 1.0).direction, Trend(1.0, 1.0).direction
        (1, -1, 0)
        """
        return int(math.copysign(1, self.per_year)) if abs(self.per_year) > 1.96 * self.se else 0


def trend(days: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> Trend | None:
    """Weighted least squares of a figure over days, each flight weighted by its error; None with fewer than three.

    Flights in which the figure, or its error, was not measured are left out.

    >>> found = trend([0, 365.25, 730.5], [10.0, 8.0, 6.0], [1.0, 1.0, 1.0])
    >>> round(found.per_year, 6), round(found.se, 3)
    (-2.0, 0.707)
    """
    known = [p for p in zip(days, values, errors, strict=True) if all(map(math.isfinite, p)) and p[2] > 0]
    if len(known) < MIN_FLIGHTS:
        return None
    t, y, se = (np.array(column, np.float64) for column in zip(*known, strict=True))
    weight = 1 / se**2
    t = (t - (weight * t).sum() / weight.sum()) / YEAR_DAYS
    spread = float((weight * t**2).sum())
    return Trend(float((weight * t * y).sum()) / spread, 1 / math.sqrt(spread)) if spread > 0 else None
