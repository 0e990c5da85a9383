"""Is the register what its events say? The chain of hashes is followed, and every row is made again from its events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Row, func, select

from pipeline.casework import schema
from pipeline.casework.book import tally_of
from pipeline.casework.projections import PROJECTIONS, Projection
from pipeline.casework.rows import NO_HASH, event_hash
from pipeline.casework.schema import Stream
from pipeline.core.ledger import Entry
from pipeline.core.reasons import Text

_CHUNK = 500
_MOST_TOLD = 20


@dataclass(frozen=True)
class Verdict:
    """How many events there are, the hash of the last one, and what is wrong; nothing where ``faults`` is empty."""

    events: int
    head: str
    faults: tuple[Text, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in English."""
        return tuple(fault.en for fault in self.faults)


def verify(connection: Connection, known_head: str = "") -> Verdict:
    """Follow the chain from its first event, and replay every subject's events.

    Parameters
    ----------
    connection : a reading of the register
    known_head : a hash noted earlier (on a notice, in a mail): it must still be on the chain, which shows even a
        register that was rewritten as a whole or cut off at its end
    """
    chain = _Chain(known_head)
    faults = list(islice(chain.faults(connection), _MOST_TOLD))
    if not faults:
        faults = list(islice(_rows_that_differ(connection), _MOST_TOLD))
    return Verdict(chain.seq, chain.hash, tuple(faults))


class _Chain:
    def __init__(self, known: str) -> None:
        self.seq, self.hash, self.known = 0, NO_HASH, known

    def faults(self, connection: Connection) -> Iterator[Text]:
        met = not self.known
        for row in connection.execute(
            select(schema.events).order_by(schema.events.c.seq).execution_options(yield_per=2000)
        ):
            if row.seq != self.seq + 1:
                first, last = self.seq + 1, row.seq - 1
                yield Text(f"缺少第 {first} 到 {last} 条记录", f"events {first} to {last} are missing")
            elif row.prev != self.hash:
                yield Text(f"第 {row.seq} 条记录接不上前一条", f"event {row.seq} does not follow the one before it")
            if event_hash(row._asdict()) != row.hash:
                yield Text(f"第 {row.seq} 条记录被改动过", f"event {row.seq} was altered")
            self.seq, self.hash = row.seq, row.hash
            met |= row.hash == self.known
        head = connection.execute(select(schema.head)).one()
        if (head.seq, head.hash) != (self.seq, self.hash):
            yield Text(
                f"台账止于第 {self.seq} 条记录，但写入过 {head.seq} 条",
                f"the register ends at event {self.seq}, but {head.seq} were written",
            )
        if not met:
            yield Text(
                "所给的哈希值不在记录链上：台账被改写过，或者是另一个台账",
                "the given hash is not on the chain: the register was rewritten, or is another one",
            )


def replayed(connection: Connection, stream: Stream) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Every subject of a stream with the row that its events amount to; None where they make no sense."""
    e, fold = schema.events, PROJECTIONS[stream].fold
    query = select(e).where(e.c.stream == stream.value).order_by(e.c.subject, e.c.ordinal)
    rows = connection.execute(query.execution_options(yield_per=2000))
    for subject, own in groupby(rows, key=lambda row: str(row.subject)):
        found: dict[str, Any] | None = None
        try:
            for ordinal, row in enumerate(own, start=1):
                if row.ordinal != ordinal:
                    raise ValueError("an event is missing")
                found = fold(found, entry_of(stream, row))
        except (KeyError, ValueError, TypeError):
            found = None
        yield subject, found


def entry_of(stream: Stream, row: Row[Any]) -> Entry:
    """An event as it was put on record."""
    what = PROJECTIONS[stream].acts.of(row.what)
    return Entry(what, row.actor, row.at, row.why, json.loads(row.data))


def _rows_that_differ(connection: Connection) -> Iterator[Text]:
    for stream, place in PROJECTIONS.items():
        count = 0
        pairs = replayed(connection, stream)
        while chunk := list(islice(pairs, _CHUNK)):
            count += len(chunk)
            stored = _stored(connection, place, (subject for subject, _ in chunk))
            for subject, row in chunk:
                if row is None or stored.get(subject) != row:
                    name = f"{stream.value} {subject}"
                    yield Text(f"{name} 与它的记录不符", f"{name} is not what its events say")
        extra = (connection.execute(select(func.count()).select_from(place.table)).scalar() or 0) - count
        if extra > 0:
            name = place.table.name
            yield Text(f"表 {name} 有 {extra} 行没有对应的记录", f"{extra} rows of {name} have no events")
    yield from _wrong_tallies(connection)


def _stored(connection: Connection, place: Projection, subjects: Iterable[str]) -> dict[str, dict[str, Any]]:
    key = place.table.c[place.key]
    found = connection.execute(select(place.table).where(key.in_(list(subjects)))).mappings()
    return {str(row[place.key]): dict(row) for row in found}


def _wrong_tallies(connection: Connection) -> Iterator[Text]:
    c = schema.cases.c
    query = select(c.block_id, c.state, c.severity, func.count().label("n")).group_by(c.block_id, c.state, c.severity)
    found: dict[str, Counter[str]] = {}
    for row in connection.execute(query):
        held = found.setdefault(row.block_id, Counter(live=0, closed=0, severe=0))
        for name, one in tally_of(row._asdict()).items():
            held[name] += one * row.n
    for row in connection.execute(select(schema.block_cases)):
        told = {"live": row.live, "closed": row.closed, "severe": row.severe}
        if told != dict(found.get(row.block_id, Counter(live=0, closed=0, severe=0))):
            block = row.block_id
            yield Text(f"区块 {block} 的件数与它的案件不符", f"the counts of block {block} are not those of its cases")
