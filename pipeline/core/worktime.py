"""Deadlines in working hours and working days: a calendar of working days, hours of work, and terms; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from pipeline.core.ledger import Moment, Unit
from pipeline.errors import Unsuitable

LIKE_TERMS = (
    "“3个工作日”、“5个工作小时”、“24小时”或“2日”",
    "'3 working days', '5 working hours', '24 hours' or '2 days'",
)
"""How a term may be typed, in Chinese and English."""
_TERM = re.compile(r"\s*([1-9]\d{0,3})\s+((?:working\s+)?(?:hour|day))s?\s*")
_TERM_ZH = re.compile(r"\s*([1-9]\d{0,3})\s*个?\s*(工作小时|工作日|小时|日|天)\s*")
_SPAN = re.compile(r"\s*(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*")
_LONGEST_SEARCH = 4000


@dataclass(frozen=True)
class Term:
    """How long someone has.

    >>> Term.of("5 working hours"), Term.of("1 day").unit
    (Term(amount=5, unit=<Unit.WORKING_HOURS: 'working hours'>), <Unit.DAYS: 'days'>)
    >>> Term.of("3个工作日") == Term.of("3 working days"), str(Term.of("2天"))
    (True, '2 days')
    """

    amount: int
    unit: Unit

    @staticmethod
    def of(text: str) -> Term:
        """From words like ``3 working days``, ``24 hours``, ``3个工作日``.

        Raises
        ------
        Unsuitable : these are not such words
        """
        if found := _TERM.fullmatch(text):
            return Term(int(found[1]), Unit.of(" ".join(found[2].split()) + "s"))
        if found := _TERM_ZH.fullmatch(text):
            named = found[2].replace("天", Unit.DAYS.zh)
            return Term(int(found[1]), next(unit for unit in Unit if unit.zh == named))
        raise Unsuitable(f"应如{LIKE_TERMS[0]}", f"must be like {LIKE_TERMS[1]}")

    def __str__(self) -> str:
        """The term in English."""
        return f"{self.amount} {self.unit.value if self.amount > 1 else self.unit.value.removesuffix('s')}"

    @property
    def zh(self) -> str:
        """The term in Chinese."""
        return f"{self.amount}个{self.unit.zh}" if self.unit is not Unit.DAYS else f"{self.amount}{self.unit.zh}"


@dataclass(frozen=True)
class Hours:
    """The hours of work of a day, as spans in order."""

    spans: tuple[tuple[time, time], ...]

    @staticmethod
    def of(texts: Sequence[str]) -> Hours:
        """From texts like ``08:30-12:00``.

        Raises
        ------
        Unsuitable : a text is no span, or the spans are empty or not in order
        """
        spans = []
        for text in texts:
            found = _SPAN.fullmatch(text)
            if not found:
                raise Unsuitable("应为时段，如 '08:30-12:00'", "must be spans like '08:30-12:00'")
            spans.append((time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))))
        flat = [moment for span in spans for moment in span]
        if not flat or any(a >= b for a, b in pairwise(flat)):
            raise Unsuitable(
                "至少一个时段，按先后排列，每段止晚于起",
                "must be at least one span, in order, each ending after it begins",
            )
        return Hours(tuple(spans))


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked, at what hours, in which time zone."""

    works: Callable[[date], bool]
    hours: Hours
    zone: tzinfo

    def deadline(self, start: Moment, term: Term) -> Moment:
        """When a term that starts at a moment has passed.

        Working days are counted from the day after the start; the last one ends with its hours of work.
        Working hours run on only while people work.

        Raises
        ------
        ValueError : the calendar has no working day for years
        """
        begin = local(start, self.zone)
        if term.unit is Unit.HOURS:
            return utc(begin.astimezone(UTC) + timedelta(hours=term.amount))
        if term.unit is Unit.DAYS:
            return utc(self._end_of(begin.date() + timedelta(days=term.amount)))
        if term.unit is Unit.WORKING_DAYS:
            return utc(self._end_of(self._nth_day(begin.date(), term.amount)))
        return utc(self._after_hours(begin.astimezone(UTC), begin.date(), timedelta(hours=term.amount)))

    def back(self, due: date, days: int) -> date:
        """The working day that lies so many working days before a date (倒排时间); 0 gives the last one up to it."""
        day = due
        for _ in range(_LONGEST_SEARCH):
            if self.works(day):
                if days <= 0:
                    return day
                days -= 1
            day -= timedelta(days=1)
        raise ValueError("the calendar has no working day for years")

    def _end_of(self, day: date) -> datetime:
        return datetime.combine(day, self.hours.spans[-1][1], self.zone)

    def _nth_day(self, day: date, count: int) -> date:
        for _ in range(_LONGEST_SEARCH + 2 * count):
            day += timedelta(days=1)
            count -= self.works(day)
            if count <= 0:
                return day
        raise ValueError("the calendar has no working day for years")

    def _after_hours(self, begin: datetime, day: date, left: timedelta) -> datetime:
        """When so much work is done from a moment in UTC on; in the zone, a day of clock change has 23 or 25 hours."""
        for _ in range(_LONGEST_SEARCH + left.days * 24):
            for span in self.hours.spans if self.works(day) else ():
                opens, closes = (datetime.combine(day, end, self.zone).astimezone(UTC) for end in span)
                start = max(begin, opens)
                room = closes - start
                if room >= left:
                    return start + left
                left -= max(room, timedelta())
            day += timedelta(days=1)
        raise ValueError("the calendar has no working day for years")


def zoned(moment: datetime) -> datetime:
    """A moment with its zone; one without is taken to be in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def utc(moment: datetime) -> Moment:
    """A moment as text in UTC.

    >>> from datetime import timezone
    >>> utc(datetime(2021, 1, 14, 10, 30, tzinfo=timezone(timedelta(hours=8))))
    '2021-01-14T02:30:00Z'
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a moment needs its zone")
    return (moment.replace(tzinfo=None) - offset).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: Moment, zone: tzinfo) -> datetime:
    """A moment on the clocks of a zone."""
    return datetime.fromisoformat(moment).astimezone(zone)


def day_at(moment: Moment, zone: tzinfo) -> str:
    """The day of a moment on the clocks of a zone.

    >>> from zoneinfo import ZoneInfo
    >>> day_at("2021-01-31T16:30:00Z", ZoneInfo("Asia/Shanghai"))
    '2021-02-01'
    """
    return local(moment, zone).date().isoformat()


def on_the_clock(moment: Moment, zone: tzinfo) -> str:
    """A moment to the minute on the clocks of a zone, for people.

    >>> from zoneinfo import ZoneInfo
    >>> on_the_clock("2021-02-01T09:30:00Z", ZoneInfo("Asia/Shanghai"))
    '2021-02-01 17:30'
    """
    return f"{local(moment, zone):%Y-%m-%d %H:%M}"
