"""One step in the register: events and what follows from them, gathered and then written together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from pipeline.casework import schema
from pipeline.casework.projections import PROJECTIONS
from pipeline.casework.rows import Row, block_of, canonical, case_of, event_hash
from pipeline.casework.schema import Stream
from pipeline.core.answers import Severity
from pipeline.core.blockflow import BlockFacts
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseState, Entry, Moment
from pipeline.settings import RegisterSection

_FIRST_OF_A_YEAR = 1
_TALLY = ("live", "closed", "severe")


class Book:
    """What a step has read and will write. Made by ``Register.writing``; not for two threads at once."""

    def __init__(
        self, connection: Connection, settings: RegisterSection, *, clock: Callable[[], Moment], head: tuple[int, str]
    ) -> None:
        self.connection, self.settings, self.clock = connection, settings, clock
        self._seq, self._hash = head
        self._events: list[Row] = []
        self._rows: dict[tuple[Stream, str], Row | None] = {}
        self._stored: set[tuple[Stream, str]] = set()
        self._dirty: dict[tuple[Stream, str], None] = {}
        self._counters: dict[str, int] = {}
        self._tallies: dict[str, dict[str, int]] = {}

    def row(self, stream: Stream, subject: str) -> Row | None:
        """What is known of a subject now, this step's own events included; None where it is not on record."""
        key = stream, subject
        if key not in self._rows:
            place = PROJECTIONS[stream]
            query = select(place.table).where(place.table.c[place.key] == subject)
            found = self.connection.execute(query).mappings().one_or_none()
            self._rows[key] = None if found is None else dict(found)
            if found is not None:
                self._stored.add(key)
        return self._rows[key]

    def case(self, number: str) -> CaseFacts | None:
        """A case by its number."""
        row = self.row(Stream.CASE, number)
        return None if row is None else case_of(row)

    def block(self, block_id: str) -> BlockFacts | None:
        """A block by its id; None where it was never listed."""
        row = self.row(Stream.BLOCK, block_id)
        return None if row is None else block_of(row)

    def record(self, stream: Stream, subject: str, event: Entry) -> Row:
        """Put an event on record; guards are for the caller to ask first. Gives what is known of the subject then."""
        before = self.row(stream, subject)
        after = PROJECTIONS[stream].fold(before, event)
        if after[PROJECTIONS[stream].key] != subject:
            raise ValueError(f"an event of {after[PROJECTIONS[stream].key]} cannot be put under {subject}")
        self._append(stream, subject, event, ordinal=int(after["version"]))
        self._rows[stream, subject] = after
        self._dirty[stream, subject] = None
        if stream is Stream.CASE:
            self._tally(before, after)
        return after

    def next_number(self, name: str, year: str) -> str:
        """The next number of a kind in a year, like ``2021-000001``; given once, even over crashes."""
        key = f"{name}-{year}"
        if key not in self._counters:
            query = select(schema.counters.c.value).where(schema.counters.c.name == key).with_for_update()
            self._counters[key] = self.connection.execute(query).scalar() or 0
        self._counters[key] += 1
        return f"{year}-{self._counters[key]:06d}"

    def flush(self) -> None:
        """Write what was gathered so far, still within the step, so that queries see it."""
        if self._events:
            self.connection.execute(insert(schema.events), self._events)
            head = {"seq": self._seq, "hash": self._hash}
            self.connection.execute(update(schema.head).values(**head))
            self._events.clear()
        for stream, place in PROJECTIONS.items():
            self._put(stream, place.table, place.key)
        self._dirty.clear()
        for name, value in self._counters.items():
            _upsert(self.connection, schema.counters, {"name": name}, {"value": value})
        for block, tally in self._tallies.items():
            _upsert(self.connection, schema.block_cases, {"block_id": block}, tally)
        self._counters.clear()

    def _append(self, stream: Stream, subject: str, event: Entry, *, ordinal: int) -> None:
        row: Row = {
            "seq": self._seq + 1,
            "stream": stream.value,
            "subject": subject,
            "ordinal": ordinal,
            "what": event.what.value,
            "actor": event.by,
            "at": event.at,
            "why": event.why,
            "data": canonical(dict(event.data)),
            "recorded": self.clock(),
            "prev": self._hash,
        }
        row["hash"] = event_hash(row)
        self._seq, self._hash = row["seq"], row["hash"]
        self._events.append(row)

    def _put(self, stream: Stream, table: Table, key: str) -> None:
        changed = [subject for kind, subject in self._dirty if kind is stream]
        rows = {subject: self._rows[stream, subject] or {} for subject in changed}
        new = [row for subject, row in rows.items() if (stream, subject) not in self._stored]
        old = [{**row, "_key": subject} for subject, row in rows.items() if (stream, subject) in self._stored]
        if new:
            self.connection.execute(insert(table), new)
        if old:
            named: dict[str, Any] = {c.name: bindparam(c.name) for c in table.columns if c.name != key}
            self.connection.execute(update(table).where(table.c[key] == bindparam("_key")).values(**named), old)
        self._stored.update((stream, subject) for subject in changed)

    def _tally(self, before: Row | None, after: Row) -> None:
        for row, sign in ((before, -1), (after, 1)):
            if row is not None:
                held = self._held(row["block_id"])
                for name, counts in tally_of(row).items():
                    held[name] += sign * counts

    def _held(self, block: str) -> dict[str, int]:
        if block not in self._tallies:
            table = schema.block_cases
            found = self.connection.execute(select(table).where(table.c.block_id == block)).mappings().one_or_none()
            self._tallies[block] = {name: int(found[name]) if found else 0 for name in _TALLY}
        return self._tallies[block]


def tally_of(row: Mapping[str, Any]) -> dict[str, int]:
    """What one case adds to its block's counts."""
    state = CaseState.of(row["state"])
    severe = state.live and row["severity"] == Severity.SEVERE.value
    return {"live": int(state.live), "closed": int(state is CaseState.CLOSED), "severe": int(severe)}


def _upsert(connection: Connection, table: Table, key: Row, values: Row) -> None:
    ((name, value),) = key.items()
    changed = connection.execute(update(table).where(table.c[name] == value).values(**values))
    if not changed.rowcount:
        connection.execute(insert(table).values(**key, **values))
