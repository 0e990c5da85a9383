"""What a case's events amount to: one event after the other changes what is known; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from pipeline.core.answers import Problem, Severity
from pipeline.core.casefacts import GONE, PASSED, CaseFacts, is_hash
from pipeline.core.ledger import CaseAct, CaseState, Entry

S, A = CaseState, CaseAct
_BIRTH = tuple(
    f.name
    for f in fields(CaseFacts)
    if f.name in {"block_id", "x", "y", "lon", "lat", "place", "problem", "source", "flight", "hotspot_id", "picture"}
)
_PLAIN_STATES: Mapping[CaseAct, CaseState] = {
    A.REJECT: S.REJECTED,
    A.START: S.RECTIFYING,
    A.HANDLE: S.HANDLED,
    A.VOID: S.VOID,
}


def fold(facts: CaseFacts | None, event: Entry) -> CaseFacts:
    """What is known after an event.

    Raises
    ------
    KeyError, ValueError : the event cannot belong here; what is on record was altered
    """
    what = CaseAct.of(event.what)
    if facts is None:
        facts = _born(event)
    elif what is A.OPEN:
        facts = replace(facts, **_given(event.data))
    after = _CHANGES.get(what, _plain)(facts, event)
    return replace(after, last_at=event.at, version=after.version + 1)


def fold_all(events: Iterable[Entry]) -> CaseFacts:
    """What is known after all events of a case, oldest first."""
    facts: CaseFacts | None = None
    for event in events:
        facts = fold(facts, event)
    if facts is None:
        raise ValueError("a case has at least one event")
    return facts


def _born(event: Entry) -> CaseFacts:
    if event.what not in (A.OPEN, A.SUSPECT):
        raise ValueError(f"a case does not begin with {event.what}")
    data = event.data
    return CaseFacts(
        number=str(data["number"]),
        state=S.SUSPECTED,
        block_id=str(data["block_id"]),
        x=float(data["x"]),
        y=float(data["y"]),
        kind=Problem.of(data["kind"]),
        severity=Severity.of(data["severity"]),
        **{name: data[name] for name in _BIRTH if name in data and name not in ("block_id", "x", "y")},
    )


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: data[name] for name in _BIRTH if name in data}
    if "kind" in data:
        found["kind"] = Problem.of(data["kind"])
    if "severity" in data:
        found["severity"] = Severity.of(data["severity"])
    return found


def _plain(facts: CaseFacts, event: Entry) -> CaseFacts:
    return replace(facts, state=_PLAIN_STATES.get(CaseAct.of(event.what), facts.state))


def _open(facts: CaseFacts, event: Entry) -> CaseFacts:
    relapse = str(event.data.get("relapse_of") or "")
    return replace(facts, state=S.OPENED, opened_at=event.at, opened_by=event.by, relapse_of=relapse)


def _assign(facts: CaseFacts, event: Entry) -> CaseFacts:
    party = str(event.data["party"])
    helpers = tuple(h for h in facts.helpers if h != party)
    return replace(facts, state=S.ASSIGNED, party=party, duty=str(event.data.get("duty") or ""), helpers=helpers)


def _help(facts: CaseFacts, event: Entry) -> CaseFacts:
    return replace(facts, helpers=(*facts.helpers, str(event.data["party"])))


def _move(facts: CaseFacts, event: Entry) -> CaseFacts:
    place = {name: float(event.data[name]) for name in ("x", "y", "lon", "lat")}
    return replace(facts, block_id=str(event.data["block_id"]), **place)  # type: ignore[arg-type]


def _return(facts: CaseFacts, event: Entry) -> CaseFacts:
    tried = (*facts.tried, facts.party)
    blank = dict.fromkeys(("party", "duty", "notice", "clause", "todo", "served_at", "deadline"), "")
    return replace(facts, state=S.RETURNED, tried=tried, **blank)  # type: ignore[arg-type]


def _issue(facts: CaseFacts, event: Entry) -> CaseFacts:
    data = event.data
    clause, todo = str(data.get("clause") or ""), str(data.get("todo") or "")
    return replace(facts, notice=str(data["notice"]), clause=clause, todo=todo)


def _serve(facts: CaseFacts, event: Entry) -> CaseFacts:
    return replace(facts, state=S.NOTICED, served_at=event.at, deadline=str(event.data["deadline"]))


def _propose(facts: CaseFacts, event: Entry) -> CaseFacts:
    found, flight = str(event.data["found"]), str(event.data["flight"])
    return replace(
        facts,
        proposal=found,
        proposal_flight=flight,
        proposal_chip=str(event.data.get("chip") or ""),
        gone_flight=flight if found == GONE else "",
    )


def _inspect(facts: CaseFacts, event: Entry) -> CaseFacts:
    passed = event.data["result"] == PASSED
    photo = event.data.get("photo") if passed else None
    return replace(
        facts,
        state=S.INSPECTION,
        inspected_at=event.at,
        inspected_by=event.by,
        result=str(event.data["result"]),
        late_fail=not passed and bool(event.data.get("late")),
        photo=str(photo) if is_hash(photo) else "",
        gone_flight=facts.gone_flight if passed else "",
    )


def _extend(facts: CaseFacts, event: Entry) -> CaseFacts:
    return replace(
        facts, state=S.EXTENDED, extended=True, deadline=str(event.data["deadline"]), result="", late_fail=False
    )


def _close(facts: CaseFacts, event: Entry) -> CaseFacts:
    photo = event.data.get("photo")
    kept = str(photo) if is_hash(photo) else facts.photo
    return replace(facts, state=S.CLOSED, closed_at=event.at, closed_by=event.by, photo=kept)


def _handover(facts: CaseFacts, event: Entry) -> CaseFacts:
    return replace(facts, state=S.HANDED_OVER, handed_at=event.at)


def _defer(facts: CaseFacts, event: Entry) -> CaseFacts:
    return replace(facts, state=S.DEFERRED, state_before=facts.state.value, until=str(event.data["until"]), deadline="")


def _resume(facts: CaseFacts, event: Entry) -> CaseFacts:
    deadline = str(event.data.get("deadline") or "")
    return replace(
        facts, state=CaseState.of(facts.state_before), state_before="", until="", deadline=deadline, late_fail=False
    )


_CHANGES: Mapping[CaseAct, Callable[[CaseFacts, Entry], CaseFacts]] = {
    A.OPEN: _open,
    A.ASSIGN: _assign,
    A.HELP: _help,
    A.MOVE: _move,
    A.RETURN: _return,
    A.ISSUE: _issue,
    A.SERVE: _serve,
    A.PROPOSE: _propose,
    A.INSPECT: _inspect,
    A.EXTEND: _extend,
    A.CLOSE: _close,
    A.HANDOVER: _handover,
    A.DEFER: _defer,
    A.RESUME: _resume,
}
