"""Whether two flights can be compared, as a whole and block by block: every condition, its figure and its limit; pure.

"Not comparable" is a result with a reason. A figure that could not be measured does not meet its condition. Every
figure is the same for both orders of the flights: the worse of the two, their difference or their ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.core.comparison import ChangeReason, Condition
from pipeline.core.reasons import Text
from pipeline.core.vocabulary import Indicator

YEAR_DAYS = 365
GREENERY = (Indicator.GREEN_PCT, Indicator.GROUND_GREEN_PCT, Indicator.CANOPY_PCT, Indicator.BARE_PCT)


@dataclass(frozen=True)
class PairLimits:
    """How far two flights may differ: per cent of area, metres, a ratio, days of the year."""

    min_overlap_pct: float
    max_shadow_pct: float
    max_clipped_pct: float
    max_blur_m: float
    max_gsd_ratio: float
    max_shift_m: float
    max_object_shift_m: float
    season_days: float


@dataclass(frozen=True)
class FlightFacts:
    """What a flight brings to a comparison; NaN where not measured."""

    flown: date
    rubric: str
    gsd_m: float
    blur_m: float
    shadow_pct: float
    clipped_pct: float


@dataclass(frozen=True)
class Shift:
    """How far one mosaic lies off the other: ``raw_m`` as the two lie, ``rest_m`` with the common shift taken out."""

    raw_m: float = math.nan
    rest_m: float = math.nan


@dataclass(frozen=True)
class Check:
    """A condition with its figure, its limit (at most, or ``at_least``), and whether it is met."""

    condition: Condition
    figure: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure keeps the limit; what was not measured does not.

        >>> [Check(Condition.SHIFT, v, 0.5).met for v in (0.5, 0.6, math.nan)]
        [True, False, False]
        """
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def sentence(self) -> Text:
        """The figure against its limit, and what follows where only a part cannot be compared.

        >>> Check(Condition.OVERLAP, 71.26, 80, at_least=True).sentence().zh
        '重叠 71.3 %，不到 80 %'
        >>> Check(Condition.SHIFT, math.nan, 0.5).sentence().en
        'shift, for cells: not measured'
        >>> Check(Condition.SEASON, 118, 45).sentence().en
        'season: 118 days apart, more than 45: greenery is not compared'
        """
        said, then = self._said(), _THEN.get(self.condition, Text("", ""))
        return said if self.met else Text(said.zh + then.zh, said.en + then.en)

    def _said(self) -> Text:
        kind = self.condition
        if kind is Condition.RUBRIC:
            return Text("分级标准相同", "same rubric") if self.met else Text("分级标准不同", "different rubrics")
        if math.isnan(self.figure):
            return Text(f"{kind.zh}：未测得", f"{kind.en}: not measured")
        digits = {"m": 2, "": 2, "d": 0}.get(kind.unit, 1)
        value, limit = f"{self.figure:.{digits}f}", f"{self.limit:g}"
        if kind is Condition.SEASON:
            zh, en = ("不超过", "within") if self.met else ("超过", "more than")
            return Text(f"{kind.zh} {value} 天，{zh} {limit} 天", f"{kind.en}: {value} days apart, {en} {limit}")
        zh, en = {
            (True, False): ("不超过", "within"),
            (False, False): ("超过", "above"),
            (True, True): ("达到", "reaching"),
            (False, True): ("不到", "short of"),
        }[self.met, self.at_least]
        per = f" {kind.unit}" if kind.unit else ""
        return Text(f"{kind.zh} {value}{per}，{zh} {limit}{per}", f"{kind.en} {value}{per}, {en} {limit}{per}")


@dataclass(frozen=True)
class Comparability:
    """The conditions that were asked of a pair of flights, or of one block in both."""

    checks: tuple[Check, ...]

    @property
    def comparable(self) -> bool:
        """Whether every condition that decides is met."""
        return all(c.met for c in self.checks if c.condition.decides)

    @property
    def objects(self) -> bool:
        """Whether single things can be matched, too."""
        return self.comparable and self.met(Condition.OBJECT_SHIFT)

    def met(self, condition: Condition) -> bool:
        """Whether a condition is met, or was not asked."""
        return all(c.met for c in self.checks if c.condition is condition)

    def why(self) -> Text:
        """What stands against a comparison, in words; empty where nothing does."""
        return Text.joined([c.sentence() for c in self.checks if c.condition.decides and not c.met])

    def apart(self) -> dict[Indicator, ChangeReason]:
        """The indicators whose figures cannot be compared, and why: all of them, or those that go with the season."""
        if not self.comparable:
            return dict.fromkeys(Indicator, ChangeReason.NOT_COMPARABLE)
        return {} if self.met(Condition.SEASON) else dict.fromkeys(GREENERY, ChangeReason.SEASON)


_THEN = {
    Condition.SEASON: Text("：绿化不作比较", ": greenery is not compared"),
    Condition.OBJECT_SHIFT: Text("：不逐物比对", ": single things are not matched"),
}


def season_gap(first: date, second: date) -> int:
    """Days between two dates within the year, whichever way round is shorter.

    >>> season_gap(date(2021, 1, 14), date(2021, 9, 18)), season_gap(date(2020, 12, 31), date(2022, 1, 2))
    (118, 1)
    """
    gap = abs(first.timetuple().tm_yday - second.timetuple().tm_yday)
    return max(0, min(gap, YEAR_DAYS - gap))


def compare_flights(
    before: FlightFacts, after: FlightFacts, overlap_pct: float, shift: Shift, *, limits: PairLimits
) -> Comparability:
    """Whether two flights can be compared as a whole; ``overlap_pct`` is the share of the blocks seen in both."""
    both = (before, after)
    gsd = sorted(f.gsd_m for f in both)
    checks = (
        Check(Condition.RUBRIC, float(before.rubric != after.rubric), 0.0),
        Check(Condition.OVERLAP, overlap_pct, limits.min_overlap_pct, at_least=True),
        Check(Condition.SHADOW, worse(f.shadow_pct for f in both), limits.max_shadow_pct),
        Check(Condition.CLIPPED, worse(f.clipped_pct for f in both), limits.max_clipped_pct),
        Check(Condition.BLUR, worse(f.blur_m for f in both), limits.max_blur_m),
        Check(Condition.GSD, gsd[1] / gsd[0], limits.max_gsd_ratio),
        *_shift_checks(shift, limits),
        Check(Condition.SEASON, float(season_gap(before.flown, after.flown)), limits.season_days),
    )
    return Comparability(checks)


def compare_places(
    pair: Comparability, overlap_pct: float, shadow_pct: float, *, shift: Shift, limits: PairLimits
) -> Comparability:
    """Whether a block can be compared: by its own figures, and by what the pair as a whole does not meet."""
    own = (
        Check(Condition.OVERLAP, overlap_pct, limits.min_overlap_pct, at_least=True),
        Check(Condition.SHADOW, shadow_pct, limits.max_shadow_pct),
        *_shift_checks(shift, limits),
    )
    asked = {c.condition for c in own}
    whole = [c for c in pair.checks if not c.met and (c.condition.decides or c.condition not in asked)]
    return Comparability((*whole, *own))


def worse(figures: Iterable[float]) -> float:
    """The largest figure; NaN where one was not measured.

    >>> worse([1.0, 3.0]), worse([1.0, math.nan])
    (3.0, nan)
    """
    known = list(figures)
    return math.nan if any(math.isnan(f) for f in known) else max(known)


def _shift_checks(shift: Shift, limits: PairLimits) -> tuple[Check, Check]:
    return (
        Check(Condition.SHIFT, shift.raw_m, limits.max_shift_m),
        Check(Condition.OBJECT_SHIFT, shift.rest_m, limits.max_object_shift_m),
    )
