"""Pages of cases: each costs the same however many cases there are, because every query walks an index.

A page is asked for by the number after which it begins, and is put together from one short query for each state.
Only a page of one block's or party's overdue cases may have to walk all overdue ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, select

from pipeline.casework.rows import case_of, no_case, no_party
from pipeline.casework.schema import Stream, block_cases, cases, events, parties
from pipeline.casework.verify import entry_of
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseState, Entry, Moment
from pipeline.errors import RegisterError

LIVE = tuple(s for s in CaseState if s.live)
MOST = 1000


@dataclass(frozen=True)
class Wanted:
    """Which cases, in the order of their numbers: of some states, of a block, of a party; after a number."""

    states: Sequence[CaseState] = tuple(CaseState)
    block_id: str = ""
    party: str = ""
    after: str = ""
    limit: int = 50


def page(connection: Connection, wanted: Wanted) -> tuple[CaseFacts, ...]:
    """The next cases that are wanted, by number."""
    limit = min(wanted.limit, MOST)
    parts = [connection.execute(page_query(wanted, state, limit)).all() for state in wanted.states]
    rows = islice(merge(*parts, key=lambda row: str(row.number)), limit)
    return tuple(case_of(row._asdict()) for row in rows)


def page_query(wanted: Wanted, state: CaseState, limit: int) -> Select[Any]:
    """What one state adds to a page at most."""
    query = _of(select(cases).where(cases.c.state == state.value, cases.c.number > wanted.after), wanted)
    return query.order_by(cases.c.number).limit(limit)


def _of(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.block_id:
        query = query.where(cases.c.block_id == wanted.block_id)
    if wanted.party:
        query = query.where(cases.c.party == wanted.party)
    return query


def overdue(connection: Connection, now: Moment, wanted: Wanted) -> tuple[CaseFacts, ...]:
    """Those of the wanted cases that are open and whose deadline has passed, the most overdue first.

    Raises
    ------
    RegisterError : the case after which they go on is not there, or has no deadline
    """
    since = _deadline_of(connection, wanted.after)
    limit = min(wanted.limit, MOST)
    states = [state for state in wanted.states if state.live]
    parts = [
        connection.execute(overdue_query(replace(wanted, limit=limit), state, now, since)).all() for state in states
    ]
    rows = islice(merge(*parts, key=lambda row: (str(row.deadline), str(row.number))), limit)
    return tuple(case_of(row._asdict()) for row in rows)


def overdue_query(wanted: Wanted, state: CaseState, now: Moment, since: Moment) -> Select[Any]:
    """What one state adds to a page of overdue cases at most; ``since`` is the deadline of the case it goes on after.

    It walks the state's overdue cases by deadline until the page is full; a block's or a party's are picked from them.
    """
    c = cases.c
    query = _of(select(cases).where(c.state == state.value, c.deadline > "", c.deadline < now), wanted)
    if since:
        query = query.where((c.deadline > since) | ((c.deadline == since) & (c.number > wanted.after)))
    return query.order_by(c.deadline, c.number).limit(wanted.limit)


def _deadline_of(connection: Connection, number: str) -> Moment:
    if not number:
        return ""
    facts = one_case(connection, number)
    if not facts.deadline:
        zh = f"{number} 没有期限；应为超期案件的编号；处理：--after NUMBER"
        raise RegisterError(f"{number} has no deadline", "the number of an overdue case", "--after NUMBER", zh=zh)
    return facts.deadline


@dataclass(frozen=True)
class BlockCard:
    """A block's cases in short: how many are open, closed, severe and open, and the first open ones."""

    live: int
    closed: int
    severe: int
    cases: tuple[CaseFacts, ...]


def block_card(connection: Connection, block_id: str, *, most: int = 20) -> BlockCard:
    """What the map shows of a block's cases."""
    found = connection.execute(select(block_cases).where(block_cases.c.block_id == block_id)).one_or_none()
    live, closed, severe = (found.live, found.closed, found.severe) if found else (0, 0, 0)
    return BlockCard(live, closed, severe, page(connection, Wanted(LIVE, block_id, limit=most)))


def one_case(connection: Connection, number: str) -> CaseFacts:
    """A case by its number.

    Raises
    ------
    RegisterError : there is no such case
    """
    row = connection.execute(select(cases).where(cases.c.number == number)).one_or_none()
    if row is None:
        raise no_case(number)
    return case_of(row._asdict())


def known_party(connection: Connection, party: str) -> str:
    """The id of a party; none stays none.

    Raises
    ------
    RegisterError : there is no such party
    """
    if party and connection.execute(select(parties.c.id).where(parties.c.id == party)).one_or_none() is None:
        raise no_party(party)
    return party


def spot_of(connection: Connection, flight: str, hotspot: str) -> str:
    """The number of the first case of a spot of a flight; empty where it has none."""
    c = cases.c
    query = select(c.number).where(c.flight == flight, c.hotspot_id == hotspot).order_by(c.number).limit(1)
    return str(connection.execute(query).scalar() or "")


def history(connection: Connection, stream: Stream, subject: str) -> tuple[Entry, ...]:
    """All events of a subject, oldest first."""
    query = select(events).where(events.c.stream == stream.value, events.c.subject == subject)
    return tuple(entry_of(stream, row) for row in connection.execute(query.order_by(events.c.ordinal)))


def everything(connection: Connection, states: Sequence[CaseState] = tuple(CaseState)) -> Iterator[CaseFacts]:
    """All cases of some states by number, page by page."""
    after = ""
    while found := page(connection, Wanted(states, after=after, limit=MOST)):
        yield from found
        after = found[-1].number
