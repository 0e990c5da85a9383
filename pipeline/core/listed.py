"""How lists and figures are told on the terminal: headers of columns and names of counts, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipeline.core.cells import Column, Kind
from pipeline.core.ledger import Duty, Made, PartyKind, PledgeKind
from pipeline.core.sheets import NEED_LIST, POINTS, PROJECTS, RESOURCES
from pipeline.core.vocabulary import Named

K = Kind


class Kept(Named):
    """How the last check found a pledge."""

    YES = "yes", "遵守", "kept"
    NO = "no", "未遵守", "broken"


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
