"""What the page shows of the register, and the figures of months."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from registers import NOW, act, add_people, spot, walk

from pipeline.casework.blocks import act_on_block
from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.records import change
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.summary import community_summary, month_figures, page_summary
from pipeline.casework.taking_part import award, hold_campaign, plan_campaign
from pipeline.config import load_config
from pipeline.core.ledger import BlockAct, CaseAct, Earned, Entry, RecordAct
from pipeline.core.vocabulary import Grade

SHANGHAI = ZoneInfo("Asia/Shanghai")
ME = ("督查员", "2021-02-28T16:30:00Z")


def filled(path: Path) -> Register:
    """One closed case, one overdue, one suspected, a listed block with a plan, a campaign on 1 March local time."""
    register = Register.open(path, clock=lambda: NOW)
    add_people(register)
    walk(register, CaseAct.CLOSE)
    late = walk(register, CaseAct.SERVE, block_id="B2", x=50.0)
    with register.writing() as book:
        open_case(book, act(CaseAct.SUSPECT, **spot(block_id="B3", x=90.0)))
        listing = {"block_id": "B2", "grade": Grade.RED.value, "flight": "2021-01"}
        act_on_block(book, "B2", Entry(BlockAct.LIST, "督查员", ME[1], data=listing))
        act_on_block(book, "B2", Entry(BlockAct.PLAN, "督查员", ME[1], data={"plan": "清运", "due": "2021-09-01"}))
        campaign = str(plan_campaign(book, "2021-03-01", "清运", ME)["id"])
        hold_campaign(book, campaign, ME, people=150, truckloads=40)
        award(book, "居民", Earned.CAMPAIGN, campaign, acting=ME)
        act_on_case(book, late, act(CaseAct.NOTE, at="2021-04-01T00:00:00Z"))
    return register


def test_the_page_shows_blocks_months_and_progress(tmp_path: Path) -> None:
    with filled(tmp_path / "r.sqlite") as register:
        found = page_summary(register)
        assert found == json.loads(json.dumps(found)) == page_summary(register)
    blocks = found["blocks"]
    assert (blocks["B1"]["open"], blocks["B1"]["closed"], blocks["B1"]["cases"]) == (0, 1, [])
    assert blocks["B2"]["overdue_after"] == ["2021-01-18"]
    assert blocks["B2"]["party"]["zh"] == "物业(业委会)"
    assert (blocks["B2"]["state"]["id"], blocks["B2"]["plan"]) == ("plan", "清运")
    assert [c["number"] for c in blocks["B2"]["cases"]] == ["2021-000002"]
    assert (blocks["B3"]["open"], blocks["B3"]["cases"]) == (0, []), "nobody is told of what is only suspected"
    assert [m["month"] for m in found["months"]] == ["2021-01", "2021-02", "2021-03"]
    january, _, march = found["months"]
    assert (january["opened"], january["closed"], january["overdue"]) == (2, 1, 1)
    assert (march["campaigns"], march["people"], march["truckloads"], march["points"]) == (1, 150, 40, 10)
    red, orange = found["progress"].pop("aims")
    assert found["progress"] == {"listed": 1, "closed": 0, "watch": 0, "relapse": 0}
    assert (red["zh"], red["listed"], red["closed"], orange["listed"]) == ("削红", 1, 0, 0)
    assert found["figures"]["person_times"] == 150


def test_days_are_counted_from_the_last_entry_or_the_flight(tmp_path: Path) -> None:
    with filled(tmp_path / "r.sqlite") as register:
        assert page_summary(register)["as_of"] == "2021-04-01"
        assert page_summary(register, "2021-09-18")["as_of"] == "2021-09-18"
        assert page_summary(register, "2021-03-18")["as_of"] == "2021-04-01"


def test_a_month_is_that_of_the_place(tmp_path: Path) -> None:
    with Register.open(tmp_path / "r.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        with register.writing() as book:
            open_case(book, act(CaseAct.OPEN, at="2020-12-31T15:59:59Z", **spot()))
            open_case(book, act(CaseAct.OPEN, at="2020-12-31T16:00:00Z", **spot()))
        with register.reading() as connection:
            counts = [month_figures(connection, m, SHANGHAI)["opened"] for m in ("2020-12", "2021-01", "2021-02")]
            assert counts == [1, 1, 0]
            with pytest.raises(ValueError, match="month"):
                month_figures(connection, "2021-13", SHANGHAI)


def test_a_campaign_makes_a_month_only_once_it_was_held(tmp_path: Path) -> None:
    with filled(tmp_path / "r.sqlite") as register:
        before = page_summary(register)["months"]
        with register.writing() as book:
            plan_campaign(book, "2121-05-01", "清运", ME)
            mistyped = str(plan_campaign(book, "2020-01-01", "清运", ME)["id"])
            hold_campaign(book, mistyped, ME, people=1, truckloads=0)
        assert page_summary(register)["months"][0]["month"] == "2020-01"
        with register.writing() as book:
            change(book, Stream.CAMPAIGN, mistyped, Entry(RecordAct.WITHDRAW, *ME, "记错"))
        assert page_summary(register)["months"] == before


def test_without_a_register_there_is_no_summary(sample: Path, tmp_path: Path) -> None:
    config = load_config(sample.parent / "configs" / "hongbei.toml")
    community = config.community.model_copy(update={"workdir": str(tmp_path / "none")})
    config = config.model_copy(update={"community": community})
    assert community_summary(config) is None
    with filled(tmp_path / "none" / "register.sqlite") as register:
        assert community_summary(config) == page_summary(register, "2021-09-18")
        newest = config.by_date[-1].model_copy(update={"acquired": datetime(2021, 9, 18, 22, 30, tzinfo=UTC)})
        found = community_summary(config.model_copy(update={"flights": [config.by_date[0], newest]}))
    assert found is not None
    assert found["as_of"] == "2021-09-19", "half past six in the morning there"
