"""What the map and the report show of the register, and the figures of a month and of the whole time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from pipeline.casework.listing import LIVE, Wanted, page
from pipeline.casework.lists import made
from pipeline.casework.register import Register, open_register, register_address
from pipeline.casework.schema import block_cases, cases, events, head, parties
from pipeline.casework.schema import blocks as blocks_table
from pipeline.casework.tables import campaigns, flights, points
from pipeline.config import Config
from pipeline.core.casefacts import CaseFacts
from pipeline.core.comparison import Transition
from pipeline.core.ledger import BlockState, CaseState, Moment
from pipeline.core.vocabulary import Grade, Named
from pipeline.core.worktime import day_at, utc, zoned

CASES_SHOWN = 20
_NEVER_DUE = (CaseState.VOID.value, CaseState.REJECTED.value, CaseState.SUSPECTED.value)


def community_summary(config: Config) -> dict[str, Any] | None:
    """The summary of a community's register; None where it has none."""
    address = register_address(config)
    if "://" not in address and not Path(address).exists():
        return None
    with open_register(config, must_exist=True) as register:
        flown = utc(zoned(config.by_date[-1].acquired))
        return page_summary(register, _day(flown, ZoneInfo(register.settings.timezone)))


def page_summary(register: Register, flown: str = "") -> dict[str, Any]:
    """What the page shows, as JSON values; the same for the same register, whatever the day.

    Parameters
    ----------
    flown : the day of the newest flight, where the register is kept

    Returns
    -------
    ``as_of``: the day from which days are counted: that of the register's last entry or of the flight, the later one;
    ``blocks``: for each block with cases or a listing ``open, closed, overdue_after`` (deadlines of its open cases as
    dates), ``party`` (that of most of its open cases), ``state``, ``plan``, ``due``, ``closed_at`` and at most 20 open
    ``cases``; ``months``: what was opened, closed, overdue, earned and done in each; ``progress``: blocks listed,
    closed, watched, relapsed, and for each aim (削红, 去橙) how many of how many; ``figures``: the whole time.
    """
    zone = ZoneInfo(register.settings.timezone)
    with register.reading() as connection:
        return {
            "as_of": max(flown, _day(last_moment(connection), zone)),
            "blocks": _blocks(connection, zone),
            "months": [month_figures(connection, name, zone) for name in _months(connection, zone)],
            "progress": progress(connection),
            "figures": figures(connection),
        }


def _blocks(connection: Connection, zone: ZoneInfo) -> dict[str, Any]:
    counts = {row.block_id: row for row in connection.execute(select(block_cases))}
    ways = {row.block_id: row for row in connection.execute(select(blocks_table))}
    names = {row.id: {"zh": row.name, "en": row.name_en or row.name} for row in connection.execute(select(parties))}
    found = {}
    for block in sorted(counts.keys() | ways.keys()):
        count, way = counts.get(block), ways.get(block)
        open_cases = _open_cases(connection, block) if count and count.live else []
        held = Counter(party for _, party in open_cases if party)
        party = min(held, key=lambda name: (-held[name], name)) if held else ""
        shown = page(connection, Wanted(LIVE, block, limit=CASES_SHOWN)) if open_cases else ()
        found[block] = {
            "open": count.live if count else 0,
            "closed": count.closed if count else 0,
            "overdue_after": sorted(_day(deadline, zone) for deadline, _ in open_cases if deadline),
            "party": names.get(party, {"zh": "", "en": ""}),
            "state": _named(BlockState.of(way.state)) if way else {"zh": "", "en": ""},
            "closed_at": _day(way.closed_at, zone) if way and BlockState.of(way.state).closed else "",
            "plan": way.plan if way else "",
            "due": way.due if way else "",
            "cases": [_case(case, zone, names) for case in shown],
        }
    return found


def _open_cases(connection: Connection, block: str) -> list[tuple[str, str]]:
    c = cases.c
    query = select(c.deadline, c.party).where(c.block_id == block, c.state.in_([s.value for s in LIVE]))
    return [(row.deadline, row.party or "") for row in connection.execute(query)]


def _case(case: CaseFacts, zone: ZoneInfo, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "number": case.number,
        "kind": _named(case.kind),
        "severity": case.severity.value,
        "state": _named(case.state),
        "opened": _day(case.opened_at, zone),
        "deadline": _day(case.deadline, zone),
        "party": names.get(case.party, {"zh": "", "en": ""}),
        "proposal": case.proposal,
        "flight": case.flight,
        "hotspot_id": case.hotspot_id,
        "lon": case.lon,
        "lat": case.lat,
    }


def _named(member: Named) -> dict[str, str]:
    return {"id": member.value, "zh": member.zh, "en": member.en}


def last_moment(connection: Connection) -> Moment:
    """When what the register holds last happened; empty where it holds nothing."""
    return str(connection.execute(select(events.c.at).join(head, head.c.seq == events.c.seq)).scalar() or "")


def _day(moment: Moment, zone: ZoneInfo) -> str:
    return day_at(moment, zone) if moment else ""


def _months(connection: Connection, zone: ZoneInfo) -> Iterator[str]:
    """Every month from the first to the last in which something was opened, closed, held or earned."""
    texts = [
        _day(connection.execute(select(end(column)).where(column > "")).scalar() or "", zone)
        for column in (cases.c.opened_at, cases.c.closed_at)
        for end in (func.min, func.max)
    ]
    c, p = campaigns.c, points.c
    texts += [
        connection.execute(select(end(column)).where(column > "", *held)).scalar() or ""
        for column, held in ((c.day, (c.held_at > "", c.active)), (p.day, ()))
        for end in (func.min, func.max)
    ]
    seen = sorted(text[:7] for text in texts if text)
    name = seen[0] if seen else ""
    while name and name <= seen[-1]:
        yield name
        name = _next(name)


def _next(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def month_figures(connection: Connection, month: str, zone: ZoneInfo) -> dict[str, Any]:
    """A month's work: cases opened, closed and overdue, points earned, and what campaigns did.

    A case is overdue in the month in which its deadline passed unmet, as far as the register's last event tells.

    Raises
    ------
    ValueError : ``month`` is not like ``2021-09``
    """
    start, end = (utc(datetime.fromisoformat(f"{m}-01").replace(tzinfo=zone)) for m in (month, _next(month)))
    first, after = f"{month}-01", f"{_next(month)}-01"
    queries = month_queries(start, end, min(last_moment(connection), end))
    opened, closed, overdue = (int(connection.execute(query).scalar() or 0) for query in queries)
    c, p = campaigns.c, points.c
    held = select(func.count().label("n"), func.sum(c.people).label("people"), func.sum(c.truckloads).label("loads"))
    row = connection.execute(held.where(c.day >= first, c.day < after, c.held_at > "", c.active)).one()
    earned = connection.execute(select(func.sum(p.points)).where(p.day >= first, p.day < after)).scalar()
    return {
        "month": month,
        "opened": opened,
        "closed": closed,
        "overdue": overdue,
        "points": int(earned or 0),
        "truckloads": int(row.loads or 0),
        "people": int(row.people or 0),
        "campaigns": int(row.n),
    }


def month_queries(start: Moment, end: Moment, seen: Moment) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """How many cases were opened, closed and overdue between two moments; each walks an index over that span alone."""
    c = cases.c
    count = select(func.count()).select_from(cases)
    unmet = (c.closed_at > c.deadline) | ((c.closed_at == "") & (c.deadline < seen))
    return (
        count.where(c.opened_at >= start, c.opened_at < end),
        count.where(c.closed_at >= start, c.closed_at < end),
        count.where(c.deadline >= start, c.deadline < end, unmet, c.state.not_in(_NEVER_DUE)),
    )


def progress(connection: Connection) -> dict[str, Any]:
    """How far the blocks that were listed as red or orange have come (削红 去橙)."""
    b = blocks_table.c
    query = select(b.state, b.grade_listed, func.count().label("n")).group_by(b.state, b.grade_listed)
    rows = [(BlockState.of(row.state), row.grade_listed, row.n) for row in connection.execute(query)]

    def count(grade: str = "", *states: BlockState) -> int:
        return sum(n for state, listed, n in rows if (not grade or listed == grade) and (not states or state in states))

    closed = [state for state in BlockState if state.closed]
    aims = [
        {"grade": grade.value, "zh": aim.zh, "en": aim.en, "listed": count(grade.value)}
        | {"closed": count(grade.value, *closed)}
        for grade, aim in ((Grade.RED, Transition.OUT_OF_RED), (Grade.ORANGE, Transition.OUT_OF_ORANGE))
    ]
    watch, relapse = (count("", state) for state in (BlockState.WATCH, BlockState.RELAPSE))
    return {"listed": count(), "closed": count("", *closed), "watch": watch, "relapse": relapse, "aims": aims}


def figures(connection: Connection) -> dict[str, int]:
    """The whole time in figures: blocks, those closed, campaigns, truckloads, person-times, and what projects made."""
    c = campaigns.c
    held = select(func.count().label("n"), func.sum(c.people).label("people"), func.sum(c.truckloads).label("loads"))
    row = connection.execute(held.where(c.held_at > "", c.active)).one()
    f = flights.c
    newest = connection.execute(select(f.blocks).order_by(f.acquired.desc(), f.id).limit(1)).scalar()
    found = {"blocks": int(newest or 0), "blocks_closed": progress(connection)["closed"], "campaigns": int(row.n)}
    found |= {"truckloads": int(row.loads or 0), "person_times": int(row.people or 0)}
    return found | made(connection)
