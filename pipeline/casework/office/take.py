"""Taking a workbook back: all of it in one step, or nothing where a single row is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipeline.casework.office.carry import Acting, carry_out
from pipeline.casework.office.changes import Edit, Found, Problem, SheetReader, sheet_titled
from pipeline.casework.office.views import Stamp, around_of, of_this_register
from pipeline.casework.register import Register
from pipeline.core.cells import Around, plain, text_of
from pipeline.core.sheetnotes import STAMP, TITLE
from pipeline.core.sheets import SHEETS
from pipeline.engine import Progress, silent
from pipeline.errors import Refused, RegisterError
from pipeline.io.workbooks import OpenBook, reading_workbook


@dataclass(frozen=True)
class Taken:
    """What came of a workbook: entries changed and added by sheet, or what is wrong with it; what was passed over."""

    changed: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    passed_over: tuple[tuple[str, str], ...] = ()


class _Undone(Exception):  # noqa: N818 - a way out of a step, not a fault
    """Leaves a step so that nothing of it is kept."""


def import_workbook(
    register: Register,
    path: Path,
    acting: Acting,
    *,
    chinese: bool = True,
    blocks: Iterable[str] = (),
    only_look: bool = False,
    progress: Progress = silent,
) -> Taken:
    """Take in what people changed in a workbook; where one row is wrong, nothing is written.

    Parameters
    ----------
    acting : who does it, and when
    blocks : the community's blocks; none: ids of blocks are not checked
    only_look : find out what would be changed, and write nothing

    Raises
    ------
    RegisterError : the file is no workbook of this register
    """
    with reading_workbook(path) as book, register.reading() as connection:
        zone = ZoneInfo(register.settings.timezone)
        around = around_of(connection, zone, chinese=chinese, blocks=blocks)
        found = _found(connection, book, around, progress)
    changed: Counter[str] = Counter()
    added: Counter[str] = Counter()
    problems = list(found.problems)
    try:
        with register.writing() as writing:
            for edit in found.edits:
                try:
                    carry_out(writing, edit, acting, path.name)
                    (changed if edit.key else added)[edit.title] += 1
                except (Refused, RegisterError) as e:
                    problems.append(_refused(edit, e))
            if problems or only_look:
                raise _Undone
    except _Undone:
        pass
    titles = [sheet_titled(sheet, [p.sheet for p in problems]) for sheet in SHEETS]
    problems.sort(key=lambda p: (titles.index(p.sheet), p.row))
    over = tuple(found.passed_over)
    return Taken({}, {}, tuple(problems), over) if problems else Taken(dict(changed), dict(added), (), over)


def _found(connection: Connection, book: OpenBook, around: Around, progress: Progress) -> Found:
    stamp = _stamp(book)
    of_this_register(connection, stamp, book.path)
    found = Found()
    for sheet in SHEETS:
        title = sheet_titled(sheet, book.titles)
        if title is None:
            found.passed_over.append((sheet.title(around.chinese), ""))
            continue
        own = SheetReader(connection, sheet, around, stamp).read(book, title, progress)
        found.edits += own.edits
        found.problems += own.problems
        found.passed_over += own.passed_over
    return found


def _stamp(book: OpenBook) -> Stamp:
    title = next((t for t in book.titles if plain(t) in [plain(word) for word in TITLE]), None)
    words = {plain(word): name for name, pair in STAMP.items() for word in pair}
    told: dict[str, str] = {}
    for _, cells in book.rows(title) if title is not None else ():
        name = words.get(plain(text_of(cells[0])))
        if name is not None and len(cells) > 1:
            told[name] = text_of(cells[1])
    if told.keys() != STAMP.keys() or not told["seq"].isdecimal():
        raise RegisterError(
            f"{book.path} does not say of which register it was made",
            f"the sheet {TITLE[0]} or {TITLE[1]} as it was written",
            "wuse lists export CONFIG FILE, and change that file",
            zh=f"{book.path} 没有写明由哪个台账导出；应有原样的“{TITLE[0]}”或“{TITLE[1]}”表；"
            "处理：wuse lists export CONFIG FILE，在导出的文件里改",
        )
    return Stamp(told["register"], int(told["seq"]), told["head"])


def _refused(edit: Edit, error: Refused | RegisterError) -> Problem:
    head, text = next(iter(edit.typed.values()))
    zh, en = (error.why_zh, error.why_en) if isinstance(error, Refused) else (error.zh, str(error))
    return Problem(edit.title, edit.row, head, text, zh, en)
