"""The sheets of the office workbook, once: their titles and columns in Chinese and English, and what may be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.core.answers import Problem, Severity
from pipeline.core.cells import Column, Kind, plain
from pipeline.core.ledger import BlockState, CaseState, Duty, Earned, Made
from pipeline.core.vocabulary import Gate, Grade, Named

K = Kind
NEEDS: Final[tuple[Named, ...]] = (*Problem, *Gate)
"""Kinds of need: what is wrong at a spot, and the gates of the ladder."""
CASE_NEED: Final = "case:"
"""How the id of a need begins that is an open case; such a need is changed by acting on its case."""


class NeedSource(Named):
    """Where a need comes from."""

    CASE = "case", "案件", "case"
    GATE = "gate", "未达标项", "unmet gate"
    PERSON = "person", "登记", "put down"


class FoundHow(Named):
    """What a second inspection found."""

    PASSED = "passed", "合格", "passed"
    FAILED = "failed", "不合格", "failed"


@dataclass(frozen=True)
class Colour:
    """A grade as a cell shows it."""

    value: str
    zh: str
    en: str


COLOURS: Final = tuple(Colour(grade.value, grade.facts.zh, grade.facts.en) for grade in Grade)
VERSION: Final = Column("version", "版本", "version", K.WHOLE, width=8)
"""How many events an entry had when it was written out: tells what someone changed from what the register changed."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of entries: the first column names them, the last one is their version."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> Column:
        """The column that names an entry."""
        return self.columns[0]

    @property
    def takes_new(self) -> bool:
        """Whether a row without an id is a new entry."""
        return any(column.new for column in self.columns)

    def title(self, chinese: bool) -> str:
        """What the sheet is called."""
        return self.zh if chinese else self.en


RESOURCES = Sheet(
    "resources",
    "资源清单",
    "Resources",
    (
        Column("id", "编号", "id", width=15),
        Column("party", "提供单位", "party", K.PARTY, change=True, new=True, needed=True, width=28),
        Column("name", "名称", "name", change=True, new=True, needed=True, width=24),
        Column("serves", "可服务的需求", "serves", K.CHOICES, change=True, new=True, choices=NEEDS, width=30),
        Column("people", "人数", "people", K.WHOLE, change=True, new=True, least=0, width=8),
        Column("hours_week", "每周工时", "hours a week", K.NUMBER, change=True, new=True, least=0, width=12),
        Column("jobs", "同时可接", "jobs at once", K.WHOLE, change=True, new=True, least=1, width=12),
        Column("kit", "装备", "kit", change=True, new=True, width=20),
        Column("note", "备注", "note", change=True, new=True, width=24),
        VERSION,
    ),
)

NEED_LIST = Sheet(
    "needs",
    "需求清单",
    "Needs",
    (
        Column("id", "编号", "id", width=20),
        Column("source", "来源", "source", K.CHOICE, choices=tuple(NeedSource), width=10),
        Column("block_id", "区块", "block", K.BLOCK, new=True, width=10),
        Column("kind", "类型", "kind", K.CHOICE, new=True, needed=True, choices=NEEDS, width=16),
        Column("title", "需求", "title", change=True, new=True, needed=True, width=32),
        Column("due", "期限", "due", K.DAY, change=True, new=True, width=12),
        Column("effort_h", "预计工时", "hours of work", K.NUMBER, change=True, new=True, least=0.1, width=12),
        Column("weight", "权重", "weight", K.NUMBER, change=True, new=True, least=0.1, width=8),
        Column("note", "备注", "note", change=True, new=True, width=24),
        VERSION,
    ),
)

PROJECTS = Sheet(
    "projects",
    "项目清单",
    "Projects",
    (
        Column("id", "编号", "id", width=15),
        Column("title", "项目", "title", change=True, new=True, needed=True, width=32),
        Column("party", "承办单位", "party", K.PARTY, change=True, new=True, width=28),
        Column("block_id", "区块", "block", K.BLOCK, change=True, new=True, width=10),
        Column("need", "对应需求", "need", new=True, width=20),
        Column("resource", "使用资源", "resource", width=15),
        Column("prepare_by", "准备完成", "prepare by", K.DAY, change=True, new=True),
        Column("start_by", "开工", "start by", K.DAY, change=True, new=True),
        Column("finish_by", "完工", "finish by", K.DAY, change=True, new=True),
        Column("check_by", "验收", "check by", K.DAY, change=True, new=True),
        Column("due", "期限", "due", K.DAY, change=True, new=True),
        Column("item", "成果类别", "item", K.CHOICE, choices=tuple(Made), width=16),
        Column("quantity", "数量", "quantity", K.WHOLE, width=8),
        Column("result", "成果", "result", width=24),
        Column("done_at", "完成时间", "done at", K.MOMENT, width=18),
        Column("note", "备注", "note", change=True, new=True, width=24),
        VERSION,
    ),
)

CASES = Sheet(
    "cases",
    "案件",
    "Cases",
    (
        Column("number", "编号", "number", width=13),
        Column("state", "状态", "state", K.CHOICE, choices=tuple(CaseState), width=12),
        Column("kind", "类型", "kind", K.CHOICE, choices=tuple(Problem), width=14),
        Column("severity", "程度", "severity", K.CHOICE, choices=tuple(Severity), width=8),
        Column("block_id", "区块", "block", K.BLOCK, width=8),
        Column("place", "地点", "place", width=24),
        Column("problem", "问题", "problem", width=24),
        Column("party", "责任主体", "accountable party", K.PARTY, change=True, width=28),
        Column("duty", "责任依据", "by duty of", K.CHOICE, choices=tuple(Duty), width=12),
        Column("helpers", "协办单位", "helpers", K.PARTIES, change=True, width=28),
        Column("opened_at", "立案时间", "opened at", K.MOMENT, width=18),
        Column("opened_by", "立案人", "opened by", width=10),
        Column("notice", "通知书", "notice", width=14),
        Column("served_at", "送达时间", "served at", K.MOMENT, width=18),
        Column("deadline", "期限", "deadline", K.MOMENT, width=18),
        Column("result", "督查结果", "inspection", K.CHOICE, choices=tuple(FoundHow), width=10),
        Column("inspected_at", "督查时间", "inspected at", K.MOMENT, width=18),
        Column("closed_at", "销号时间", "closed at", K.MOMENT, width=18),
        Column("closed_by", "销号人", "closed by", width=10),
        Column("remark", "新备注", "new remark", change=True, width=28),
        VERSION,
    ),
)

BLOCKS = Sheet(
    "blocks",
    "区块",
    "Blocks",
    (
        Column("block_id", "区块", "block", width=8),
        Column("state", "状态", "state", K.CHOICE, choices=tuple(BlockState), width=16),
        Column("grade_listed", "列入时", "listed as", K.CHOICE, choices=COLOURS, width=10),
        Column("grade_now", "现在", "now", K.CHOICE, choices=COLOURS, width=10),
        Column("plan", "会诊方案", "plan", change=True, width=40),
        Column("due", "限期", "due", K.DAY, change=True),
        Column("listed_at", "列入时间", "listed at", K.MOMENT, width=18),
        Column("checked_at", "检查时间", "checked at", K.MOMENT, width=18),
        Column("closed_at", "销号时间", "closed at", K.MOMENT, width=18),
        Column("watch_until", "观察到", "watched until", K.MOMENT, width=18),
        VERSION,
    ),
)

POINTS = Sheet(
    "points",
    "积分",
    "Points",
    (
        Column("id", "编号", "id", width=15),
        Column("resident", "居民", "resident", new=True, needed=True, width=14),
        Column("act", "事由", "for", K.CHOICE, new=True, needed=True, choices=tuple(Earned), width=18),
        Column("ref", "凭据编号", "proof", new=True, needed=True, width=18),
        Column("day", "日期", "day", K.DAY),
        Column("points", "积分", "points", K.WHOLE, width=8),
        Column("confirmed_by", "确认人", "confirmed by", width=12),
        Column("reverses", "冲正", "reverses", width=15),
        VERSION,
    ),
)

SHEETS: Final = (RESOURCES, NEED_LIST, PROJECTS, CASES, BLOCKS, POINTS)


def columns_of(sheet: Sheet, header: list[str]) -> dict[int, Column]:
    """Which columns a header row names, by their places; other columns are people's own.

    >>> [c.name for c in columns_of(POINTS, ["小张核对", "居民", " ID "]).values()]
    ['resident', 'id']
    """
    known = {plain(word): column for column in sheet.columns for word in (column.name, column.en, column.zh)}
    return {place: known[plain(text)] for place, text in enumerate(header) if plain(text) in known}
