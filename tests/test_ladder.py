"""Laws of the ladder: the interval holds the suggestion, better never lowers a grade, unknown stays unknown."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import GradeSection
from pipeline.core.case import UNKNOWN_RULES, BlockEvidence, Case, Figure, Rubric, kleene_and
from pipeline.core.ladder import TIERS, find, grade_block
from pipeline.core.reasons import needs, reasons
from pipeline.core.vocabulary import Facility, Gate, Grade, Indicator, Source, Unusable, Verdict

RUBRIC = Rubric(
    clutter_max=12,
    clutter_p90_max=35,
    ground_green_min=12,
    bare_max=25,
    facilities_proxy_share=0.5,
    beautified_proxy_green_min=20,
    culture_proxy_green_min=35,
)
USED = (
    Indicator.CLUTTER,
    Indicator.CLUTTER_P90,
    Indicator.GREEN_PCT,
    Indicator.GROUND_GREEN_PCT,
    Indicator.BARE_PCT,
)
figures = st.builds(Figure, st.floats(0, 100) | st.just(math.nan), st.floats(0, 10))
checks = st.dictionaries(st.sampled_from(list(Gate)), st.booleans())
facilities = st.dictionaries(st.sampled_from(list(Facility)), st.booleans())
cases = st.builds(
    Case,
    st.fixed_dictionaries(dict.fromkeys(USED, figures)),
    st.builds(BlockEvidence, checks, facilities),
    st.none() | st.sampled_from(list(Unusable)),
)
rules = st.fixed_dictionaries(
    {
        g: st.sampled_from(["pass", "fail", "proxy"] if r == "proxy" else ["pass", "fail"])
        for g, r in UNKNOWN_RULES.items()
    }
)
rubrics = rules.map(lambda r: replace(RUBRIC, when_unknown=r))


def seen(clutter: float = 3, p90: float = 5, green: float = 50, ground_green: float = 40, bare: float = 0) -> Case:
    return Case({k: Figure(v, 1.0) for k, v in zip(USED, (clutter, p90, green, ground_green, bare), strict=True)})


def checked(case: Case, **answers: bool) -> Case:
    return replace(case, evidence=BlockEvidence({Gate[k.upper()]: v for k, v in answers.items()}))


@given(cases, rubrics)
def test_the_suggestion_lies_in_its_interval(case: Case, rubric: Rubric) -> None:
    got = grade_block(case, rubric)
    assert got.lower.rung <= got.grade.rung <= got.upper.rung


@given(cases, rubrics, st.sampled_from(list(Gate)))
def test_a_person_who_passes_a_gate_never_lowers_a_grade(case: Case, rubric: Rubric, gate: Gate) -> None:
    better = replace(case, evidence=replace(case.evidence, checks={**case.evidence.checks, gate: True}))
    before, after = grade_block(case, rubric), grade_block(better, rubric)
    assert after.grade.rung >= before.grade.rung
    assert after.lower.rung >= before.lower.rung


@given(cases, rubrics, st.sampled_from(USED), st.floats(0, 50))
def test_a_better_figure_never_lowers_a_grade(case: Case, rubric: Rubric, kind: Indicator, step: float) -> None:
    worse_is_higher = kind in (Indicator.CLUTTER, Indicator.CLUTTER_P90, Indicator.BARE_PCT)
    figure = case.figures[kind]
    improved = Figure(figure.value - step if worse_is_higher else figure.value + step, figure.se)
    better = replace(case, figures={**case.figures, kind: improved})
    after = grade_block(better, rubric).grade
    assert after is Grade.UNGRADED or after.rung >= grade_block(case, rubric).grade.rung


@given(cases, rubrics, st.fixed_dictionaries({g: st.booleans() for g in Gate}))
def test_when_people_know_all_nothing_is_provisional(case: Case, rubric: Rubric, answers: dict[Gate, bool]) -> None:
    got = grade_block(replace(case, evidence=BlockEvidence(answers)), rubric)
    assert got.lower is got.grade is got.upper
    assert not got.provisional and not got.open_gates
    assert got.confidence == 1


@given(cases, rubrics)
def test_provisional_says_what_is_missing_and_only_then(case: Case, rubric: Rubric) -> None:
    got = grade_block(case, rubric)
    text = needs(got, case)
    assert bool(text.zh) == bool(text.en) == (got.provisional or got.grade is Grade.UNGRADED)
    assert got.provisional == (got.lower is not got.upper or got.suspected)
    why = reasons(got, case)
    assert why.zh and why.en and "\n" not in why.zh + why.en and "nan" not in why.zh + why.en


@given(cases, rubrics)
def test_odds_are_a_distribution(case: Case, rubric: Rubric) -> None:
    got = grade_block(case, rubric)
    if got.grade is Grade.UNGRADED:
        assert all(math.isnan(p) for p in got.odds)
    else:
        assert math.isclose(sum(got.odds), 1) and all(0 <= p <= 1 for p in got.odds)


@given(cases.filter(lambda c: Gate.CLEAN not in c.evidence.checks), rubrics)
def test_a_block_whose_cleanness_nobody_knows_is_ungraded_and_no_other(case: Case, rubric: Rubric) -> None:
    unknown = find(Gate.CLEAN, case, rubric).verdict is Verdict.UNKNOWN
    assert unknown == (grade_block(case, rubric).grade is Grade.UNGRADED)
    assert unknown or case.unusable is None


@given(cases, rubrics)
def test_without_error_the_suggested_grade_is_certain(case: Case, rubric: Rubric) -> None:
    sharp = replace(case, figures={k: Figure(f.value, 0.0) for k, f in case.figures.items()})
    got = grade_block(sharp, rubric)
    assert got.grade is Grade.UNGRADED or got.confidence == 1


def test_kleene_truth_table() -> None:
    table = {(a, b): kleene_and([a, b]) for a, b in product(Verdict, Verdict)}
    for (a, b), got in table.items():
        assert got is table[b, a]
        assert (got is Verdict.PASS) == (a is b is Verdict.PASS)
        assert (got is Verdict.FAIL) == (Verdict.FAIL in (a, b))


def test_every_gate_leads_to_one_rung() -> None:
    assert [g for tier in TIERS for g in tier] == list(Gate)
    assert len(TIERS) == len(Grade.ladder())


@pytest.mark.parametrize(
    ("answers", "grade"),
    [
        ({"clean": False, "facilities": True}, Grade.RED),
        ({"clean": True, "pure": True, "facilities": True, "orderly": False}, Grade.ORANGE),
        ({"clean": True, "pure": True, "orderly": True, "facilities": False, "culture": True}, Grade.ORANGE),
        ({"pure": True, "orderly": True, "facilities": True, "beautified": False, "culture": True}, Grade.YELLOW),
        ({"pure": True, "orderly": True, "facilities": True, "beautified": True, "culture": False}, Grade.BLUE),
        ({"pure": True, "orderly": True, "facilities": True, "beautified": True, "culture": True}, Grade.GREEN),
    ],
)
def test_the_articles_ladder(answers: dict[str, bool], grade: Grade) -> None:
    got = grade_block(checked(seen(), **answers), RUBRIC)
    assert got.grade is grade and not got.provisional


def test_one_bad_corner_makes_a_clean_block_suspect() -> None:
    got = grade_block(seen(clutter=5, p90=52), RUBRIC)
    assert got.grade is Grade.RED and got.suspected and got.provisional
    assert "最差一角杂物 52，高于上限 35" in reasons(got, seen(clutter=5, p90=52)).zh


def test_a_red_by_imagery_is_suspected_and_a_red_by_a_person_is_not() -> None:
    by_image, by_person = seen(clutter=41), checked(seen(clutter=41), clean=False)
    assert grade_block(by_image, RUBRIC).suspected
    assert not grade_block(by_person, RUBRIC).provisional
    assert needs(grade_block(by_image, RUBRIC), by_image).zh == "到现场看是否干净"


def test_a_person_outranks_the_picture() -> None:
    assert grade_block(checked(seen(clutter=41), clean=True), RUBRIC).lower is Grade.ORANGE
    assert grade_block(checked(seen(ground_green=2), beautified=True), RUBRIC).findings[Gate.BEAUTIFIED].source is (
        Source.PERSON
    )


def test_the_picture_may_fail_beauty_but_not_grant_it() -> None:
    assert find(Gate.BEAUTIFIED, seen(ground_green=2), RUBRIC).verdict is Verdict.FAIL
    assert find(Gate.BEAUTIFIED, seen(bare=60), RUBRIC).verdict is Verdict.FAIL
    assert find(Gate.BEAUTIFIED, seen(green=90), RUBRIC).verdict is Verdict.UNKNOWN


def test_a_checklist_names_what_is_missing_and_what_is_not_filled_in() -> None:
    partly = replace(seen(), evidence=BlockEvidence({}, {Facility.BINS: True, Facility.TOILET: False}))
    got = grade_block(partly, RUBRIC)
    assert got.grade is Grade.ORANGE and not got.provisional
    assert "设施缺公厕可及" in reasons(got, partly).zh
    most = {f: True for f in Facility if f not in (Facility.PARKING, Facility.LIGHTING)}
    open_case = replace(seen(), evidence=BlockEvidence({}, most))
    assert "补设施台账：停车、照明" in needs(grade_block(open_case, RUBRIC), open_case).zh


@pytest.mark.parametrize(
    ("rule", "grade", "told"), [("pass", Grade.BLUE, "暂通过"), ("fail", Grade.YELLOW, "暂不通过")]
)
def test_what_is_told_of_an_unchecked_landscape_is_what_was_done(rule: str, grade: Grade, told: str) -> None:
    case = checked(seen(), clean=True, pure=True, facilities=True, orderly=True, culture=False)
    got = grade_block(case, GradeSection.model_validate({"when_unknown": {"beautified": rule}}).ladder)
    assert got.grade is grade and f"景观未查，{told}" in reasons(got, case).zh


def test_little_ground_hides_clutter_but_not_green() -> None:
    narrow = replace(checked(seen(green=50), clean=True, facilities=True), unusable=Unusable.LITTLE_GROUND)
    assert grade_block(narrow, RUBRIC).grade is Grade.GREEN
    assert grade_block(replace(narrow, unusable=Unusable.BLURRED), RUBRIC).grade is Grade.YELLOW


def test_unknown_error_leaves_the_odds_unknown() -> None:
    case = Case({k: Figure(f.value) for k, f in seen().figures.items()})
    got = grade_block(case, RUBRIC)
    assert got.grade is Grade.GREEN and math.isnan(got.confidence)


def test_the_config_gives_the_same_ladder_and_keeps_rules_left_out() -> None:
    assert GradeSection(clutter_max=12, clutter_p90_max=35, facilities_proxy_share=0.5).ladder == RUBRIC
    section = GradeSection.model_validate({"when_unknown": {"facilities": "pass"}})
    assert section.when_unknown == {**UNKNOWN_RULES, Gate.FACILITIES: "pass"}


@pytest.mark.parametrize("rule", [{"clean": "pass"}, {"pure": "proxy"}, {"culture": "maybe"}])
def test_rules_that_cannot_be_are_refused(rule: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"clean|pure|culture"):
        GradeSection.model_validate({"when_unknown": rule})
