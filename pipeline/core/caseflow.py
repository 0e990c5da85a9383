"""A case's state machine: what may be done to a spot's case, what is recorded then, and what is known afterwards; pure.

``decide`` holds every guard; ``fold`` holds none, as what is on record has happened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.core.casefacts import FAILED, GONE, PASSED, STILL, CaseFacts, Known, days_between, is_hash
from pipeline.core.ledger import MACHINE, Answered, CaseAct, CaseState, Entry, Moment, Refusal, Why
from pipeline.core.notice import unfit
from pipeline.core.refusals import approved, refuse, told_apart
from pipeline.core.worktime import day_at, on_the_clock

S, A = CaseState, CaseAct


_UNDER_WAY = frozenset({S.NOTICED, S.EXTENDED, S.RECTIFYING})
_LIVE = frozenset(s for s in S if s.live)
FROM: Mapping[CaseAct, frozenset[CaseState | None]] = {
    A.SUSPECT: frozenset({None}),
    A.OPEN: frozenset({None, S.SUSPECTED}),
    A.REJECT: frozenset({S.SUSPECTED}),
    A.ASSIGN: frozenset({S.OPENED, S.RETURNED}),
    A.HELP: _LIVE,
    A.MOVE: _LIVE | {S.SUSPECTED},
    A.RETURN: frozenset({S.ASSIGNED, S.NOTICED}),
    A.ISSUE: frozenset({S.ASSIGNED}),
    A.SERVE: frozenset({S.ASSIGNED}),
    A.ANSWER: _UNDER_WAY | {S.INSPECTION},
    A.START: frozenset({S.NOTICED, S.EXTENDED, S.INSPECTION}),
    A.PROPOSE: _LIVE,
    A.INSPECT: _UNDER_WAY | {S.INSPECTION, S.HANDLED},
    A.EXTEND: frozenset({S.INSPECTION}),
    A.CLOSE: frozenset({S.INSPECTION}),
    A.HANDOVER: frozenset({S.INSPECTION}),
    A.HANDLE: frozenset({S.HANDED_OVER}),
    A.DEFER: frozenset({S.OPENED, S.ASSIGNED, S.RETURNED, S.INSPECTION}) | _UNDER_WAY,
    A.RESUME: frozenset({S.DEFERRED}),
    A.VOID: _LIVE | {S.SUSPECTED},
    A.NOTE: frozenset(S),
}
"""From which states an act is possible at all; ``None`` stands for a case that is not there yet."""


def decide(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    """The events that an act amounts to, or why it is refused.

    Parameters
    ----------
    facts : the case as it stands; None where there is none yet
    act : what someone wants to do; ``what`` is a ``CaseAct``
    known : people, parties and terms that the guards ask for

    >>> decide(None, Entry(CaseAct.OPEN, " ", "2021-01-15T01:00:00Z"), Known()).why.value
    'no_name'
    """
    what = CaseAct.of(act.what)
    machine_may = what in (A.SUSPECT, A.PROPOSE)
    if not act.by.strip() or (act.by == MACHINE and not machine_may):
        return refuse(Why.NO_NAME)
    if facts is not None and act.at < facts.last_at:
        return refuse(Why.TOO_EARLY, on_the_clock(facts.last_at, known.zone))
    early = _EARLY.get(what, _nothing)(facts, act, known) if facts is not None else None
    if early is not None:
        return early
    state = None if facts is None else facts.state
    if state not in FROM[what]:
        return refuse(Why.STATE, *(told_apart(state, what)))
    return _RULES.get(what, _plain)(facts, act, known)


def _nothing(facts: CaseFacts, act: Entry, known: Known) -> Refusal | None:
    return None


def _assigned_already(facts: CaseFacts, act: Entry, known: Known) -> Refusal | None:
    held = facts.party and facts.state.live
    return refuse(Why.TWO_PARTIES, facts.party) if held else None


def _not_ripe(facts: CaseFacts, act: Entry, known: Known) -> Refusal | None:
    if not facts.state.live:
        return None
    if not facts.served_at:
        return refuse(Why.NO_NOTICE)
    if not facts.deadline or act.at <= facts.deadline:
        return refuse(Why.NOT_OVERDUE, on_the_clock(facts.deadline, known.zone) if facts.deadline else "")
    return None if facts.result == FAILED and facts.late_fail else refuse(Why.NOT_FAILED)


_EARLY: Mapping[CaseAct, Callable[[CaseFacts, Entry, Known], Refusal | None]] = {
    A.ASSIGN: _assigned_already,
    A.HANDOVER: _not_ripe,
}
"""Guards whose reason says more than that the state does not allow it."""


def _plain(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    return (act,)


def _reasoned(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    return (act,) if act.why.strip() else refuse(Why.NO_REASON)


def _open(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    said = str(act.data.get("relapse_of") or "")
    if not said:
        return (act,)
    old = known.old
    if old is None or old.number != said or old.state is not S.CLOSED:
        return refuse(Why.NOT_A_RELAPSE, said)
    x, y = (float(act.data[n]) if n in act.data or facts is None else getattr(facts, n) for n in ("x", "y"))
    near = math.dist((x, y), (old.x, old.y)) <= known.relapse_m
    soon = 0 <= days_between(old.closed_at, act.at) <= known.relapse_days
    return (act,) if near and soon else refuse(Why.NOT_A_RELAPSE, said)


def _assign(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    party = str(act.data.get("party") or "")
    kind = known.parties.get(party)
    if kind is None:
        return refuse(Why.NO_PARTY, party)
    if not kind.liable:
        return refuse(Why.NOT_LIABLE, kind)
    return refuse(Why.HAS_RETURNED, party) if party in facts.tried else (act,)


def _help(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    party = str(act.data.get("party") or "")
    if party not in known.parties:
        return refuse(Why.NO_PARTY, party)
    return refuse(Why.TWICE, party) if party in (facts.party, *facts.helpers) else (act,)


def _move(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    barred = _barred(facts, act.by, known)
    if barred is not None:
        return barred
    place = [act.data.get(name) for name in ("x", "y", "lon", "lat")]
    sound = all(isinstance(value, int | float) and math.isfinite(value) for value in place)
    return (act,) if sound and act.data.get("block_id") else refuse(Why.NO_PLACE)


def _issue(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    if facts.notice:
        return refuse(Why.TWICE, facts.notice)
    if not act.data.get("notice"):
        return refuse(Why.NO_NOTICE)
    return unfit(facts, act, known) or (act,)


def _serve(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    if not facts.notice:
        return refuse(Why.NO_NOTICE)
    if act.data.get("signed") is False and not act.why.strip():
        return refuse(Why.NO_REASON)
    return _with_deadline(act, known, act.at)


def _answer(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    return (act,) if str(act.data.get("answer") or "").strip() else refuse(Why.NO_ANSWER)


def _start(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    return refuse(Why.STATE, *told_apart(facts.state, A.START)) if facts.result == PASSED else (act,)


def _propose(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    later = str(act.data.get("acquired") or "") > facts.opened_at
    sound = act.data.get("comparable") is True and act.data.get("found") in (GONE, STILL) and later
    return (act,) if sound else refuse(Why.NO_EVIDENCE)


def _inspect(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    if act.data.get("result") not in (PASSED, FAILED):
        return refuse(Why.NO_RESULT)
    barred = _barred(facts, act.by, known)
    if barred is not None:
        return barred
    implied = facts.state in (S.NOTICED, S.EXTENDED) or (facts.state is S.INSPECTION and facts.result == FAILED)
    late = bool(facts.deadline) and act.at > facts.deadline
    event = replace(act, data={**act.data, "late": late})
    return (Entry(A.START, act.by, act.at), event) if implied else (event,)


def _extend(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    if facts.result != FAILED:
        return refuse(Why.NOT_FAILED)
    if facts.extended:
        return refuse(Why.EXTENDED_ONCE)
    approver = str(act.data.get("approved_by") or "")
    if not approved(act.by, approver, facts.party, known.people):
        return refuse(Why.NOT_APPROVED)
    return _with_deadline(act, known, max(facts.deadline, act.at))


def _close(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    if facts.result != PASSED:
        return refuse(Why.NOT_PASSED)
    barred = _barred(facts, act.by, known)
    if barred is not None:
        return barred
    shown = facts.photo or facts.gone_flight or is_hash(act.data.get("photo"))
    return (act,) if shown else refuse(Why.NO_EVIDENCE)


def _defer(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    if not act.why.strip():
        return refuse(Why.NO_REASON)
    approver = str(act.data.get("approved_by") or "")
    if not approved(act.by, approver, facts.party, known.people):
        return refuse(Why.NOT_APPROVED)
    return (act,) if str(act.data.get("until") or "") > day_at(act.at, known.zone) else refuse(Why.NO_TERM)


def _resume(facts: CaseFacts | None, act: Entry, known: Known) -> Answered:
    assert facts is not None
    return _with_deadline(act, known, act.at) if facts.served_at else (act,)


def _with_deadline(act: Entry, known: Known, after: Moment) -> Answered:
    deadline = str(act.data.get("deadline") or known.deadline)
    if deadline <= after:
        return refuse(Why.NO_TERM)
    return (replace(act, data={**act.data, "deadline": deadline}),)


def _barred(facts: CaseFacts, name: str, known: Known) -> Refusal | None:
    """Why someone may not judge this case: not listed, so nobody knows whose they are, or of the responsible party."""
    if name not in known.people:
        return refuse(Why.NOT_LISTED, name)
    return refuse(Why.OWN_PARTY, name) if facts.party and known.people[name] == facts.party else None


_RULES: Mapping[CaseAct, Callable[[CaseFacts | None, Entry, Known], Answered]] = {
    A.OPEN: _open,
    A.ASSIGN: _assign,
    A.HELP: _help,
    A.MOVE: _move,
    A.RETURN: _reasoned,
    A.ISSUE: _issue,
    A.SERVE: _serve,
    A.ANSWER: _answer,
    A.START: _start,
    A.PROPOSE: _propose,
    A.INSPECT: _inspect,
    A.EXTEND: _extend,
    A.CLOSE: _close,
    A.HANDLE: _reasoned,
    A.DEFER: _defer,
    A.RESUME: _resume,
    A.VOID: _reasoned,
}
