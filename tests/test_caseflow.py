"""Every act in every state of a case and a block is allowed or refused with its reason; every guard holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from pipeline.core.answers import Problem, Severity
from pipeline.core.blockflow import FROM as BLOCK_FROM
from pipeline.core.blockflow import BlockFacts, BlockKnown, decide_block, fold_block, good_enough
from pipeline.core.casefacts import CaseFacts, Known
from pipeline.core.caseflow import FROM, decide
from pipeline.core.casefold import fold, fold_all
from pipeline.core.ledger import (
    MACHINE,
    BlockAct,
    BlockState,
    CaseAct,
    CaseState,
    Entry,
    PartyKind,
    Refusal,
    Why,
)
from pipeline.core.refusals import refuse
from pipeline.core.vocabulary import Grade

S, A = CaseState, CaseAct
PHOTO = "ab" * 32
DEADLINE, BEFORE, AFTER = "2021-01-18T09:30:00Z", "2021-01-16T01:00:00Z", "2021-01-19T01:00:00Z"
KNOWN = Known(
    people={"督查员": "", "物业的人": "wuye", "书记": ""},
    parties={"wuye": PartyKind.PROPERTY, "xuexiao": PartyKind.SCHOOL, "cishan": PartyKind.CHARITY},
    deadline="2021-01-25T09:30:00Z",
)
DATA = {
    A.SUSPECT: {"number": "1", "block_id": "B1", "x": 0.0, "y": 0.0, "kind": "rubbish", "severity": "minor"},
    A.OPEN: {"number": "1", "block_id": "B1", "x": 0.0, "y": 0.0, "kind": "rubbish", "severity": "minor"},
    A.ASSIGN: {"party": "xuexiao"},
    A.HELP: {"party": "cishan"},
    A.MOVE: {"x": 5.0, "y": 6.0, "lon": 120.6, "lat": 27.7, "block_id": "B2"},
    A.ISSUE: {"notice": "2021-000001"},
    A.ANSWER: {"answer": "已清理"},
    A.PROPOSE: {"found": "gone", "flight": "2021-09", "comparable": True, "acquired": "2021-09-18T02:10:00Z"},
    A.INSPECT: {"result": "passed", "photo": PHOTO},
    A.EXTEND: {"approved_by": "书记"},
    A.DEFER: {"approved_by": "书记", "until": "2021-03-01"},
}


def act(what: CaseAct, by: str = "督查员", at: str = AFTER, **data: object) -> Entry:
    return Entry(what, by, at, "理由", {**DATA.get(what, {}), **data})


def case(state: CaseState, **facts: object) -> CaseFacts:
    """A case that lacks nothing for whatever can follow in its state."""
    served = state in (S.NOTICED, S.RECTIFYING, S.INSPECTION, S.EXTENDED, S.HANDED_OVER, S.HANDLED)
    held = {
        "party": "wuye" if served or state is S.ASSIGNED else "",
        "notice": "2021-000001" if served else "",
        "served_at": "2021-01-15T01:00:00Z" if served else "",
        "deadline": DEADLINE if served else "",
        "opened_at": "2021-01-15T00:00:00Z",
        "last_at": "2021-01-15T01:00:00Z",
        "state_before": "opened" if state is S.DEFERRED else "",
        "result": "failed" if state is S.INSPECTION else "",
        "late_fail": state is S.INSPECTION,
    }
    base = CaseFacts("1", state, Problem.RUBBISH, Severity.MINOR, "B1", 0.0, 0.0, **held)  # type: ignore[arg-type]
    return replace(base, **facts)  # type: ignore[arg-type]


def ready(state: CaseState | None, what: CaseAct) -> CaseFacts | None:
    """A case in a state in which, if the state allows it, an act lacks nothing."""
    if state is None:
        return None
    found = case(state)
    if what is A.SERVE and state is S.ASSIGNED:
        return replace(found, notice="2021-000001")
    if what is A.CLOSE and state is S.INSPECTION:
        return replace(found, result="passed", late_fail=False, photo=PHOTO)
    return found


def why(answer: object) -> Why | None:
    return answer.why if isinstance(answer, Refusal) else None


@pytest.mark.parametrize(("state", "what"), list(product([None, *S], A)), ids=str)
def test_every_act_in_every_state_is_allowed_or_refused_with_its_reason(state: CaseState | None, what: CaseAct) -> None:
    facts = ready(state, what)
    answer = decide(facts, act(what), KNOWN)
    if state in FROM[what]:
        assert not isinstance(answer, Refusal), answer
        after = facts
        for event in answer:
            after = fold(after, event)
        assert after is not None
        assert answer[-1].what is what
        assert after.version == (facts.version if facts else 0) + len(answer)
    else:
        assert isinstance(answer, Refusal)
        special = {A.ASSIGN: {Why.TWO_PARTIES}, A.HANDOVER: {Why.NO_NOTICE, Why.NOT_OVERDUE, Why.NOT_FAILED}}
        assert answer.why in {Why.STATE, *special.get(what, set())}
        assert answer.zh
        assert answer.en


@pytest.mark.parametrize(
    ("state", "what", "after"),
    [
        (S.SUSPECTED, A.REJECT, S.REJECTED),
        (S.SUSPECTED, A.OPEN, S.OPENED),
        (S.OPENED, A.ASSIGN, S.ASSIGNED),
        (S.ASSIGNED, A.SERVE, S.NOTICED),
        (S.NOTICED, A.START, S.RECTIFYING),
        (S.NOTICED, A.INSPECT, S.INSPECTION),
        (S.RECTIFYING, A.INSPECT, S.INSPECTION),
        (S.INSPECTION, A.EXTEND, S.EXTENDED),
        (S.EXTENDED, A.START, S.RECTIFYING),
        (S.INSPECTION, A.CLOSE, S.CLOSED),
        (S.INSPECTION, A.HANDOVER, S.HANDED_OVER),
        (S.HANDED_OVER, A.HANDLE, S.HANDLED),
        (S.HANDLED, A.INSPECT, S.INSPECTION),
        (S.NOTICED, A.RETURN, S.RETURNED),
        (S.RETURNED, A.ASSIGN, S.ASSIGNED),
        (S.RECTIFYING, A.DEFER, S.DEFERRED),
        (S.DEFERRED, A.RESUME, S.OPENED),
        (S.OPENED, A.VOID, S.VOID),
    ],
)
def test_acts_lead_where_the_rules_say(state: CaseState, what: CaseAct, after: CaseState) -> None:
    facts = ready(state, what)
    answer = decide(facts, act(what), KNOWN)
    assert not isinstance(answer, Refusal)
    for event in answer:
        facts = fold(facts, event)
    assert facts is not None
    assert facts.state is after


@pytest.mark.parametrize(
    ("facts", "doing", "reason"),
    [
        (None, act(A.OPEN, by="  "), Why.NO_NAME),
        (None, act(A.OPEN, by=MACHINE), Why.NO_NAME),
        (case(S.INSPECTION, result="passed", photo=PHOTO), act(A.CLOSE, by=MACHINE), Why.NO_NAME),
        (case(S.INSPECTION, result="passed", photo=PHOTO), act(A.CLOSE, by="路人"), Why.NOT_LISTED),
        (case(S.INSPECTION, result="passed", photo=PHOTO), act(A.CLOSE, by="物业的人"), Why.OWN_PARTY),
        (case(S.INSPECTION, result="passed"), act(A.CLOSE), Why.NO_EVIDENCE),
        (case(S.INSPECTION, result="passed"), act(A.CLOSE, photo="after.jpg"), Why.NO_EVIDENCE),
        (case(S.INSPECTION, photo=PHOTO), act(A.CLOSE), Why.NOT_PASSED),
        (case(S.RECTIFYING), act(A.INSPECT, by="物业的人"), Why.OWN_PARTY),
        (case(S.RECTIFYING), act(A.INSPECT, by="路人"), Why.NOT_LISTED),
        (case(S.RECTIFYING), act(A.INSPECT, result="maybe"), Why.NO_RESULT),
        (case(S.INSPECTION), act(A.HANDOVER, at=DEADLINE), Why.NOT_OVERDUE),
        (case(S.INSPECTION, late_fail=False), act(A.HANDOVER), Why.NOT_FAILED),
        (case(S.INSPECTION, result="passed"), act(A.HANDOVER), Why.NOT_FAILED),
        (case(S.RECTIFYING), act(A.HANDOVER), Why.NOT_FAILED),
        (case(S.OPENED), act(A.HANDOVER), Why.NO_NOTICE),
        (case(S.ASSIGNED), act(A.ASSIGN), Why.TWO_PARTIES),
        (case(S.NOTICED), act(A.ASSIGN), Why.TWO_PARTIES),
        (case(S.OPENED), act(A.ASSIGN, party="路人"), Why.NO_PARTY),
        (case(S.OPENED), act(A.ASSIGN, party="cishan"), Why.NOT_LIABLE),
        (case(S.RETURNED, tried=("xuexiao",)), act(A.ASSIGN), Why.HAS_RETURNED),
        (case(S.ASSIGNED), act(A.HELP, party="wuye"), Why.TWICE),
        (case(S.ASSIGNED, helpers=("cishan",)), act(A.HELP), Why.TWICE),
        (case(S.ASSIGNED), act(A.MOVE, by="物业的人"), Why.OWN_PARTY),
        (case(S.OPENED), act(A.MOVE, by="路人"), Why.NOT_LISTED),
        (case(S.OPENED), act(A.MOVE, block_id=""), Why.NO_PLACE),
        (case(S.OPENED), act(A.MOVE, x=float("nan")), Why.NO_PLACE),
        (case(S.OPENED), act(A.MOVE, lat="27"), Why.NO_PLACE),
        (case(S.CLOSED), act(A.MOVE), Why.STATE),
        (case(S.ASSIGNED), act(A.SERVE), Why.NO_NOTICE),
        (case(S.ASSIGNED, notice="2021-000001"), act(A.ISSUE), Why.TWICE),
        (case(S.ASSIGNED, notice="2021-000001"), act(A.SERVE, deadline=AFTER), Why.NO_TERM),
        (case(S.INSPECTION, extended=True), act(A.EXTEND), Why.EXTENDED_ONCE),
        (case(S.INSPECTION, result="passed"), act(A.EXTEND), Why.NOT_FAILED),
        (case(S.INSPECTION), act(A.EXTEND, approved_by="督查员"), Why.NOT_APPROVED),
        (case(S.INSPECTION), act(A.EXTEND, approved_by="物业的人"), Why.NOT_APPROVED),
        (case(S.INSPECTION), act(A.EXTEND, approved_by=""), Why.NOT_APPROVED),
        (case(S.OPENED), act(A.DEFER, approved_by=""), Why.NOT_APPROVED),
        (case(S.OPENED), act(A.DEFER, until=""), Why.NO_TERM),
        (case(S.OPENED), act(A.DEFER, until="2020-01-01"), Why.NO_TERM),
        (case(S.OPENED), act(A.DEFER, until="2021-01-19"), Why.NO_TERM),
        (case(S.NOTICED), act(A.NOTE, at="2021-01-01T00:00:00Z"), Why.TOO_EARLY),
        (case(S.INSPECTION, result="passed"), act(A.START), Why.STATE),
        (case(S.RECTIFYING), act(A.PROPOSE, by=MACHINE, comparable=False), Why.NO_EVIDENCE),
        (case(S.RECTIFYING), act(A.PROPOSE, by=MACHINE, acquired="2021-01-14T02:30:00Z"), Why.NO_EVIDENCE),
        (case(S.CLOSED), act(A.CLOSE), Why.STATE),
        (case(S.ASSIGNED), act(A.ISSUE, clause="责令改正"), Why.WORDING),
        (case(S.ASSIGNED, problem="应予处罚"), act(A.ISSUE), Why.WORDING),
        (case(S.ASSIGNED), act(A.ISSUE, inspectors=["督查员"]), Why.TWO_INSPECTORS),
        (case(S.ASSIGNED), act(A.ISSUE, inspectors=["督查员", "督查员"]), Why.TWO_INSPECTORS),
        (case(S.ASSIGNED), act(A.ISSUE, inspectors=["督查员", "过路人"]), Why.NOT_LISTED),
        (case(S.ASSIGNED), act(A.ISSUE, inspectors=["督查员", "物业的人"]), Why.OWN_PARTY),
        (case(S.ASSIGNED), act(A.ISSUE, approved_by="督查员"), Why.NOT_APPROVED),
        (case(S.ASSIGNED), act(A.ISSUE, approved_by="物业的人"), Why.NOT_APPROVED),
        (case(S.NOTICED), act(A.ANSWER, answer=" "), Why.NO_ANSWER),
        (case(S.ASSIGNED, notice="1"), replace(act(A.SERVE, signed=False), why=" "), Why.NO_REASON),
    ],
)
def test_guards_hold(facts: CaseFacts | None, doing: Entry, reason: Why) -> None:
    assert why(decide(facts, doing, KNOWN)) is reason


@pytest.mark.parametrize("what", [A.RETURN, A.HANDLE, A.VOID, A.DEFER])
def test_some_acts_need_a_reason(what: CaseAct) -> None:
    facts = case(S.HANDED_OVER if what is A.HANDLE else S.ASSIGNED)
    assert why(decide(facts, replace(act(what), why=" "), KNOWN)) is Why.NO_REASON


@pytest.mark.parametrize(
    ("x", "days", "number", "reason"),
    [
        (2.9, "2021-04-10", "9", None),
        (3.1, "2021-04-10", "9", Why.NOT_A_RELAPSE),
        (0.0, "2021-04-25", "9", Why.NOT_A_RELAPSE),
        (0.0, "2021-01-20", "9", Why.NOT_A_RELAPSE),
        (0.0, "2021-04-10", "8", Why.NOT_A_RELAPSE),
    ],
)
def test_a_relapse_lies_near_and_comes_soon(x: float, days: str, number: str, reason: Why | None) -> None:
    old = replace(case(S.CLOSED, closed_at="2021-01-20T01:00:00Z"), number="9")
    doing = act(A.OPEN, at=f"{days}T00:30:00Z", x=x, relapse_of=number)
    assert why(decide(None, doing, replace(KNOWN, old=old))) is reason


def test_a_flight_that_shows_it_gone_is_evidence_only_until_someone_finds_it_still_there() -> None:
    facts: CaseFacts = case(S.RECTIFYING)
    later = "2021-09-19T01:00:00Z"
    for doing in (act(A.PROPOSE, by=MACHINE, at=later), act(A.INSPECT, at=later, photo=None)):
        answer = decide(facts, doing, KNOWN)
        assert not isinstance(answer, Refusal)
        for event in answer:
            facts = fold(facts, event)
    assert why(decide(facts, act(A.CLOSE, at=later), KNOWN)) is None
    failed = decide(facts, act(A.INSPECT, at=later, result="failed"), KNOWN)
    assert not isinstance(failed, Refusal)
    for event in failed:
        facts = fold(facts, event)
    passed = decide(facts, act(A.INSPECT, at=later, photo=None), KNOWN)
    assert not isinstance(passed, Refusal)
    for event in passed:
        facts = fold(facts, event)
    assert why(decide(facts, act(A.CLOSE, at=later), KNOWN)) is Why.NO_EVIDENCE


def test_a_returned_case_forgets_its_notice_and_remembers_who_returned_it() -> None:
    facts = fold(case(S.NOTICED), act(A.RETURN))
    assert (facts.party, facts.notice, facts.deadline, facts.tried) == ("", "", "", ("wuye",))


def test_events_that_make_no_sense_are_noticed() -> None:
    with pytest.raises(ValueError, match="begin"):
        fold_all([act(A.SERVE)])
    with pytest.raises(ValueError, match="at least"):
        fold_all([])


@pytest.mark.parametrize("reason", Why)
def test_every_reason_has_words(reason: Why) -> None:
    told = refuse(reason, *"abcd")
    assert told.zh != told.en


B, BA = BlockState, BlockAct
RED, ORANGE, YELLOW = (g.value for g in (Grade.RED, Grade.ORANGE, Grade.YELLOW))
BLOCK_DATA = {
    BA.LIST: {"block_id": "B1", "grade": RED, "flight": "2021-01"},
    BA.PLAN: {"plan": "清运、补绿"},
    BA.CHECK: {"result": "passed", "grade": YELLOW, "flight": "2021-09"},
    BA.CLOSE: {"grade": YELLOW, "flight": "2021-09"},
    BA.RELAPSE: {"grade": RED, "flight": "2021-10"},
}
WATCH_END = "2021-12-18T02:10:00Z"


def block(state: BlockState, **facts: object) -> BlockFacts:
    base = BlockFacts("B1", state, grade_listed=RED, watch_until=WATCH_END, last_at="2021-09-01T00:00:00Z")
    result = "passed" if state is B.CHECK else ""
    return replace(base, result=result, **facts)  # type: ignore[arg-type]


def doing(what: BlockAct, by: str = "书记", at: str = "2021-09-20T01:00:00Z", **data: object) -> Entry:
    return Entry(what, by, at, "理由", {**BLOCK_DATA.get(what, {}), **data})


BLOCK_KNOWN = BlockKnown(people={"书记": ""})


@pytest.mark.parametrize(("state", "what"), list(product([None, *B], BA)), ids=str)
def test_every_act_in_every_state_of_a_block(state: BlockState | None, what: BlockAct) -> None:
    facts = None if state is None else block(state)
    if what is BA.WORK and facts is not None:
        facts = replace(facts, result="failed" if state is B.CHECK else "")
    act = doing(what, at="2021-12-19T00:00:00Z" if what is BA.SETTLE else "2021-09-20T01:00:00Z")
    answer = decide_block(facts, act, BLOCK_KNOWN)
    if state in BLOCK_FROM[what]:
        assert not isinstance(answer, Refusal), answer
        after = facts
        for event in answer:
            after = fold_block(after, event)
        assert after is not None
        assert after.version == (facts.version if facts else 0) + len(answer)
        ends = {BA.LIST: B.LISTED, BA.CLOSE: B.WATCH, BA.SETTLE: B.SETTLED, BA.NOTE: state}
        assert after.state is ends.get(what, BlockState.of(what.value) if what not in ends else None)
    else:
        assert isinstance(answer, Refusal)
        assert answer.why is Why.STATE


@pytest.mark.parametrize(
    ("facts", "act", "known", "reason"),
    [
        (block(B.CHECK), doing(BA.CLOSE, grade=RED), BLOCK_KNOWN, Why.GRADE),
        (block(B.CHECK, grade_listed=ORANGE), doing(BA.CLOSE, grade=ORANGE), BLOCK_KNOWN, Why.GRADE),
        (block(B.CHECK), doing(BA.CLOSE, grade="ungraded"), BLOCK_KNOWN, Why.GRADE),
        (block(B.CHECK), doing(BA.CLOSE), replace(BLOCK_KNOWN, severe_open=1), Why.SEVERE),
        (block(B.CHECK), doing(BA.CLOSE, by=MACHINE), BLOCK_KNOWN, Why.NO_NAME),
        (block(B.CHECK), doing(BA.CLOSE, by="路人"), BLOCK_KNOWN, Why.NOT_LISTED),
        (replace(block(B.CHECK), result="failed"), doing(BA.CLOSE), BLOCK_KNOWN, Why.NOT_PASSED),
        (block(B.LISTED), doing(BA.PLAN, plan=" "), BLOCK_KNOWN, Why.NO_PLAN),
        (block(B.WORK), doing(BA.CHECK, result=""), BLOCK_KNOWN, Why.NO_RESULT),
        (block(B.WATCH), doing(BA.SETTLE), BLOCK_KNOWN, Why.WATCHED),
        (block(B.WATCH), doing(BA.RELAPSE, grade=YELLOW), BLOCK_KNOWN, Why.GRADE),
        (block(B.WATCH), doing(BA.RELAPSE, at="2021-12-19T00:00:00Z"), BLOCK_KNOWN, Why.WATCHED),
        (None, doing(BA.LIST, grade=YELLOW), BLOCK_KNOWN, Why.GRADE),
        (block(B.WORK), doing(BA.NOTE, at="2021-01-01T00:00:00Z"), BLOCK_KNOWN, Why.TOO_EARLY),
    ],
)
def test_a_blocks_guards_hold(facts: BlockFacts | None, act: Entry, known: BlockKnown, reason: Why) -> None:
    assert why(decide_block(facts, act, known)) is reason


def test_red_closes_at_orange_and_orange_at_yellow() -> None:
    closing = {(a.value, b.value) for a in (Grade.RED, Grade.ORANGE) for b in Grade if good_enough(a.value, b.value)}
    ladder = [g.value for g in Grade.ladder()]
    assert closing == {(RED, g) for g in ladder[1:]} | {(ORANGE, g) for g in ladder[2:]}
