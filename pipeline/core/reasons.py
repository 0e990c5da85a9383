"""Why a block got its grade and what would settle it, in words that a community worker can act on."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.core.case import Bound, Case
from pipeline.core.ladder import TIERS, Finding, Grading, counts_as_passed
from pipeline.core.vocabulary import Facility, Gate, Grade, Indicator, Source, Verdict


class Text(NamedTuple):
    """The same sentence in Chinese and in English."""

    zh: str
    en: str

    @staticmethod
    def joined(parts: list[Text]) -> Text:
        """Join clauses as each language does."""
        return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


_LINES = {
    Indicator.CLUTTER: Text("洁化线", "the clean line"),
    Indicator.CLUTTER_P90: Text("上限", "the limit"),
    Indicator.BARE_PCT: Text("上限", "the limit"),
    Indicator.GROUND_GREEN_PCT: Text("目标", "the target"),
    Indicator.GREEN_PCT: Text("目标", "the target"),
}

_NOT_KNOWN = {
    Gate.CLEAN: Text("洁化看不清", "Clean cannot be told"),
    Gate.PURE: Text("净化未查", "Pure not checked"),
    Gate.ORDERLY: Text("序化未查", "Order not checked"),
    Gate.FACILITIES: Text("设施台账不全", "Facilities record incomplete"),
    Gate.BEAUTIFIED: Text("景观未查", "Landscape not checked"),
    Gate.CULTURE: Text("文化台账未填", "Culture record empty"),
}

_NEEDS = {
    Gate.CLEAN: Text("到现场看是否干净", "check on the spot whether it is clean"),
    Gate.PURE: Text("查水面、污水和油烟", "check water, sewage and smoke"),
    Gate.ORDERLY: Text("查停车、堆物和占道", "check parking, stacked goods and blocked ways"),
    Gate.FACILITIES: Text("补设施台账", "fill in the facilities record"),
    Gate.BEAUTIFIED: Text("到现场看绿化景观", "look at the landscape on the spot"),
    Gate.CULTURE: Text("补文化台账", "fill in the culture record"),
}


def shown(value: float, cut: float) -> tuple[str, str]:
    """Both figures with as few decimals as still tell them apart.

    >>> shown(41.3, 30), shown(12.3, 12), shown(12, 12)
    (('41', '30'), ('12.3', '12.0'), ('12', '12'))
    """
    for digits in (0, 1, 2, 3):
        pair = f"{value:.{digits}f}", f"{cut:.{digits}f}"
        whole = digits > 0 or float(pair[1]) == cut
        if whole and (pair[0] != pair[1] or value == cut):
            break
    return pair


def compare(bound: Bound, case: Case) -> Text:
    """An indicator against its limit.

    >>> from pipeline.core.case import Figure
    >>> case = Case({Indicator.CLUTTER: Figure(41.2), Indicator.GROUND_GREEN_PCT: Figure(8)})
    >>> compare(Bound(Indicator.CLUTTER, 30, at_most=True), case)
    Text(zh='杂物 41，高于洁化线 30', en='Clutter 41, above the clean line 30')
    >>> compare(Bound(Indicator.GROUND_GREEN_PCT, 12, at_most=False), case)
    Text(zh='地面绿化 8%，不到目标 12%', en='Green on the ground 8 %, short of the target 12 %')
    """
    figure, kind = case.figure(bound.indicator), bound.indicator
    verdict = bound.verdict(figure)
    if verdict is Verdict.UNKNOWN:
        return Text(f"{kind.zh}测不出", f"{kind.en} not measured")
    value, cut = shown(figure.value, bound.cut)
    zh, en = {
        (True, True): ("不超过", "within"),
        (True, False): ("高于", "above"),
        (False, True): ("达到", "reaching"),
        (False, False): ("不到", "short of"),
    }[bound.at_most, verdict is Verdict.PASS]
    per_zh, per_en = ("%", " %") if kind.unit == "%" else ("", "")
    name, line = kind.zh.removesuffix("指数"), _LINES[kind]
    return Text(
        f"{name} {value}{per_zh}，{zh}{line.zh} {cut}{per_zh}",
        f"{kind.en} {value}{per_en}, {en} {line.en} {cut}{per_en}",
    )


def gate_reason(finding: Finding, case: Case) -> Text:
    """What a gate's answer rests on."""
    passed = finding.verdict is Verdict.PASS
    if finding.gate is Gate.CLEAN and finding.source is Source.PERSON and Gate.CLEAN not in case.evidence.checks:
        return _reviewed(finding, case)
    if finding.verdict is Verdict.UNKNOWN:
        return _unknown(finding, case)
    if finding.gate is Gate.FACILITIES and finding.source is Source.RECORD:
        return _facilities(case)
    if finding.source is Source.IMAGERY:
        return _imagery(finding, case)
    source = Text("文化台账", "Culture record") if finding.source is Source.RECORD else Text("现场检查", "Inspection")
    return Text(
        f"{source.zh}：{finding.gate.zh}{'通过' if passed else '未通过'}",
        f"{source.en}: {finding.gate.en.lower()} {'passed' if passed else 'not passed'}",
    )


def reasons(grading: Grading, case: Case) -> Text:
    """Why this grade: the gates up to the one that stops the climb.

    >>> from pipeline.core.case import Figure, Rubric
    >>> from pipeline.core.ladder import grade_block
    >>> case = Case({Indicator.CLUTTER: Figure(41, 2), Indicator.CLUTTER_P90: Figure(60, 5)})
    >>> said = reasons(grade_block(case, Rubric(30, 70, 12, 25, 0.5, 20, 35)), case)
    >>> said.zh
    '疑似红，待现场确认；杂物 41，高于洁化线 30'
    >>> said.en
    'Suspected red, to be confirmed on the spot; Clutter 41, above the clean line 30'
    """
    head: list[Text] = []
    if grading.suspected:
        head = [Text("疑似红，待现场确认", "Suspected red, to be confirmed on the spot")]
    reach = 1 if grading.grade is Grade.UNGRADED else min(grading.grade.rung + 1, len(TIERS) - 1)
    findings = [grading.findings[gate] for tier in TIERS[: reach + 1] for gate in tier]
    stops = [f for f in findings if f.gate in TIERS[reach] and not counts_as_passed(f, case)]
    below = [f for f in findings if f.gate not in TIERS[reach] or not stops]
    return Text.joined(head + [gate_reason(f, case) for f in below + stops])


def needs(grading: Grading, case: Case) -> Text:
    """Which evidence would settle a provisional or ungraded block; empty where nothing is open."""
    return Text.joined([_need(gate, case) for gate in grading.open_gates])


def _need(gate: Gate, case: Case) -> Text:
    text = _NEEDS[gate]
    if gate is not Gate.FACILITIES or not case.evidence.facilities:
        return text
    return _listing(text, [f for f in Facility if f not in case.evidence.facilities])


def _listing(text: Text, items: list[Facility]) -> Text:
    return Text(f"{text.zh}：{'、'.join(i.zh for i in items)}", f"{text.en}: {', '.join(i.en for i in items)}")


def _facilities(case: Case) -> Text:
    missing = [f for f in Facility if case.evidence.facilities.get(f) is False]
    if missing:
        return _listing(Text("设施台账：缺", "Facilities missing"), missing)._replace(
            zh=f"设施缺{'、'.join(f.zh for f in missing)}"
        )
    return Text("设施齐全（台账）", "Facilities complete (record)")


def _reviewed(finding: Finding, case: Case) -> Text:
    """What people said of the block's spots, where the clean gate rests on it."""
    spots = case.evidence.spots
    if finding.verdict is Verdict.UNKNOWN:
        return Text(
            f"{spots.rejected} 处疑似点经核查均为误报，洁化暂通过",
            f"All {spots.rejected} spots were found to be false alarms; clean: passed for now",
        )
    if finding.settled is False:
        return Text(f"核查确认 {spots.severe} 处严重问题", f"Severe spots confirmed by a person: {spots.severe}")
    confirmed = Text(f"核查确认 {spots.confirmed} 处", f"spots confirmed by a person: {spots.confirmed}")
    return Text.joined([_imagery(finding, case), confirmed])


def _imagery(finding: Finding, case: Case) -> Text:
    """The limits that failed; of a pass, the first."""
    failed = [b for b in finding.bounds if b.verdict(case.figure(b.indicator)) is Verdict.FAIL]
    limits = [b for b in failed if b.indicator is not Indicator.GREEN_PCT]
    return Text.joined([compare(b, case) for b in limits or finding.bounds[:1]])


def _unknown(finding: Finding, case: Case) -> Text:
    known = _NOT_KNOWN[finding.gate]
    if finding.gate is Gate.CLEAN:
        zh, en = (case.unusable.zh, case.unusable.en) if case.unusable else ("杂物测不出", "clutter not measured")
        return Text(f"{zh}，看不出是否干净", f"{en.capitalize()}: cleanness cannot be told")
    if finding.rule == "proxy":
        seen = compare(finding.bounds[-1], case)
        if finding.gate is Gate.FACILITIES:
            seen = Text(seen.zh.replace("洁化线", "代用线"), seen.en.replace("clean line", "stand-in line"))
        seen = Text(seen.zh.replace("，", " "), seen.en)
        done = counts_as_passed(finding, case)
        return Text(
            f"{known.zh}，按{seen.zh}，{'暂通过' if done else '暂不通过'}",
            f"{known.en}, going by {seen.en[0].lower()}{seen.en[1:]}: {'passed' if done else 'not passed'} for now",
        )
    zh, en = ("暂通过", "passed for now") if counts_as_passed(finding, case) else ("暂不通过", "not passed for now")
    return Text(f"{known.zh}，{zh}", f"{known.en}: {en}")
