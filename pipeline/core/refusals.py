"""Why an act is refused, in words; and guards that cases and blocks share; pure."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.ledger import Refusal, Why
from pipeline.core.vocabulary import Named

_WORDS: Mapping[Why, tuple[str, str]] = {
    Why.STATE: ("现处于“{0}”状态，此时不能“{1}”", "it is {2}: cannot {3}"),
    Why.NO_NAME: ("要写明经办人", "a named person must do this"),
    Why.NOT_LISTED: ("{0} 不在人员名单里", "{0} is not on the list of people"),
    Why.NO_REASON: ("要写明理由", "a reason must be given"),
    Why.TOO_EARLY: ("早于上一条记录（{0}）", "earlier than the last event ({0})"),
    Why.FUTURE: ("时间在将来（{0}）", "{0} lies in the future"),
    Why.NO_PLACE: ("没有坐标和区块", "no coordinates and no block are given"),
    Why.NO_PARTY: ("没有责任主体“{0}”", "there is no party '{0}'"),
    Why.NOT_LIABLE: ("{0}只承接项目，不承担责任", "a {1} owns projects, never liability"),
    Why.TWO_PARTIES: (
        "已由 {0} 负责；只能有一个责任主体，先回退",
        "{0} is accountable already; only one can be: return it",
    ),
    Why.HAS_RETURNED: ("{0} 已回退过", "{0} has returned it before"),
    Why.NOT_THE_PARTY: ("{0} 不是责任主体的人", "{0} is not of the responsible party"),
    Why.NO_NOTICE: ("通知书还没有制作或送达", "no notice has been issued and served"),
    Why.NO_TERM: ("没有有效的期限", "there is no deadline ahead"),
    Why.OWN_PARTY: (
        "{0} 属于责任主体，不能自己督查或销号",
        "{0} is of the responsible party and cannot judge its own case",
    ),
    Why.NO_RESULT: ("督查结果要写明合格或不合格", "an inspection passes or fails"),
    Why.NOT_PASSED: ("二次督查还没有合格", "no second inspection has passed"),
    Why.NOT_FAILED: ("期限后没有不合格的二次督查", "no second inspection has failed after the deadline"),
    Why.NO_EVIDENCE: (
        "缺少整改后照片或可比的后一航次",
        "there is no after-photo and no later comparable flight where it is gone",
    ),
    Why.NOT_APPROVED: (
        "要由名单上的另一人批准，且不属于责任主体",
        "another listed person, not of the responsible party, must approve",
    ),
    Why.EXTENDED_ONCE: ("只能延期一次", "a deadline is extended once"),
    Why.NOT_OVERDUE: ("期限未到（{0}）", "the deadline has not passed ({0})"),
    Why.NOT_A_RELAPSE: ("{0} 不是同一处刚销号的案件", "{0} is not a case closed lately at this place"),
    Why.GRADE: ("颜色未达到销号要求（{0}→{1}）", "the grade does not allow it ({2} to {3})"),
    Why.SEVERE: ("还有 {0} 个严重案件没有销号", "{0} severe cases are still open"),
    Why.NO_PLAN: ("没有会诊方案", "there is no plan"),
    Why.WATCHED: ("观察期到 {0}", "the watch lasts until {0}"),
    Why.OWN_ACT: ("不能确认自己的行为", "nobody confirms their own"),
    Why.UNCONFIRMED: ("{0} 未经确认，不计分", "{0} is not confirmed: no points"),
    Why.CAP: ("{0} 当天已到积分上限 {1}", "{0} has reached the day's cap of {1}"),
    Why.TWICE: ("{0} 已有记录", "{0} is on record already"),
    Why.AMOUNT: ("数量不对：{0}", "not an amount: {0}"),
    Why.WORDING: ("社区的通知书不得出现“{0}”（见：{1}）", "a community's notice never says '{0}' (found in: {2})"),
    Why.TWO_INSPECTORS: ("检查人要有两名（现有 {0} 名）", "two inspectors must be named ({0} given)"),
    Why.NO_ANSWER: ("要写明反馈内容", "what was answered must be said"),
}


def refuse(why: Why, *particulars: object) -> Refusal:
    """A refusal in words; a named thing among the particulars is told as Chinese, then as English.

    >>> refuse(Why.EXTENDED_ONCE).en
    'a deadline is extended once'
    """
    words: list[object] = []
    for item in particulars:
        words += [item.zh, item.en] if isinstance(item, Named) else [item]
    zh, en = _WORDS[why]
    return Refusal(why, zh.format(*words), en.format(*words))


def told_apart(state: Named | None, act: Named) -> tuple[str, str, str, str]:
    """State and act in both languages, as ``Why.STATE`` wants them."""
    here = ("尚无记录", "not on record") if state is None else (state.zh, state.en)
    return here[0], act.zh, here[1], act.en


def approved(by: str, approver: str, party: str, people: Mapping[str, str]) -> bool:
    """Whether someone else, who is listed and not of the responsible party, approves.

    >>> people = {"王": "", "李": "P1"}
    >>> approved("张", "王", "P1", people), approved("王", "王", "P1", people), approved("张", "李", "P1", people)
    (True, False, False)
    """
    return approver in people and approver != by and (not party or people[approver] != party)
