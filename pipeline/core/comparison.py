"""The vocabulary's part for comparing flights: what is asked of a pair, why a colour changed, how a proposal stands."""

from __future__ import annotations

from pipeline.core.vocabulary import Named


class Transition(Named):
    """The five aims of the colour work, by the colour that a block leaves or reaches."""

    OUT_OF_RED = "out_of_red", "削红", "out of red"
    OUT_OF_ORANGE = "out_of_orange", "去橙", "out of orange"
    REACH_YELLOW = "reach_yellow", "达黄", "reach yellow"
    KEEP_BLUE = "keep_blue", "保蓝", "keep blue"
    STRIVE_GREEN = "strive_green", "争绿", "strive for green"


class ChangeReason(Named):
    """Why a block's colour counts as changed, or does not."""

    SAME = "same", "颜色没变", "same colour"
    UNGRADED = "ungraded", "有一次未定级，不能比", "ungraded in one of the flights: not comparable"
    NOT_COMPARABLE = "not_comparable", "两次影像不可比，不算变", "the two pictures cannot be compared: no change"
    SEASON = "season", "绿化随季节变，不同季不算变", "greenery of different seasons: no change"
    WITHIN_ERROR = "within_error", "差别在误差之内，不算变", "within the error: no change"
    MEASURED = "measured", "变化超过误差", "changed by more than the error"
    EVIDENCE = "evidence", "检查或台账变了", "changed by inspection or record"
    BOTH = "both", "变化超过误差，检查或台账也变了", "changed by more than the error, and by inspection or record"


class Condition(Named):
    """What two flights must have in common for a comparison to hold."""

    RUBRIC = "rubric", "分级标准", "rubric"
    OVERLAP = "overlap", "重叠", "overlap"
    SHADOW = "shadow", "阴影", "shadow"
    CLIPPED = "clipped", "过曝或欠曝", "clipped"
    BLUR = "blur", "模糊", "blur"
    GSD = "gsd", "地面分辨率之比", "ratio of ground sizes"
    SHIFT = "shift", "错位（格网比对）", "shift, for cells"
    OBJECT_SHIFT = "object_shift", "错位（逐物比对）", "shift, for objects"
    SEASON = "season", "季节相差", "season"

    @property
    def unit(self) -> str:
        """Unit of the condition's figure; empty for a ratio and for the rubric."""
        return _UNITS.get(self, "")

    @property
    def decides(self) -> bool:
        """Whether the pair cannot be compared at all where it is not met; else only a part of it cannot."""
        return self not in (Condition.OBJECT_SHIFT, Condition.SEASON)


_UNITS = {
    Condition.OVERLAP: "%",
    Condition.SHADOW: "%",
    Condition.CLIPPED: "%",
    Condition.BLUR: "m",
    Condition.SHIFT: "m",
    Condition.OBJECT_SHIFT: "m",
    Condition.SEASON: "d",
}


class ProposalState(Named):
    """How a change of colour stands."""

    PROPOSED = "proposed", "拟变", "proposed"
    OFFICIAL = "official", "已认定", "official"
    REFUSED = "refused", "不予认定", "refused"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class ProposalAct(Named):
    """What happens to a proposed change of colour; a line of its ledger bears the name of the act."""

    PROPOSE = "propose", "提出", "propose"
    REPEAT = "repeat", "再次航拍印证", "repeated by a further flight"
    WITHDRAW = "withdraw", "撤回", "withdraw"
    CONFIRM = "confirm", "认定", "confirm"
    REFUSE = "refuse", "不予认定", "refuse"
