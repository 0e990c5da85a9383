"""The working days of China with the office's own exceptions, as the core's calendar takes them; terms as typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipeline.core.worktime import LIKE_TERMS, Hours, Term, WorkCalendar
from pipeline.errors import RegisterError
from pipeline.settings import RegisterSection


def work_calendar(settings: RegisterSection) -> WorkCalendar:
    """The calendar by the settings: days given there go before the published ones."""
    works = working_days(settings.days_off, settings.days_on)
    return WorkCalendar(works, Hours.of(settings.hours), ZoneInfo(settings.timezone))


def working_days(off: Iterable[date], on: Iterable[date]) -> Callable[[date], bool]:
    """Whether a day is worked: by the exceptions, else by the state's holidays and make-up days, else Monday to Friday.

    The state publishes a year's holidays the autumn before; until the library knows them, weekends alone count, and
    ``days_off`` and ``days_on`` tell the rest.
    """
    never, always = frozenset(off), frozenset(on)

    @lru_cache(maxsize=8192)
    def works(day: date) -> bool:
        import chinese_calendar

        if day in never or day in always:
            return day in always
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # a year whose holidays the library does not know
            return day.weekday() < 5

    return works


def typed_term(text: str) -> Term:
    """A term as someone typed it, or as it was put on record.

    Raises
    ------
    RegisterError : it is not understood
    """
    try:
        return Term.of(text)
    except ValueError:
        like_zh, like = LIKE_TERMS
        mend = "--term TERM, or cases serve --deadline TIME where a notice bears it already"
        zh = f"看不懂期限“{text}”；应如{like_zh}；"
        zh += "处理：--term TERM，通知书上已有期限的用 cases serve --deadline TIME"
        raise RegisterError(f"'{text}' is not a term", f"one like {like}", mend, zh=zh) from None
