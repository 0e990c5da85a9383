"""Which spots are put before a person next.

An answer is worth most where the ranker wavers; the list's head has to be walked anyway; and only spots drawn at
random, before anyone looked at them, tell how many of all spots are real. The random ones are the first of one
permutation that is fixed for a flight's table of spots, so that several rounds of review add up to one sample. How
many they are depends on how many spots were asked about and on nothing else, or the sample would not be fair.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.core.answers import Answer, Asked
from pipeline.core.reasons import Text
from pipeline.core.statistics import stable_seed

SHARES: Final[Mapping[Asked, float]] = {Asked.UNCERTAIN: 0.7, Asked.TOP: 0.2, Asked.RANDOM: 0.1}
LOGISTIC_FROM: Final = 30
_Z: Final = 1.959964


def too_few(answers: int) -> Text:
    """Why nothing can be learned from so few answers."""
    return Text(f"只有 {answers} 条结论，需 {LOGISTIC_FROM} 条", f"{answers} of {LOGISTIC_FROM} answers")


@dataclass(frozen=True)
class Candidate:
    """A spot that could be asked about; ``chance`` (0 to 1) that it is real by the ranker, None without one."""

    spot: str
    block: str
    rank: int
    answered: bool = False
    chance: float | None = None


@dataclass(frozen=True)
class Question:
    """A spot to ask about, and why."""

    spot: str
    asked: Asked


def random_order(spots: Sequence[str], scoring: str) -> list[str]:
    """The one permutation of a table's spots by which random ones are drawn; the order they come in is no matter.

    >>> random_order(["b", "a", "c"], "x") == random_order(["c", "b", "a"], "x")
    True
    """
    sorted_ = sorted(spots)
    return [sorted_[i] for i in np.random.default_rng(stable_seed("review", scoring)).permutation(len(sorted_))]


def choose(candidates: Sequence[Candidate], most: int, scoring: str) -> list[Question]:
    """At most ``most`` spots that nobody answered for: 70 % uncertain, 20 % top, 10 % random once there is a ranker.

    Without one, nine tenths by rank and a random tenth. The kinds are spread evenly over the list, so that a review
    that is broken off has asked some of each.

    >>> spots = [Candidate(f"S{i}", "B1", i) for i in range(40)]
    >>> chosen = choose(spots, 20, "x")
    >>> len(chosen), sum(q.asked is Asked.RANDOM for q in chosen), chosen[0]
    (20, 2, Question(spot='S0', asked=<Asked.TOP: 'top'>))
    """
    open_ = {c.spot: c for c in sorted(candidates, key=lambda c: (c.rank, c.spot)) if not c.answered}
    most = min(most, len(open_))
    drawn = random_order([c.spot for c in candidates], scoring)[: _drawn(len(candidates) - len(open_) + most)]
    random = [spot for spot in drawn if spot in open_][:most]
    rest = [c for c in open_.values() if c.spot not in set(random)]
    learned = bool(rest) and all(c.chance is not None for c in rest)
    top_count = round(SHARES[Asked.TOP] * most) if learned else most - len(random)
    by_chance = sorted(rest, key=lambda c: (-(c.chance or 0.0), c.rank)) if learned else rest
    top = [c.spot for c in by_chance[:top_count]]
    wavering = list(_uncertain([c for c in rest if c.spot not in set(top)]))[: most - len(random) - len(top)]
    return _spread({Asked.TOP: top, Asked.UNCERTAIN: wavering, Asked.RANDOM: random})


def _drawn(asked: int) -> int:
    """How many spots belong to the random draw once so many were asked about."""
    return math.floor(SHARES[Asked.RANDOM] * asked + 1e-9)


def _uncertain(rest: Sequence[Candidate]) -> Iterator[str]:
    """The least certain first, in turns: one of each block, then a second of each, so that answers do not repeat."""
    turns: dict[str, int] = {}
    keyed = []
    for c in sorted(rest, key=lambda c: (abs((c.chance or 0.0) - 0.5), c.rank)):
        turns[c.block] = turns.get(c.block, -1) + 1
        keyed.append((turns[c.block], abs((c.chance or 0.0) - 0.5), c.rank, c.spot))
    return (spot for *_, spot in sorted(keyed))


def _spread(lists: Mapping[Asked, Sequence[str]]) -> list[Question]:
    placed = [
        ((i + 0.5) / len(spots), asked.order, Question(spot, asked))
        for asked, spots in lists.items()
        for i, spot in enumerate(spots)
    ]
    return [question for *_, question in sorted(placed, key=lambda p: p[:2])]


@dataclass(frozen=True)
class Share:
    """A share estimated from a sample, with its 95 % interval (Wilson 1927); NaN of nothing."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share itself."""
        return self.hits / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval by Wilson's score method, doi:10.1080/01621459.1927.10502953.

        >>> [round(v, 2) for v in Share(8, 10).interval]
        [0.49, 0.94]
        """
        if not self.of:
            return float("nan"), float("nan")
        middle = (self.hits + _Z**2 / 2) / (self.of + _Z**2)
        half = _Z / (self.of + _Z**2) * (self.hits * (self.of - self.hits) / self.of + _Z**2 / 4) ** 0.5
        return max(0.0, middle - half), min(1.0, middle + half)


def random_answers(spots: Sequence[str], scoring: str, answers: Mapping[str, Answer]) -> list[str]:
    """The spots of the random draw, once all of them were answered for; none before.

    Whatever they were asked for, they are a fair sample of all spots of the table: their place in the draw was fixed
    before anyone looked. A spot that nobody can tell counts as answered, and for neither side.
    """
    order = random_order(spots, scoring)
    known = sum(spot in answers for spot in order)
    drawn = order if known == len(order) else order[: _drawn(known)]
    return drawn if all(spot in answers for spot in drawn) else []


def share_real(spots: Sequence[str], answers: Mapping[str, Answer]) -> Share:
    """The share of confirmed ones among the spots that were confirmed or rejected."""
    told = [answers[s] for s in spots if answers[s] is not Answer.UNCLEAR]
    return Share(sum(a is Answer.CONFIRMED for a in told), len(told))
