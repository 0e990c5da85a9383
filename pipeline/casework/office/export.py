"""The three lists, cases, blocks and points as one workbook that office people can read and change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.casework.office.views import Stamp, around_of, count_of, rows_of, stamp_of
from pipeline.casework.register import Register
from pipeline.casework.rows import Row
from pipeline.core.cells import Around, Cell, Column, Kind, shown
from pipeline.core.reasons import Text
from pipeline.core.sheetnotes import HEADS, STAMP, TITLE, notes
from pipeline.core.sheets import SHEETS, Sheet
from pipeline.engine import Progress, silent
from pipeline.io.workbooks import Head, Opened, Page, write_workbook

_HOLDS = {Kind.DAY: "day", Kind.MOMENT: "moment", Kind.NUMBER: "number", Kind.WHOLE: "number"}
_EVERY = 1000


def export_workbook(
    register: Register, path: Path, *, chinese: bool = True, blocks: Iterable[str] = (), progress: Progress = silent
) -> dict[str, int]:
    """Write the register's lists as a workbook; gives how many entries each sheet holds.

    ``blocks`` are the community's blocks, offered where a block is to be chosen.

    Raises
    ------
    RegisterError : a sheet would hold more rows than a workbook can
    WorkdirError : the disk cannot be written
    """
    zone = ZoneInfo(register.settings.timezone)
    with register.reading() as connection:
        around = around_of(connection, zone, chinese=chinese, blocks=blocks)
        counts = {sheet.name: count_of(connection, sheet) for sheet in SHEETS}
        pages = [_notes(stamp_of(connection), chinese)]
        for sheet in SHEETS:
            rows = _told(rows_of(connection, sheet, zone), sheet.title(chinese), counts[sheet.name], progress)
            pages.append(_page(sheet, rows, around))
        write_workbook(path, pages)
    return counts


def _told(rows: Iterator[Row], title: str, total: int, progress: Progress) -> Iterator[Row]:
    for done, row in enumerate(rows, 1):
        if done % _EVERY == 0 or done == total:
            progress(done, total, Text(title, title))
        yield row


def _page(sheet: Sheet, rows: Iterator[Row], around: Around) -> Page:
    heads = [_head(column, around) for column in sheet.columns]
    return Page(sheet.title(around.chinese), heads, (_cells(sheet, row, around) for row in rows))


def _cells(sheet: Sheet, row: Row, around: Around) -> Sequence[Cell]:
    return [shown(column, row[column.name], around) for column in sheet.columns]


def _head(column: Column, around: Around) -> Head:
    text = column.zh if around.chinese else column.en
    picks: tuple[str, ...] = ()
    if column.kind is Kind.CHOICE:
        picks = tuple(around.word(choice) for choice in column.choices)
    elif column.kind is Kind.PARTY:
        picks = tuple(around.party(party) for party in around.parties)
    elif column.kind is Kind.BLOCK:
        picks = around.blocks
    opened: Opened = "change" if column.change else "new" if column.new else ""
    return Head(text, column.width, _HOLDS.get(column.kind, "text"), opened, picks)


def _notes(stamp: Stamp, chinese: bool) -> Page:
    about = asdict(stamp)
    rows: list[Sequence[Cell]] = [*notes(chinese)]
    rows += [(words[0 if chinese else 1], str(about[name])) for name, words in STAMP.items()]
    heads = [Head(text, width) for text, width in zip(HEADS[0 if chinese else 1], (16, 110), strict=True)]
    return Page(TITLE[0 if chinese else 1], heads, rows)
