"""Carrying out what someone changed in a workbook: each change by the acts and guards that commands go through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.casework.blocks import act_on_block
from pipeline.casework.book import Book
from pipeline.casework.cases import act_on_case, case_or_error
from pipeline.casework.office.changes import REMARK, Edit
from pipeline.casework.office.views import marked, source
from pipeline.casework.records import change, changing, enter
from pipeline.casework.schema import Stream
from pipeline.casework.taking_part import award
from pipeline.core.ledger import BlockAct, CaseAct, Earned, Entry, Moment
from pipeline.core.sheets import BLOCKS, CASES, NEED_LIST, POINTS, PROJECTS, RESOURCES, NeedSource
from pipeline.errors import RegisterError

Acting = tuple[str, Moment]


def carry_out(book: Book, edit: Edit, acting: Acting, why: str) -> None:
    """Carry an edit out.

    Raises
    ------
    Refused : a guard does not allow it
    RegisterError : what it names is not on record, or it was changed meanwhile
    """
    if not edit.key and marked(book.connection, source(edit.sheet, "")[0], edit.mark):
        return
    if not edit.key:
        _NEW[edit.sheet.name](book, edit, acting, why)
        return
    stream, subject = source(edit.sheet, edit.key)
    row = book.row(stream, subject)
    if row is None or row["version"] != edit.seen:
        zh = f"{edit.key} 刚刚有人改过；处理：再导入一次"
        raise RegisterError(f"{edit.key} was changed this very moment", "", "import it again", zh=zh)
    if edit.sheet is CASES:
        _change_case(book, edit, acting, why)
    elif edit.sheet is BLOCKS:
        _change_block(book, edit, acting, row)
    else:
        by, at = acting
        change(book, stream, subject, changing(by, at, dict(edit.values), why))


def _change_case(book: Book, edit: Edit, acting: Acting, why: str) -> None:
    by, at = acting
    values = edit.values
    if "party" in values:
        if not values["party"]:
            zh = "责任主体不能去掉；应填责任主体；处理：回退用 wuse cases return"
            raise RegisterError("the accountable party cannot be taken off", "a party", "wuse cases return", zh=zh)
        act_on_case(book, edit.key, Entry(CaseAct.ASSIGN, by, at, why, {"party": values["party"]}))
    if "helpers" in values:
        wanted, there = json.loads(values["helpers"]), case_or_error(book, edit.key).helpers
        gone = [party for party in there if party not in wanted]
        if gone:
            zh = f"协办单位只能增加，不能去掉 {gone[0]}"
            raise RegisterError(f"{gone[0]} helps and cannot be taken off", "helpers added, none taken off", zh=zh)
        for party in wanted:
            if party not in there:
                act_on_case(book, edit.key, Entry(CaseAct.HELP, by, at, why, {"party": party}))
    if REMARK in values:
        act_on_case(book, edit.key, Entry(CaseAct.NOTE, by, at, str(values[REMARK]), {"mark": edit.mark}))


def _change_block(book: Book, edit: Edit, acting: Acting, row: Mapping[str, Any]) -> None:
    data = {name: edit.values.get(name, row[name]) for name in ("plan", "due")}
    act_on_block(book, edit.key, Entry(BlockAct.PLAN, *acting, data=data))


def _new_resource(book: Book, edit: Edit, acting: Acting, why: str) -> None:
    enter(book, Stream.RESOURCE, acting, _marked(edit), why=why)


def _new_need(book: Book, edit: Edit, acting: Acting, why: str) -> None:
    enter(book, Stream.NEED, acting, _marked(edit) | {"source": NeedSource.PERSON.value}, why=why)


def _new_project(book: Book, edit: Edit, acting: Acting, why: str) -> None:
    enter(book, Stream.PROJECT, acting, _marked(edit), why=why)


def _new_points(book: Book, edit: Edit, acting: Acting, why: str) -> None:
    values = edit.values
    award(book, values["resident"], Earned.of(values["act"]), values["ref"], acting=acting, mark=edit.mark)


def _marked(edit: Edit) -> dict[str, Any]:
    return {**edit.values, "mark": edit.mark}


_NEW: Mapping[str, Callable[[Book, Edit, Acting, str], None]] = {
    RESOURCES.name: _new_resource,
    NEED_LIST.name: _new_need,
    PROJECTS.name: _new_project,
    POINTS.name: _new_points,
}
