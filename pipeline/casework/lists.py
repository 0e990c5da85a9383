"""三张清单: resources, needs and service projects; who could meet what, and by when each step has to be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from pipeline.casework.book import Book
from pipeline.casework.calendar import work_calendar
from pipeline.casework.capacity import EFFORT_H, HORIZON_DAYS, back_schedule, soonest, supplies
from pipeline.casework.cases import refused
from pipeline.casework.listing import LIVE, MOST, Wanted, page
from pipeline.casework.records import adding, change, changing, check_actor, enter, held
from pipeline.casework.rows import Row
from pipeline.casework.schema import Stream
from pipeline.casework.tables import needs, projects
from pipeline.core.answers import Problem, Severity
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import MACHINE, Entry, Made, Moment, RecordAct, Why
from pipeline.core.matching import Demand, Match, Supply, match
from pipeline.core.refusals import refuse
from pipeline.core.sheets import NeedSource
from pipeline.core.vocabulary import Gate
from pipeline.core.worktime import day_at, local
from pipeline.errors import RegisterError
from pipeline.settings import RegisterSection

WEIGHTS: Mapping[Severity, float] = {Severity.MINOR: 1.0, Severity.MODERATE: 2.0, Severity.SEVERE: 4.0}
MOST_NEEDS = 500

_ENTRIES: Mapping[str, Stream] = {"R-": Stream.RESOURCE, "N-": Stream.NEED, "P-": Stream.PROJECT}


@dataclass(frozen=True)
class Need:
    """An entry of the list of needs: an open case, an unmet gate, or what someone put down."""

    id: str
    source: str
    block_id: str
    kind: str
    title: str
    due: str
    effort_h: float
    weight: float


def of_case(case: CaseFacts, zone: tzinfo) -> Need:
    """The need that an open case is."""
    due = day_at(case.deadline, zone) if case.deadline else ""
    title = f"{case.kind.zh} {case.place or case.problem}".strip()
    effort = EFFORT_H[case.kind]
    return Need(
        f"case:{case.number}", "case", case.block_id, case.kind.value, title, due, effort, WEIGHTS[case.severity]
    )


def open_needs(connection: Connection, settings: RegisterSection, *, limit: int = 50, after: str = "") -> list[Need]:
    """A page of the needs: first the open cases, by number, then gates and what people put down, by id."""
    zone = ZoneInfo(settings.timezone)
    found: list[Need] = []
    if not after or after.startswith("case:"):
        live = page(connection, Wanted(LIVE, after=after.removeprefix("case:"), limit=limit))
        found, after = [of_case(c, zone) for c in live], ""
    if len(found) < limit:
        c = needs.c
        query = select(needs).where(c.active, c.met_at == "", c.id > after).order_by(c.id).limit(limit - len(found))
        found += [_need(row._asdict()) for row in connection.execute(query)]
    return found


def _every_need(connection: Connection, settings: RegisterSection) -> Iterator[Need]:
    after = ""
    while found := open_needs(connection, settings, limit=MOST, after=after):
        yield from found
        after = found[-1].id


def _need(row: Mapping[str, Any]) -> Need:
    names = ("id", "source", "block_id", "kind", "title", "due", "effort_h", "weight")
    return Need(**{name: row[name] for name in names})


def follow_gates(book: Book, unmet: Mapping[tuple[str, str], bool], *, flight: str, at: Moment) -> dict[str, int]:
    """Keep the needs up with a flight's gates: an unmet gate is a need, a met one no longer is."""
    done = {"added": 0, "met": 0}
    for (block, gate), lacking in unmet.items():
        key = f"gate:{block}:{gate}"
        row = book.row(Stream.NEED, key)
        if row is None and lacking:
            data: dict[str, Any] = {
                "id": key,
                "source": "gate",
                "block_id": block,
                "kind": gate,
                "title": f"{Gate.of(gate).zh}未达标",
            }
            data |= {"effort_h": EFFORT_H.get(gate, 8.0), "weight": 1.0, "note": flight}
            book.record(Stream.NEED, key, adding(MACHINE, at, data))
            done["added"] += 1
        elif row is not None and row["active"] and lacking == bool(row["met_at"]):
            book.record(Stream.NEED, key, changing(MACHINE, at, {"met_at": "" if lacking else at, "note": flight}))
            done["added" if lacking else "met"] += 1
    return done


def proposals(connection: Connection, settings: RegisterSection, today: date) -> tuple[Match, ...]:
    """Which resource should meet which need within its capacity and their deadlines; a person accepts or not.

    What no resource can meet in time any more is due as soon as one can. Of the needs that some resource can meet, the
    most urgent ``MOST_NEEDS`` are looked at.
    """
    found = list(supplies(connection, work_calendar(settings), today))
    taken = {
        row.need
        for row in connection.execute(select(projects.c.need).where(projects.c.done_at == "", projects.c.active))
    }
    wanted = (n for n in _every_need(connection, settings) if n.id not in taken)
    demands = [Demand(n.id, n.kind, n.effort_h, _due(n.due, today), n.weight) for n in wanted]
    urgent = (_in_time(need, found, today) for need in sorted(demands, key=lambda need: (need.due, -need.weight)))
    able = (need for need in urgent if any(supply.can(need) for supply in found))
    return match(list(islice(able, MOST_NEEDS)), found)


def _in_time(need: Demand, found: Sequence[Supply], today: date) -> Demand:
    able = [supply for supply in found if need.kind in supply.serves and supply.jobs > 0]
    due = soonest(need.due, today, lambda day: any(need.effort_h <= supply.hours_by(day) for supply in able))
    return replace(need, due=due)


def _due(text: str, today: date) -> date:
    return date.fromisoformat(text) if text else today + timedelta(days=HORIZON_DAYS)


def accept(book: Book, need: str, resource: str, acting: tuple[str, Moment]) -> Row:
    """Turn a proposal into a service project with its schedule, up to its deadline or the soonest day after it.

    Raises
    ------
    Refused : the need has a project already, or the resource has no room
    RegisterError : there is no such need or resource
    """
    _, at = acting
    book.flush()
    supply, wanted = held(book, Stream.RESOURCE, resource), _wanted(book, need)
    p = projects.c
    under_way = book.connection.execute(select(p.need, p.resource).where(p.done_at == "", p.active)).all()
    if any(row.need == need for row in under_way):
        raise refused("", refuse(Why.TWICE, need))
    if sum(row.resource == resource for row in under_way) >= supply["jobs"]:
        raise refused(resource, refuse(Why.AMOUNT, supply["jobs"]))
    today = local(at, ZoneInfo(book.settings.timezone)).date()
    due = _due(wanted.due, today)
    calendar = work_calendar(book.settings)
    room = next(s for s in supplies(book.connection, calendar, today) if s.id == resource)
    end = soonest(due, today, lambda day: room.hours_by(day) >= wanted.effort_h)
    plan = back_schedule(calendar, end, wanted.effort_h, supply["hours_week"] / 5, today=today)
    data = {"need": need, "resource": resource, "party": supply["party"], "title": wanted.title}
    return start_project(book, {**data, "block_id": wanted.block_id, "due": due.isoformat(), **plan}, acting)


def _wanted(book: Book, need: str) -> Need:
    if need.startswith("case:"):
        facts = book.case(need.removeprefix("case:"))
        if facts is None or not facts.state.live:
            raise RegisterError(f"there is no need {need}", "an open case", zh=f"没有需求 {need}；应为在办案件")
        return of_case(facts, ZoneInfo(book.settings.timezone))
    return _need(held(book, Stream.NEED, need))


def start_project(book: Book, data: Mapping[str, Any], acting: tuple[str, Moment]) -> Row:
    """Put a service project on the list; its number is drawn here."""
    return enter(book, Stream.PROJECT, acting, data)


def finish_project(
    book: Book, number: str, acting: tuple[str, Moment], *, result: str, item: Made = Made.OTHER, quantity: int = 0
) -> Row:
    """Say that a project is done: with what result, and how many of what were made; what people needed is met by it.

    A case goes on until it is closed, and of a gate the next flight tells.

    Raises
    ------
    Refused : it was done before, the result is not told, the quantity is none, or who says so is not listed
    """
    by, at = acting
    row = held(book, Stream.PROJECT, number)
    act = changing(by, at, {"result": result, "done_at": at, "item": item.value, "quantity": quantity})
    check_actor(book, act, listed=True)
    if row["done_at"]:
        raise refused("", refuse(Why.TWICE, number))
    if not result.strip():
        raise refused(number, refuse(Why.NO_REASON))
    if quantity < 0 or (item is not Made.OTHER and quantity == 0):
        raise refused(number, refuse(Why.AMOUNT, quantity))
    need = book.row(Stream.NEED, row["need"])
    if need is not None and need["active"] and need["source"] == NeedSource.PERSON.value and not need["met_at"]:
        book.record(Stream.NEED, need["id"], changing(by, at, {"met_at": at}))
    return change(book, Stream.PROJECT, number, act)


def withdraw(book: Book, key: str, acting: tuple[str, Moment], why: str) -> Row:
    """Take a resource, a need that someone put down, or a project under way off its list, for a reason.

    Raises
    ------
    Refused : no reason is given, the project is done, or who does it is not listed
    RegisterError : there is no such entry, or it was withdrawn before
    """
    stream = _ENTRIES.get(key[:2])
    if stream is None:
        zh = f"“{key}”不是资源、需求或项目的编号；应以 R-、N- 或 P- 开头；处理：wuse lists needs CONFIG"
        wanted = "an id that begins with R-, N- or P-"
        raise RegisterError(f"'{key}' is no entry that can be withdrawn", wanted, "wuse lists needs CONFIG", zh=zh)
    row, act = held(book, stream, key), Entry(RecordAct.WITHDRAW, *acting, why)
    check_actor(book, act, listed=True)
    if not why.strip():
        raise refused(key, refuse(Why.NO_REASON))
    if row.get("done_at"):
        raise refused("", refuse(Why.TWICE, key))
    return change(book, stream, key, act)


def made(connection: Connection) -> dict[str, int]:
    """How many of what the finished projects made."""
    p = projects.c
    query = select(p.item, func.sum(p.quantity).label("n")).where(p.done_at > "", p.active).group_by(p.item)
    return {row.item: int(row.n) for row in connection.execute(query.order_by(p.item)) if row.item != Made.OTHER.value}


def serves(kinds: Sequence[str]) -> str:
    """Kinds of need as a resource keeps them.

    Raises
    ------
    RegisterError : one is no kind
    """
    known = {k.value for k in (*Problem, *Gate)}
    strange = sorted(set(kinds) - known)
    if strange:
        zh = f"“{strange[0]}”不是需求类型；应为其中之一：{'、'.join(sorted(known))}"
        raise RegisterError(f"'{strange[0]}' is no kind of need", ", ".join(sorted(known)), zh=zh)
    return " ".join(sorted(set(kinds)))
