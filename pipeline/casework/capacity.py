"""What resources have room for: their hours by a day, the soonest day for a need, and the schedule up to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, func, select

from pipeline.casework.schema import cases
from pipeline.casework.tables import needs, projects, resources
from pipeline.core.answers import Problem
from pipeline.core.matching import Supply
from pipeline.core.vocabulary import Gate
from pipeline.core.worktime import WorkCalendar

HORIZON_DAYS = 60


EFFORT_H: Mapping[str, float] = {
    Problem.RUBBISH: 4.0,
    Problem.CLEANING: 2.0,
    Problem.RUBBLE: 8.0,
    Problem.GREENERY: 16.0,
    Problem.SHED: 40.0,
    Problem.GOODS: 2.0,
    Problem.OTHER: 8.0,
    Gate.FACILITIES: 80.0,
    Gate.BEAUTIFIED: 80.0,
    Gate.CULTURE: 40.0,
}
"""Hours of work that a need is taken to cost until someone says better; starting guesses, for planning only."""


@dataclass(frozen=True)
class Load:
    """What a project under way still takes of its resource's hours, and by when."""

    due: date
    effort_h: float


def supplies(connection: Connection, calendar: WorkCalendar, today: date) -> Iterator[Supply]:
    """The resources with the needs and hours that each has room for from today on, beside its projects under way."""
    loads: dict[str, list[Load]] = {}
    for row in connection.execute(under_way_query()):
        due = date.fromisoformat(row.check_by or row.due) if row.check_by or row.due else _horizon(today)
        effort_h = EFFORT_H[row.kind or Problem.OTHER] if row.effort_h is None else row.effort_h
        loads.setdefault(row.resource, []).append(Load(due, effort_h))
    days = days_until(calendar, today)
    for row in connection.execute(select(resources).where(resources.c.active).order_by(resources.c.id)):
        taken, daily = loads.get(row.id, []), row.hours_week / 5
        left = hours_left(lambda due, h=daily: h * days(due), taken)  # type: ignore[misc]
        yield Supply(row.id, frozenset(row.serves.split()), row.jobs - len(taken), left)


def under_way_query() -> Select[Any]:
    """The projects that are not done, with the kind or the hours of what each is to meet."""
    p, n, c = projects.c, needs.c, cases.c
    source = projects.outerjoin(needs, n.id == p.need)
    source = source.outerjoin(cases, p.need.startswith("case:") & (c.number == func.substr(p.need, len("case:") + 1)))
    query = select(p.resource, p.check_by, p.due, n.effort_h, c.kind).select_from(source)
    return query.where(p.done_at == "", p.active)


def hours_left(whole: Callable[[date], float], loads: Sequence[Load]) -> Callable[[date], float]:
    """The hours that may go into what is due by a day, so that nothing under way that is due then or later is late.

    >>> week = hours_left(lambda due: 2.0 * due.day, [Load(date(2021, 1, 10), 12.0), Load(date(2021, 1, 20), 24.0)])
    >>> [week(date(2021, 1, day)) for day in (2, 10, 15, 30)]
    [4.0, 4.0, 4.0, 24.0]
    """

    @lru_cache(maxsize=4096)
    def left(day: date) -> float:
        marks = {day, *(load.due for load in loads if load.due > day)}
        return min(whole(mark) - sum(load.effort_h for load in loads if load.due <= mark) for mark in marks)

    return left


def days_until(calendar: WorkCalendar, today: date) -> Callable[[date], int]:
    """How many days can be worked from today on for what is due on a day; it is finished the working day before."""

    @lru_cache(maxsize=4096)
    def days(due: date) -> int:
        span = (_finish(calendar, due) - today).days
        return sum(calendar.works(today + timedelta(days=i)) for i in range(span + 1))

    return days


def _finish(calendar: WorkCalendar, due: date) -> date:
    return calendar.back(calendar.back(due, 0), 1)


def soonest(due: date, today: date, fits: Callable[[date], bool]) -> date:
    """The day it is due, or where that no longer fits, the first later one that does, up to the horizon.

    >>> day = date(2021, 1, 18)
    >>> soonest(day, date(2021, 1, 20), lambda due: due > date(2021, 1, 21))
    datetime.date(2021, 1, 22)
    """
    if fits(due):
        return due
    first = max(due, today)
    later = (first + timedelta(days=i) for i in range((_horizon(today) - first).days + 1))
    return next((day for day in later if fits(day)), max(due, _horizon(today)))


def _horizon(today: date) -> date:
    return today + timedelta(days=HORIZON_DAYS)


def back_schedule(
    calendar: WorkCalendar, due: date, effort_h: float, hours_day: float, *, today: date
) -> dict[str, str]:
    """倒排时间: by when to prepare, start, finish and check, in working days back from the deadline to today."""
    check, finish = calendar.back(due, 0), _finish(calendar, due)
    start = calendar.back(finish, max(0, math.ceil(effort_h / max(hours_day, 0.1)) - 1))
    prepare = calendar.back(start, 2)
    days = {"prepare_by": prepare, "start_by": start, "finish_by": finish, "check_by": check}
    return {name: max(day, today).isoformat() for name, day in days.items()}
