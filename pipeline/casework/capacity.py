"""What resources have room for: their hours by a day, the soonest day for a need, and the schedule up to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from sqlalchemy import Connection, func, select

from pipeline.casework.tables import projects, resources
from pipeline.core.matching import Supply
from pipeline.core.worktime import WorkCalendar

HORIZON_DAYS = 60


def supplies(connection: Connection, calendar: WorkCalendar, today: date) -> Iterator[Supply]:
    """The resources with the needs and the hours that each has room for from today on."""
    p = projects.c
    query = select(p.resource, func.count().label("n")).where(p.done_at == "", p.active).group_by(p.resource)
    busy = Counter({row.resource: row.n for row in connection.execute(query)})
    days = days_until(calendar, today)
    for row in connection.execute(select(resources).where(resources.c.active).order_by(resources.c.id)):
        left, daily = row.jobs - busy[row.id], row.hours_week / 5
        yield Supply(row.id, frozenset(row.serves.split()), left, lambda due, h=daily: h * days(due))  # type: ignore[misc]


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
    later = (first + timedelta(days=i) for i in range((today - first).days + HORIZON_DAYS + 1))
    return next((day for day in later if fits(day)), max(due, today + timedelta(days=HORIZON_DAYS)))


def back_schedule(
    calendar: WorkCalendar, due: date, effort_h: float, hours_day: float, *, today: date
) -> dict[str, str]:
    """倒排时间: by when to prepare, start, finish and check, in working days back from the deadline to today."""
    check, finish = calendar.back(due, 0), _finish(calendar, due)
    start = calendar.back(finish, max(0, math.ceil(effort_h / max(hours_day, 0.1)) - 1))
    prepare = calendar.back(start, 2)
    days = {"prepare_by": prepare, "start_by": start, "finish_by": finish, "check_by": check}
    return {name: max(day, today).isoformat() for name, day in days.items()}
