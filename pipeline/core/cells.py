"""What stands in a cell of a workbook and what it means to the register: both ways, without loss; pure.

A cell holds text, a number, a day, a moment on the community's clocks, or nothing. People type the same thing in many
ways (a date as text, a number as text, a name in either language), and Excel turns one into another by itself.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, Protocol

from pipeline.core.worktime import local
from pipeline.errors import Unsuitable

Cell = str | int | float | date | datetime | None
LONGEST = 32_767
"""Characters that a cell can hold, counted as Excel does (UTF-16)."""
_EXACT = 10**15
"""A workbook keeps 15 digits of a number."""
_FIRST_DAY = date(1900, 3, 1)
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_SHOWN = re.compile("_x([0-9A-Fa-f]{4})_")


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    CHOICE = "choice"
    CHOICES = "choices"
    PARTY = "party"
    PARTIES = "parties"
    BLOCK = "block"


class Choice(Protocol):
    """One of a closed list: its id and its names."""

    @property
    def value(self) -> str:
        """The id."""

    @property
    def zh(self) -> str:
        """The Chinese name."""

    @property
    def en(self) -> str:
        """The English name."""


@dataclass(frozen=True)
class Odd:
    """A cell without a value: a formula, which is never computed, or an error that Excel left; ``text`` shows it."""

    text: str
    formula: bool = True


class Unfit(Unsuitable):
    """A cell does not hold what its column asks for; says in Chinese and English what that is."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its headers, what it holds, and whether people may change it or fill it in a new row."""

    name: str
    zh: str
    en: str
    kind: Kind = Kind.TEXT
    change: bool = False
    new: bool = False
    needed: bool = False
    least: float | None = None
    choices: tuple[Choice, ...] = ()
    width: int = 12


@dataclass(frozen=True)
class Around:
    """What cells are read and written against: the community's clocks, the language, names of parties, blocks."""

    zone: tzinfo
    chinese: bool = True
    parties: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[str, ...] = ()

    def word(self, named: Choice) -> str:
        """A name in the language of the workbook."""
        return named.zh if self.chinese else named.en

    def party(self, party: str) -> str:
        """A party as a cell shows it: its id, then its name."""
        return f"{party} {self.parties.get(party, '')}".strip()


def plain(text: str) -> str:
    """A word without what people type differently: width, case and spaces around it.

    >>> plain(" ＹＥＳ ")
    'yes'
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula, also after blanks and in the width of Chinese typing.

    >>> [starts_formula(text) for text in ("=1", " +1", "＠x", chr(10) + "a", "1-2", "")]
    [True, True, True, True, False, False]
    """
    return bool(_FORMULA.match(text))


def escaped(text: str) -> str:
    r"""A text as a workbook's file keeps it: what XML cannot hold as ``_x0001_``, as Excel itself writes it.

    >>> escaped("a\x01_x0041_")
    'a_x0001__x005F_x0041_'
    """
    found = _HIDDEN.sub(lambda m: f"_x{ord(m[0]):04X}_", text)
    if len(found) * 2 > LONGEST and len(found.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST:
        found = found.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST].decode("utf-16-le", "ignore")
    return found


def unescaped(text: str) -> str:
    """A text as it was before :func:`escaped`.

    >>> unescaped("a_x0001__x005F_x0041_") == "a" + chr(1) + "_x0041_"
    True
    """
    return _SHOWN.sub(lambda m: chr(int(m[1], 16)), text)


def shown(column: Column, raw: Any, around: Around) -> Cell:
    """What stands in the cell of a value of the register."""
    if raw is None or raw == "":
        return None
    return _SHOW.get(column.kind, _show_text)(column, raw, around)


def _show_text(column: Column, raw: Any, around: Around) -> Cell:
    return str(raw)


def _show_number(column: Column, raw: Any, around: Around) -> Cell:
    return float(f"{raw:.15g}") if isinstance(raw, float) or abs(raw) >= _EXACT else int(raw)


def _show_day(column: Column, raw: Any, around: Around) -> Cell:
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        return str(raw)
    return day if day >= _FIRST_DAY and day.isoformat() == raw else str(raw)


def _show_moment(column: Column, raw: Any, around: Around) -> Cell:
    try:
        return local(raw, around.zone).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return str(raw)


def _show_choice(column: Column, raw: Any, around: Around) -> Cell:
    return next((around.word(named) for named in column.choices if named.value == raw), str(raw))


def _show_choices(column: Column, raw: Any, around: Around) -> Cell:
    words = [str(_show_choice(column, part, around)) for part in str(raw).split()]
    return ("、" if around.chinese else ", ").join(words)


def _show_party(column: Column, raw: Any, around: Around) -> Cell:
    return around.party(str(raw))


def _show_parties(column: Column, raw: Any, around: Around) -> Cell:
    return ("；" if around.chinese else "; ").join(around.party(party) for party in json.loads(raw)) or None


_SHOW: Mapping[Kind, Callable[[Column, Any, Around], Cell]] = {
    Kind.WHOLE: _show_number,
    Kind.NUMBER: _show_number,
    Kind.DAY: _show_day,
    Kind.MOMENT: _show_moment,
    Kind.CHOICE: _show_choice,
    Kind.CHOICES: _show_choices,
    Kind.PARTY: _show_party,
    Kind.PARTIES: _show_parties,
}


def text_of(cell: Cell | Odd) -> str:
    """A cell as text, whatever Excel made of it: 7.0 is the id 7, a day is written as 2021-03-01.

    >>> [text_of(c) for c in (None, 7.0, " a ", date(2021, 3, 1))]
    ['', '7', 'a', '2021-03-01']
    """
    if cell is None:
        return ""
    if isinstance(cell, Odd):
        return cell.text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        rounded = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
        midnight = rounded.time() == datetime.min.time()
        return rounded.date().isoformat() if midnight else rounded.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()
