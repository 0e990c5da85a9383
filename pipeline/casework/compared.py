"""What a later comparable flight says of open cases: gone, or still there; a person decides what follows from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import select

from pipeline.casework.book import Book
from pipeline.casework.cases import act_on_case
from pipeline.casework.listing import LIVE
from pipeline.casework.schema import cases
from pipeline.core.casefacts import GONE, STILL
from pipeline.core.ledger import MACHINE, CaseAct, Entry, Moment


@dataclass(frozen=True)
class SeenAgain:
    """An object of a comparison: where it is or was, whether it is gone or still there, by which spot it was known."""

    found: str
    block_id: str
    x: float
    y: float
    hotspot_before: str = ""
    hotspot_after: str = ""
    chip: str = ""


@dataclass(frozen=True)
class Between:
    """The two flights of a comparison, and the blocks in which it can be trusted."""

    before: str
    after: str
    acquired: Moment
    comparable: frozenset[str]


def objects_seen(rows: Iterable[Mapping[str, Any]], folder: str) -> list[SeenAgain]:
    """The objects of a comparison's table that were there at the earlier flight.

    Parameters
    ----------
    rows : ``state, block_id, hotspot_before, hotspot_after, chip, geometry`` for each object
    folder : what the pictures' names are relative to
    """
    found = []
    for row in rows:
        if row["state"] in (GONE, STILL):
            centre = shapely.centroid(row["geometry"])
            chip = f"{folder}/{row['chip']}" if row.get("chip") else ""
            old, new = (str(row.get(name) or "") for name in ("hotspot_before", "hotspot_after"))
            found.append(SeenAgain(row["state"], str(row["block_id"]), centre.x, centre.y, old, new, chip))
    return found


def propose(book: Book, objects: Iterable[SeenAgain], between: Between, at: Moment) -> dict[str, int]:
    """Put on record what the comparison says of each open case; gives how many are gone and how many still there.

    A case belongs to the object that its own spot was part of, else to the nearest one within the distance that counts
    as the same place. Where it said so already, nothing is added.
    """
    said = {GONE: 0, STILL: 0}
    book.flush()
    for thing in objects:
        if thing.block_id not in between.comparable:
            continue
        for number in _cases_of(book, thing, between):
            facts = book.case(number)
            if facts is None or (facts.proposal, facts.proposal_flight) == (thing.found, between.after):
                continue
            if between.acquired <= facts.opened_at:
                continue
            data = {
                "found": thing.found,
                "flight": between.after,
                "before": between.before,
                "acquired": between.acquired,
                "comparable": True,
                "hotspot": thing.hotspot_after,
                "chip": thing.chip,
            }
            act_on_case(book, number, Entry(CaseAct.PROPOSE, MACHINE, max(at, facts.last_at), data=data))
            said[thing.found] += 1
    return said


def _cases_of(book: Book, thing: SeenAgain, between: Between) -> list[str]:
    c, reach = cases.c, book.settings.relapse_m
    live = c.state.in_([s.value for s in LIVE])
    if thing.hotspot_before:
        own = select(c.number).where(c.flight == between.before, c.hotspot_id == thing.hotspot_before, live)
        if found := [row.number for row in book.connection.execute(own)]:
            return found
    query = select(c.number, c.x, c.y).where(live, c.x.between(thing.x - reach, thing.x + reach))
    query = query.where(c.y.between(thing.y - reach, thing.y + reach)).order_by(c.number)
    rows = book.connection.execute(query)
    return [r.number for r in rows if math.dist((r.x, r.y), (thing.x, thing.y)) <= reach]
