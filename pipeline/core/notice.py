"""A notice (督促整改通知书): its parts, the words it begins with, and what it must not lack or say; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.core.answers import Problem
from pipeline.core.casefacts import CaseFacts, Known
from pipeline.core.ledger import Entry, Refusal, Why
from pipeline.core.refusals import approved, refuse
from pipeline.core.vocabulary import Named
from pipeline.core.wording import forbidden_word


class Part(Named):
    """The parts of a notice, in the order in which they are read."""

    NUMBER = "number", "编号", "No."
    PARTY = "party", "被通知单位（个人）", "To"
    DUTY = "duty", "责任类型", "Kind of duty"
    PLACE = "place", "地点", "Place"
    COORDINATES = "coordinates", "坐标", "Coordinates"
    INSPECTED = "inspected", "检查日期", "Inspected on"
    INSPECTORS = "inspectors", "检查人", "Inspectors"
    PROBLEM = "problem", "存在问题", "Problem"
    CLAUSE = "clause", "依据", "Clause"
    TODO = "todo", "整改要求", "What to do"
    TERM = "term", "整改期限", "Deadline"
    CONSEQUENCE = "consequence", "逾期后果", "If not mended in time"
    PICTURES = "pictures", "附图", "Pictures"
    ISSUED = "issued", "签发", "Issued by"
    APPROVED = "approved", "批准", "Approved by"
    SEAL = "seal", "盖章", "Seal"
    SERVED = "served", "送达", "Service"
    ANSWER = "answer", "反馈", "Answer"
    RESULT = "result", "二次督查", "Second inspection"


TITLE = ("督促整改通知书", "Notice to mend")
CAPTIONS: Mapping[str, tuple[str, str]] = {
    "map": ("位置图", "Where it is"),
    "crop": ("航拍切片（线框为问题位置）", "From the air; the spot is outlined"),
    "photo": ("现场照片", "Photo"),
}
LACKING: Mapping[str, tuple[str, str]] = {
    "map": ("无航拍影像", "No imagery"),
    "crop": ("无航拍影像", "No imagery"),
    "photo": ("无现场照片", "No photo"),
}
FOOT = (
    "本通知书由社区出具，用于督促整改；航拍影像只用于指明位置，不作为认定问题的唯一依据。",
    "Issued by the community to urge mending. The picture from the air shows the place; it is never the only ground.",
)
CONSEQUENCE = (
    "逾期未整改的，社区将再次督查，并视情移交综合行政执法部门依法处理。",
    "If it is not mended in time, the community inspects again and may hand the matter over to enforcement.",
)
TODO: Mapping[Problem, tuple[str, str]] = {
    Problem.RUBBISH: ("清理暴露垃圾，保持责任范围整洁。", "Clear the exposed rubbish and keep the place clean."),
    Problem.CLEANING: ("及时清扫，保持路面整洁。", "Sweep, and keep the street clean."),
    Problem.RUBBLE: ("清运建筑垃圾，恢复场地原状。", "Cart the rubble away and restore the ground."),
    Problem.GREENERY: ("修剪补植，清除绿地内杂物。", "Trim and replant; clear the green of litter."),
    Problem.SHED: ("自行拆除搭建部分，恢复原状。", "Take the shed down and restore the place."),
    Problem.GOODS: ("将店外物品搬回店内，不占用公共空间。", "Take the goods inside; keep the public space free."),
    Problem.OTHER: ("清理整改，恢复整洁。", "Tidy the place up."),
}
"""What is to be done, by the kind of problem, unless someone says it better. The clause has no such text."""

_TYPED = (Part.PROBLEM, Part.PLACE, Part.CLAUSE, Part.TODO, Part.CONSEQUENCE)


def ill_worded(texts: Mapping[str, Any]) -> Refusal | None:
    """Why some parts may not stand in a notice: the first one that orders or punishes.

    >>> ill_worded({"todo": "清理"}) is None
    True
    >>> ill_worded({"todo": "责令立即清理"}).en
    "a community's notice never says '责令' (found in: What to do)"
    """
    for part in Part:
        word = forbidden_word(str(texts.get(part.value) or ""))
        if word:
            return refuse(Why.WORDING, word, part)
    return None


def unfit(facts: CaseFacts, act: Entry, known: Known) -> Refusal | None:
    """Why a notice may not be issued as it is: its words, its inspectors, or who approves it."""
    held = {"problem": facts.problem, "place": facts.place}
    typed = {part.value: act.data.get(part.value) or held.get(part.value, "") for part in _TYPED}
    return ill_worded(typed) or _inspectors(facts, act, known) or _approver(facts, act, known)


def _inspectors(facts: CaseFacts, act: Entry, known: Known) -> Refusal | None:
    """Two people look at a spot, neither of the responsible party; a notice without a document names none yet."""
    if "inspectors" not in act.data:
        return None
    names = [str(name) for name in act.data["inspectors"]]
    if len(names) != 2 or len(set(names)) != 2:
        return refuse(Why.TWO_INSPECTORS, len(set(names)))
    for name in names:
        if name not in known.people:
            return refuse(Why.NOT_LISTED, name)
        if facts.party and known.people[name] == facts.party:
            return refuse(Why.OWN_PARTY, name)
    return None


def _approver(facts: CaseFacts, act: Entry, known: Known) -> Refusal | None:
    approver = str(act.data.get("approved_by") or "")
    if not approver or approved(act.by, approver, facts.party, known.people):
        return None
    return refuse(Why.NOT_APPROVED)
