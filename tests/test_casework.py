"""Parties and places, the three lists, taking part, and what flights bring: each rule with someone who breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import pyproj
import pytest
from registers import NOW, act, add_people, spot, walk
from shapely import LineString, Point, box
from sqlalchemy import select

from pipeline.casework import lists
from pipeline.casework.blocks import act_on_block, follow_grades
from pipeline.casework.book import Book
from pipeline.casework.calendar import work_calendar
from pipeline.casework.capacity import back_schedule
from pipeline.casework.cases import act_on_case, issue_notice, open_case, serve_case
from pipeline.casework.compared import Between, SeenAgain, propose
from pipeline.casework.flights import Spot, open_from_flight
from pipeline.casework.places import next_party, take_responsibilities, who_answers
from pipeline.casework.records import add, adding, change, changing, enter
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.tables import projects
from pipeline.casework.taking_part import (
    award,
    balance,
    check_pledge,
    hold_campaign,
    plan_campaign,
    reverse,
    sign_pledge,
)
from pipeline.casework.verify import verify
from pipeline.core.ledger import (
    BlockAct,
    BlockState,
    CaseAct,
    CaseState,
    Earned,
    Entry,
    Made,
    PartyKind,
    PledgeKind,
    RecordAct,
)
from pipeline.core.matching import Demand, Supply, match
from pipeline.core.vocabulary import Gate, Grade
from pipeline.errors import BlocksError, Refused, RegisterError
from pipeline.settings import RegisterSection

AT = "2021-03-01T02:00:00Z"
ME = ("督查员", AT)
CRS = pyproj.CRS("EPSG:4549")


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with Register.open(tmp_path / "register.sqlite", clock=lambda: NOW) as found:
        add_people(found)
        with found.writing() as book:
            add(book, Stream.PARTY, "shequ", adding(*ME, {"id": "shequ", "kind": "committee", "name": "社区两委"}))
        yield found
        with found.reading() as connection:
            assert verify(connection).problems == ()


def refusal(register: Register, doing: object) -> str:
    """Why a step is refused; nothing of it is kept."""
    with pytest.raises(Refused) as told, register.writing() as book:
        doing(book)  # type: ignore[operator]
    return told.value.why


def duties(path: Path, rows: list[tuple[str, str, object]]) -> Path:
    frame = gpd.GeoDataFrame(
        {"party": [r[0] for r in rows], "duty": [r[1] for r in rows], "label": [r[0] for r in rows]},
        geometry=[r[2] for r in rows],
        crs=CRS,
    )
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    return path


def test_there_are_eight_kinds_of_party_and_no_ninth(register: Register) -> None:
    assert len(PartyKind) == 8
    with pytest.raises(RegisterError, match="none of"), register.writing() as book:
        add(book, Stream.PARTY, "station", adding(*ME, {"id": "station", "kind": "城管驿站", "name": "城管驿站"}))
    with pytest.raises(Refused) as told, register.writing() as book:
        add(book, Stream.PARTY, "wuye", adding(*ME, {"id": "wuye", "kind": "school"}))
    assert (told.value.why, str(told.value), told.value.zh) == ("twice", "wuye is on record already", "wuye 已有记录")
    with pytest.raises(RegisterError, match="no name"), register.writing() as book:
        add(book, Stream.PARTY, "new", adding(*ME, {"id": "new", "kind": "school", "name": " "}))


def test_the_most_specific_place_wins_and_returned_cases_go_to_the_next(register: Register, tmp_path: Path) -> None:
    layer = duties(
        tmp_path / "duties.gpkg",
        [
            ("xuexiao", "area", box(0, 0, 100, 100)),
            ("shequ", "area", box(-500, -500, 500, 500)),
            ("wuye", "section", LineString([(0, 50), (100, 50)])),
            ("cishan", "frontage", Point(10, 20)),
        ],
    )
    with register.writing() as book:
        assert take_responsibilities(book, layer, CRS, ME) == 4
    with register.writing() as book:
        assert take_responsibilities(book, layer, CRS, ME) == 0, "the same layer again changes nothing"
    with register.reading() as connection:
        near_the_street = who_answers(connection, 10, 54, frontage_m=5)
        at_the_shop = who_answers(connection, 10, 20, frontage_m=5)
        outside = who_answers(connection, 9999, 0, frontage_m=5)
    assert [a.party for a in near_the_street] == ["wuye", "xuexiao", "shequ"]
    assert [a.party for a in at_the_shop] == ["xuexiao", "shequ"], "a charity is never liable"
    assert [(a.party, a.duty.value) for a in outside] == [("shequ", "default")]
    number = walk(register, CaseAct.OPEN, x=10.0, y=54.0)
    for expected in ("wuye", "xuexiao", "shequ"):
        with register.writing() as book:
            answers = next_party(book, number)
            assert answers.party == expected
            act_on_case(book, number, act(CaseAct.ASSIGN, party=answers.party))
            act_on_case(book, number, act(CaseAct.RETURN))
    with pytest.raises(RegisterError, match="nobody answers"), register.writing() as book:
        next_party(book, number)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("nobody", "area", box(0, 0, 1, 1)), "no party 'nobody'"),
        (("wuye", "default", box(0, 0, 1, 1)), "no duty"),
        (("wuye", "area", Point(0, 0)), "fits the duty"),
    ],
)
def test_a_layer_of_places_that_is_wrong_changes_nothing(
    register: Register, tmp_path: Path, row: tuple[str, str, object], words: str
) -> None:
    layer = duties(tmp_path / "duties.gpkg", [row])
    with pytest.raises(BlocksError, match=words), register.writing() as book:
        take_responsibilities(book, layer, CRS, ME)


def test_a_layer_that_is_missing_is_mended_where_it_was_named(register: Register, tmp_path: Path) -> None:
    gone = tmp_path / "gone.gpkg"
    for named, mend in (("", "name a layer that exists"), (str(gone), "set register.responsibilities")):
        register.settings = RegisterSection(responsibilities=named)
        with pytest.raises(BlocksError) as told, register.writing() as book:
            take_responsibilities(book, gone, CRS, ME)
        assert told.value.mend == mend


def test_a_place_counts_only_while_the_layer_holds_it(register: Register, tmp_path: Path) -> None:
    for name, party in (("a", "wuye"), ("b", "xuexiao"), ("c", "wuye")):
        with register.writing() as book:
            take_responsibilities(book, duties(tmp_path / f"{name}.gpkg", [(party, "area", box(0, 0, 9, 9))]), CRS, ME)
        with register.reading() as connection:
            assert [a.party for a in who_answers(connection, 5, 5, frontage_m=5)] == [party, "shequ"]


def confirmed(count: int, flight: str = "2021-01", at: float = 0.0) -> list[Spot]:
    return [
        Spot(spot(flight=flight, hotspot_id=f"{flight}-{i}", x=i * 10.0 + at, y=0.0), i * 10.0 + at, 0.0)
        for i in range(count)
    ]


def test_confirmed_spots_open_cases_once(register: Register) -> None:
    first = open_from_flight(register, confirmed(1200), *ME)
    again = open_from_flight(register, confirmed(1201), *ME)
    later = open_from_flight(register, confirmed(3, "2021-09", at=2.9), *ME)
    assert (first.opened, again.opened, again.known, later.known) == (1200, 1, 1200, 3)
    far = open_from_flight(register, confirmed(3, "2021-10", at=3.1), *ME)
    assert far.opened == 3
    twice = [replace(s, data={**s.data, "hotspot_id": f"x{i}"}) for i, s in enumerate(confirmed(1, at=1e6) * 2)]
    assert open_from_flight(register, twice, *ME).opened == 1, "one place, one case, even within one step"


def test_the_same_place_soon_after_closing_is_a_relapse(register: Register) -> None:
    number = walk(register, CaseAct.CLOSE, x=0.0, y=0.0)
    found = open_from_flight(register, confirmed(1), *ME)
    assert (found.opened, found.relapses) == (1, 1)
    with register.writing() as book:
        new = book.case("2021-000002")
        assert new is not None
        assert new.relapse_of == number
        act_on_case(book, new.number, act(CaseAct.VOID, at=AT))
    late = open_from_flight(register, confirmed(1, "2021-09"), "督查员", "2021-09-01T00:00:00Z")
    assert (late.opened, late.relapses) == (1, 0)


def test_a_term_that_nobody_understands_is_not_put_on_record(register: Register) -> None:
    number, printed = walk(register, CaseAct.ASSIGN), walk(register, CaseAct.ASSIGN, x=99.0)
    words = "'尽快' is not a term; expected one like '3 working days'"
    with pytest.raises(RegisterError, match=words) as told, register.writing() as book:
        issue_notice(book, number, act(CaseAct.ISSUE, term="尽快"))
    assert told.value.zh.startswith("看不懂期限“尽快”")
    with register.writing() as book:
        facts = book.case(number)
        assert facts is not None
        assert facts.notice == "", "nothing of it is kept"
        act_on_case(book, printed, act(CaseAct.ISSUE, notice="2021-000009", term="尽快"))
    with pytest.raises(RegisterError, match="not a term"), register.writing() as book:
        serve_case(book, printed, act(CaseAct.SERVE), {})
    with register.writing() as book:
        served = serve_case(book, printed, act(CaseAct.SERVE, deadline="2021-01-20T09:30:00Z"), {})
        assert served.deadline == "2021-01-20T09:30:00Z", "a deadline mends a term that was put down before"
        act_on_case(book, printed, act(CaseAct.INSPECT, result="failed"))
    with pytest.raises(RegisterError, match="'3 周' is not a term"), register.writing() as book:
        act_on_case(book, printed, act(CaseAct.EXTEND, term="3 周", approved_by="书记"))


def test_a_case_is_deferred_to_a_day_that_lies_ahead_on_the_communitys_clocks(register: Register) -> None:
    number = walk(register, CaseAct.SERVE)
    night = "2021-06-01T17:00:00Z"
    for day in ("2020-01-01", "2021-06-02"):
        defer = act(CaseAct.DEFER, at=night, until=day, approved_by="书记")
        assert refusal(register, lambda book, d=defer: act_on_case(book, number, d)) == "no_term"
    with register.writing() as book:
        ahead = act(CaseAct.DEFER, at=night, until="2021-06-03", approved_by="书记")
        assert act_on_case(book, number, ahead).until == "2021-06-03"


BETWEEN = Between("2021-01", "2021-09", "2021-09-18T02:10:00Z", frozenset({"B1"}))
AFTER = "2021-09-20T02:00:00Z"


def test_a_later_flight_speaks_and_a_person_decides(register: Register) -> None:
    number = walk(register, CaseAct.START, flight="2021-01", hotspot_id="h1")
    gone = SeenAgain("gone", "B1", 500.0, 500.0, "h1")
    with register.writing() as book:
        assert propose(book, {BETWEEN: [gone]}, AFTER) == {"gone": 1, "still": 0}
        assert propose(book, {BETWEEN: [gone]}, AFTER) == {"gone": 0, "still": 0}, "said once"
        facts = book.case(number)
        assert facts is not None
        assert (facts.state, facts.proposal) == (CaseState.RECTIFYING, "gone"), "a flight closes nothing"
        act_on_case(book, number, act(CaseAct.INSPECT, at=AFTER, result="passed"))
        closed = act_on_case(book, number, act(CaseAct.CLOSE, at=AFTER))
    assert (closed.state, closed.gone_flight) == (CaseState.CLOSED, "2021-09")


@pytest.mark.parametrize(
    ("between", "thing"),
    [
        (replace(BETWEEN, comparable=frozenset()), SeenAgain("gone", "B1", 10.0, 20.0)),
        (replace(BETWEEN, acquired="2021-01-14T00:00:00Z"), SeenAgain("gone", "B1", 10.0, 20.0)),
        (BETWEEN, SeenAgain("gone", "B1", 13.1, 20.0)),
    ],
    ids=["not comparable", "earlier", "elsewhere"],
)
def test_a_flight_that_cannot_tell_says_nothing(register: Register, between: Between, thing: SeenAgain) -> None:
    walk(register, CaseAct.START)
    with register.writing() as book:
        assert propose(book, {between: [thing]}, AFTER) == {"gone": 0, "still": 0}
        assert propose(book, {BETWEEN: [SeenAgain("still", "B1", 12.9, 20.0)]}, AFTER)["still"] == 1


OWN = SeenAgain("still", "B1", 10.0, 20.0, "h1", "k1")
NEIGHBOUR = SeenAgain("gone", "B1", 12.5, 20.0, "h2")
LATER = replace(BETWEEN, before="2021-05")
UNTRUSTED = replace(BETWEEN, comparable=frozenset({"B2"}))


@pytest.mark.parametrize(
    ("compared", "found"),
    [
        ({BETWEEN: [OWN, NEIGHBOUR]}, "still"),
        ({BETWEEN: [NEIGHBOUR, OWN]}, "still"),
        ({BETWEEN: [replace(OWN, x=12.0), replace(NEIGHBOUR, x=10.0)]}, "still"),
        ({BETWEEN: [replace(OWN, hotspot_before=""), NEIGHBOUR]}, "still"),
        ({BETWEEN: [replace(OWN, hotspot_before="", x=12.6), NEIGHBOUR]}, "gone"),
        ({BETWEEN: [NEIGHBOUR, replace(OWN, hotspot_before="", x=7.5)]}, "still"),
        ({BETWEEN: [NEIGHBOUR], LATER: [replace(OWN, hotspot_before="j1")]}, "still"),
        ({LATER: [replace(NEIGHBOUR, x=10.0)], BETWEEN: [replace(OWN, x=12.0)]}, "still"),
        ({UNTRUSTED: [OWN, replace(NEIGHBOUR, block_id="B2")]}, ""),
        ({UNTRUSTED: [OWN], LATER: [NEIGHBOUR]}, "gone"),
    ],
    ids=[
        *("own", "own last", "own farther", "nearest", "nearest gone", "as near"),
        *("two flights", "own flight", "own in doubt", "one trusted"),
    ],
)
def test_one_object_speaks_for_a_case_and_a_repeat_adds_nothing(
    register: Register, compared: dict[Between, list[SeenAgain]], found: str
) -> None:
    number = walk(register, CaseAct.START, flight="2021-01", hotspot_id="h1")
    for count in (1, 0, 0):
        with register.writing() as book:
            said = propose(book, compared, AFTER)
            assert said == {what: count * (what == found) for what in ("gone", "still")}
            facts = book.case(number)
            assert facts is not None
            assert (facts.proposal, bool(facts.gone_flight)) == (found, found == "gone")


def test_a_neighbour_that_is_gone_is_no_evidence(register: Register) -> None:
    number = walk(register, CaseAct.START, flight="2021-01", hotspot_id="h1")
    with register.writing() as book:
        propose(book, {BETWEEN: [OWN, NEIGHBOUR]}, AFTER)
        act_on_case(book, number, act(CaseAct.INSPECT, at=AFTER, result="passed"))
    close = act(CaseAct.CLOSE, at=AFTER)
    assert refusal(register, lambda book: act_on_case(book, number, close)) == "no_evidence"


def test_an_earlier_flight_carried_in_later_does_not_overrule_a_later_one(register: Register) -> None:
    number = walk(register, CaseAct.START, flight="2021-01", hotspot_id="h1")
    earlier = replace(BETWEEN, after="2021-05", acquired="2021-05-10T02:10:00Z")
    with register.writing() as book:
        for between in (earlier, BETWEEN):
            data = {"id": between.after, "acquired": between.acquired, "blocks": 0}
            add(book, Stream.FLIGHT, between.after, adding(*ME, data))
        assert propose(book, {BETWEEN: [OWN]}, AFTER)["still"] == 1
        assert propose(book, {earlier: [replace(OWN, found="gone")]}, AFTER) == {"gone": 0, "still": 0}
        facts = book.case(number)
        assert facts is not None
        assert (facts.proposal, facts.proposal_flight) == ("still", "2021-09")


def test_blocks_follow_grades_and_close_only_without_severe_cases(register: Register) -> None:
    red, orange, yellow = (g.value for g in (Grade.RED, Grade.ORANGE, Grade.YELLOW))
    with register.writing() as book:
        done = follow_grades(book, {"B1": red, "B2": orange, "B3": yellow}, flight="2021-01", acquired=AT, at=AT)
        assert done[BlockAct.LIST] == 2
        assert follow_grades(book, {"B1": red, "B2": orange}, flight="2021-01", acquired=AT, at=AT)[BlockAct.LIST] == 0
        case = open_case(book, act(CaseAct.OPEN, at=AT, **spot()))
        steps = {BlockAct.PLAN: {"plan": "清运"}, BlockAct.WORK: {}, BlockAct.CHECK: {"result": "passed"}}
        for what, data in steps.items():
            act_on_block(book, "B1", Entry(what, "督查员", AT, data={**data, "grade": yellow}))
    close = Entry(BlockAct.CLOSE, "督查员", AT, data={"grade": yellow})
    assert refusal(register, lambda book: act_on_block(book, "B1", close)) == "severe"
    with register.writing() as book:
        act_on_case(book, case.number, act(CaseAct.VOID, at=AT))
        assert act_on_block(book, "B1", close).state is BlockState.WATCH
        assert (
            follow_grades(book, {"B1": orange}, flight="x", acquired="2021-04-01T00:00:00Z", at="2021-04-01T00:00:00Z")[
                BlockAct.RELAPSE
            ]
            == 0
        )
        done = follow_grades(book, {"B1": red}, flight="x", acquired="2021-04-02T00:00:00Z", at="2021-04-02T00:00:00Z")
        assert done[BlockAct.RELAPSE] == 1
    with register.writing() as book:
        facts = book.block("B1")
        assert facts is not None
        assert (facts.state, facts.relapses, facts.closings) == (BlockState.RELAPSE, 1, 1)


def test_a_flight_flown_before_a_block_was_closed_does_not_speak_against_it(register: Register) -> None:
    red, yellow = Grade.RED.value, Grade.YELLOW.value
    closed, ended = "2021-09-21T00:00:00Z", "2021-12-30T00:00:00Z"
    with register.writing() as book:
        follow_grades(book, {"B1": red}, flight="a", acquired="2021-01-14T02:30:00Z", at=AT)
        act_on_block(book, "B1", Entry(BlockAct.PLAN, "督查员", AT, data={"plan": "清运"}))
        act_on_block(book, "B1", Entry(BlockAct.WORK, "督查员", AT))
        check = {"result": "passed", "grade": yellow, "flight": "b"}
        act_on_block(book, "B1", Entry(BlockAct.CHECK, "督查员", closed, data=check))
        act_on_block(book, "B1", Entry(BlockAct.CLOSE, "督查员", closed, data={"grade": yellow, "flight": "b"}))
    for at, state in (("2021-10-01T00:00:00Z", BlockState.WATCH), (ended, BlockState.SETTLED)):
        for flown in ("2021-01-14T02:30:00Z", closed):
            with register.writing() as book:
                done = follow_grades(book, {"B1": red}, flight="a", acquired=flown, at=at)
                facts = book.block("B1")
                assert facts is not None
                assert (done[BlockAct.RELAPSE], done[BlockAct.LIST], facts.state) == (0, 0, state)
    with register.writing() as book:
        after = follow_grades(book, {"B1": red}, flight="c", acquired="2021-09-21T00:00:01Z", at=ended)
        assert after[BlockAct.LIST] == 1


def test_a_watch_that_ends_well_settles(register: Register) -> None:
    red, yellow = Grade.RED.value, Grade.YELLOW.value
    with register.writing() as book:
        follow_grades(book, {"B1": red}, flight="a", acquired=AT, at=AT)
        for what, data in (
            (BlockAct.PLAN, {"plan": "清运"}),
            (BlockAct.WORK, {}),
            (BlockAct.CHECK, {"result": "passed", "grade": yellow}),
            (BlockAct.CLOSE, {"grade": yellow}),
        ):
            act_on_block(book, "B1", Entry(what, "督查员", AT, data=data))
        assert (
            follow_grades(book, {}, flight="b", acquired="2021-05-29T00:00:00Z", at="2021-05-29T00:00:00Z")[
                BlockAct.SETTLE
            ]
            == 0
        )
        assert (
            follow_grades(book, {}, flight="b", acquired="2021-05-31T00:00:00Z", at="2021-05-31T00:00:00Z")[
                BlockAct.SETTLE
            ]
            == 1
        )


def a_resource(book: Book, jobs: int = 1, serves: str = "rubbish", hours: float = 40.0) -> str:
    data = {"id": "R1", "party": "wuye", "name": "保洁队", "serves": serves, "people": 4, "hours_week": hours}
    add(book, Stream.RESOURCE, "R1", adding(*ME, {**data, "jobs": jobs}))
    return "R1"


def test_needs_keep_themselves_up(register: Register) -> None:
    number = walk(register, CaseAct.ASSIGN)
    with register.writing() as book:
        unmet = {("B1", Gate.FACILITIES.value): True, ("B1", Gate.CULTURE.value): False}
        assert lists.follow_gates(book, unmet, flight="a", at=AT) == {"added": 1, "met": 0}
        assert lists.follow_gates(book, unmet, flight="a", at=AT) == {"added": 0, "met": 0}
    with register.reading() as connection:
        found = lists.open_needs(connection, register.settings)
        assert [n.id for n in found] == [f"case:{number}", "gate:B1:facilities"]
        assert lists.open_needs(connection, register.settings, after=found[0].id) == found[1:]
    with register.writing() as book:
        act_on_case(book, number, act(CaseAct.VOID))
        lists.follow_gates(book, {("B1", Gate.FACILITIES.value): False}, flight="b", at=AT)
    with register.reading() as connection:
        assert lists.open_needs(connection, register.settings) == []


def a_need(book: Book, kind: str = "other", **about: object) -> str:
    data = {"source": "person", "kind": kind, "title": "补路灯", "effort_h": 8.0, "weight": 1.0, **about}
    return str(enter(book, Stream.NEED, ME, data)["id"])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_pages_of_needs_hold_each_need_once(register: Register, size: int) -> None:
    cases = [f"case:{walk(register, CaseAct.ASSIGN, x=x)}" for x in (10.0, 50.0)]
    with register.writing() as book:
        own = [a_need(book), a_need(book)]
        lists.follow_gates(book, {("B1", Gate.CULTURE.value): True}, flight="a", at=AT)
    seen: list[str] = []
    with register.reading() as connection:
        while page := lists.open_needs(connection, register.settings, limit=size, after=seen[-1] if seen else ""):
            seen += [need.id for need in page]
    assert seen == [*cases, *own, "gate:B1:culture"]


def test_what_people_put_down_is_proposed_however_many_cases_are_open(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST", 1)
    monkeypatch.setattr(lists, "MOST_NEEDS", 1)
    for x in (10.0, 50.0, 90.0):
        walk(register, CaseAct.SERVE, x=x)
    with register.writing() as book:
        need, urgent = a_need(book), a_need(book, due="2021-01-18")
        a_resource(book, serves="other")
    settings, day = register.settings, date(2021, 1, 15)
    with register.reading() as connection:
        assert [m.need for m in lists.proposals(connection, settings, day)] == [urgent], (
            "only the most urgent is looked at"
        )
    with register.writing() as book:
        lists.start_project(book, {"need": urgent, "title": "补路灯"}, ME)
    with register.reading() as connection:
        assert [m.need for m in lists.proposals(connection, settings, day)] == [need]


def test_what_was_withdrawn_stays_so(register: Register) -> None:
    with register.writing() as book:
        need, resource = a_need(book), a_resource(book, serves="other")
        project = str(lists.start_project(book, {"title": "补路灯"}, ME)["id"])
        campaign = str(plan_campaign(book, "2021-02-28", "清运", ME)["id"])
        lists.follow_gates(book, {("B1", Gate.CULTURE.value): True}, flight="a", at=AT)
        gone = {Stream.NEED: need, Stream.RESOURCE: resource, Stream.PROJECT: project, Stream.CAMPAIGN: campaign}
        for stream, key in [*gone.items(), (Stream.NEED, "gate:B1:culture")]:
            change(book, stream, key, Entry(RecordAct.WITHDRAW, *ME, "记错"))
    doings = [lambda book, at=place: change(book, *at, changing(*ME, {"note": "改字"})) for place in gone.items()]
    doings += [
        lambda book: lists.accept(book, need, resource, ME),
        lambda book: lists.finish_project(book, project, ME, result="完成"),
        lambda book: hold_campaign(book, campaign, ME, people=5, truckloads=1),
        lambda book: award(book, "甲", Earned.CAMPAIGN, campaign, acting=ME),
    ]
    for doing in doings:
        with pytest.raises(RegisterError, match="was withdrawn"), register.writing() as book:
            doing(book)
    with register.writing() as book:
        for stream, key in gone.items():
            assert not book.record(stream, key, changing(*ME, {"note": "改字"}))["active"]
        for lacking in (False, True):
            unmet = {("B1", Gate.CULTURE.value): lacking}
            assert lists.follow_gates(book, unmet, flight="b", at=AT) == {"added": 0, "met": 0}
    with register.reading() as connection:
        assert lists.open_needs(connection, register.settings) == []


def test_a_resource_meets_a_need_by_a_persons_word(register: Register) -> None:
    number, other = walk(register, CaseAct.SERVE), walk(register, CaseAct.SERVE, x=99.0)
    with register.writing() as book:
        a_resource(book)
    with register.reading() as connection:
        found = lists.proposals(connection, register.settings, date(2021, 1, 15))
    assert [(m.need, m.resource) for m in found] == [(f"case:{number}", "R1")], "one job at a time"
    with register.writing() as book:
        row = lists.accept(book, found[0].need, "R1", ("书记", "2021-01-15T02:00:00Z"))
    assert (row["due"], row["check_by"], row["finish_by"]) == ("2021-01-18", "2021-01-18", "2021-01-15")
    assert (row["party"], row["start_by"], row["prepare_by"]) == ("wuye", "2021-01-15", "2021-01-15")
    assert refusal(register, lambda book: lists.accept(book, found[0].need, "R1", ME)) == "twice"
    assert refusal(register, lambda book: lists.accept(book, f"case:{other}", "R1", ME)) == "amount"
    with register.reading() as connection:
        assert lists.proposals(connection, register.settings, date(2021, 1, 15)) == ()


def test_what_people_needed_is_met_by_its_project(register: Register) -> None:
    number = walk(register, CaseAct.SERVE)
    with register.writing() as book:
        a_resource(book, jobs=3, serves="other rubbish culture")
        lists.follow_gates(book, {("B1", Gate.CULTURE.value): True}, flight="a", at=AT)
        wanted = [f"case:{number}", a_need(book), "gate:B1:culture"]
        done = [str(lists.accept(book, need, "R1", ME)["id"]) for need in wanted]
        for project in done:
            lists.finish_project(book, project, ME, result="完成")
    with register.reading() as connection:
        left = [need.id for need in lists.open_needs(connection, register.settings)]
    assert left == [wanted[0], wanted[2]], "a case is closed by its own acts, a gate is met by what a flight shows"


def test_an_entry_is_taken_off_its_list_for_a_reason(register: Register) -> None:
    with register.writing() as book:
        need, other = a_need(book), a_need(book)
        project = str(lists.start_project(book, {"title": "补路灯"}, ME)["id"])
        done = str(lists.start_project(book, {"title": "补路灯"}, ME)["id"])
        lists.finish_project(book, done, ME, result="完成")
    off = lists.withdraw
    assert refusal(register, lambda book: off(book, need, ME, " ")) == "no_reason"
    assert refusal(register, lambda book: off(book, need, ("路人", AT), "记错")) == "not_listed"
    assert refusal(register, lambda book: off(book, done, ME, "记错")) == "twice"
    with register.writing() as book:
        off(book, need, ME, "记错")
        off(book, project, ME, "记错")
    for key, says in ((need, "was withdrawn"), ("case:2021-000001", "can be withdrawn"), ("N-2021-000009", "no need")):
        with pytest.raises(RegisterError, match=says), register.writing() as book:
            off(book, key, ME, "记错")
    with register.reading() as connection:
        assert [n.id for n in lists.open_needs(connection, register.settings)] == [other]


@pytest.mark.parametrize(
    ("day", "start", "finish", "check"),
    [
        ("2021-01-14", "2021-01-14", "2021-01-15", "2021-01-18"),
        ("2021-01-15", "2021-01-15", "2021-01-18", "2021-01-19"),
        ("2021-01-18", "2021-01-18", "2021-01-19", "2021-01-20"),
        ("2021-02-06", "2021-02-07", "2021-02-08", "2021-02-09"),
    ],
    ids=["in time", "too late by a day", "on its day", "overdue, on a Saturday before one that is worked"],
)
def test_what_cannot_be_done_in_time_is_done_as_soon_as_can_be(
    register: Register, day: str, start: str, finish: str, check: str
) -> None:
    need = f"case:{walk(register, CaseAct.SERVE)}"
    with register.writing() as book:
        a_resource(book, hours=10.0)
    with register.reading() as connection:
        found = lists.proposals(connection, register.settings, date.fromisoformat(day))
    assert [(m.need, m.resource) for m in found] == [(need, "R1")], "4 h at 2 h a day"
    with register.writing() as book:
        row = lists.accept(book, need, "R1", ("书记", f"{day}T02:00:00Z"))
    assert (row["start_by"], row["finish_by"], row["check_by"]) == (start, finish, check)
    assert day <= row["prepare_by"] <= start
    assert row["due"] == "2021-01-18", "its deadline stays what it is"


def test_what_nobody_has_hours_for_is_not_proposed_but_can_be_accepted(register: Register) -> None:
    with register.writing() as book:
        need = a_need(book, effort_h=1000.0, due="2021-03-05")
        a_resource(book, serves="other")
    with register.reading() as connection:
        assert lists.proposals(connection, register.settings, date(2021, 3, 1)) == ()
    with register.writing() as book:
        row = lists.accept(book, need, "R1", ME)
    assert (row["prepare_by"], row["start_by"], row["check_by"]) == ("2021-03-01", "2021-03-01", "2021-04-30")


def test_nobody_is_given_more_than_their_hours(register: Register) -> None:
    today, efforts = date(2021, 3, 1), {f"case:{walk(register, CaseAct.SERVE, x=x)}": 4.0 for x in (10.0, 99.0)}
    with register.writing() as book:
        a_resource(book, jobs=99, serves="rubbish other", hours=10.0)
        for due, effort_h in (("2021-03-15", 12.0), ("", 10.0), ("2021-03-05", 3.0), ("2021-03-31", 9.0)):
            efforts[a_need(book, due=due, effort_h=effort_h)] = effort_h
        lists.accept(book, list(efforts)[-1], "R1", ME)
    while True:
        with register.reading() as connection:
            found = lists.proposals(connection, register.settings, today)
        if not found:
            break
        with register.writing() as book:
            rows = [lists.accept(book, m.need, m.resource, ME) for m in found]
        assert all("2021-03-01" <= row["prepare_by"] <= row["start_by"] for row in rows)
    works = work_calendar(register.settings).works
    with register.reading() as connection:
        rows = [row._asdict() for row in connection.execute(select(projects))]
    assert {row["need"] for row in rows} == efforts.keys()
    for end in {row["finish_by"] for row in rows}:
        days = sum(works(today + timedelta(days=i)) for i in range((date.fromisoformat(end) - today).days + 1))
        assert sum(efforts[row["need"]] for row in rows if row["finish_by"] <= end) <= 2.0 * days, end
    with register.writing() as book:
        more = a_need(book, due="2021-03-05", effort_h=2.0)
        row = lists.accept(book, more, "R1", ME)
        assert row["start_by"] > "2021-03-05", "by a person's word, after what is under way"


def test_a_project_ends_with_a_result(register: Register) -> None:
    with register.writing() as book:
        project = lists.start_project(book, {"title": "更换健身器材"}, ME)["id"]
    finish = lists.finish_project
    assert refusal(register, lambda b: finish(b, project, ME, result=" ", item=Made.FITNESS, quantity=8)) == "no_reason"
    assert refusal(register, lambda b: finish(b, project, ME, result="完成", item=Made.FITNESS)) == "amount"
    nobody = ("路人", AT)
    assert refusal(register, lambda b: finish(b, project, nobody, result="完成")) == "not_listed"
    with register.writing() as book:
        finish(book, project, ME, result="完成", item=Made.FITNESS, quantity=8)
    assert refusal(register, lambda b: finish(b, project, ME, result="完成")) == "twice"
    with register.reading() as connection:
        assert lists.made(connection) == {"fitness": 8}


def test_the_proposal_keeps_every_deadline_on_the_way() -> None:
    day = date(2021, 1, 18)
    needs = [Demand(str(i), "rubbish", 6, day.replace(day=18 + i), 1) for i in range(4)]
    team = Supply("team", frozenset({"rubbish"}), 9, lambda d: 8.0 * (d.day - 17))
    other = Supply("other", frozenset({"shed"}), 9, lambda d: 1e6)
    found = match(needs, [other, team])
    hours = 0
    for m in sorted(found, key=lambda m: int(m.need)):
        hours += 6
        assert m.resource == "team"
        assert hours <= 8 * (int(m.need) + 1)
    assert len(found) == 4
    assert len(match([replace(n, effort_h=9) for n in needs], [team])) == 3, "4 x 9 h do not fit into 32 h"
    assert match([], [team]) == match(needs, []) == ()


def test_the_schedule_is_counted_back_over_the_spring_festival() -> None:
    plan = back_schedule(work_calendar(RegisterSection()), date(2021, 2, 21), 16.0, 8.0, today=date(2021, 2, 1))
    assert plan == {
        "check_by": "2021-02-20",
        "finish_by": "2021-02-19",
        "start_by": "2021-02-18",
        "prepare_by": "2021-02-09",
    }


def held(book: Book, people: int = 2) -> str:
    number = str(plan_campaign(book, "2021-02-28", "清运", ME)["id"])
    hold_campaign(book, number, ME, people=people, truckloads=3)
    return number


def test_points_are_for_confirmed_acts_only(register: Register) -> None:
    case = walk(register, CaseAct.OPEN)
    with register.writing() as book:
        suspected = open_case(book, act(CaseAct.SUSPECT, at=AT, **spot(x=50.0))).number
        planned = str(plan_campaign(book, "2021-02-28", "清运", ME)["id"])
        pledge = str(sign_pledge(book, PledgeKind.FRONTAGE, "店主", ME)["id"])

    def why(resident: str, earned: Earned, ref: str, acting: tuple[str, str] = ME) -> str:
        return refusal(register, lambda book: award(book, resident, earned, ref, acting=acting))

    assert why("居民", Earned.REPORT, suspected) == "unconfirmed"
    assert why("居民", Earned.CAMPAIGN, planned) == "unconfirmed"
    assert why("店主", Earned.FRONTAGE, pledge) == "unconfirmed"
    assert why("居民", Earned.REVERSAL, case) == "unconfirmed"
    assert why("督查员", Earned.REPORT, case) == "own_act"
    assert why("居民", Earned.REPORT, case, ("路人", AT)) == "not_listed"
    assert why("督查员", Earned.REPORT, case, ("书记", AT)) == "own_act", "who opened the case confirmed it"
    with register.writing() as book:
        assert award(book, "居民", Earned.REPORT, case, acting=ME)["points"] == 5
    assert why("居民", Earned.REPORT, case) == "twice"
    assert refusal(register, lambda book: check_pledge(book, pledge, ("店主", AT), kept=True)) in (
        "own_act",
        "not_listed",
    )
    with register.writing() as book:
        check_pledge(book, pledge, ME, kept=False)
    assert why("店主", Earned.FRONTAGE, pledge) == "unconfirmed"
    with register.writing() as book:
        check_pledge(book, pledge, ME, kept=True)
        assert award(book, "店主", Earned.FRONTAGE, pledge, acting=ME)["points"] == 3
    assert why("居民", Earned.FRONTAGE, pledge) == "unconfirmed", "another's pledge"


def test_a_day_has_its_cap_and_a_campaign_its_people(register: Register) -> None:
    with register.writing() as book:
        first, second, third = held(book), held(book), held(book)
        assert award(book, "甲", Earned.CAMPAIGN, first, acting=ME)["points"] == 10
        assert award(book, "甲", Earned.CAMPAIGN, second, acting=ME)["points"] == 10
    assert refusal(register, lambda book: award(book, "甲", Earned.CAMPAIGN, third, acting=ME)) == "cap"
    with register.writing() as book:
        award(book, "乙", Earned.CAMPAIGN, first, acting=ME)
    assert refusal(register, lambda book: award(book, "丙", Earned.CAMPAIGN, first, acting=ME)) == "unconfirmed"
    with register.writing() as book:
        award(book, "甲", Earned.CAMPAIGN, third, acting=("督查员", "2021-03-02T02:00:00Z"))
    with register.reading() as connection:
        assert (balance(connection, "甲"), balance(connection, "乙")) == (30, 10)


def test_a_reversal_is_an_entry_of_its_own(register: Register) -> None:
    with register.writing() as book:
        campaign = held(book)
        entry = str(award(book, "甲", Earned.CAMPAIGN, campaign, acting=ME)["id"])
    assert refusal(register, lambda book: reverse(book, entry, ME, " ")) == "no_reason"
    with register.writing() as book:
        back = str(reverse(book, entry, ME, "记错人")["id"])
    assert refusal(register, lambda book: reverse(book, entry, ME, "再")) == "twice"
    assert refusal(register, lambda book: reverse(book, back, ME, "再")) == "twice"
    with register.writing() as book:
        assert award(book, "甲", Earned.CAMPAIGN, campaign, acting=ME)["points"] == 10, "the day's room is free again"
    with register.reading() as connection:
        assert balance(connection, "甲") == 10


def test_a_campaign_is_held_once_after_its_day_by_people(register: Register) -> None:
    with register.writing() as book:
        number = str(plan_campaign(book, "2021-03-02", "清运", ME)["id"])
    hold = hold_campaign
    assert refusal(register, lambda b: hold(b, number, ME, people=3, truckloads=1)) == "future"
    later = ("督查员", "2021-03-02T02:00:00Z")
    assert refusal(register, lambda b: hold(b, number, later, people=0, truckloads=1)) == "amount"
    assert refusal(register, lambda b: hold(b, number, later, people=1, truckloads=-1)) == "amount"
    with register.writing() as book:
        hold(book, number, later, people=3, truckloads=1)
    assert refusal(register, lambda b: hold(b, number, later, people=3, truckloads=1)) == "twice"
