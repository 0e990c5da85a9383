"""Cases for other systems: what is told of each state, and what is nobody else's business."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from registers import NOW, PEOPLE, act, add_people, spot, walk

from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.open311 import service_request, write_requests
from pipeline.casework.register import Register
from pipeline.core.answers import Problem, Severity
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseAct, CaseState

NAMES = {
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "lat", "long", "media_url"),
}
CASE = CaseFacts("1", CaseState.OPENED, Problem.RUBBLE, Severity.MINOR, "B1", 0, 0, picture="a/b.webp")


@pytest.mark.parametrize("state", [s for s in CaseState if s not in (CaseState.SUSPECTED, CaseState.REJECTED)])
def test_there_are_two_states_only(state: CaseState) -> None:
    found = service_request(replace(CASE, state=state), "物业")
    assert set(found) == NAMES, "names of GeoReport v2"
    assert found["status"] == ("closed" if state in (CaseState.CLOSED, CaseState.VOID) else "open")
    assert state.zh in found["status_notes"]


def test_a_picture_has_an_address_only_where_it_can_be_read() -> None:
    assert service_request(CASE, "")["media_url"] is None
    assert service_request(CASE, "", media="https://example.org/m/")["media_url"] == "https://example.org/m/a/b.webp"


def test_suspected_and_rejected_cases_and_names_of_people_stay_at_home(tmp_path: Path) -> None:
    with Register.open(tmp_path / "r.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        assert write_requests(register, tmp_path / "none.json") == 0
        assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []
        closed = walk(register, CaseAct.CLOSE)
        served = walk(register, CaseAct.SERVE, x=50.0)
        with register.writing() as book:
            hidden = [open_case(book, act(CaseAct.SUSPECT, **spot(x=90.0 + i))).number for i in range(3)]
            act_on_case(book, hidden[1], act(CaseAct.REJECT))
            act_on_case(book, hidden[2], act(CaseAct.VOID))
            void = open_case(book, act(CaseAct.OPEN, **spot(x=200.0))).number
            act_on_case(book, void, act(CaseAct.VOID))
        assert write_requests(register, tmp_path / "out.json") == 3
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    found = {r["service_request_id"]: r for r in json.loads(text)}
    assert {n: r["status"] for n, r in found.items()} == {closed: "closed", served: "open", void: "closed"}
    assert found[served]["agency_responsible"] == "物业(业委会)"
    assert found[served]["expected_datetime"] == "2021-01-18T09:30:00Z"
    assert not any(name in text for name in PEOPLE)
