"""Plain records by their guards (parties, people, entries of lists): added once, changed, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.casework.book import Book
from pipeline.casework.cases import future, listed_people, refused
from pipeline.casework.rows import Row, no_party
from pipeline.casework.schema import Stream
from pipeline.core.ledger import MACHINE, Entry, Moment, PartyKind, RecordAct, Why
from pipeline.core.refusals import refuse
from pipeline.core.worktime import day_at
from pipeline.errors import RegisterError

_LETTERS: Mapping[Stream, str] = {
    Stream.RESOURCE: "R",
    Stream.NEED: "N",
    Stream.PROJECT: "P",
    Stream.CAMPAIGN: "C",
    Stream.PLEDGE: "Q",
    Stream.POINTS: "J",
}


def add(book: Book, stream: Stream, key: str, act: Entry) -> Row:
    """Put a new record down.

    Raises
    ------
    Refused : nobody is named, the time lies in the future, or it is on record already
    RegisterError : it names a party that is not there
    """
    check_actor(book, act)
    if not key.strip():
        raise RegisterError("the record has no name or id", "a name", zh="记录没有名称或编号；应填名称")
    if book.row(stream, key) is not None:
        raise refused("", refuse(Why.TWICE, key))
    _check_party(book, stream, act.data)
    return book.record(stream, key, act)


def change(book: Book, stream: Stream, key: str, act: Entry) -> Row:
    """Change some columns of a record, or withdraw it.

    Raises
    ------
    Refused : nobody is named, or the time lies in the future
    RegisterError : there is no such record, it was withdrawn, or it names a party that is not there
    """
    check_actor(book, act)
    held(book, stream, key)
    _check_party(book, stream, act.data)
    return book.record(stream, key, act)


def held(book: Book, stream: Stream, key: str) -> Row:
    """A record that is there and was not withdrawn.

    Raises
    ------
    RegisterError : it is not, or was
    """
    row = book.row(stream, key)
    if row is None:
        raise RegisterError(f"there is no {stream.value} {key}", "one on record", zh=f"台账里没有 {key}")
    if not row["active"]:
        zh = f"{key} 已撤销；应为仍有效的一条；处理：另行登记"
        raise RegisterError(f"{stream.value} {key} was withdrawn", "one that stands", "put down a new one", zh=zh)
    return row


def check_actor(book: Book, act: Entry, *, listed: bool = False) -> None:
    """See that a named person acts, not in the future; ``listed``: one on the list of people.

    Raises
    ------
    Refused : not so
    """
    if not act.by.strip():
        raise refused("", refuse(Why.NO_NAME))
    if act.at > book.clock():
        raise refused("", future(book, act.at))
    if listed and act.by != MACHINE and act.by not in listed_people(book, (act.by,)):
        raise refused("", refuse(Why.NOT_LISTED, act.by))


def _check_party(book: Book, stream: Stream, data: Any) -> None:
    if stream is Stream.PARTY and not str(data.get("name", "-")).strip():
        raise RegisterError(
            "the party has no name", "a name", "--name TEXT", zh="责任主体没有名称；应填名称；处理：--name TEXT"
        )
    if stream is Stream.PARTY and "kind" in data:
        try:
            PartyKind.of(str(data["kind"]))
        except ValueError as e:
            zh = f"“{data['kind']}”不是责任主体的类别；应为八类之一：{'、'.join(PartyKind)}"
            raise RegisterError(str(e), "one of the eight kinds of party", zh=zh) from None
    party = data.get("party")
    if party and book.row(Stream.PARTY, str(party)) is None:
        raise no_party(party)


def enter(
    book: Book, stream: Stream, acting: tuple[str, Moment], data: Mapping[str, Any], *, why: str = "", day: str = ""
) -> Row:
    """Put a new record down under the next number of its kind in the year of ``day``, else of when it is entered.

    Raises
    ------
    Refused : nobody is named, or the time lies in the future
    RegisterError : it names a party that is not there
    """
    by, at = acting
    number = f"{_LETTERS[stream]}-{book.next_number(stream.value, (day or day_of(book, at))[:4])}"
    return add(book, stream, number, adding(by, at, {**data, "id": number}, why))


def day_of(book: Book, at: Moment) -> str:
    """The day of a moment where people live, as text."""
    return day_at(at, ZoneInfo(book.settings.timezone))


def adding(by: str, at: Moment, data: dict[str, Any], why: str = "") -> Entry:
    """An entry that adds a record."""
    return Entry(RecordAct.ADD, by, at, why, data)


def changing(by: str, at: Moment, data: dict[str, Any], why: str = "") -> Entry:
    """An entry that changes a record."""
    return Entry(RecordAct.CHANGE, by, at, why, data)
