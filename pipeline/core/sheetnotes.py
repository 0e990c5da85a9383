"""The page of the office workbook that explains it, in Chinese and English; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.core.cells import Column
from pipeline.core.sheets import NEEDS, SHEETS, Sheet

TITLE: Final = ("说明", "Notes")
HEADS: Final = (("事项", "内容"), ("about", "text"))
STAMP: Final = {"register": ("台账标识", "register"), "seq": ("记录数", "events"), "head": ("末条记录", "last event")}
"""What tells of which register, and of what state of it, a workbook was made."""
_GENERAL: Final = (
    (
        "颜色",
        "绿色表头的列可以改；黄色表头的列只在新增的行里填；灰色表头的列由台账填写，不能改。",
        "colours",
        "Columns with a green header may be changed; yellow: only in new rows; grey: filled in by the register.",
    ),
    (
        "怎么导入",
        "改完保存，运行：wuse lists import 配置文件 本文件 --as 姓名。加 --check 只看会改什么，不写入。",
        "how to import",
        "Save, then run: wuse lists import CONFIG THIS_FILE --as NAME. With --check it only says what would change.",
    ),
    (
        "有错怎么办",
        "只要有一行不对，就什么都不写入；会逐行逐列说明写了什么、应写什么。改好再导入。同一文件导入两次，第二次不会改变什么。",
        "when a row is wrong",
        "Where one row is wrong nothing is written; each is told by row and column, with what was found and what is "
        "expected. Mend it and import again. Importing the same file twice changes nothing the second time.",
    ),
    (
        "状态",
        "案件和区块的状态、检查结果、销号、项目完成，不能在表格里填写，要由经办人用命令办理，例如 wuse cases close。",
        "states",
        "States of cases and blocks, inspections, closings and the end of a project are never typed here: a named "
        "person acts by a command, like wuse cases close.",
    ),
    (
        "别人也改了",
        "导出之后别人改过的内容不会被旧表格覆盖。两边都改了同一格，会列出来，请重新导出再改。不要改“版本”列。",
        "changed by others",
        "What others changed after this was written is never overwritten by an old workbook. A cell changed on both "
        "sides is shown: export again and change it there. Leave the column 'version' as it is.",
    ),
    (
        "删行",
        "删掉一行不会删除台账里的记录。行和列的顺序可以变，也可以加自己的列（不会导入）。不要合并单元格。",
        "deleting rows",
        "A deleted row deletes nothing in the register. Rows and columns may be put in another order, and columns of "
        "your own may be added (they are not imported). Do not merge cells.",
    ),
    (
        "日期和公式",
        "日期写成 2021-03-01。公式不会计算，请粘贴成值。",
        "dates and formulas",
        "Write dates as 2021-03-01. Formulas are not computed: paste values.",
    ),
)


def notes(chinese: bool) -> Iterator[tuple[str, str]]:
    """The lines of the page: a topic and what is said of it."""
    for about_zh, zh, about_en, en in _GENERAL:
        yield (about_zh, zh) if chinese else (about_en, en)
    for sheet in SHEETS:
        yield sheet.title(chinese), _of_sheet(sheet, chinese)
    kinds = "、".join(n.zh for n in NEEDS) if chinese else ", ".join(n.en for n in NEEDS)
    yield (
        ("需求类型", f"{kinds}。多个用“、”隔开。")
        if chinese
        else ("kinds of need", f"{kinds}. Put commas between several.")
    )


def _of_sheet(sheet: Sheet, chinese: bool) -> str:
    changed = _names([c for c in sheet.columns if c.change], chinese)
    new = _names([c for c in sheet.columns if c.new], chinese)
    if chinese:
        told = f"可改：{changed}。" if changed else "已有的行不能改。"
        return told + (f"加一行（编号留空）就是新增，可填：{new}。" if new else "不能加行。")
    told = f"May be changed: {changed}. " if changed else "Rows that are there cannot be changed. "
    return told + (f"A new row without an id is a new entry; fill in: {new}." if new else "No new rows.")


def _names(columns: list[Column], chinese: bool) -> str:
    return ("、" if chinese else ", ").join(c.zh if chinese else c.en for c in columns)
