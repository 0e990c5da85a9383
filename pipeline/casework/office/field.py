"""Cases and blocks as a field file for QGIS and QField: what is known, and columns that an inspector fills in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
from sqlalchemy import Connection, func, select

from pipeline.artifacts import atomic
from pipeline.casework.listing import Wanted, page
from pipeline.casework.office.views import around_of, stamp_of
from pipeline.casework.register import Register
from pipeline.casework.rows import row_of
from pipeline.casework.schema import block_cases, cases
from pipeline.casework.schema import blocks as blocks_table
from pipeline.core.casefacts import CaseFacts
from pipeline.core.cells import Around, shown, text_of
from pipeline.core.field import BLOCK_LAYER, LAYER, PICTURE, SHOWN, TYPED
from pipeline.core.reasons import Text
from pipeline.core.sheets import VERSION
from pipeline.engine import Progress, silent
from pipeline.io.fieldstyle import field_style
from pipeline.io.fieldwork import FieldFile
from pipeline.io.qml import qml_style
from pipeline.io.styles import fixed_date
from pipeline.io.tables import Blocks

_AT_ONCE = 1000


@dataclass(frozen=True)
class Carried:
    """How many cases, blocks and pictures a field file carries."""

    cases: int
    blocks: int
    pictures: int


def export_field(
    register: Register,
    path: Path,
    wanted: Wanted,
    blocks: Blocks,
    *,
    workdir: Path,
    chinese: bool = True,
    progress: Progress = silent,
) -> Carried:
    """Write cases and blocks as a GeoPackage with its styles; pictures are copied into a folder beside it.

    Parameters
    ----------
    wanted : which cases, all pages of it
    workdir : where the cases' pictures are kept

    Raises
    ------
    WorkdirError : the disk cannot be written
    """
    zone = ZoneInfo(register.settings.timezone)
    count = pictures = 0
    with register.reading() as connection, atomic(path) as temporary, fixed_date():
        file = FieldFile(temporary, blocks.crs)
        around = around_of(connection, zone, chinese=chinese)
        file.add_blocks(_blocks(connection, blocks))
        total = _count(connection, wanted)
        for found in _pages(connection, wanted):
            kept = [_picture(case, workdir, path) for case in found]
            file.add_cases([field_row(case, around, name) for case, name in zip(found, kept, strict=True)])
            count, pictures = count + len(found), pictures + sum(map(bool, kept))
            progress(count, total, Text("案件", LAYER))
        if not count:
            file.add_cases([])
        file.add_about(asdict(stamp_of(connection)))
        file.add_style(LAYER, field_style(chinese))
        file.add_style(BLOCK_LAYER, qml_style())
    return Carried(count, len(blocks), pictures)


def _pages(connection: Connection, wanted: Wanted) -> Iterator[Sequence[CaseFacts]]:
    wanted = replace(wanted, limit=_AT_ONCE)
    while found := page(connection, wanted):
        yield found
        wanted = replace(wanted, after=found[-1].number)


def _count(connection: Connection, wanted: Wanted) -> int:
    c = cases.c
    query = select(func.count()).where(c.state.in_([s.value for s in wanted.states]))
    if wanted.block_id:
        query = query.where(c.block_id == wanted.block_id)
    if wanted.party:
        query = query.where(c.party == wanted.party)
    return int(connection.execute(query).scalar() or 0)


def field_row(case: CaseFacts, around: Around, picture: str = "") -> dict[str, Any]:
    """A case as a feature of the field file: ids of closed lists (the form shows their names), else text."""
    raw = row_of(case)
    told = {c.name: raw[c.name] if c.choices else field_text(text_of(shown(c, raw[c.name], around))) for c in SHOWN}
    blank = dict.fromkeys((c.name for c in TYPED), "")
    return {**told, **blank, PICTURE.name: picture, VERSION.name: case.version, "x": case.x, "y": case.y}


def field_text(text: str) -> str:
    """A text as a GeoPackage can hold it."""
    return text.replace("\x00", "").strip()


def _picture(case: CaseFacts, workdir: Path, path: Path) -> str:
    source = workdir / case.picture if case.picture else None
    if source is None or not source.is_file():
        return ""
    name = Path(f"{path.stem}_pictures") / f"{case.number}{source.suffix}"
    with suppress(FileExistsError):
        (path.parent / name).parent.mkdir(parents=True)
    with atomic(path.parent / name) as temporary:
        shutil.copyfile(source, temporary)
    return name.as_posix()


def _blocks(connection: Connection, blocks: Blocks) -> gpd.GeoDataFrame:
    ways: Mapping[str, Any] = {row.block_id: row for row in connection.execute(select(blocks_table))}
    live = {row.block_id: row.live for row in connection.execute(select(block_cases))}
    frame = blocks.frame[["block_id", "name", "geometry"]].copy()
    for name, column in (("grade", "grade_now"), ("state", "state"), ("plan", "plan"), ("due", "due")):
        frame[name] = [field_text(getattr(ways[b], column)) if b in ways else "" for b in frame["block_id"]]
    frame["open"] = [int(live.get(block, 0)) for block in frame["block_id"]]
    frame["grade"] = frame["grade"].replace("", "ungraded")
    frame["provisional"] = 0
    return frame
