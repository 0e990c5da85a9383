"""Workbooks as an office worker handles them: cells set by the words of their headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from pipeline.casework.office.export import export_workbook
from pipeline.casework.office.take import Taken, import_workbook
from pipeline.casework.records import enter
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream

ACTING = ("督查员", "2021-03-01T01:00:00Z")
BLOCKS = ("B1", "B2")


def add_lists(register: Register) -> None:
    """Two resources, a need and a project."""
    with register.writing() as book:
        crew = {"party": "wuye", "name": "保洁班", "serves": "cleaning rubbish", "people": 4, "hours_week": 40.0}
        enter(book, Stream.RESOURCE, ACTING, {**crew, "jobs": 2, "kit": "=HYPERLINK(1)", "note": "@周末"})
        enter(
            book, Stream.RESOURCE, ACTING, {**crew, "party": "cishan", "name": "+志愿者", "hours_week": 7.5, "jobs": 1}
        )
        need = {"source": "person", "block_id": "B1", "kind": "greenery", "title": "-补绿", "due": "2021-04-30"}
        enter(book, Stream.NEED, ACTING, {**need, "effort_h": 8.0, "weight": 1.0})
        enter(
            book,
            Stream.PROJECT,
            ACTING,
            {"title": "健身器材", "block_id": "B2", "due": "下周", "check_by": "2021-05-01"},
        )


def export(register: Register, path: Path, *, chinese: bool = True) -> Path:
    export_workbook(register, path, chinese=chinese, blocks=BLOCKS)
    return path


def take(register: Register, path: Path, **more: Any) -> Taken:
    return import_workbook(register, path, ACTING, **{"blocks": BLOCKS, **more})


class Office:
    """A workbook that is opened, changed and saved."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)

    def place(self, sheet: str, column: str) -> int:
        heads = [cell.value for cell in self.book[sheet][1]]
        return heads.index(column) + 1

    def row(self, sheet: str, key: str) -> int:
        return next(row[0].row for row in self.book[sheet].iter_rows() if str(row[0].value) == key)

    def set(self, sheet: str, row: int | str, **cells: object) -> None:
        number = self.row(sheet, row) if isinstance(row, str) else row
        for column, value in cells.items():
            self.book[sheet].cell(number, self.place(sheet, column)).value = value

    def get(self, sheet: str, row: str, column: str) -> object:
        return self.book[sheet].cell(self.row(sheet, row), self.place(sheet, column)).value

    def add(self, sheet: str, **cells: object) -> int:
        number = self.book[sheet].max_row + 1
        self.set(sheet, number, **cells)
        return number

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path
