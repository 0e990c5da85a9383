"""Which colours truly changed between two flights: proposals that noise alone does not make; pure.

A block near a cut changes colour at every flight by noise alone: with an error of 3 points, 6 of 43 blocks. So a new
colour is proposed only where the gates that the lower of its two colours fails flipped surely: the figures differ by at
least their minimal detectable change, and one end or the other lies at least one standard error past the cut on its own
side; or people checked it. The rule looks at both ends alike, so swapping the flights mirrors every result, and a
flight against itself changes nothing. Figures that cannot be compared (another season, a shifted mosaic) flip nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.core.case import Bound, Case
from pipeline.core.comparison import ChangeReason, Transition
from pipeline.core.ladder import TIERS, Finding, Grading, counts_as_passed
from pipeline.core.statistics import mdc95
from pipeline.core.vocabulary import Gate, Grade, Indicator, Verdict

SIGMAS = 1.0
_FLIPPED = frozenset({ChangeReason.MEASURED, ChangeReason.EVIDENCE})
_SURE = _FLIPPED | {ChangeReason.BOTH}


@dataclass(frozen=True)
class Standing:
    """A block at one flight: what was known, and how it was graded."""

    case: Case
    grading: Grading


@dataclass(frozen=True)
class Change:
    """A block's two grades, whether a new colour is proposed, and why; ``gates`` are those that surely flipped."""

    before: Grade
    after: Grade
    reason: ChangeReason
    gates: tuple[Gate, ...] = ()

    @property
    def proposed(self) -> bool:
        """Whether the colour is proposed to change."""
        return self.reason in _SURE

    @property
    def held(self) -> Grade:
        """The colour to show: the new one where it is proposed, else the old one."""
        return self.after if self.proposed else self.before

    @property
    def direction(self) -> int:
        """1 better, -1 worse, 0 no proposal."""
        return (self.after.rung > self.before.rung) - (self.after.rung < self.before.rung) if self.proposed else 0


def detectable(before: Case, after: Case, indicator: Indicator) -> bool:
    """Whether an indicator differs by at least its minimal detectable change (MDC95 of the two errors' mean square).

    >>> from pipeline.core.case import Figure
    >>> a, b, c = (Case({Indicator.CLUTTER: Figure(v, 3.0)}) for v in (10, 18, 19))
    >>> detectable(a, b, Indicator.CLUTTER), detectable(a, c, Indicator.CLUTTER)
    (False, True)
    """
    first, second = before.figure(indicator), after.figure(indicator)
    sem = math.hypot(first.se, second.se) / math.sqrt(2)
    gap = abs(second.value - first.value)
    return gap > 0 and gap >= mdc95(sem)


def compare_block(before: Standing, after: Standing, apart: Mapping[Indicator, ChangeReason] | None = None) -> Change:
    """Propose a change of colour, or say why not.

    ``apart`` names the indicators whose figures cannot be compared, and why; what people said always can.
    """
    old, new = before.grading.grade, after.grading.grade
    if Grade.UNGRADED in (old, new):
        return Change(old, new, ChangeReason.UNGRADED)
    if old is new:
        return Change(old, new, ChangeReason.SAME)
    low, high = sorted((old.rung, new.rung))
    flips = {gate: _flip(gate, before, after, apart or {}) for tier in TIERS[low + 1 : high + 1] for gate in tier}
    first = [flips[gate] for gate in TIERS[low + 1] if flips[gate] is not None]
    for doubt in (ChangeReason.NOT_COMPARABLE, ChangeReason.SEASON, ChangeReason.WITHIN_ERROR):
        if doubt in first:
            return Change(old, new, doubt)
    if not first:  # the flights' own figures lie on two sides of a cut, those by which they are compared do not
        return Change(old, new, ChangeReason.WITHIN_ERROR)
    sure = {gate: why for gate, why in flips.items() if why in _FLIPPED}
    reasons = set(sure.values())
    return Change(old, new, ChangeReason.BOTH if reasons == _FLIPPED else reasons.pop(), tuple(sure))


def transitions(changes: Iterable[Change]) -> dict[Transition, int]:
    """How many blocks met each of the five aims; a colour that is not proposed to change counts as kept.

    >>> moves = [(Grade.RED, Grade.YELLOW), (Grade.ORANGE, Grade.RED), (Grade.BLUE, Grade.GREEN)]
    >>> counts = transitions(Change(a, b, ChangeReason.MEASURED) for a, b in moves)
    >>> [counts[t] for t in Transition]
    [1, 0, 1, 1, 1]
    """
    counts = dict.fromkeys(Transition, 0)
    for change in changes:
        for aim in _aims(change.before, change.held):
            counts[aim] += 1
    return counts


def _aims(old: Grade, new: Grade) -> list[Transition]:
    if Grade.UNGRADED in (old, new):
        return []
    met = {
        Transition.OUT_OF_RED: old is Grade.RED and new is not Grade.RED,
        Transition.OUT_OF_ORANGE: old is Grade.ORANGE and new.rung > old.rung,
        Transition.REACH_YELLOW: old.rung < Grade.YELLOW.rung <= new.rung,
        Transition.KEEP_BLUE: old is Grade.BLUE and new.rung >= old.rung,
        Transition.STRIVE_GREEN: old is not Grade.GREEN and new is Grade.GREEN,
    }
    return [aim for aim, reached in met.items() if reached]


def _flip(
    gate: Gate, before: Standing, after: Standing, apart: Mapping[Indicator, ChangeReason]
) -> ChangeReason | None:
    """Why a gate surely changed its answer, or why that is not sure; None where it answers the same."""
    ends = [(s.grading.findings[gate], s.case) for s in (before, after)]
    passed = [counts_as_passed(finding, case) for finding, case in ends]
    if passed[0] == passed[1]:
        return None
    sure = [_sure(finding, case, p) for (finding, case), p in zip(ends, passed, strict=True)]
    if any(finding.settled is not None for finding, _ in ends):
        return ChangeReason.EVIDENCE if all(sure) else ChangeReason.WITHIN_ERROR
    finding, case = ends[passed.index(False)]
    broken = [b.indicator for b in finding.bounds if b.verdict(case.figure(b.indicator)) is Verdict.FAIL]
    if any(sure) and any(i not in apart and detectable(before.case, after.case, i) for i in broken):
        return ChangeReason.MEASURED
    return next((apart[i] for i in broken if i in apart), ChangeReason.WITHIN_ERROR)


def _sure(finding: Finding, case: Case, passed: bool) -> bool:
    """Whether an end stands clear of its cuts: all limits kept with room, or one of them clearly broken."""
    if finding.settled is not None:
        return True
    if passed:
        return all(_past(bound, case, Verdict.PASS) for bound in finding.bounds)
    return any(_past(bound, case, Verdict.FAIL) for bound in finding.bounds)


def _past(bound: Bound, case: Case, side: Verdict) -> bool:
    """Whether a figure lies at least one standard error past the cut on the given side."""
    figure = case.figure(bound.indicator)
    return bound.verdict(figure) is side and abs(figure.value - bound.cut) >= SIGMAS * figure.se
