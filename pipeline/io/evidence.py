"""The evidence table: what people know and a picture cannot show. A workbook, or a folder of CSV files."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

import openpyxl

from pipeline.core.case import BlockEvidence
from pipeline.core.cells import plain
from pipeline.core.vocabulary import Facility, Gate, Named
from pipeline.errors import EvidenceError

_SHEETS: Final[Mapping[str, tuple[str, tuple[Named, ...]]]] = {
    "facilities": ("设施", tuple(Facility)),
    "culture": ("文化", (Gate.CULTURE,)),
    "inspections": ("检查", tuple(Gate)),
}
BLOCK_COLUMN = ("block_id", "区块", "区块编号", "区块id")
FLIGHT_COLUMN = ("flight", "航次", "航次编号")
_FREE = ("name", "name_en", "note", "notes", "inspector", "date", "名称", "备注", "说明", "检查人", "日期", "检查日期")
_ASIDE = ("note", "notes", "readme", "说明", "备注", "填写说明")
_BOOKS = (".xlsx", ".xlsm")
_YES = ("yes", "y", "是", "有", "1", "true", "通过", "pass", "√", "✓")
_NO = ("no", "n", "否", "无", "0", "false", "未通过", "fail", "×", "✗")
_BLANK = ("", "未查", "未知", "unknown")

Sheet = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Row:
    """One row: the block, the place of the flight it holds from (None: all flights), and its yes and no answers."""

    sheet: str
    number: int
    block_id: str
    since: int | None
    facts: tuple[tuple[Named, bool], ...]


@dataclass(frozen=True)
class Evidence:
    """The rows of the table, and the flights they are dated by, oldest first."""

    path: str
    flights: tuple[str, ...]
    rows: tuple[Row, ...]

    def at(self, flight_id: str) -> dict[str, BlockEvidence]:
        """What is known of each block at a flight: rows of later flights are not used, newer rows override older ones.

        An inspection of cleanness holds for its own flight only: rubbish comes and goes, and an old check must not
        outvote a newer picture.

        Raises
        ------
        EvidenceError : the flight is none of those that the evidence was read for
        """
        if flight_id not in self.flights:
            raise EvidenceError(f"{self.path}: no flight {flight_id}", f"one of {', '.join(self.flights)}")
        now = self.flights.index(flight_id)
        checks: dict[str, dict[Gate, bool]] = {}
        facilities: dict[str, dict[Facility, bool]] = {}
        for row in sorted(self.rows, key=lambda r: -1 if r.since is None else r.since):
            if row.since is not None and row.since > now:
                continue
            for what, answer in row.facts:
                if isinstance(what, Facility):
                    facilities.setdefault(row.block_id, {})[what] = answer
                elif isinstance(what, Gate) and (what is not Gate.CLEAN or row.since in (None, now)):
                    checks.setdefault(row.block_id, {})[what] = answer
        blocks = sorted(checks.keys() | facilities.keys())
        return {b: BlockEvidence(checks.get(b, {}), facilities.get(b, {})) for b in blocks}

    def require_blocks(self, ids: Collection[str]) -> None:
        """Check that every row names a block of the community.

        Raises
        ------
        EvidenceError : a row names a block that there is not
        """
        for row in self.rows:
            if row.block_id not in ids:
                some = ", ".join(list(ids)[:3])
                raise _wrong(
                    self.path,
                    row.sheet,
                    row.number,
                    "block_id",
                    value=row.block_id,
                    expected=f"an id of a block ({some} …)",
                )


def read_evidence(path: Path, flights: Sequence[str]) -> Evidence:
    """Read the evidence table.

    Parameters
    ----------
    path : a workbook (.xlsx), a folder of CSV files named after the sheets, or one such file; UTF-8 or GB18030
    flights : ids of the flights, oldest first, that rows may be dated by

    Raises
    ------
    EvidenceError : the file cannot be read, or has a sheet, column or value that is not understood
    """
    sheets = _workbook(path) if path.suffix.lower() in _BOOKS else _folder(path)
    rows: list[Row] = []
    for title, content in sheets:
        sheet = _sheet_id(title)
        if sheet is not None:
            rows.extend(_rows(str(path), sheet, content, tuple(flights)))
        elif plain(title) not in _ASIDE:
            raise _strange(path, title)
    return Evidence(str(path), tuple(flights), tuple(rows))


def _strange(path: Path, title: str) -> EvidenceError:
    """What to say of a sheet, or of a CSV file, that is named after nothing we know."""
    if path.suffix.lower() in _BOOKS:
        known = ", ".join(f"{s} ({zh})" for s, (zh, _) in _SHEETS.items())
        return EvidenceError(f"{path}: sheet {title!r} is not known", known, "rename it, or call it notes")
    file = path / f"{title}.csv" if path.is_dir() else path
    known = ", ".join(f"{s}.csv ({zh}.csv)" for s, (zh, _) in _SHEETS.items())
    return EvidenceError(
        f"{file} is not known by its name", known, "rename it after what it holds, or call it notes.csv"
    )


def _workbook(path: Path) -> list[tuple[str, Sheet]]:
    try:
        content = io.BytesIO(path.read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(content, data_only=True, read_only=False)
    except FileNotFoundError:
        raise _missing(path) from None
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        zipfile.BadZipFile,
        openpyxl.utils.exceptions.InvalidFileException,
    ):
        raise EvidenceError(f"{path} cannot be read as a workbook", "an .xlsx file", "save it again as .xlsx") from None
    return [
        (sheet.title, [(n, [_text(v) for v in row]) for n, row in enumerate(sheet.iter_rows(values_only=True), 1)])
        for sheet in book.worksheets
    ]


def _folder(path: Path) -> list[tuple[str, Sheet]]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv" and not p.name.startswith("."))
        if not files:
            raise EvidenceError(f"{path} holds no .csv file", ", ".join(f"{s}.csv" for s in _SHEETS))
        return [(f.stem, csv_cells(f)) for f in files]
    if not path.exists():
        raise _missing(path)
    if path.suffix.lower() != ".csv":
        raise EvidenceError(f"{path} is not a table", "an .xlsx file or a folder of .csv files", "save it as .xlsx")
    return [(path.stem, csv_cells(path))]


def csv_cells(path: Path) -> Sheet:
    """The lines of a CSV file in UTF-8 or GB18030, each with its number.

    Raises
    ------
    EvidenceError : the file cannot be read, or is not CSV in one of these encodings
    """
    try:
        content = path.read_bytes()
    except OSError as e:
        raise EvidenceError(f"{path} cannot be read ({e.strerror})", "a readable file") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            lines = csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True)
            return [(lines.line_num, [cell.strip() for cell in line]) for line in lines]
        except UnicodeDecodeError:
            continue
        except csv.Error as e:
            raise EvidenceError(f"{path} is not CSV ({e})", "commas between cells, quotes closed") from None
    raise EvidenceError(f"{path} is neither UTF-8 nor GB18030", "one of them", "save it as CSV UTF-8")


def _missing(path: Path) -> EvidenceError:
    return EvidenceError(f"{path} does not exist", "the evidence table", "mend community.evidence or leave it out")


def _rows(path: str, sheet: str, content: Sheet, flights: tuple[str, ...]) -> Iterable[Row]:
    filled = [(n, cells) for n, cells in content if any(cells)]
    if not filled:
        return
    header, columns = filled[0][0], _columns(path, sheet, filled[0])
    for number, cells in filled[1:]:
        values = dict(zip(columns, cells, strict=False))
        block, flight = values.get("block_id", ""), _flight(values.get("flight", ""), flights)
        if not block:
            raise _wrong(
                path, sheet, number, "block_id", value=block, expected=f"the block's id (headers are in row {header})"
            )
        if flight and flight not in flights:
            raise _wrong(
                path, sheet, number, "flight", value=flight, expected=f"one of {', '.join(flights)}, or blank for all"
            )
        facts = [
            (what, _answer(path, sheet, number, column=what, value=values.get(what, "")))
            for what in columns
            if isinstance(what, Named)
        ]
        known = tuple((what, answer) for what, answer in facts if answer is not None)
        yield Row(sheet, number, block, flights.index(flight) if flight else None, known)


def _flight(value: str, flights: tuple[str, ...]) -> str:
    """The flight that a cell names; Excel makes the first day of a month of a month."""
    month = value.removesuffix("-01")
    return month if value not in flights and month in flights else value


def _columns(path: str, sheet: str, header: tuple[int, list[str]]) -> list[str | Named]:
    number, cells = header
    named = _SHEETS[sheet][1]
    known = {plain(n): what for what in named for n in (what.value, what.zh, what.en)}
    columns: list[str | Named] = []
    for cell in cells:
        word = plain(cell)
        if word in BLOCK_COLUMN:
            columns.append("block_id")
        elif word in FLIGHT_COLUMN:
            columns.append("flight")
        elif word in known:
            columns.append(known[word])
        elif not word or word in _FREE:
            columns.append(f"free {len(columns)}")
        else:
            expected = ", ".join(["block_id", "flight", *(w.value for w in named)])
            raise EvidenceError(f"{path}: sheet {sheet}, row {number}: column {cell!r} is not known", expected)
    twice = [c for c in columns if columns.count(c) > 1]
    if twice:
        raise EvidenceError(f"{path}: sheet {sheet}, row {number}: column {twice[0]} appears twice", "each column once")
    if "block_id" not in columns:
        raise EvidenceError(f"{path}: sheet {sheet}, row {number}: no column block_id", "a header row with block_id")
    return columns


def _answer(path: str, sheet: str, row: int, *, column: Named, value: str) -> bool | None:
    word = plain(value)
    if word in _BLANK:
        return None
    if word not in _YES + _NO:
        raise _wrong(path, sheet, row, column.value, value=value, expected="yes or no (是/否), or blank")
    return word in _YES


def _wrong(path: str, sheet: str, row: int, column: str, *, value: str, expected: str) -> EvidenceError:
    return EvidenceError(f"{path}: sheet {sheet}, row {row}, column {column}: {value!r}", expected)


def _sheet_id(title: str) -> str | None:
    return next((s for s, (zh, _) in _SHEETS.items() if plain(title) in (s, zh)), None)


def _text(value: Any) -> str:
    """A cell as text; Excel's 7.0 is the id 7, and a day has no time."""
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
