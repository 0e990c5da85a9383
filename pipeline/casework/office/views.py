"""What the sheets show of the register: rows as they come, some by their ids, any as it was at an earlier version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from pipeline.casework import schema, tables
from pipeline.casework.listing import LIVE
from pipeline.casework.lists import of_case
from pipeline.casework.projections import PROJECTIONS
from pipeline.casework.rows import NO_HASH, Row, case_of
from pipeline.casework.schema import Stream
from pipeline.casework.verify import entry_of
from pipeline.core.cells import Around
from pipeline.core.sheets import BLOCKS, CASE_NEED, CASES, NEED_LIST, POINTS, PROJECTS, RESOURCES, Sheet
from pipeline.errors import RegisterError

_STREAMS: Mapping[str, Stream] = {
    RESOURCES.name: Stream.RESOURCE,
    NEED_LIST.name: Stream.NEED,
    PROJECTS.name: Stream.PROJECT,
    CASES.name: Stream.CASE,
    BLOCKS.name: Stream.BLOCK,
    POINTS.name: Stream.POINTS,
}
_AT_ONCE = 500


@dataclass(frozen=True)
class Stamp:
    """Of which register something was made, and of what state of it: its first event's hash, its last one's."""

    register: str
    seq: int
    head: str


def stamp_of(connection: Connection) -> Stamp:
    """The stamp of a register as it is now."""
    head = connection.execute(select(schema.head)).one()
    first = connection.execute(select(schema.events.c.hash).where(schema.events.c.seq == 1)).scalar()
    return Stamp(str(first or ""), int(head.seq), str(head.hash))


def of_this_register(connection: Connection, stamp: Stamp, path: Path) -> None:
    """See that a file was made of this register, and of a state that it still holds.

    Raises
    ------
    RegisterError : it was not
    """
    here = stamp_of(connection)
    known = select(schema.events.c.hash).where(schema.events.c.seq == stamp.seq)
    there = connection.execute(known).scalar() if stamp.seq else NO_HASH
    if stamp.register not in (here.register, "") or there != stamp.head:
        raise RegisterError(
            f"{path} was made from another register, or from a state that this one no longer has",
            f"a file made from the register that begins with {here.register[:8]}",
            "export again and change that file",
            zh=f"{path} 由别的台账导出，或导出时的记录在本台账里已没有；"
            f"应由标识以 {here.register[:8]} 开头的台账导出；处理：重新导出，在新文件里改",
        )


def around_of(connection: Connection, zone: tzinfo, *, chinese: bool = True, blocks: Iterable[str] = ()) -> Around:
    """What cells are read and written against."""
    p = schema.parties.c
    rows = connection.execute(select(p.id, p.name).where(p.active).order_by(p.id))
    return Around(zone, chinese, {row.id: row.name for row in rows}, tuple(blocks))


def source(sheet: Sheet, key: str) -> tuple[Stream, str]:
    """Whose events an entry of a sheet follows from."""
    if sheet is NEED_LIST and key.startswith(CASE_NEED):
        return Stream.CASE, key.removeprefix(CASE_NEED)
    return _STREAMS[sheet.name], key


def view(sheet: Sheet, stream: Stream, row: Mapping[str, Any], zone: tzinfo) -> Row:
    """A row of the register as the sheet shows it: values by the names of its columns."""
    if sheet is NEED_LIST and stream is Stream.CASE:
        return asdict(of_case(case_of(row), zone)) | {"note": "", "version": row["version"]}
    return {**row, "remark": ""}


def rows_of(connection: Connection, sheet: Sheet, zone: tzinfo) -> Iterator[Row]:
    """All entries of a sheet in the order of their ids, as they come."""
    for stream, query in _queries(sheet):
        for row in connection.execute(query.execution_options(yield_per=1000)):
            yield view(sheet, stream, row._asdict(), zone)


def _queries(sheet: Sheet) -> Iterator[tuple[Stream, Any]]:
    stream = _STREAMS[sheet.name]
    place = PROJECTIONS[stream]
    table = place.table
    query = select(table).order_by(table.c[place.key])
    if sheet is NEED_LIST:
        live = [state.value for state in LIVE]
        yield Stream.CASE, select(schema.cases).where(schema.cases.c.state.in_(live)).order_by(schema.cases.c.number)
        query = query.where(tables.needs.c.met_at == "")
    yield stream, query.where(table.c.active) if "active" in table.c else query


def count_of(connection: Connection, sheet: Sheet) -> int:
    """How many entries a sheet has."""
    counts = [select(func.count()).select_from(query.order_by(None).subquery()) for _, query in _queries(sheet)]
    return sum(int(connection.execute(query).scalar() or 0) for query in counts)


def some(connection: Connection, sheet: Sheet, keys: Iterable[str], zone: tzinfo) -> dict[str, Row]:
    """Those of some entries that are on record, by their ids."""
    subjects: dict[Stream, dict[str, str]] = {}
    for key in keys:
        stream, subject = source(sheet, key)
        subjects.setdefault(stream, {})[subject] = key
    found = {}
    for stream, own in subjects.items():
        place = PROJECTIONS[stream]
        names = list(own)
        for start in range(0, len(names), _AT_ONCE):
            query = _where(place.table, place.key, names[start : start + _AT_ONCE])
            for row in connection.execute(query):
                found[own[row._mapping[place.key]]] = view(sheet, stream, row._asdict(), zone)
    return found


def _where(table: Table, key: str, names: list[str]) -> Any:
    return select(table).where(table.c[key].in_(names))


def as_of(connection: Connection, sheet: Sheet, when: tuple[str, int], zone: tzinfo) -> Row | None:
    """An entry as it was when it had so many events (its id and the number); None where it never had."""
    key, version = when
    stream, subject = source(sheet, key)
    e, row = schema.events, None
    query = select(e).where(e.c.stream == stream.value, e.c.subject == subject, e.c.ordinal <= version)
    for event in connection.execute(query.order_by(e.c.ordinal)):
        row = PROJECTIONS[stream].fold(row, entry_of(stream, event))
    return None if row is None or row["version"] != version else view(sheet, stream, row, zone)


def marked(connection: Connection, stream: Stream, mark: str, subject: str = "") -> bool:
    """Whether an event with this mark is on record: what was taken from a file once is not taken again."""
    e = schema.events.c
    query = select(e.seq).where(e.stream == stream.value, e.data.contains(f'"mark":"{mark}"'))
    return connection.execute(query.where(e.subject == subject) if subject else query).first() is not None
