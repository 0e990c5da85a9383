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
from pipeline.problems import unread

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
            zh = f"{self.path}：没有航次 {flight_id}；应为 {'、'.join(self.flights)} 之一"
            raise EvidenceError(f"{self.path}: no flight {flight_id}", f"one of {', '.join(self.flights)}", zh=zh)
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
                some = list(ids)[:3]
                expected = f"区块编号（{'、'.join(some)} …）", f"an id of a block ({', '.join(some)} …)"
                raise _wrong(self.path, row.sheet, row.number, "block_id", value=row.block_id, expected=expected)


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
    end = "" if path.suffix.lower() in _BOOKS else ".csv"
    known = ", ".join(f"{s}{end} ({zh}{end})" for s, (zh, _) in _SHEETS.items())
    known_zh = "、".join(f"{s}{end}（{zh}{end}）" for s, (zh, _) in _SHEETS.items())
    if not end:
        zh = f"{path}：不认识工作表“{title}”；应为 {known_zh}；处理：改名，或命名为 notes"
        return EvidenceError(f"{path}: sheet {title!r} is not known", known, "rename it, or call it notes", zh=zh)
    file = path / f"{title}.csv" if path.is_dir() else path
    mend = "rename it after what it holds, or call it notes.csv"
    zh = f"不认识 {file} 这个文件名；应为 {known_zh}；处理：按内容改名，或命名为 notes.csv"
    return EvidenceError(f"{file} is not known by its name", known, mend, zh=zh)


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
        zh = f"{path} 不能作为工作簿读取；应为 .xlsx 文件；处理：重新另存为 .xlsx"
        mend = "save it again as .xlsx"
        raise EvidenceError(f"{path} cannot be read as a workbook", "an .xlsx file", mend, zh=zh) from None
    return [
        (sheet.title, [(n, [_text(v) for v in row]) for n, row in enumerate(sheet.iter_rows(values_only=True), 1)])
        for sheet in book.worksheets
    ]


def _folder(path: Path) -> list[tuple[str, Sheet]]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv" and not p.name.startswith("."))
        if not files:
            zh = f"{path} 里没有 .csv 文件；应有 {'、'.join(f'{s}.csv' for s in _SHEETS)}"
            raise EvidenceError(f"{path} holds no .csv file", ", ".join(f"{s}.csv" for s in _SHEETS), zh=zh)
        return [(f.stem, csv_cells(f)) for f in files]
    if not path.exists():
        raise _missing(path)
    if path.suffix.lower() != ".csv":
        zh = f"{path} 不是表格；应为 .xlsx 文件，或存放 .csv 文件的文件夹；处理：另存为 .xlsx"
        expected = "an .xlsx file or a folder of .csv files"
        raise EvidenceError(f"{path} is not a table", expected, "save it as .xlsx", zh=zh)
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
        why = unread(e)
        raise EvidenceError(f"{path} {why.en}", "a readable file", zh=f"{path} {why.zh}；应为可读取的文件") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            lines = csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True)
            return [(lines.line_num, [cell.strip() for cell in line]) for line in lines]
        except UnicodeDecodeError:
            continue
        except csv.Error as e:
            zh = f"{path} 不是 CSV（{e}）；单元格之间应为逗号，引号应成对"
            raise EvidenceError(f"{path} is not CSV ({e})", "commas between cells, quotes closed", zh=zh) from None
    zh = f"{path} 既不是 UTF-8 也不是 GB18030；应为其中一种；处理：另存为 CSV UTF-8"
    raise EvidenceError(f"{path} is neither UTF-8 nor GB18030", "one of them", "save it as CSV UTF-8", zh=zh)


def _missing(path: Path) -> EvidenceError:
    zh = f"{path} 不存在；应为佐证表；处理：改正 community.evidence，或删去这一项"
    mend = "mend community.evidence or leave it out"
    return EvidenceError(f"{path} does not exist", "the evidence table", mend, zh=zh)


def _rows(path: str, sheet: str, content: Sheet, flights: tuple[str, ...]) -> Iterable[Row]:
    filled = [(n, cells) for n, cells in content if any(cells)]
    if not filled:
        return
    header, columns = filled[0][0], _columns(path, sheet, filled[0])
    for number, cells in filled[1:]:
        values = dict(zip(columns, cells, strict=False))
        block, flight = values.get("block_id", ""), _flight(values.get("flight", ""), flights)
        if not block:
            expected = f"区块编号（表头在第 {header} 行）", f"the block's id (headers are in row {header})"
            raise _wrong(path, sheet, number, "block_id", value=block, expected=expected)
        if flight and flight not in flights:
            expected = f"航次 {'、'.join(flights)} 之一，留空为全部", f"one of {', '.join(flights)}, or blank for all"
            raise _wrong(path, sheet, number, "flight", value=flight, expected=expected)
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
            expected = ["block_id", "flight", *(w.value for w in named)]
            found = f"{path}: sheet {sheet}, row {number}: column {cell!r} is not known"
            expected_zh = "、".join([BLOCK_COLUMN[1], FLIGHT_COLUMN[1], *(w.zh for w in named)])
            zh = f"{path}：{sheet} 表第 {number} 行：不认识“{cell}”列；应为 {expected_zh}"
            raise EvidenceError(found, ", ".join(expected), zh=zh)
    twice = [c for c in columns if columns.count(c) > 1]
    if twice:
        found = f"{path}: sheet {sheet}, row {number}: column {twice[0]} appears twice"
        zh = f"{path}：{sheet} 表第 {number} 行：{twice[0]} 列出现两次；每列只能出现一次"
        raise EvidenceError(found, "each column once", zh=zh)
    if "block_id" not in columns:
        found = f"{path}: sheet {sheet}, row {number}: no column block_id"
        zh = f"{path}：{sheet} 表第 {number} 行：没有 block_id 列；表头应有 block_id"
        raise EvidenceError(found, "a header row with block_id", zh=zh)
    return columns


def _answer(path: str, sheet: str, row: int, *, column: Named, value: str) -> bool | None:
    word = plain(value)
    if word in _BLANK:
        return None
    if word not in _YES + _NO:
        expected = "是或否（yes/no），也可留空", "yes or no (是/否), or blank"
        raise _wrong(path, sheet, row, column.value, value=value, expected=expected)
    return word in _YES


def _wrong(path: str, sheet: str, row: int, column: str, *, value: str, expected: tuple[str, str]) -> EvidenceError:
    zh = f"{path}：{sheet} 表第 {row} 行 {column} 列：“{value}”；应为{expected[0]}"
    return EvidenceError(f"{path}: sheet {sheet}, row {row}, column {column}: {value!r}", expected[1], zh=zh)


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
