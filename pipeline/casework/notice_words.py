"""What a notice says, part by part, in the language of its template."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.casework.calendar import typed_term
from pipeline.config import Config
from pipeline.core.casefacts import PASSED, CaseFacts
from pipeline.core.ledger import CaseAct, Duty, Entry, Moment, PartyKind
from pipeline.core.notice import CAPTIONS, CONSEQUENCE, LACKING, TODO
from pipeline.core.worktime import local

_BLANKS = {
    "served": (
        "方式：＿＿＿＿＿　时间：＿＿＿＿＿＿＿　签收人：＿＿＿＿＿",
        "way: ________  time: ________  received by: ________",
    ),
    "result": (
        "□合格　□不合格　督查人：＿＿＿＿＿　日期：＿＿＿＿＿",
        "□ passed  □ failed  by: ________  on: ________",
    ),
}
Told = Mapping[str, Entry]


class Words:
    """The texts of one community's notices, in the language of its map.

    ``parties`` holds the parties' rows by id, ``blocks`` the blocks' names.
    """

    def __init__(self, config: Config, parties: Mapping[str, Mapping[str, Any]], blocks: Mapping[str, str]) -> None:
        self.config, self.parties, self.blocks = config, parties, blocks
        self.english = config.render.language == "en"
        self.zone = ZoneInfo(config.casework.timezone)

    def pick(self, zh: str, en: str) -> str:
        """One of two texts."""
        return en if self.english else zh

    def captions(self, pictures: Container[str]) -> dict[str, str]:
        """What stands below each picture, or that there is none."""
        return {f"caption_{n}": self.pick(*(pair if n in pictures else LACKING[n])) for n, pair in CAPTIONS.items()}

    def of(self, case: CaseFacts, told: Told) -> dict[str, str]:
        """All texts of a case's notice but those below its pictures.

        Parameters
        ----------
        told : what was last done to the case, by the act's id
        """
        issue = told.get(CaseAct.ISSUE.value)
        said: Mapping[str, Any] = issue.data if issue else {}
        return (
            self._whom(case, told)
            | self._what(case, said)
            | {
                "number": self.number(case.notice),
                "inspected": self.day(str(said.get("inspected") or case.opened_at)),
                "inspectors": self._names(said.get("inspectors") or ()),
                "issued_on": self.day(issue.at) if issue else "",
                "issued_by": issue.by if issue else "",
                "approved_by": str(said.get("approved_by") or ""),
                "term": self._term(case, said),
                "served": self._served(told.get(CaseAct.SERVE.value)),
                "answer": self._answer(told.get(CaseAct.ANSWER.value)),
                "result": self._result(told.get(CaseAct.INSPECT.value)),
            }
        )

    def number(self, notice: str) -> str:
        """A notice's number as it is printed: ``督整〔2021〕000001号``."""
        year, _, serial = notice.partition("-")
        return f"{self.config.casework.notices.prefix}〔{year}〕{serial}号"

    def day(self, moment: Moment) -> str:
        """A day on the community's clocks."""
        return f"{local(moment, self.zone):{self.pick('%Y年%-m月%-d日', '%Y-%m-%d')}}" if moment else ""

    def time(self, moment: Moment) -> str:
        """A day and the time of day on the community's clocks."""
        return f"{self.day(moment)} {local(moment, self.zone):%H:%M}" if moment else ""

    def _whom(self, case: CaseFacts, told: Told) -> dict[str, str]:
        c, notices = self.config.community, self.config.casework.notices
        community = self.pick(c.name, c.name_en or c.name)
        assigned = told.get(CaseAct.ASSIGN.value)
        label = str(assigned.data.get("label") or "") if assigned else ""
        party: Mapping[str, Any] = self.parties.get(case.party, {})
        by = Duty.of(case.duty) if case.duty else PartyKind.of(party["kind"]) if party else None
        name = self.blocks.get(case.block_id, "")
        where = [case.block_id, name if name != case.block_id else "", case.place]
        return {
            "community": community,
            "issuer": notices.issuer or community,
            "party": self.pick(party["name"], party["name_en"] or party["name"]) if party else case.party,
            "duty": " ".join(filter(None, [self.pick(by.zh, by.en) if by else "", label])),
            "place": " ".join(filter(None, where)),
            "coordinates": _degrees(case.lon, "EW") + " " + _degrees(case.lat, "NS"),
        }

    def _what(self, case: CaseFacts, said: Mapping[str, Any]) -> dict[str, str]:
        kind, severity = (self.pick(named.zh, named.en) for named in (case.kind, case.severity))
        seen = self.pick(f"现场检查发现{kind}，程度：{severity}", f"Found on the spot: {kind}, {severity}")
        own = str(said.get("problem") or case.problem)
        return {
            "problem": f"{seen}{self.pick('。', '. ')}{own}",
            "clause": str(said.get("clause") or case.clause),
            "todo": str(said.get("todo") or case.todo or self.pick(*TODO[case.kind])),
            "consequence": str(
                said.get("consequence") or self.config.casework.notices.consequence or self.pick(*CONSEQUENCE)
            ),
        }

    def _term(self, case: CaseFacts, said: Mapping[str, Any]) -> str:
        term = typed_term(str(said.get("term") or self.config.casework.terms[case.kind]))
        length = self.pick(term.zh, str(term))
        due = case.deadline or str(said.get("deadline") or "")
        if not due:
            return self.pick(f"自送达起{length}内", f"{length} from service")
        extended = self.pick("（已延期）", " (extended)") if case.extended else ""
        return self.pick(f"{self.time(due)}前{extended}", f"by {self.time(due)}{extended}")

    def _served(self, event: Entry | None) -> str:
        if event is None:
            return self.pick(*_BLANKS["served"])
        to = str(event.data.get("to") or "")
        signed = event.data.get("signed", True)
        state = self.pick("已签收", "signed") if signed else self.pick(f"拒收：{event.why}", f"refused: {event.why}")
        return self._join(str(event.data.get("way") or ""), self.time(event.at), to, state)

    def _answer(self, event: Entry | None) -> str:
        return "" if event is None else self._join(self.time(event.at), str(event.data.get("answer") or ""))

    def _result(self, event: Entry | None) -> str:
        if event is None:
            return self.pick(*_BLANKS["result"])
        good = event.data.get("result") == PASSED
        verdict = self.pick("合格", "passed") if good else self.pick("不合格", "failed")
        who = self._names(filter(None, (event.by, str(event.data.get("inspector") or ""))))
        return self._join(verdict, self.time(event.at), who, event.why)

    def _names(self, names: Any) -> str:
        return self.pick("、", ", ").join(map(str, names))

    def _join(self, *texts: str) -> str:
        return self.pick("；", "; ").join(filter(None, texts))


def _degrees(value: float, signs: str) -> str:
    """Degrees with their side of the Earth.

    >>> _degrees(120.6312654, "EW"), _degrees(-1.5, "NS")
    ('120.631265°E', '1.500000°S')
    """
    return f"{abs(value):.6f}°{signs[value < 0]}"
