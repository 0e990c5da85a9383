"""From evidence to a grade: three-valued gates, the interval they leave open, and one suggestion inside it.

The ladder is cumulative. Within a quality figures may balance; between qualities each must be passed, so that
greenery cannot buy off rubbish (the one-out-all-out rule of the EU Water Framework Directive, Annex V 1.4.2).
A gate answers pass, fail or unknown. Known gates give an interval of grades; for an unknown gate the rubric says what
to assume (``pass``, ``fail``, or ``proxy``: a stated stand-in that the picture can show), and that gives the
suggestion. Whatever leans on an assumption is provisional, and so is a red that only the picture claims.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.case import CLUTTER, Bound, Case, Rubric, UnknownRule, kleene_and
from pipeline.core.vocabulary import Facility, Gate, Grade, Indicator, Source, Verdict

TIERS: tuple[tuple[Gate, ...], ...] = (
    (),
    (Gate.CLEAN,),
    (Gate.PURE, Gate.ORDERLY, Gate.FACILITIES),
    (Gate.BEAUTIFIED,),
    (Gate.CULTURE,),
)
"""The gates that lead to each rung, from the one below it: red, orange, yellow, blue, green."""


@dataclass(frozen=True)
class Finding:
    """A gate's answer, who gave it, and what it counts as in the suggestion.

    ``settled`` is that count where no figure decides it; otherwise every one of ``bounds`` must be kept.
    ``rule`` names the rule that was applied to an unknown gate.
    """

    gate: Gate
    verdict: Verdict
    source: Source
    settled: bool | None = None
    bounds: tuple[Bound, ...] = ()
    rule: UnknownRule | None = None


@dataclass(frozen=True)
class Grading:
    """A block's suggestion, the interval it lies in, and why.

    ``odds`` are the probabilities of red to green; NaN for an ungraded block. ``open_gates`` are those whose evidence
    would settle the grade. ``suspected`` marks a red that only the picture claims (疑似红).
    """

    grade: Grade
    lower: Grade
    upper: Grade
    odds: tuple[float, ...]
    findings: Mapping[Gate, Finding]
    open_gates: tuple[Gate, ...] = ()
    suspected: bool = False

    @property
    def provisional(self) -> bool:
        """Whether the suggestion leans on something that nobody has checked."""
        return bool(self.open_gates) and self.grade is not Grade.UNGRADED

    @property
    def confidence(self) -> float:
        """Probability of the suggested grade, given the rules for unknown gates."""
        return math.nan if self.grade is Grade.UNGRADED else self.odds[self.grade.rung]


def grade_block(case: Case, rubric: Rubric) -> Grading:
    """Put one block on the ladder.

    Lower is the highest rung whose gates all pass, upper the highest with no failed gate on the way. A block whose
    cleanness nobody knows is ungraded.

    >>> rubric = Rubric(12, 35, 12, 25, 0.5, 20, 35)
    >>> from pipeline.core.case import Figure
    >>> names = ("clutter", "clutter_p90", "bare_pct", "green_pct", "ground_green_pct")
    >>> def seen(clutter, green):
    ...     return Case({Indicator(n): Figure(v, 1) for n, v in zip(names, (clutter, 0, 0, green, green))})
    >>> [grade_block(seen(c, g), rubric).grade.value for c, g in ((41, 60), (9, 60), (3, 5), (3, 25), (3, 40))]
    ['red', 'orange', 'yellow', 'blue', 'green']
    >>> grade_block(seen(float("nan"), 40), rubric).grade.value
    'ungraded'
    """
    findings = {gate: find(gate, case, rubric) for gate in Gate}
    clean = findings[Gate.CLEAN]
    if clean.verdict is Verdict.UNKNOWN and clean.settled is None:
        off = Grade.UNGRADED
        return Grading(off, off, off, (math.nan,) * 5, findings, (Gate.CLEAN,))
    lower = _climb({g: f.verdict is Verdict.PASS for g, f in findings.items()})
    upper = _climb({g: f.verdict is not Verdict.FAIL for g, f in findings.items()})
    suggested = _climb({g: counts_as_passed(f, case) for g, f in findings.items()})
    suspected = clean.verdict is Verdict.FAIL and clean.source is Source.IMAGERY
    between = (gate for tier in TIERS[lower + 1 : upper + 1] for gate in tier)
    unknown = tuple(gate for gate in between if findings[gate].verdict is Verdict.UNKNOWN)
    return Grading(
        grade=Grade.at(suggested),
        lower=Grade.at(lower),
        upper=Grade.at(upper),
        odds=_odds(findings, case),
        findings=findings,
        open_gates=(Gate.CLEAN,) if suspected else unknown,
        suspected=suspected,
    )


def find(gate: Gate, case: Case, rubric: Rubric) -> Finding:
    """What is known of one gate: people first, then records, then the picture, then the rubric's rule."""
    checked = case.evidence.checks.get(gate)
    if checked is not None:
        source = Source.RECORD if gate is Gate.CULTURE else Source.PERSON
        return Finding(gate, Verdict.PASS if checked else Verdict.FAIL, source, settled=checked)
    if gate is Gate.CLEAN:
        return _clean(case, rubric)
    if gate is Gate.FACILITIES:
        verdict = checklist(case.evidence.facilities)
        if verdict is not Verdict.UNKNOWN:
            return Finding(gate, verdict, Source.RECORD, settled=verdict is Verdict.PASS)
    if gate is Gate.BEAUTIFIED:
        return _beautified(case, rubric)
    return _assumed(gate, rubric)


def _clean(case: Case, rubric: Rubric) -> Finding:
    """Whether a block is clean, where nobody inspected it: what people said of its spots, then the figures.

    A confirmed severe spot fails the gate. Figures that fail it are the picture's claim alone; a person stands behind
    them once a spot in the block is confirmed as moderate or worse. If instead people rejected every spot, the figures
    have lost their ground: nobody knows, and the suggestion counts the gate as passed.
    """
    spots, bounds = case.evidence.spots, clean_bounds(rubric)
    if spots.severe:
        return Finding(Gate.CLEAN, Verdict.FAIL, Source.PERSON, settled=False)
    verdict = kleene_and(b.verdict(case.figure(b.indicator)) for b in bounds)
    if verdict is Verdict.FAIL and spots.all_rejected:
        return Finding(Gate.CLEAN, Verdict.UNKNOWN, Source.PERSON, settled=True)
    if verdict is Verdict.FAIL and spots.grave:
        return Finding(Gate.CLEAN, verdict, Source.PERSON, bounds=bounds)
    source = Source.NONE if verdict is Verdict.UNKNOWN else Source.IMAGERY
    return Finding(Gate.CLEAN, verdict, source, bounds=bounds)


def clean_bounds(rubric: Rubric) -> tuple[Bound, Bound]:
    """The limits of the clean gate: the block as a whole, and its worst corner."""
    return (
        Bound(Indicator.CLUTTER, rubric.clutter_max, at_most=True),
        Bound(Indicator.CLUTTER_P90, rubric.clutter_p90_max, at_most=True),
    )


def proxy_bound(gate: Gate, rubric: Rubric) -> Bound:
    """The picture's stand-in for a gate that only people can answer.

    Facilities: clutter well below the clean line, since a block with bins and parking in use leaves less lying about.
    Beautified and culture: green cover beyond a second and a third target. None of them sees what the gate asks.
    """
    if gate is Gate.FACILITIES:
        return Bound(Indicator.CLUTTER, rubric.facilities_proxy_share * rubric.clutter_max, at_most=True)
    target = {
        Gate.BEAUTIFIED: rubric.beautified_proxy_green_min,
        Gate.CULTURE: rubric.culture_proxy_green_min,
    }[gate]
    return Bound(Indicator.GREEN_PCT, target, at_most=False)


def checklist(facilities: Mapping[Facility, bool]) -> Verdict:
    """All there: pass; any missing: fail; otherwise unknown.

    >>> checklist({f: True for f in Facility}).value, checklist({Facility.BINS: True}).value
    ('pass', 'unknown')
    >>> checklist({Facility.BINS: False}).value
    'fail'
    """
    answers = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.UNKNOWN}
    return kleene_and(answers[facilities.get(facility)] for facility in Facility)


def counts_as_passed(finding: Finding, case: Case) -> bool:
    """Whether the suggestion treats the gate as passed."""
    if finding.settled is not None:
        return finding.settled
    return all(b.verdict(case.figure(b.indicator)) is Verdict.PASS for b in finding.bounds)


def _beautified(case: Case, rubric: Rubric) -> Finding:
    """Too little green on the ground or too much bare soil fails; that it is beautiful, only people can say."""
    limits = (
        Bound(Indicator.GROUND_GREEN_PCT, rubric.ground_green_min, at_most=False),
        Bound(Indicator.BARE_PCT, rubric.bare_max, at_most=True),
    )
    measured = tuple(b for b in limits if b.verdict(case.figure(b.indicator)) is not Verdict.UNKNOWN)
    assumed = _assumed(Gate.BEAUTIFIED, rubric)
    bounds = measured + assumed.bounds
    settled = assumed.settled if assumed.settled is False or not bounds else None
    if any(b.verdict(case.figure(b.indicator)) is Verdict.FAIL for b in measured):
        return Finding(Gate.BEAUTIFIED, Verdict.FAIL, Source.IMAGERY, settled, bounds)
    return Finding(Gate.BEAUTIFIED, Verdict.UNKNOWN, Source.NONE, settled, bounds, assumed.rule)


def _assumed(gate: Gate, rubric: Rubric) -> Finding:
    rule = rubric.when_unknown.get(gate, "fail")
    if rule == "proxy":
        return Finding(gate, Verdict.UNKNOWN, Source.NONE, bounds=(proxy_bound(gate, rubric),), rule=rule)
    return Finding(gate, Verdict.UNKNOWN, Source.NONE, settled=rule == "pass", rule=rule)


def _climb(passed: Mapping[Gate, bool]) -> int:
    rung = 0
    while rung + 1 < len(TIERS) and all(passed[gate] for gate in TIERS[rung + 1]):
        rung += 1
    return rung


def _odds(findings: Mapping[Gate, Finding], case: Case) -> tuple[float, ...]:
    """Probability of each rung.

    Figures of clutter rise and fall together, so the least likely of their limits decides for them all; likewise
    those of greenery. The two are taken as independent and multiplied.
    """
    at_least = [1.0]
    weakest = {True: 1.0, False: 1.0}
    for tier in TIERS[1:]:
        for gate in tier:
            finding = findings[gate]
            if finding.settled is False:
                weakest = {True: 0.0, False: 0.0}
            for bound in finding.bounds:
                kind = bound.indicator in CLUTTER
                chance = bound.probability(case.figure(bound.indicator))
                weakest[kind] = chance if math.isnan(chance) else min(weakest[kind], chance)
        at_least.append(weakest[True] * weakest[False])
    return tuple(a - b for a, b in zip(at_least, [*at_least[1:], 0.0], strict=True))
