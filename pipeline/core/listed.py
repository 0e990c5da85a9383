"""How lists and figures are told on the terminal: headers of columns and names of counts, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from pipeline.core.casefacts import is_hash
from pipeline.core.cells import Around, Column, Kind, shown, text_of
from pipeline.core.ledger import Duty, Made, PartyKind, PledgeKind
from pipeline.core.sheets import BLOCKS, CASES, COLOURS, NEED_LIST, POINTS, PROJECTS, RESOURCES
from pipeline.core.vocabulary import Named
from pipeline.core.worktime import Term
from pipeline.errors import Unsuitable

K = Kind


class Kept(Named):
    """How the last check found a pledge."""

    YES = "yes", "遵守", "kept"
    NO = "no", "未遵守", "broken"


class Origin(Named):
    """How a case came to be."""

    FLIGHT = "flight", "航拍", "flight"
    PATROL = "patrol", "巡查", "patrol"
    FIELD = "field", "外业", "field work"


class Seen(Named):
    """What a later flight shows of a case's spot."""

    GONE = "gone", "已不见", "gone"
    STILL = "still", "仍在", "still there"


LISTED: Final[Mapping[str, tuple[Column, ...]]] = {
    RESOURCES.name: RESOURCES.columns,
    NEED_LIST.name: NEED_LIST.columns,
    PROJECTS.name: PROJECTS.columns,
    POINTS.name: POINTS.columns,
    "matches": (Column("need", "需求", "need"), Column("resource", "资源", "resource")),
    "answers": (
        Column("party", "责任主体", "party", K.PARTY),
        Column("duty", "责任依据", "duty", K.CHOICE, choices=tuple(Duty)),
        Column("label", "说明", "label"),
    ),
    "parties": (
        Column("id", "编号", "id"),
        Column("kind", "类别", "kind", K.CHOICE, choices=tuple(PartyKind)),
        Column("name", "名称", "name"),
        Column("contact", "联系人", "contact"),
    ),
    "people": (
        Column("name", "姓名", "name"),
        Column("party", "所属单位", "party", K.PARTY),
        Column("office", "职务", "office"),
    ),
    "campaigns": (
        Column("id", "编号", "id"),
        Column("day", "日期", "day"),
        Column("title", "名称", "title"),
        Column("block_id", "区块", "block"),
        Column("people", "人次", "people"),
        Column("truckloads", "车次", "truckloads"),
        Column("organiser", "组织人", "organiser"),
    ),
    "pledges": (
        Column("id", "编号", "id"),
        Column("kind", "类别", "kind", K.CHOICE, choices=tuple(PledgeKind)),
        Column("name", "签约人", "name"),
        Column("place", "地点", "place"),
        Column("block_id", "区块", "block"),
        Column("signed", "签约日", "signed"),
        Column("kept", "检查", "check", K.CHOICE, choices=tuple(Kept)),
        Column("checked_by", "检查人", "checked by"),
    ),
}
"""Columns of lists, by the name of the table."""

COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "month": ("月份", "month"),
    "opened": ("立案", "opened"),
    "closed": ("销号", "closed"),
    "overdue": ("超期", "overdue"),
    "points": ("积分", "points"),
    "truckloads": ("清运车次", "truckloads"),
    "people": ("参与人次", "people"),
    "person_times": ("参与人次", "person-times"),
    "campaigns": ("集中整治", "campaigns"),
    "blocks": ("区块", "blocks"),
    "blocks_closed": ("红橙区块销号", "red and orange blocks closed"),
    "relapses": ("反弹", "relapses"),
    "known": ("已有记录", "on record already"),
    "rejected": ("核实为误报", "found to be false alarms"),
    "voided": ("作废", "voided"),
    "in_doubt": ("已送达、待人工定", "served already: for a person to decide"),
    "blocks_list": ("列入区块", "blocks listed"),
    "blocks_relapse": ("区块反弹", "blocks relapsed"),
    "blocks_settle": ("区块观察期满", "blocks settled"),
    "needs_added": ("新增需求", "needs added"),
    "needs_met": ("需求已满足", "needs met"),
    "gone": ("航拍已不见", "gone by the flight"),
    "still": ("航拍仍在", "still there by the flight"),
    "cases": ("案件", "cases"),
    "pictures": ("截图", "pictures"),
    "changed": ("改动", "changed"),
    **{made.value: (made.zh, made.en) for made in Made},
}
"""Names of counts, by the key that machines are told."""


def counted(key: str, chinese: bool) -> str:
    """What a count is called; its key where it has no name.

    >>> counted("truckloads", True), counted("strange", False)
    ('清运车次', 'strange')
    """
    return COUNTED.get(key, (key, key))[0 if chinese else 1]


_PARTICULARS: Final[Mapping[str, Column]] = {
    column.name: column
    for column in (
        *BLOCKS.columns,
        *CASES.columns,
        Column("grade", "颜色", "colour", K.CHOICE, choices=COLOURS),
        Column("flight", "航次", "flight"),
        Column("found", "航拍所见", "by the flight", K.CHOICE, choices=tuple(Seen)),
        Column("source", "来源", "source", K.CHOICE, choices=tuple(Origin)),
        Column("hotspot_id", "疑似点", "hotspot"),
        Column("confirmed_by", "核实人", "confirmed by"),
        Column("confirmed_at", "核实时间", "confirmed at", K.MOMENT),
        Column("acquired", "拍摄时间", "acquired", K.MOMENT),
        Column("before", "前一航次", "earlier flight"),
        Column("comparable", "可比", "comparable"),
        Column("relapse_of", "反弹自", "relapse of"),
        Column("label", "说明", "label"),
        Column("way", "送达方式", "way"),
        Column("to", "接收人", "received by"),
        Column("signed", "签收", "signed"),
        Column("clause", "依据条款", "clause"),
        Column("todo", "整改要求", "to do"),
        Column("term", "时限", "term"),
        Column("inspector", "同行检查人", "with"),
        Column("inspectors", "检查人", "inspectors"),
        Column("answer", "答复", "answer"),
        Column("photo", "照片", "photo"),
        Column("late", "逾期", "late"),
        Column("approved_by", "批准人", "approved by"),
        Column("until", "暂缓至", "until", K.DAY),
    )
}
_NOT_TOLD: Final = {"number", "x", "y", "lon", "lat", "picture", "chip", "evidence"}


def particulars(data: Mapping[str, Any], around: Around) -> str:
    """What an act on a case put on record, in words; without its number, its point and its pictures.

    >>> from datetime import UTC
    >>> particulars({"party": "shequ", "signed": True, "deadline": "2021-03-01T09:30:00Z"}, Around(UTC, chinese=False))
    'accountable party shequ; signed yes; deadline 2021-03-01 09:30:00'
    >>> [particulars({"term": term}, Around(UTC)) for term in ("3 working days", "soon")]
    ['时限 3个工作日', '时限 soon']
    """
    told = []
    for name, value in data.items():
        if name not in _NOT_TOLD and value not in (None, "", []):
            column = _PARTICULARS.get(name, Column(name, name, name))
            told.append(f"{column.zh if around.chinese else column.en} {_in_words(column, value, around)}")
    return ("；" if around.chinese else "; ").join(told)


def _in_words(column: Column, value: Any, around: Around) -> str:
    if isinstance(value, bool):
        return str(("是" if value else "否") if around.chinese else ("yes" if value else "no"))
    if isinstance(value, list):
        return ("、" if around.chinese else ", ").join(map(str, value))
    if column.name == "term":
        with suppress(Unsuitable):  # registers of old hold terms that nobody understands
            return Term.of(value).zh if around.chinese else str(Term.of(value))
    if is_hash(value):
        return f"{value[:8]}…"
    return text_of(shown(column, value, around))
