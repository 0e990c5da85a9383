"""A block's state machine: from red or orange through plan, work and check to closed (销号) and watched; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo

from pipeline.core.casefacts import FAILED, PASSED
from pipeline.core.ledger import MACHINE, Answered, BlockAct, BlockState, Entry, Moment, Why
from pipeline.core.refusals import refuse, told_apart
from pipeline.core.vocabulary import Grade
from pipeline.core.worktime import day_at, on_the_clock

S, A = BlockState, BlockAct
LISTED_GRADES = (Grade.RED, Grade.ORANGE)


@dataclass(frozen=True)
class BlockFacts:
    """All that is known of a block's way out of red or orange; it follows from its events alone."""

    block_id: str
    state: BlockState
    grade_listed: str = ""
    grade_now: str = ""
    flight: str = ""
    listed_at: Moment = ""
    plan: str = ""
    plan_by: str = ""
    due: str = ""
    checked_at: Moment = ""
    result: str = ""
    closed_at: Moment = ""
    closed_by: str = ""
    watch_until: Moment = ""
    closings: int = 0
    relapses: int = 0
    last_at: Moment = ""
    version: int = 0


@dataclass(frozen=True)
class BlockKnown:
    """What a decision needs beside the block: listed people, its open severe cases, how long it is watched.

    ``zone`` is that of the community's clocks.
    """

    people: Mapping[str, str] = field(default_factory=dict)
    severe_open: int = 0
    watch_days: float = 90.0
    zone: tzinfo = UTC


FROM: Mapping[BlockAct, frozenset[BlockState | None]] = {
    A.LIST: frozenset({None, S.SETTLED, S.RELAPSE}),
    A.PLAN: frozenset({S.LISTED, S.PLAN, S.RELAPSE}),
    A.WORK: frozenset({S.PLAN, S.CHECK}),
    A.CHECK: frozenset({S.WORK, S.CHECK}),
    A.CLOSE: frozenset({S.CHECK}),
    A.WATCH: frozenset(),
    A.SETTLE: frozenset({S.WATCH}),
    A.RELAPSE: frozenset({S.WATCH}),
    A.NOTE: frozenset(S),
}
"""From which states an act is possible at all; a watch begins by closing, never by itself."""


def good_enough(listed: str, now: str) -> bool:
    """Whether a colour closes a block: at least orange where it was listed as red, at least yellow for orange.

    >>> [good_enough(a.value, b.value) for a, b in ((Grade.RED, Grade.ORANGE), (Grade.ORANGE, Grade.ORANGE))]
    [True, False]
    """
    try:
        return Grade(now).rung > Grade(listed).rung
    except ValueError:
        return False


def decide_block(facts: BlockFacts | None, act: Entry, known: BlockKnown) -> Answered:
    """The events that an act on a block amounts to, or why it is refused.

    >>> decide_block(None, Entry(BlockAct.PLAN, "王芳", "2021-01-15T01:00:00Z"), BlockKnown()).why.value
    'state'
    """
    what = BlockAct.of(act.what)
    if not act.by.strip() or (act.by == MACHINE and what not in (A.LIST, A.SETTLE, A.RELAPSE)):
        return refuse(Why.NO_NAME)
    if facts is not None and act.at < facts.last_at:
        return refuse(Why.TOO_EARLY, on_the_clock(facts.last_at, known.zone))
    state = None if facts is None else facts.state
    if state not in FROM[what]:
        return refuse(Why.STATE, *told_apart(state, what))
    if facts is None:
        return _list(act)
    return _RULES[what](facts, act, known)


def _list(act: Entry) -> Answered:
    grade = str(act.data.get("grade") or "")
    return (act,) if grade in [g.value for g in LISTED_GRADES] else refuse(Why.GRADE, "", _zh(grade), "", grade)


def _list_again(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    return _list(act)


def _plan(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    if not str(act.data.get("plan") or "").strip():
        return refuse(Why.NO_PLAN)
    return refuse(Why.NO_TERM) if "" < str(act.data.get("due") or "") < day_at(act.at, known.zone) else (act,)


def _work(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    if facts.state is S.CHECK and facts.result == PASSED:
        return refuse(Why.STATE, *told_apart(facts.state, A.WORK))
    return (act,)


def _check(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    return (act,) if act.data.get("result") in (PASSED, FAILED) else refuse(Why.NO_RESULT)


def _close(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    if facts.result != PASSED:
        return refuse(Why.NOT_PASSED)
    if act.by not in known.people:
        return refuse(Why.NOT_LISTED, act.by)
    now = str(act.data.get("grade") or "")
    if not good_enough(facts.grade_listed, now):
        return refuse(Why.GRADE, _zh(facts.grade_listed), _zh(now), facts.grade_listed, now)
    if known.severe_open:
        return refuse(Why.SEVERE, known.severe_open)
    return act, Entry(A.WATCH, act.by, act.at, data={"until": later(act.at, known.watch_days)})


def _settle(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    return (act,) if act.at >= facts.watch_until else refuse(Why.WATCHED, facts.watch_until)


def _relapse(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    now = str(act.data.get("grade") or "")
    if act.at > facts.watch_until:
        return refuse(Why.WATCHED, facts.watch_until)
    if now not in [g.value for g in Grade.ladder()] or good_enough(facts.grade_listed, now):
        return refuse(Why.GRADE, _zh(facts.grade_listed), _zh(now), facts.grade_listed, now)
    return (act,)


def _note(facts: BlockFacts, act: Entry, known: BlockKnown) -> Answered:
    return (act,)


_RULES: Mapping[BlockAct, Callable[[BlockFacts, Entry, BlockKnown], Answered]] = {
    A.LIST: _list_again,
    A.PLAN: _plan,
    A.WORK: _work,
    A.CHECK: _check,
    A.CLOSE: _close,
    A.SETTLE: _settle,
    A.RELAPSE: _relapse,
    A.NOTE: _note,
}


def _zh(grade: str) -> str:
    known = {g.value: g.facts.zh for g in Grade}
    return known.get(grade, grade)


def later(moment: Moment, days: float) -> Moment:
    """A moment so many days on.

    >>> later("2021-01-31T00:00:00Z", 90)
    '2021-05-01T00:00:00Z'
    """
    return (datetime.fromisoformat(moment) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fold_block(facts: BlockFacts | None, event: Entry) -> BlockFacts:
    """What is known of a block after an event.

    Raises
    ------
    KeyError, ValueError : the event cannot belong here; what is on record was altered
    """
    what, data = BlockAct.of(event.what), event.data
    if facts is None:
        if what is not A.LIST:
            raise ValueError(f"a block does not begin with {what}")
        facts = BlockFacts(str(data["block_id"]), S.LISTED)
    return replace(_changed(facts, what, event), last_at=event.at, version=facts.version + 1)


def _changed(facts: BlockFacts, what: BlockAct, event: Entry) -> BlockFacts:
    data = {name: str(value) for name, value in event.data.items()}
    grade, flight = data.get("grade", facts.grade_now), data.get("flight", facts.flight)
    seen = replace(facts, grade_now=grade, flight=flight)
    match what:
        case A.LIST:
            return replace(
                BlockFacts(facts.block_id, S.LISTED, grade, grade, flight, event.at),
                closings=facts.closings,
                relapses=facts.relapses,
                version=facts.version,
            )
        case A.PLAN:
            return replace(facts, state=S.PLAN, plan=data["plan"], plan_by=event.by, due=data.get("due", ""))
        case A.WORK:
            return replace(facts, state=S.WORK, result="")
        case A.CHECK:
            return replace(seen, state=S.CHECK, checked_at=event.at, result=data["result"])
        case A.CLOSE:
            return replace(seen, closed_at=event.at, closed_by=event.by, closings=facts.closings + 1)
        case A.WATCH:
            return replace(facts, state=S.WATCH, watch_until=data["until"])
        case A.SETTLE:
            return replace(facts, state=S.SETTLED)
        case A.RELAPSE:
            return replace(seen, state=S.RELAPSE, relapses=facts.relapses + 1, result="")
        case _:
            return facts
