"""What someone changed in a workbook: every cell is held against the register, now and as it was when it was written.

Nothing is written here. What cannot be taken is told by sheet, row and column.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from pipeline.casework.office.views import Stamp, as_of, marked, some, source
from pipeline.casework.rows import Row, canonical
from pipeline.core.cells import Around, Cell, Column, Odd, Unfit, plain, shown, text_of
from pipeline.core.reasons import Text
from pipeline.core.sheets import CASE_NEED, VERSION, Sheet, columns_of
from pipeline.core.typed import meant, same
from pipeline.engine import Progress
from pipeline.io.workbooks import OpenBook

_AT_ONCE = 500
_HEADER_WITHIN = 20
REMARK = "remark"


@dataclass(frozen=True)
class Problem:
    """A cell or row that cannot be taken: where it is, what was found, what is expected in Chinese and English."""

    sheet: str
    row: int
    column: str
    found: str
    zh: str
    en: str


@dataclass(frozen=True)
class Edit:
    """What someone wants: an entry changed, or a new one where ``key`` is empty.

    ``seen`` is the version it was held against; ``mark`` names a new entry or a remark, so that it is taken once;
    ``typed`` is what stands in the file, by the headers that it has there.
    """

    sheet: Sheet
    title: str
    row: int
    key: str
    seen: int
    values: Mapping[str, Any]
    mark: str
    typed: Mapping[str, tuple[str, str]]


@dataclass
class Found:
    """What a workbook holds: edits, what cannot be taken, and what was passed over."""

    edits: list[Edit] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Line:
    number: int
    cells: Mapping[str, Cell | Odd]

    @property
    def blank(self) -> bool:
        return not any(text_of(cell) for cell in self.cells.values())


class SheetReader:
    """One sheet of a workbook against the register."""

    def __init__(self, connection: Connection, sheet: Sheet, around: Around, stamp: Stamp) -> None:
        self.connection, self.sheet, self.around, self.stamp = connection, sheet, around, stamp
        self.found = Found()
        self._title = ""
        self._heads: dict[str, str] = {}
        self._seen: dict[str, int] = {}
        self._twins: Counter[str] = Counter()

    def read(self, book: OpenBook, title: str, progress: Progress) -> Found:
        """Hold every row of a sheet against the register."""
        self._title = title
        total, done = book.count(title), 0
        rows = book.rows(title)
        header, columns = self._header(rows)
        if not columns:
            return self.found
        for place in book.merged(title):
            first = int("".join(c for c in place.split(":")[0] if c.isdigit()))
            if first > header:
                self._wrong(first, "", place, ("不合并的单元格，请取消合并", "cells that are not merged"))
        told = self._lines(rows, columns)
        while lines := list(islice(told, _AT_ONCE)):
            self._hold(lines)
            done += len(lines)
            progress(min(done, total), total, Text(title, title))
        return self.found

    def _header(self, rows: Iterator[tuple[int, list[Cell | Odd]]]) -> tuple[int, dict[int, Column]]:
        wanted = {self.sheet.key.name, VERSION.name}
        for number, cells in rows:
            columns = columns_of(self.sheet, [text_of(cell) for cell in cells])
            names = Counter(column.name for column in columns.values())
            if names.keys() >= wanted:
                self._heads = {column.name: text_of(cells[place]) for place, column in columns.items()}
                twice = [self._heads[name] for name, count in names.items() if count > 1]
                for text in twice:
                    self._wrong(number, text, text, ("每列只出现一次", "each column once"))
                others = [text_of(c) for i, c in enumerate(cells) if i not in columns and text_of(c)]
                lacking = [self._head(c) for c in self.sheet.columns if c.name not in names]
                self.found.passed_over += [(self._title, text) for text in others + lacking]
                return number, {} if twice else columns
            if number >= _HEADER_WITHIN:
                break
        zh, en = f"{self.sheet.key.zh}、{VERSION.zh}", f"{self.sheet.key.en}, {VERSION.en}"
        self._wrong(1, "", "", (f"表头，含 {zh}", f"a header row with {en}"))
        return 0, {}

    def _head(self, column: Column) -> str:
        return self._heads.get(column.name) or (column.zh if self.around.chinese else column.en)

    def _wrong(self, row: int, column: str, found: str, expected: tuple[str, str]) -> None:
        self.found.problems.append(Problem(self._title, row, column, found, *expected))

    def _lines(self, rows: Iterable[tuple[int, list[Cell | Odd]]], columns: Mapping[int, Column]) -> Iterator[_Line]:
        for number, cells in rows:
            line = _Line(number, {c.name: cells[i] if i < len(cells) else None for i, c in columns.items()})
            if not line.blank:
                yield line

    def _hold(self, lines: Sequence[_Line]) -> None:
        keys = [text_of(line.cells[self.sheet.key.name]) for line in lines]
        known = some(self.connection, self.sheet, filter(None, keys), self.around.zone)
        for line, key in zip(lines, keys, strict=True):
            if not key:
                self._new(line)
            elif key not in known:
                expected = "台账里有的编号；新增的行请留空", "an id on record; leave it empty in a new row"
                self._wrong(line.number, self._head(self.sheet.key), key, expected)
            elif key in self._seen:
                expected = f"第 {self._seen[key]} 行已是这一条", f"one row for each; row {self._seen[key]} has this id"
                self._wrong(line.number, self._head(self.sheet.key), key, expected)
            else:
                self._seen[key] = line.number
                self._changed(line, key, known[key])

    def _changed(self, line: _Line, key: str, now: Row) -> None:
        then = self._then(line, key, now)
        if then is None:
            return
        values: dict[str, Any] = {}
        for column in self.sheet.columns[1:-1]:
            if column.name in line.cells:
                try:
                    self._cell(column, line.cells[column.name], (key, then, now), values)
                except Unfit as e:
                    self._wrong(line.number, self._head(column), text_of(line.cells[column.name]), (e.zh, e.en))
        mark = self._mark(key, now if then is now else then, values.get(REMARK))
        if REMARK in values and marked(self.connection, *self._marked_as(key, mark)):
            del values[REMARK]
        if values:
            self._want(line, key, values, seen=int(now["version"]), mark=mark)

    def _marked_as(self, key: str, mark: str) -> tuple[Any, str, str]:
        stream, subject = source(self.sheet, key)
        return stream, mark, subject

    def _then(self, line: _Line, key: str, now: Row) -> Row | None:
        """The entry as it was when the workbook was written."""
        cell = line.cells[VERSION.name]
        try:
            version = int(meant(VERSION, cell, self.around))
        except Unfit:
            version = 0
        if version == now["version"]:
            return now
        then = None
        if 0 < version < now["version"]:
            then = as_of(self.connection, self.sheet, (key, version), self.around.zone)
        if then is None:
            latest = now["version"]
            expected = f"1 到 {latest}，导出时的版本，不要改", f"1 to {latest}, as it was written; do not change it"
            self._wrong(line.number, self._head(VERSION), text_of(cell), expected)
        return then

    def _cell(self, column: Column, cell: Cell | Odd, entry: tuple[str, Row, Row], values: dict[str, Any]) -> None:
        key, then, now = entry
        if same(column, cell, now[column.name], self.around):
            return
        moved = then[column.name] != now[column.name]
        if moved and same(column, cell, then[column.name], self.around):
            return
        there = text_of(shown(column, now[column.name], self.around))
        if not column.change or key.startswith(CASE_NEED):
            raise Unfit(f"“{there}”；这一列不能在表格里改", f"'{there}'; this cannot be changed in a workbook")
        value = meant(column, cell, self.around)
        if moved:
            zh = f"“{there}”：导出后别人已改成这样；请照此填，或重新导出再改"
            raise Unfit(zh, f"'{there}': changed by others since; put this here, or export again and change it there")
        values[column.name] = value

    def _new(self, line: _Line) -> None:
        filled = {name for name, cell in line.cells.items() if text_of(cell)}
        barred = [c for c in self.sheet.columns if c.name in filled and not c.new]
        if not self.sheet.takes_new:
            head = self._head(self.sheet.key)
            self._wrong(line.number, head, "", ("编号；这张表不能加行", "an id; this sheet takes no new rows"))
            return
        before = len(self.found.problems)
        for column in barred:
            text = text_of(line.cells[column.name])
            self._wrong(line.number, self._head(column), text, ("新增的行这一列留空", "nothing here in a new row"))
        values = {}
        for column in self.sheet.columns:
            if column.new:
                try:
                    values[column.name] = meant(column, line.cells.get(column.name), self.around)
                except Unfit as e:
                    self._wrong(line.number, self._head(column), text_of(line.cells.get(column.name)), (e.zh, e.en))
        told = canonical(values)
        self._twins[told] += 1
        mark = self._mark("", {"version": self._twins[told]}, told)
        sound = len(self.found.problems) == before
        if sound and not marked(self.connection, *self._marked_as("", mark)[:2]):
            self._want(line, "", values, seen=0, mark=mark)

    def _want(self, line: _Line, key: str, values: Mapping[str, Any], *, seen: int, mark: str) -> None:
        columns = {c.name: self._head(c) for c in self.sheet.columns}
        typed = {name: (columns[name], text_of(line.cells.get(name))) for name in values}
        self.found.edits.append(Edit(self.sheet, self._title, line.number, key, seen, values, mark, typed))

    def _mark(self, key: str, row: Row, told: Any) -> str:
        about = canonical([self.stamp.head, self.sheet.name, key, int(row["version"]), told])
        return hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def sheet_titled(sheet: Sheet, titles: Iterable[str]) -> str | None:
    """Which of some sheets of a workbook is this one, by either language; None where it is not there."""
    known = {plain(sheet.zh), plain(sheet.en), plain(sheet.name)}
    return next((title for title in titles if plain(title) in known), None)
