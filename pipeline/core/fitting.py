"""Cuts of the ladder from blocks that people graded, by matching shares; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.core.case import Case, Rubric
from pipeline.core.ladder import counts_as_passed, find, grade_block
from pipeline.core.statistics import prevalence_cut
from pipeline.core.vocabulary import Gate, Grade, Indicator, Source, Verdict

_DIGITS = 4


@dataclass(frozen=True)
class Labelled:
    """A block at a flight with the grade that people gave it."""

    flight: str
    block_id: str
    case: Case
    grade: Grade


def fit_rubric(items: Sequence[Labelled], rubric: Rubric) -> Rubric:
    """Set the cuts so that as many blocks pass each as people let pass, from the lowest rung upwards.

    A cut learns only from blocks for which it decides: whose gates below it are passed, and whose own gate nobody
    checked. What people require of green on the ground and of bare soil is theirs to set and stays.
    """
    rubric = _fit_clean(items, rubric)
    rubric = _fit_facilities(items, rubric)
    rubric = _fit_green(items, rubric, Gate.BEAUTIFIED, Grade.BLUE)
    return _fit_green(items, rubric, Gate.CULTURE, Grade.GREEN)


def suggest(item: Labelled, rubric: Rubric) -> Grade:
    """The grade that the rubric suggests for the block."""
    return grade_block(item.case, rubric).grade


def _fit_clean(items: Sequence[Labelled], rubric: Rubric) -> Rubric:
    """Both clean limits move together: their ratio says how much worse than its average a corner may be."""
    if rubric.clutter_max <= 0:
        return rubric
    ratio = rubric.clutter_p90_max / rubric.clutter_max

    def severity(item: Labelled) -> float:
        worst = _value(item, Indicator.CLUTTER_P90)
        return max(_value(item, Indicator.CLUTTER), worst / ratio if ratio > 0 else -math.inf)

    told = [
        i
        for i in items
        if (f := find(Gate.CLEAN, i.case, rubric)).verdict is not Verdict.UNKNOWN and f.source is Source.IMAGERY
    ]
    cut = _matched(told, severity, Grade.ORANGE, at_most=True, current=rubric.clutter_max)
    return replace(rubric, clutter_max=cut, clutter_p90_max=round(min(100.0, cut * ratio), _DIGITS))


def _fit_facilities(items: Sequence[Labelled], rubric: Rubric) -> Rubric:
    if rubric.clutter_max <= 0:
        return rubric
    others = (Gate.CLEAN, Gate.PURE, Gate.ORDERLY)
    told = [i for i in items if _by_proxy(i, rubric, Gate.FACILITIES) and all(_passed(i, rubric, g) for g in others)]
    now = rubric.facilities_proxy_share * rubric.clutter_max
    cut = _matched(told, lambda i: _value(i, Indicator.CLUTTER), Grade.YELLOW, at_most=True, current=now)
    share = rubric.facilities_proxy_share if cut == now else round(min(1.0, cut / rubric.clutter_max), _DIGITS)
    return replace(rubric, facilities_proxy_share=share)


def _fit_green(items: Sequence[Labelled], rubric: Rubric, gate: Gate, reached: Grade) -> Rubric:
    below = reached.rung - 1
    told = [i for i in items if _by_proxy(i, rubric, gate) and suggest(i, rubric).rung >= below]
    beauty = gate is Gate.BEAUTIFIED
    now = rubric.beautified_proxy_green_min if beauty else rubric.culture_proxy_green_min
    cut = _matched(told, lambda i: _value(i, Indicator.GREEN_PCT), reached, at_most=False, current=now)
    return replace(rubric, beautified_proxy_green_min=cut) if beauty else replace(rubric, culture_proxy_green_min=cut)


def _matched(
    items: Sequence[Labelled],
    figure: Callable[[Labelled], float],
    reached: Grade,
    *,
    at_most: bool,
    current: float,
) -> float:
    measured = [(figure(i), i.grade.rung >= reached.rung) for i in items if math.isfinite(figure(i))]
    passing = sum(passed for _, passed in measured)
    cut = prevalence_cut([v for v, _ in measured], passing, at_most=at_most, current=current)
    return current if cut == current else round(min(100.0, max(0.0, cut)), _DIGITS)


def _by_proxy(item: Labelled, rubric: Rubric, gate: Gate) -> bool:
    finding = find(gate, item.case, rubric)
    return finding.verdict is Verdict.UNKNOWN and finding.rule == "proxy"


def _passed(item: Labelled, rubric: Rubric, gate: Gate) -> bool:
    return counts_as_passed(find(gate, item.case, rubric), item.case)


def _value(item: Labelled, indicator: Indicator) -> float:
    return item.case.figure(indicator).value
