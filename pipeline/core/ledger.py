"""The vocabulary's part for the work around the map: states, acts, parties, lists, and why an act is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pipeline.core.vocabulary import Named

Moment = str
"""A moment in UTC as text of fixed width, ``2021-01-14T02:30:00Z``: its order as text is its order in time."""

MACHINE = "wuse"
"""Who acts where a flight is compared or a block is listed: never a person."""


class CaseState(Named):
    """Where a case (one spot) stands."""

    SUSPECTED = "suspected", "疑似", "suspected"
    OPENED = "opened", "立案", "opened"
    ASSIGNED = "assigned", "派遣", "assigned"
    NOTICED = "noticed", "送达", "noticed"
    RECTIFYING = "rectifying", "整改中", "rectifying"
    INSPECTION = "inspection", "二次督查", "second inspection"
    EXTENDED = "extended", "延期", "extended"
    HANDED_OVER = "handed_over", "移交执法", "handed over"
    HANDLED = "handled", "处置", "handled"
    RETURNED = "returned", "回退", "returned"
    DEFERRED = "deferred", "缓办", "deferred"
    CLOSED = "closed", "销号", "closed"
    REJECTED = "rejected", "误报", "rejected"
    VOID = "void", "作废", "void"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return self in (CaseState.CLOSED, CaseState.REJECTED, CaseState.VOID)

    @property
    def live(self) -> bool:
        """Whether the case counts as open: confirmed by a person and not yet ended."""
        return not self.final and self is not CaseState.SUSPECTED


class CaseAct(Named):
    """What can be done to a case; an event bears the name of the act that it records."""

    SUSPECT = "suspect", "上报", "suspect"
    OPEN = "open", "立案", "open"
    REJECT = "reject", "判为误报", "reject"
    ASSIGN = "assign", "派遣", "assign"
    HELP = "help", "增加协办", "add a helper"
    MOVE = "move", "更正位置", "move"
    RETURN = "return", "回退", "return"
    ISSUE = "issue", "制作通知书", "issue a notice"
    SERVE = "serve", "送达", "serve"
    ANSWER = "answer", "反馈", "answer"
    START = "start", "开始整改", "start"
    PROPOSE = "propose", "航拍比对", "propose from a flight"
    INSPECT = "inspect", "二次督查", "inspect"
    EXTEND = "extend", "延期", "extend"
    CLOSE = "close", "销号", "close"
    HANDOVER = "handover", "移交执法", "hand over"
    HANDLE = "handle", "处置", "handle"
    DEFER = "defer", "缓办", "defer"
    RESUME = "resume", "恢复办理", "resume"
    VOID = "void", "作废", "void"
    NOTE = "note", "备注", "note"


class BlockState(Named):
    """Where a red or orange block stands on its way out."""

    LISTED = "listed", "列入", "listed"
    PLAN = "plan", "会诊方案", "plan"
    WORK = "work", "攻坚", "work"
    CHECK = "check", "检查", "check"
    WATCH = "watch", "销号观察", "closed, watched"
    SETTLED = "settled", "销号", "closed"
    RELAPSE = "relapse", "反弹", "relapse"

    @property
    def closed(self) -> bool:
        """Whether the block counts as closed (销号)."""
        return self in (BlockState.WATCH, BlockState.SETTLED)


class BlockAct(Named):
    """What can be done to a block; an event bears the name of the act that it records."""

    LIST = "list", "列入", "list"
    PLAN = "plan", "会诊", "plan"
    WORK = "work", "攻坚", "work"
    CHECK = "check", "检查", "check"
    CLOSE = "close", "销号", "close"
    WATCH = "watch", "开始观察", "watch"
    SETTLE = "settle", "观察期满", "settle"
    RELAPSE = "relapse", "反弹", "relapse"
    NOTE = "note", "备注", "note"


class RecordAct(Named):
    """What can be done to a plain record: a party, a person, an entry of a list."""

    ADD = "add", "登记", "add"
    CHANGE = "change", "变更", "change"
    WITHDRAW = "withdraw", "撤销", "withdraw"


class PartyKind(Named):
    """The eight kinds of party; there is no ninth."""

    COMMITTEE = "committee", "社区两委", "community committees"
    COOPERATIVE = "cooperative", "经合社", "economic cooperative"
    PROPERTY = "property", "物业(业委会)", "property management (owners' committee)"
    UNIT = "unit", "社区内公办单位", "public unit"
    SCHOOL = "school", "学校", "school"
    ENTERPRISE = "enterprise", "企业", "enterprise"
    CHARITY = "charity", "公益慈善机构", "charity"
    SOCIAL = "social", "社会组织", "social organisation"

    @property
    def liable(self) -> bool:
        """Whether such a party can answer for a spot; charities and social organisations only own projects."""
        return self not in (PartyKind.CHARITY, PartyKind.SOCIAL)


class Duty(Named):
    """By what a party answers for a place, from the most specific to the default."""

    FRONTAGE = "frontage", "门前三包", "frontage pledge"
    FACILITY = "facility", "设施权属", "owner of the facility"
    SECTION = "section", "线段责任", "owner of the section"
    AREA = "area", "片区责任", "answers for the area"
    DEFAULT = "default", "兜底", "by default"


DUTY_COLUMNS: Final = ("duty", "party")
"""What a layer of who answers for which place must say of each; it may have a label too."""


class Made(Named):
    """What a service project made, counted in pieces."""

    FITNESS = "fitness", "健身器材", "fitness machines"
    PARKING = "parking", "公用停车场", "car parks"
    EBIKE_CHARGING = "ebike_charging", "电瓶车充电设施", "e-bike charging points"
    TOILET = "toilet", "公共厕所", "public toilets"
    COMPOUND = "compound", "小区整治", "compounds renewed"
    OTHER = "other", "其他", "other"


class Earned(Named):
    """For what a resident earns points; a reversal takes an entry back."""

    REPORT = "report", "如实上报", "a true report"
    CAMPAIGN = "campaign", "参加集中整治", "taking part in a campaign"
    FRONTAGE = "frontage", "门前三包合格", "frontage pledge kept"
    REVERSAL = "reversal", "冲正", "reversal"


class PledgeKind(Named):
    """What is pledged."""

    FRONTAGE = "frontage", "门前三包承诺书", "frontage pledge"
    SORTING = "sorting", "生活垃圾分类承诺书", "waste-sorting pledge"


class Unit(Named):
    """How a term is counted."""

    WORKING_HOURS = "working hours", "工作小时", "working hours"
    WORKING_DAYS = "working days", "工作日", "working days"
    HOURS = "hours", "小时", "hours"
    DAYS = "days", "日", "days"


class Why(StrEnum):
    """Why an act is refused; the list is closed."""

    STATE = "state"
    NO_NAME = "no_name"
    NOT_LISTED = "not_listed"
    NO_REASON = "no_reason"
    TOO_EARLY = "too_early"
    FUTURE = "future"
    NO_PLACE = "no_place"
    NO_PARTY = "no_party"
    NOT_LIABLE = "not_liable"
    TWO_PARTIES = "two_parties"
    HAS_RETURNED = "has_returned"
    NOT_THE_PARTY = "not_the_party"
    NO_NOTICE = "no_notice"
    NO_TERM = "no_term"
    OWN_PARTY = "own_party"
    NO_RESULT = "no_result"
    NOT_PASSED = "not_passed"
    NOT_FAILED = "not_failed"
    NO_EVIDENCE = "no_evidence"
    NOT_APPROVED = "not_approved"
    EXTENDED_ONCE = "extended_once"
    NOT_OVERDUE = "not_overdue"
    NOT_A_RELAPSE = "not_a_relapse"
    GRADE = "grade"
    SEVERE = "severe"
    NO_PLAN = "no_plan"
    WATCHED = "watched"
    OWN_ACT = "own_act"
    UNCONFIRMED = "unconfirmed"
    CAP = "cap"
    TWICE = "twice"
    AMOUNT = "amount"
    WORDING = "wording"
    TWO_INSPECTORS = "two_inspectors"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Refusal:
    """An act that the rules do not allow, and why, in Chinese and English."""

    why: Why
    zh: str
    en: str


@dataclass(frozen=True)
class Entry:
    """Something that is done or has happened: what, by whom, when, why, and its particulars (JSON values)."""

    what: Named
    by: str
    at: Moment
    why: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


Answered = tuple[Entry, ...] | Refusal
"""What a decision gives: the events to record, in order, or a refusal."""
