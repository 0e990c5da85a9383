"""What a flight means for the register as a whole: cases, blocks, needs, and what it says of open cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artifacts import flight_paths
from pipeline.casework.blocks import follow_grades
from pipeline.casework.book import Book
from pipeline.casework.compared import Between, SeenAgain, objects_seen, propose
from pipeline.casework.flights import confirmed_spots, open_from_flight, take_back
from pipeline.casework.lists import follow_gates
from pipeline.casework.records import adding, changing
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.spots import community_blocks
from pipeline.config import Config, FlightSection
from pipeline.core.ledger import Moment
from pipeline.core.vocabulary import Grade, Stage
from pipeline.core.worktime import utc, zoned
from pipeline.engine import Progress, silent
from pipeline.errors import ArtifactError
from pipeline.io.comparisons import read_comparison, read_objects


def follow_flight(
    register: Register,
    config: Config,
    flight: str | None,
    acting: tuple[str, Moment],
    *,
    progress: Progress = silent,
) -> dict[str, int]:
    """Carry a flight into the register; what is on record already is not put there again.

    Parameters
    ----------
    flight : its id; None for the newest
    acting : who does it, and when

    Returns
    -------
    How many cases were opened, were relapses, were known; were rejected or voided as their spot was rejected by now, or
    are in doubt for that; blocks listed, relapsed, settled; cases said to be gone or
    still there; needs added and met.

    Raises
    ------
    ConfigError : there is no such flight
    ArtifactError : the flight, or a later one that is on record, is not graded, or an artifact is damaged
    """
    by, at = acting
    chosen = config.by_date[-1] if flight is None else config.flight(flight)
    workdir = Path(config.community.workdir)
    table = graded(workdir, chosen.id)
    spots = confirmed_spots(workdir, chosen.id, community_blocks(config).crs)
    opened = open_from_flight(register, spots, by, at, progress=progress)
    found = {"opened": opened.opened, "relapses": opened.relapses, "known": opened.known}
    found |= take_back(register, workdir, chosen.id, acting)
    with register.writing() as book:
        _put_flight(book, chosen, table, acting)
        grades = dict(zip(table["block_id"], table["grade"], strict=True))
        acquired = utc(zoned(chosen.acquired))
        listed = follow_grades(book, grades, flight=chosen.id, acquired=acquired, at=at)
        found |= {f"blocks_{what.value}": count for what, count in listed.items()}
        passed_by = _told_later(book, config, chosen)
        gates = {gate: unmet for gate, unmet in unmet_gates(table).items() if gate not in passed_by}
        needs = follow_gates(book, gates, flight=chosen.id, at=at)
        found |= {f"needs_{what}": count for what, count in needs.items()}
        return found | propose(book, _compared(config, chosen), at)


def _compared(config: Config, chosen: FlightSection) -> dict[Between, list[SeenAgain]]:
    """What a flight's comparisons with earlier ones have seen."""
    workdir = Path(config.community.workdir)
    found: dict[Between, list[SeenAgain]] = {}
    for before in config.by_date:
        between, rows, folder = comparison(workdir, before.id, chosen)
        if before.acquired < chosen.acquired and between is not None:
            found[between] = objects_seen(rows, folder)
    return found


def _put_flight(book: Book, flight: FlightSection, table: pd.DataFrame, acting: tuple[str, Moment]) -> None:
    """Put a flight's colours on record, again only where they are others by now."""
    by, at = acting
    counts = {g.value: int((table["grade"] == g.value).sum()) for g in Grade}
    data = {"id": flight.id, "acquired": utc(zoned(flight.acquired)), "blocks": len(table), **counts}
    row = book.row(Stream.FLIGHT, flight.id)
    if row is None:
        book.record(Stream.FLIGHT, flight.id, adding(by, at, data))
    elif not data.items() <= row.items():
        book.record(Stream.FLIGHT, flight.id, changing(by, at, data))


def _told_later(book: Book, config: Config, chosen: FlightSection) -> set[tuple[str, str]]:
    """Blocks and gates that a later flight, on record already, has answered: what an earlier one says is past."""
    found: set[tuple[str, str]] = set()
    for flight in config.by_date:
        if flight.acquired > chosen.acquired and book.row(Stream.FLIGHT, flight.id) is not None:
            found |= unmet_gates(graded(Path(config.community.workdir), flight.id)).keys()
    return found


def graded(workdir: Path, flight: str) -> pd.DataFrame:
    """A flight's grades.

    Raises
    ------
    ArtifactError : there are none
    """
    path = flight_paths(workdir, flight).grade_parquet
    if not path.exists():
        zh = f"缺少 {path}；航次 {flight} 应已定级；处理：wuse run CONFIG"
        raise ArtifactError(f"{path} is missing", f"flight {flight} graded", "wuse run CONFIG", zh=zh)
    return pd.read_parquet(path, columns=["block_id", "name", "grade", "gates"])


def grade_of(workdir: Path, flight: str, block_id: str) -> str:
    """A block's grade at a flight; empty where it has none."""
    table = graded(workdir, flight)
    held = table.loc[table["block_id"] == block_id, "grade"]
    return str(held.iloc[0]) if len(held) else ""


def unmet_gates(table: pd.DataFrame) -> dict[tuple[str, str], bool]:
    """For each block and gate that was answered: whether it is unmet; unknown ones are left out."""
    found: dict[tuple[str, str], bool] = {}
    for block, text in zip(table["block_id"], table["gates"], strict=True):
        for gate, told in json.loads(text).items():
            if told["verdict"] in ("pass", "fail"):
                found[str(block), gate] = told["verdict"] == "fail"
    return found


def comparison(workdir: Path, before: str, after: FlightSection) -> tuple[Between | None, list[Mapping[str, Any]], str]:
    """The comparison of two flights as it was written; None where there is none or it cannot be trusted."""
    found = read_comparison(flight_paths(workdir, after.id).against(before).folder(Stage.COMPARE))
    if found is None:
        return None, [], ""
    objects = read_objects(found.files)
    held = frozenset(
        str(b) for b, good in zip(found.blocks["block_id"], found.blocks["comparable"], strict=True) if good
    )
    between = Between(before, after.id, utc(zoned(after.acquired)), held if found.record["comparable"] else frozenset())
    rows: list[Mapping[str, Any]] = [dict(row) for row in objects.to_dict("records")]
    return between, rows, found.files.folder.relative_to(workdir).as_posix()
