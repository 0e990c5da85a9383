"""What is known of one block: figures with their errors, people's evidence, and the cuts they are held against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pipeline.core.answers import SpotTally
from pipeline.core.vocabulary import Facility, Gate, Indicator, Unusable, Verdict

UnknownRule = Literal["pass", "fail", "proxy"]

UNKNOWN_RULES: Mapping[Gate, UnknownRule] = {
    Gate.PURE: "pass",
    Gate.ORDERLY: "pass",
    Gate.FACILITIES: "proxy",
    Gate.BEAUTIFIED: "proxy",
    Gate.CULTURE: "proxy",
}
"""What is assumed of an unknown gate unless the rubric says otherwise. Clean is never assumed."""

CLUTTER = frozenset({Indicator.CLUTTER, Indicator.CLUTTER_P90})


@dataclass(frozen=True)
class Rubric:
    """The cuts of the ladder, in the units of the indicators, and the rules for unknown gates."""

    clutter_max: float
    clutter_p90_max: float
    ground_green_min: float
    bare_max: float
    facilities_proxy_share: float
    beautified_proxy_green_min: float
    culture_proxy_green_min: float
    when_unknown: Mapping[Gate, UnknownRule] = field(default_factory=lambda: dict(UNKNOWN_RULES))


@dataclass(frozen=True)
class Figure:
    """An indicator's value and its standard error; NaN where not measured."""

    value: float = math.nan
    se: float = math.nan


@dataclass(frozen=True)
class BlockEvidence:
    """What people supplied for one block: gates they checked, facilities they counted, what they said of its spots.

    Absent means not known.
    """

    checks: Mapping[Gate, bool] = field(default_factory=dict)
    facilities: Mapping[Facility, bool] = field(default_factory=dict)
    spots: SpotTally = field(default_factory=SpotTally)


@dataclass(frozen=True)
class Case:
    """All that is known of one block at one flight."""

    figures: Mapping[Indicator, Figure]
    evidence: BlockEvidence = BlockEvidence()
    unusable: Unusable | None = None

    @staticmethod
    def of(row: Mapping[Any, Any], errors: Mapping[Indicator, float], evidence: BlockEvidence) -> Case:
        """From a row of the score or grade table: columns named after indicators, ``unusable_reason``, ``spots_…``.

        >>> Case.of({"clutter": 7.0, "unusable_reason": "dark"}, {Indicator.CLUTTER: 1.5}, BlockEvidence()).unusable
        <Unusable.DARK: 'dark'>
        """
        figures = {i: Figure(_number(row.get(i.value)), errors.get(i, math.nan)) for i in Indicator}
        reasons = {reason.value: reason for reason in Unusable}
        reason = str(row.get("unusable_reason") or "")
        people = replace(evidence, spots=SpotTally.of(row)) if "spots_listed" in row else evidence
        return Case(figures, people, reasons[reason] if reason else None)

    def figure(self, indicator: Indicator) -> Figure:
        """The figure, or an unmeasured one where the picture cannot be trusted for it.

        >>> seen = {Indicator.CLUTTER: Figure(9, 1), Indicator.GREEN_PCT: Figure(30, 2)}
        >>> narrow = Case(seen, unusable=Unusable.LITTLE_GROUND)
        >>> narrow.figure(Indicator.CLUTTER).value, narrow.figure(Indicator.GREEN_PCT).value
        (nan, 30)
        """
        blind = self.unusable is not None and (self.unusable is not Unusable.LITTLE_GROUND or indicator in CLUTTER)
        return Figure() if blind else self.figures.get(indicator, Figure())


@dataclass(frozen=True)
class Bound:
    """A limit that an indicator must keep: at most the cut, or at least."""

    indicator: Indicator
    cut: float
    at_most: bool

    def verdict(self, figure: Figure) -> Verdict:
        """Pass, fail, or unknown where not measured.

        >>> line = Bound(Indicator.CLUTTER, 12, at_most=True)
        >>> [line.verdict(Figure(v)).value for v in (12, 12.1, float("nan"))]
        ['pass', 'fail', 'unknown']
        """
        if math.isnan(figure.value):
            return Verdict.UNKNOWN
        kept = figure.value <= self.cut if self.at_most else figure.value >= self.cut
        return Verdict.PASS if kept else Verdict.FAIL

    def probability(self, figure: Figure) -> float:
        """Probability that the true value keeps the limit, Φ((cut − value) / se); 0 where not measured.

        >>> line = Bound(Indicator.CLUTTER, 12, at_most=True)
        >>> [round(line.probability(Figure(v, 2)), 3) for v in (12, 10, 16)]
        [0.5, 0.841, 0.023]
        """
        if math.isnan(figure.value):
            return 0.0
        if figure.se == 0:
            return float(self.verdict(figure) is Verdict.PASS)
        room = self.cut - figure.value if self.at_most else figure.value - self.cut
        return 0.5 * math.erfc(-room / (figure.se * math.sqrt(2)))


def kleene_and(verdicts: Iterable[Verdict]) -> Verdict:
    """Three-valued AND: one fail fails, else one unknown leaves it unknown; of nothing it is a pass.

    >>> kleene_and([Verdict.UNKNOWN, Verdict.FAIL]).value, kleene_and([Verdict.PASS, Verdict.UNKNOWN]).value
    ('fail', 'unknown')
    """
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.PASS


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
