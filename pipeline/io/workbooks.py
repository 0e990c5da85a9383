"""Workbooks for offices: written row by row in flat memory, read row by row; formulas are text and never computed."""

from __future__ import annotations

import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.writer.excel import ExcelWriter

from pipeline.artifacts import atomic
from pipeline.core.cells import Cell, Odd, escaped, starts_formula, unescaped
from pipeline.errors import RegisterError, WorkdirError

MOST_ROWS = 1_048_575
_PATTERNS = {"text": "@", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "number": "General"}
_FILLS = {"": "FFD9D9D9", "new": "FFFFF2CC", "change": "FFC6E0B4"}
Opened = Literal["", "new", "change"]
"""Whether people may fill a column in: never, in new rows, in all rows."""
_MERGED = re.compile(rb'<mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
_PICKS = "wuse"


@dataclass(frozen=True)
class Head:
    """A column of a page: header, width in characters, what it holds, whether people may fill it in, its choices."""

    text: str
    width: int = 12
    holds: str = "text"
    open: Opened = ""
    picks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A sheet to write: its title, its columns, and its rows as they come."""

    title: str
    heads: Sequence[Head]
    rows: Iterable[Sequence[Cell]] = field(default_factory=tuple)


def write_workbook(path: Path, pages: Sequence[Page]) -> None:
    """Write pages as a workbook, whole or not at all.

    Raises
    ------
    RegisterError : more rows than a sheet can hold
    WorkdirError : the disk cannot be written
    """
    with atomic(path) as temporary:
        book = openpyxl.Workbook(write_only=True)
        picks: dict[tuple[str, ...], str] = {}
        try:
            for page in pages:
                _write_page(book, page, picks)
            _write_picks(book, picks)
            _save(book, temporary)
        except Exception as e:
            if "ENOSPC" not in str(e):
                raise
            where = tempfile.gettempdir()
            zh = f"{where}：磁盘已满；应有存放临时文件的空间；处理：设置 TMPDIR"
            raise WorkdirError(f"{where}: the disk is full", "room for temporary files", "set TMPDIR", zh=zh) from e
        finally:
            _let_go(book)


def _save(book: Any, path: Path) -> None:
    """As ``book.save``, but the archive is closed even where the disk is full."""
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
    try:
        ExcelWriter(book, archive).save()
    except BaseException:
        with suppress(Exception):
            archive.close()
        raise


def _let_go(book: Any) -> None:
    """End the sheets that were not saved and remove their temporary files; after a full disk they only complain."""
    for sheet in book.worksheets:
        writer = getattr(sheet, "_writer", None)
        for stream in (getattr(sheet, "_rows", None), getattr(writer, "xf", None)):
            if stream is not None:
                with suppress(Exception):
                    stream.close()
        if writer is not None:
            Path(writer.out).unlink(missing_ok=True)


def _write_page(book: Any, page: Page, picks: dict[tuple[str, ...], str]) -> None:
    sheet = book.create_sheet(page.title)
    sheet.freeze_panes = "B2" if len(page.heads) > 2 else "A2"
    for place, head in enumerate(page.heads, 1):
        sheet.column_dimensions[get_column_letter(place)].width = head.width
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(page.heads))}1"
    _validate(sheet, page.heads, picks)
    sheet.append([_headed(sheet, head) for head in page.heads])
    styles = _Styles(sheet)
    for number, row in enumerate(page.rows, 1):
        if number > MOST_ROWS:
            zh = f"“{page.title}”的行数超过工作簿的上限；最多 {MOST_ROWS} 行"
            raise RegisterError(f"{page.title} has more rows than a workbook can hold", f"{MOST_ROWS}", zh=zh)
        sheet.append([styles.cell(value) for value in row])


def _headed(sheet: Any, head: Head) -> Any:
    cell = WriteOnlyCell(sheet, head.text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor=_FILLS[head.open])
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


class _Styles:
    """Cells by what they hold; a text that looks like a formula stays a text, in the file and when it is edited."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self._kept: dict[str, Any] = {}
        for name, pattern in _PATTERNS.items():
            self._keep(name, pattern)
        self._keep("quoted", "@", quoted=True)

    def _keep(self, name: str, pattern: str, *, quoted: bool = False) -> None:
        cell = WriteOnlyCell(self.sheet, "x")
        cell.number_format = pattern
        cell.alignment = Alignment(vertical="top")
        cell.quotePrefix = quoted
        self._kept[name] = cell._style

    def cell(self, value: Cell) -> Any:
        if value is None:
            return None
        cell = WriteOnlyCell(self.sheet)
        if isinstance(value, str):
            cell._value, cell.data_type = escaped(value), "s"
            name = "quoted" if starts_formula(value) or value.startswith("'") else "text"
        else:
            cell.value = value
            name = "moment" if isinstance(value, datetime) else "day" if isinstance(value, date) else "number"
        cell._style = copy(self._kept[name])
        return cell


def _validate(sheet: Any, heads: Sequence[Head], picks: dict[tuple[str, ...], str]) -> None:
    for place, head in enumerate(heads, 1):
        rule = _rule(head, picks)
        if rule is not None:
            letter = get_column_letter(place)
            rule.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
            sheet.data_validations.append(rule)


def _rule(head: Head, picks: dict[tuple[str, ...], str]) -> Any:
    if not head.open:
        return None
    if head.picks:
        if head.picks not in picks:
            letter = get_column_letter(len(picks) + 1)
            picks[head.picks] = f"{_PICKS}!${letter}$1:${letter}${len(head.picks)}"
        return DataValidation("list", formula1=picks[head.picks], allow_blank=True, showErrorMessage=True)
    if head.holds == "day":
        return DataValidation("date", operator="greaterThan", formula1="61", allow_blank=True, showErrorMessage=True)
    if head.holds == "number":
        return DataValidation(
            "decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=True, showErrorMessage=True
        )
    return None


def _write_picks(book: Any, picks: Mapping[tuple[str, ...], str]) -> None:
    """The hidden sheet on which the choices stand that drop-downs offer."""
    sheet = book.create_sheet(_PICKS)
    sheet.sheet_state = "hidden"
    styles = _Styles(sheet)
    columns = list(picks)
    for i in range(max((len(c) for c in columns), default=0)):
        sheet.append([styles.cell(c[i]) if i < len(c) else None for c in columns])


class OpenBook:
    """A workbook that is being read."""

    def __init__(self, path: Path, book: Any) -> None:
        self.path, self._book = path, book

    @property
    def titles(self) -> tuple[str, ...]:
        """What its sheets are called."""
        return tuple(str(sheet.title) for sheet in self._book.worksheets)

    def count(self, title: str) -> int:
        """About how many rows a sheet has, as the file says; 0 where it does not say."""
        return self._book[title].max_row or 0

    def merged(self, title: str) -> list[str]:
        """The merged cells of a sheet, as ``A5:A7``."""
        with zipfile.ZipFile(self.path) as archive, archive.open(self._book[title]._worksheet_path) as file:
            tail, found = b"", []
            while chunk := file.read(1 << 20):
                found += [m[1].decode() for m in _MERGED.finditer(tail + chunk)]
                tail = (tail + chunk)[-100:].split(b"/>")[-1]
        return found

    def rows(self, title: str) -> Iterator[tuple[int, list[Cell | Odd]]]:
        """The rows of a sheet that are not blank, each with its number."""
        sheet = self._book[title]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(), 1):
            cells = [_read(cell) for cell in row]
            if any(cell is not None for cell in cells):
                yield number, cells


def _read(cell: Any) -> Cell | Odd:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Odd(str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return Odd(str(value), formula=False)
    if isinstance(value, str):
        text = unescaped(value)
        return text if text.strip() else None
    if isinstance(value, int | float | date | datetime):
        return value
    return str(value)


@contextmanager
def reading_workbook(path: Path) -> Iterator[OpenBook]:
    """Open a workbook to read.

    Raises
    ------
    RegisterError : it is not there, or is no workbook that can be read
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except FileNotFoundError:
        zh = f"{path} 不存在；应为工作簿；处理：wuse lists export CONFIG FILE"
        raise RegisterError(f"{path} does not exist", "a workbook", "wuse lists export CONFIG FILE", zh=zh) from None
    except PermissionError:
        raise RegisterError(
            f"{path} cannot be read",
            "a file that you may read",
            "close it in Excel or WPS",
            zh=f"{path} 无法读取；应为有权读取的文件；处理：在 Excel 或 WPS 中关闭它",
        ) from None
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        zipfile.BadZipFile,
        openpyxl.utils.exceptions.InvalidFileException,
    ):
        raise _unreadable(path) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield OpenBook(path, book)
    except (zipfile.BadZipFile, SyntaxError, EOFError):
        raise _unreadable(path) from None
    finally:
        book.close()


def _unreadable(path: Path) -> RegisterError:
    return RegisterError(
        f"{path} cannot be read as a workbook",
        "an .xlsx file without a password",
        "save it as .xlsx",
        zh=f"{path} 不能作为工作簿读取；应为没有密码的 .xlsx 文件；处理：另存为 .xlsx",
    )
