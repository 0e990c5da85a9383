"""What events amount to, stream by stream: the row of a table after one more event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from pipeline.casework import schema, tables
from pipeline.casework.rows import Row, block_of, case_of, row_of
from pipeline.casework.schema import Stream
from pipeline.core.blockflow import fold_block
from pipeline.core.casefold import fold
from pipeline.core.ledger import BlockAct, CaseAct, Entry, RecordAct
from pipeline.core.vocabulary import Named


@dataclass(frozen=True)
class Projection:
    """Where a stream's rows lie, what its events are called, and how a row follows from the row before and an event."""

    table: Table
    key: str
    acts: type[Named]
    fold: Callable[[Row | None, Entry], Row]


def _case(row: Row | None, event: Entry) -> Row:
    return row_of(fold(None if row is None else case_of(row), event))


def _block(row: Row | None, event: Entry) -> Row:
    return row_of(fold_block(None if row is None else block_of(row), event))


def _record(table: Table, key: str = "id", *, comes_back: bool = False) -> Projection:
    """A plain record: its first event gives its columns, later ones change some, a withdrawal makes it inactive.

    It stays so whatever changes; only where it ``comes_back``, a change makes it active again.
    """
    names = {c.name for c in table.columns} - {"version", "active"}
    blanks: dict[type, Any] = {int: 0, float: 0.0, str: ""}
    defaults = {
        c.name: None if c.nullable else blanks[c.type.python_type] for c in table.columns if c.name in names - {key}
    }

    def fold_record(row: Row | None, event: Entry) -> Row:
        if (row is None) != (event.what is RecordAct.ADD):
            raise ValueError(f"{event.what} cannot follow here")
        known: Row = row if row is not None else {**defaults, "active": True, "version": 0}
        said = {name: value for name, value in event.data.items() if name in names}
        active = event.what is not RecordAct.WITHDRAW and (known["active"] or comes_back)
        return {**known, **said, "active": active, "version": known["version"] + 1}

    return Projection(table, key, RecordAct, fold_record)


PROJECTIONS: Mapping[Stream, Projection] = {
    Stream.PARTY: _record(schema.parties),
    Stream.PERSON: _record(schema.people, "name"),
    Stream.DUTY: _record(tables.responsibilities, comes_back=True),
    Stream.CASE: Projection(schema.cases, "number", CaseAct, _case),
    Stream.BLOCK: Projection(schema.blocks, "block_id", BlockAct, _block),
    Stream.RESOURCE: _record(tables.resources),
    Stream.NEED: _record(tables.needs),
    Stream.PROJECT: _record(tables.projects),
    Stream.CAMPAIGN: _record(tables.campaigns),
    Stream.PLEDGE: _record(tables.pledges),
    Stream.POINTS: _record(tables.points),
    Stream.FLIGHT: _record(tables.flights),
}
"""In an order in which rows can be written: what is linked to comes first."""
