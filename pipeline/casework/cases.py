"""Acting on cases: what the guards need to know is looked up, then the core decides and the book records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from pipeline.casework.book import Book
from pipeline.casework.calendar import typed_term, work_calendar
from pipeline.casework.rows import no_case
from pipeline.casework.schema import Stream, events
from pipeline.core.casefacts import CaseFacts, Known
from pipeline.core.caseflow import decide
from pipeline.core.ledger import CaseAct, CaseState, Entry, Moment, PartyKind, Refusal, Why
from pipeline.core.refusals import refuse
from pipeline.core.worktime import local, on_the_clock
from pipeline.errors import Refused

_TIMED = (CaseAct.SERVE, CaseAct.EXTEND, CaseAct.RESUME)


def act_on_case(book: Book, number: str, act: Entry) -> CaseFacts:
    """Do something to a case, by all its guards.

    Parameters
    ----------
    book : the step in which it is put on record
    number : the case
    act : a ``CaseAct`` with its particulars: ``party`` to assign, ``notice`` to issue, ``result`` to inspect, …

    Raises
    ------
    Refused : a guard does not allow it
    RegisterError : there is no such case, or a term is not understood
    """
    facts = case_or_error(book, number)
    return _carry_out(book, number, facts, act)


def open_case(book: Book, act: Entry) -> CaseFacts:
    """Open a case, or put one on record as suspected; its number is drawn here.

    ``act.data`` holds ``block_id, x, y, kind, severity`` and what else is known of the spot.
    """
    if act.at > book.clock():
        raise refused("", future(book, act.at))
    number = book.next_number("case", str(local(act.at, ZoneInfo(book.settings.timezone)).year))
    return _carry_out(book, number, None, replace(act, data={**act.data, "number": number}))


def case_or_error(book: Book, number: str) -> CaseFacts:
    """A case by its number.

    Raises
    ------
    RegisterError : there is no such case
    """
    facts = book.case(number)
    if facts is None:
        raise no_case(number)
    return facts


def _carry_out(book: Book, number: str, facts: CaseFacts | None, act: Entry) -> CaseFacts:
    if act.at > book.clock():
        raise refused(number, future(book, act.at))
    answer = decide(facts, act, _known(book, facts, act))
    if isinstance(answer, Refusal):
        raise refused(number if facts else "", answer)
    for event in answer:
        book.record(Stream.CASE, number, event)
    return case_or_error(book, number)


def _known(book: Book, facts: CaseFacts | None, act: Entry) -> Known:
    data = act.data
    relapse = str(data.get("relapse_of") or "")
    names = (act.by, str(data.get("approved_by") or ""), *map(str, data.get("inspectors") or ()))
    return Known(
        people=listed_people(book, names),
        parties=party_kinds(book, (str(data.get("party") or ""),)),
        deadline=_deadline(book, facts, act) if facts is not None and act.what in _TIMED else "",
        old=book.case(relapse) if relapse else None,
        relapse_m=book.settings.relapse_m,
        relapse_days=book.settings.relapse_days,
        zone=ZoneInfo(book.settings.timezone),
    )


def _deadline(book: Book, facts: CaseFacts, act: Entry) -> Moment:
    if act.data.get("deadline"):
        return str(act.data["deadline"])
    term = typed_term(str(act.data.get("term") or book.settings.terms[facts.kind]))
    start = max(facts.deadline, act.at) if act.what is CaseAct.EXTEND else act.at
    return work_calendar(book.settings).deadline(start, term)


def listed_people(book: Book, names: Iterable[str]) -> Mapping[str, str]:
    """Those of some names that are listed and active, each with the id of their party, empty for none."""
    rows: dict[str, Any] = {name: book.row(Stream.PERSON, name) for name in names if name}
    return {name: row["party"] or "" for name, row in rows.items() if row is not None and row["active"]}


def party_kinds(book: Book, ids: Iterable[str]) -> Mapping[str, PartyKind]:
    """Those of some parties that are listed and active, each with its kind."""
    rows: dict[str, Any] = {party: book.row(Stream.PARTY, party) for party in ids if party}
    return {party: PartyKind.of(row["kind"]) for party, row in rows.items() if row is not None and row["active"]}


def future(book: Book, at: Moment) -> Refusal:
    """That a moment has not come yet, on the community's clocks."""
    return refuse(Why.FUTURE, on_the_clock(at, ZoneInfo(book.settings.timezone)))


def refused(subject: str, refusal: Refusal) -> Refused:
    """A refusal as the error that ends a command."""
    return Refused(subject, zh=refusal.zh, en=refusal.en, why=refusal.why.value)


def issue_notice(book: Book, number: str, act: Entry) -> CaseFacts:
    """Issue a case's notice: its number is drawn here, and its term is put down, so that what is printed holds.

    ``act.data`` holds what the notice says: ``clause``, ``todo``, ``inspectors``, …

    Raises
    ------
    Refused : a guard does not allow it
    RegisterError : there is no such case, or the term is not understood
    """
    facts = case_or_error(book, number)
    term = str(act.data.get("term") or book.settings.terms[facts.kind])
    typed_term(term)
    year = str(local(act.at, ZoneInfo(book.settings.timezone)).year)
    data = {**act.data, "term": term, "notice": book.next_number("notice", year)}
    return act_on_case(book, number, replace(act, what=CaseAct.ISSUE, data=data))


def serve_case(book: Book, number: str, act: Entry, notice: Mapping[str, str]) -> CaseFacts:
    """Serve a case's notice; a case that has none gets one in the same step, its number drawn here.

    ``notice`` holds what such a notice says: ``clause``, ``todo``. The term is that of the notice.
    """
    facts = case_or_error(book, number)
    if facts.state is CaseState.ASSIGNED and not facts.notice:
        issue_notice(book, number, Entry(CaseAct.ISSUE, act.by, act.at, data=notice))
    said = {name: value for name, value in _issued(book, number).items() if name in ("term", "deadline") and value}
    return act_on_case(book, number, replace(act, data={**said, **act.data}))


def _issued(book: Book, number: str) -> Mapping[str, Any]:
    """What a case's newest notice says."""
    book.flush()
    e = events.c
    query = select(e.data).where(e.stream == Stream.CASE.value, e.subject == number, e.what == CaseAct.ISSUE.value)
    found = book.connection.execute(query.order_by(e.ordinal.desc()).limit(1)).scalar()
    return json.loads(found) if found else {}
