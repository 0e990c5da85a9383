"""What a later comparable flight says of open cases: gone, or still there; a person decides what follows from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import select

from pipeline.casework.book import Book
from pipeline.casework.cases import act_on_case
from pipeline.casework.schema import Stream, cases
from pipeline.core.casefacts import GONE, STILL, CaseFacts
from pipeline.core.ledger import MACHINE, CaseAct, CaseState, Entry, Moment

_Fit = tuple[bool, float, bool]
"""How well an object fits a case, the least fits best: not by its own spot, how far off, and whether it is gone."""


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


def propose(book: Book, compared: Mapping[Between, Iterable[SeenAgain]], at: Moment) -> dict[str, int]:
    """Put on record what comparisons with a flight say of each open case; gives how many are gone and how many still.

    One object speaks for a case: the one that its own spot was part of, else the nearest within the distance that
    counts as the same place; of two that fit as well, the one that is still there. Where it said so already, or a
    later flight has spoken, nothing is added.
    """
    said = {GONE: 0, STILL: 0}
    book.flush()
    for number, (thing, between) in sorted(_speakers(book, compared).items()):
        facts = book.case(number)
        if facts is None or not _is_news(book, facts, thing, between):
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


def _is_news(book: Book, facts: CaseFacts, thing: SeenAgain, between: Between) -> bool:
    if facts.proposal_flight == between.after:
        return facts.proposal != thing.found
    spoke = book.row(Stream.FLIGHT, facts.proposal_flight) if facts.proposal_flight else None
    return spoke is None or str(spoke["acquired"]) < between.acquired


def _speakers(book: Book, compared: Mapping[Between, Iterable[SeenAgain]]) -> dict[str, tuple[SeenAgain, Between]]:
    """Who speaks for each open case, chosen within a comparison first: a neighbour never stands in for one in doubt."""
    best: dict[str, tuple[_Fit, SeenAgain, Between]] = {}
    for between, objects in compared.items():
        here: dict[str, tuple[_Fit, SeenAgain, Between]] = {}
        for thing in objects:
            for number, fit in _cases_of(book, thing, between):
                if number not in here or fit < here[number][0]:
                    here[number] = fit, thing, between
        for number, found in here.items():
            trusted = found[1].block_id in between.comparable
            if trusted and (number not in best or found[0] < best[number][0]):
                best[number] = found
    return {number: (thing, between) for number, (_, thing, between) in best.items()}


def _cases_of(book: Book, thing: SeenAgain, between: Between) -> Iterator[tuple[str, _Fit]]:
    """The open cases that an object may speak for, each with how well it fits."""
    c, reach, gone = cases.c, book.settings.relapse_m, thing.found == GONE
    query = select(c.number, c.state, c.opened_at, c.x, c.y)
    own = query.where(c.flight == between.before, c.hotspot_id == thing.hotspot_before)
    near = query.where(c.x.between(thing.x - reach, thing.x + reach), c.y.between(thing.y - reach, thing.y + reach))
    for by_place, wanted in ((False, own), (True, near)) if thing.hotspot_before else ((True, near),):
        for row in book.connection.execute(wanted):
            far = math.dist((row.x, row.y), (thing.x, thing.y)) if by_place else 0.0
            if far <= reach and CaseState.of(row.state).live and row.opened_at < between.acquired:
                yield row.number, (by_place, far, gone)
