"""From flights to the register: confirmed spots open cases, a later flight speaks for the second inspection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyproj
from sqlalchemy import select

from pipeline.artifacts import flight_paths
from pipeline.casework.book import Book
from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.register import Register
from pipeline.casework.schema import cases
from pipeline.core.answers import Answer, Problem, Severity
from pipeline.core.blockflow import later
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseAct, CaseState, Entry, Moment
from pipeline.core.reasons import Text
from pipeline.engine import Progress, silent
from pipeline.io.decisions import Decision, read_decisions, standing
from pipeline.io.reviewed import read_hotspots

CHUNK = 500


@dataclass(frozen=True)
class Opened:
    """What opening cases from a flight's confirmed spots came to."""

    opened: int
    relapses: int
    known: int


@dataclass(frozen=True)
class Spot:
    """A confirmed spot as its case begins."""

    data: dict[str, Any]
    x: float
    y: float


def confirmed_spots(workdir: Path, flight: str, crs: pyproj.CRS) -> list[Spot]:
    """What people confirmed at a flight, in the order in which the spots were listed.

    Raises
    ------
    ArtifactError : the answers or the hotspots are damaged
    """
    paths = flight_paths(workdir, flight)
    held = standing(read_decisions(paths.decisions)).values()
    found = sorted((d for d in held if d.answer is Answer.CONFIRMED), key=lambda d: (d.rank, d.hotspot_id))
    chips = _chips(paths.hotspots, flight) if found else {}
    to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    return [_spot(decision, to_degrees, chips) for decision in found]


def _spot(decision: Decision, to_degrees: pyproj.Transformer, chips: dict[str, str]) -> Spot:
    lon, lat = to_degrees.transform(decision.x, decision.y)
    data = {
        "block_id": decision.block_id,
        "x": round(decision.x, 3),
        "y": round(decision.y, 3),
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "kind": (decision.kind or Problem.OTHER).value,
        "severity": (decision.severity or Severity.MODERATE).value,
        "problem": decision.note,
        "source": "flight",
        "flight": decision.flight,
        "hotspot_id": decision.hotspot_id,
        "picture": chips.get(decision.hotspot_id, ""),
        "confirmed_by": decision.by,
        "confirmed_at": decision.at,
        "evidence": decision.key,
    }
    return Spot(data, decision.x, decision.y)


def _chips(hotspots: Path, flight: str) -> dict[str, str]:
    if not hotspots.exists():
        return {}
    table = read_hotspots(hotspots)
    return {
        str(spot): f"{flight}/score/{chip}"
        for spot, chip in zip(table["hotspot_id"], table["chip"], strict=True)
        if isinstance(chip, str) and chip
    }


def open_from_flight(
    register: Register, spots: Sequence[Spot], by: str, at: Moment, *, progress: Progress = silent
) -> Opened:
    """Open a case for every confirmed spot that has none, a chunk at a time; what is done stays done.

    A spot where a case is open already adds nothing; one where a case was closed lately is its relapse.
    """
    opened = relapses = known = done = 0
    for start in range(0, len(spots), CHUNK):
        chunk = spots[start : start + CHUNK]
        with register.writing() as book:
            near = _Near(book, at)
            for spot in chunk:
                if near.on_record(spot):
                    known += 1
                    continue
                old = near.relapse_of(spot)
                data = spot.data | ({"relapse_of": old} if old else {})
                facts = open_case(book, Entry(CaseAct.OPEN, by, at, data=data))
                near.add(facts.x, facts.y)
                opened, relapses = opened + 1, relapses + bool(old)
        done += len(chunk)
        progress(done, len(spots), Text("立案", "open cases"))
    return Opened(opened, relapses, known)


def take_back(register: Register, workdir: Path, flight: str, acting: tuple[str, Moment]) -> dict[str, int]:
    """End the cases of spots that people reject by now; gives how many were rejected, voided, or are left in doubt.

    A suspected case is rejected, one whose notice was not served yet is voided, each with the name of who rejected the
    spot. Once a notice was served the party has to be told, so such a case is left to a person.
    """
    held = standing(read_decisions(flight_paths(workdir, flight).decisions)).values()
    found = sorted((d for d in held if d.answer is Answer.REJECTED), key=lambda d: d.hotspot_id)
    done = {"rejected": 0, "voided": 0, "in_doubt": 0}
    for start in range(0, len(found), CHUNK):
        with register.writing() as book:
            for decision in found[start : start + CHUNK]:
                for facts in _cases_of(book, decision):
                    done[_end(book, facts, Entry(CaseAct.VOID, *acting, _reason(decision)))] += 1
    return done


def _cases_of(book: Book, decision: Decision) -> list[CaseFacts]:
    c = cases.c
    query = select(c.number).where(c.flight == decision.flight, c.hotspot_id == decision.hotspot_id)
    known = [book.case(row.number) for row in book.connection.execute(query.order_by(c.number))]
    return [facts for facts in known if facts is not None and not facts.state.final]


def _end(book: Book, facts: CaseFacts, void: Entry) -> str:
    if facts.served_at:
        return "in_doubt"
    if facts.state is CaseState.SUSPECTED:
        act_on_case(book, facts.number, replace(void, what=CaseAct.REJECT))
        return "rejected"
    act_on_case(book, facts.number, void)
    return "voided"


def _reason(decision: Decision) -> str:
    return f"{decision.by}：{decision.hotspot_id} {decision.answer.zh}" + (
        f"，{decision.note}" if decision.note else ""
    )


class _Near:
    """Cases at a place: those on record by an index, those of this very step from memory."""

    def __init__(self, book: Book, at: Moment) -> None:
        self.book, self.at = book, at
        self.reach = book.settings.relapse_m
        self.fresh: dict[tuple[int, int], list[tuple[float, float]]] = {}

    def add(self, x: float, y: float) -> None:
        self.fresh.setdefault(self._cell(x, y), []).append((x, y))

    def on_record(self, spot: Spot) -> bool:
        c = cases.c
        own = select(c.number).where(c.flight == spot.data["flight"], c.hotspot_id == spot.data["hotspot_id"])
        if self.book.connection.execute(own).first() is not None:
            return True
        across, along = self._cell(spot.x, spot.y)
        cells = [(across + i, along + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        if any(math.dist(p, (spot.x, spot.y)) <= self.reach for cell in cells for p in self.fresh.get(cell, ())):
            return True
        return any(CaseState.of(row.state).live for row in self._rows(spot))

    def relapse_of(self, spot: Spot) -> str:
        since = later(self.at, -self.book.settings.relapse_days)
        closed = [r for r in self._rows(spot) if r.state == CaseState.CLOSED.value and since <= r.closed_at <= self.at]
        gaps = sorted((math.dist((r.x, r.y), (spot.x, spot.y)), r.number) for r in closed)
        return gaps[0][1] if gaps else ""

    def _rows(self, spot: Spot) -> list[Any]:
        c, reach = cases.c, self.reach
        query = select(c.number, c.state, c.closed_at, c.x, c.y)
        query = query.where(c.x.between(spot.x - reach, spot.x + reach), c.y.between(spot.y - reach, spot.y + reach))
        rows = self.book.connection.execute(query.order_by(c.number))
        return [r for r in rows if math.dist((r.x, r.y), (spot.x, spot.y)) <= reach]

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        return math.floor(x / self.reach), math.floor(y / self.reach)
