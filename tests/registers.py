"""Small registers for tests: a few people and parties, and a case walked as far as wanted."""

from __future__ import annotations

from dataclasses import replace

from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.core.ledger import CaseAct, Entry, PartyKind, RecordAct

NOW = "2021-12-31T00:00:00Z"
PHOTO = "ab" * 32
STEPS = {
    CaseAct.OPEN: {},
    CaseAct.ASSIGN: {"party": "wuye", "duty": "area"},
    CaseAct.ISSUE: {"notice": "T-1"},
    CaseAct.SERVE: {"way": "当面"},
    CaseAct.START: {},
    CaseAct.INSPECT: {"result": "passed", "photo": PHOTO},
    CaseAct.CLOSE: {},
}
PARTIES = {"wuye": PartyKind.PROPERTY, "xuexiao": PartyKind.SCHOOL, "cishan": PartyKind.CHARITY}
PEOPLE = {"督查员": None, "书记": None, "物业的人": "wuye"}


def act(what: CaseAct, by: str = "督查员", at: str = "2021-01-15T01:00:00Z", **data: object) -> Entry:
    """Something done to a case, with a reason."""
    return Entry(what, by, at, "理由", data)


def spot(**more: object) -> dict[str, object]:
    """What is known of a spot when its case is opened."""
    return {"block_id": "B1", "x": 10.0, "y": 20.0, "kind": "rubbish", "severity": "severe", **more}


def add_people(register: Register) -> None:
    """Three parties and three people, one of them of a party."""
    with register.writing() as book:
        for party, kind in PARTIES.items():
            data = {"id": party, "kind": kind.value, "name": kind.zh}
            book.record(Stream.PARTY, party, Entry(RecordAct.ADD, "书记", "2021-01-01T00:00:00Z", data=data))
        for name, party in PEOPLE.items():
            data = {"name": name, "party": party}
            book.record(Stream.PERSON, name, Entry(RecordAct.ADD, "书记", "2021-01-01T00:00:00Z", data=data))


def walk(register: Register, last: CaseAct, **about: object) -> str:
    """Open a case and take it as far as an act; gives its number."""
    number = ""
    with register.writing() as book:
        for what, data in STEPS.items():
            doing = act(what, **data)
            if what is CaseAct.OPEN:
                number = open_case(book, replace(doing, data=spot(**about))).number
            else:
                given = {"notice": book.next_number("notice", "2021")} if what is CaseAct.ISSUE else {}
                act_on_case(book, number, replace(doing, data={**data, **given}))
            if what is last:
                break
    return number
