"""Which resource should meet which need: the most weight of needs within capacity and deadline; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

_TIE = 1e-4


@dataclass(frozen=True)
class Demand:
    """A need: what kind it is of, how many hours it takes, by when, and how much it weighs against others."""

    id: str
    kind: str
    effort_h: float
    due: date
    weight: float = 1.0


@dataclass(frozen=True)
class Supply:
    """A resource: which kinds it serves, how many more needs it can take on, and the hours it has by a day."""

    id: str
    serves: frozenset[str]
    jobs: int
    hours_by: Callable[[date], float]

    def can(self, need: Demand) -> bool:
        """Whether it could meet a need in time if it met no other."""
        return need.kind in self.serves and self.jobs > 0 and need.effort_h <= self.hours_by(need.due)


@dataclass(frozen=True)
class Match:
    """A need and the resource that is proposed for it."""

    need: str
    resource: str


def match(demands: Sequence[Demand], supplies: Sequence[Supply]) -> tuple[Match, ...]:
    """The best assignment, by an integer programme: each need at most once, no resource beyond its jobs or hours.

    Hours are kept by every due date on the way, so whoever works in the order of due dates is never late. Of equally
    good assignments the one with earlier resources goes first.

    >>> wash = Supply("team", frozenset({"rubbish"}), 1, lambda day: 8.0)
    >>> late, soon = (Demand(n, "rubbish", 4, date(2021, 1, d), w) for n, d, w in (("a", 20, 1.0), ("b", 18, 2.0)))
    >>> match([late, soon], [wash])
    (Match(need='b', resource='team'),)
    """
    pairs = [(i, j) for i, need in enumerate(demands) for j, supply in enumerate(supplies) if supply.can(need)]
    if not pairs:
        return ()
    gain = [demands[i].weight * (1 + _TIE * (len(supplies) - j) / len(supplies)) for i, j in pairs]
    rows, limits = _limits(demands, supplies, pairs)
    found = milp(
        -np.array(gain),
        constraints=LinearConstraint(rows, ub=limits),
        integrality=np.ones(len(pairs)),
        bounds=Bounds(0, 1),
    )
    if found.x is None:
        raise ValueError(f"no assignment was found: {found.message}")
    chosen = [pair for pair, x in zip(pairs, found.x, strict=True) if x > 0.5]
    return tuple(Match(demands[i].id, supplies[j].id) for i, j in chosen)


def _limits(
    demands: Sequence[Demand], supplies: Sequence[Supply], pairs: Sequence[tuple[int, int]]
) -> tuple[csr_array, list[float]]:
    """Each need once; each resource's jobs; each resource's hours by each due date of what it might take on."""
    rows: list[tuple[dict[int, float], float]] = []
    by_need: dict[int, list[int]] = {}
    by_supply: dict[int, list[int]] = {}
    for column, (i, j) in enumerate(pairs):
        by_need.setdefault(i, []).append(column)
        by_supply.setdefault(j, []).append(column)
    rows += [(dict.fromkeys(columns, 1.0), 1.0) for columns in by_need.values()]
    for j, columns in by_supply.items():
        rows.append((dict.fromkeys(columns, 1.0), float(supplies[j].jobs)))
        for day in sorted({demands[pairs[c][0]].due for c in columns}):
            until = {c: demands[pairs[c][0]].effort_h for c in columns if demands[pairs[c][0]].due <= day}
            rows.append((until, supplies[j].hours_by(day)))
    places = [(r, c, value) for r, (cells, _) in enumerate(rows) for c, value in cells.items()]
    r, c, values = zip(*places, strict=True)
    return csr_array((values, (r, c)), shape=(len(rows), len(pairs))), [limit for _, limit in rows]
