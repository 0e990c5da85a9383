"""From the page to the grade: spots are answered for by keyboard, taken in, and the grades change as they should."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from browser import Browser
from littered import littered_community
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import Config, load_config
from pipeline.core.answers import Answer
from pipeline.core.asking import random_order
from pipeline.core.vocabulary import Stage
from pipeline.engine import silent
from pipeline.errors import CheckFailed, ReviewError
from pipeline.io.decisions import read_decisions, scoring_of, standing
from pipeline.io.reviewed import read_review
from pipeline.manifest import Reason
from pipeline.review.learn import learn
from pipeline.review.make import make_review
from pipeline.review.take import take_review
from pipeline.run import explain_community, run_community

NEW = "2021-09"
HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "${alert(1)}", "`{{7*7}}`", "\\\"'\\",
    "\u202e反着写", "=1+1", "+SUM(A1)", "@x", "-2+3", "a\nb", "长" * 10_000,
]  # fmt: skip


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = littered_community(tmp_path_factory.mktemp("littered"))
    run_community(load_config(config))
    return config


@pytest.fixture
def config(community: Path, tmp_path: Path) -> Config:
    """The community with a working folder of the test's own."""
    shutil.copytree(community.parent / "runs", tmp_path / "runs", copy_function=shutil.copyfile)
    loaded = load_config(community)
    own = loaded.community.model_copy(update={"workdir": str(tmp_path / "runs")})
    return loaded.model_copy(update={"community": own})


Say = Callable[[pd.Series], "dict[str, object] | None"]


def flight_folder(config: Config) -> Path:
    return Path(config.community.workdir) / NEW


def hotspots(config: Config) -> gpd.GeoDataFrame:
    return gpd.read_file(flight_folder(config) / "score" / "hotspots.gpkg")


def grades(config: Config) -> pd.DataFrame:
    return pd.read_parquet(flight_folder(config) / "grade" / "blocks.parquet").set_index("block_id")


def write_answers(config: Config, file: Path, answer: Say, **head: object) -> Path:
    """A file as the page exports it, with an answer for every spot that ``answer`` answers for."""
    spots = hotspots(config)
    told = [
        {"hotspot_id": row.hotspot_id, "note": "", "by": "张三", "at": "2021-10-01T08:00:00Z", "asked": "top"}
        | given
        | given
        for _, row in spots.iterrows()
        if (given := answer(row)) is not None
    ]
    facts = {
        "format": 1, "what": "wuse decisions", "community": "小区", "flight": NEW, "rubric": "2026-1",
        "scoring": scoring_of(spots), "decisions": told,
    } | head  # fmt: skip
    file.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    return file


def rejecting(wanted: Callable[[pd.Series], bool]) -> Say:
    return lambda row: {"answer": "rejected"} if wanted(row) else None


def rejected(row: pd.Series) -> dict[str, object]:
    return {"answer": "rejected"}


def test_the_page_is_the_same_bytes_for_the_same_input_and_asks_what_is_open(config: Config, tmp_path: Path) -> None:
    first = make_review(config, most=30)
    content = first.path.read_bytes()
    assert first.flight == NEW and make_review(config, most=30).path.read_bytes() == content
    asked = {q.spot for q in first.questions}
    take_review(config, write_answers(config, tmp_path / "d.json", rejecting(lambda r: r.hotspot_id in asked)))
    assert asked.isdisjoint(q.spot for q in make_review(config, most=30).questions)
    take_review(config, write_answers(config, tmp_path / "all.json", rejected))
    with pytest.raises(CheckFailed, match="no spot that nobody answered for"):
        make_review(config)


def test_rejecting_every_spot_of_a_red_block_takes_the_red_away(config: Config, tmp_path: Path) -> None:
    before = grades(config)
    assert before.grade["B1"] == "red" and before.clutter["B1"] > 12
    take_review(config, write_answers(config, tmp_path / "d.json", rejecting(lambda r: r.block_id == "B1")))
    again = [d for d in explain_community(config, [NEW]) if d.run]
    assert (again[0].stage, again[0].reason, again[0].detail) == (Stage.GRADE, Reason.INPUT_CHANGED, "decisions")
    run_community(config)
    after = grades(config)
    assert after.grade["B1"] != "red" and after.hotspots["B1"] == 0
    assert after.clutter["B1"] < 0.8 * before.clutter["B1"]
    assert after.spots_rejected["B1"] == after.spots_listed["B1"]
    others = [c for c in before.columns if c != "geometry"]
    assert after.loc["B2":, others].equals(before.loc["B2":, others])
    assert not [d for d in explain_community(config) if d.run]


def test_one_severe_spot_makes_a_clean_block_red_until_the_mind_is_changed(config: Config, tmp_path: Path) -> None:
    spot = hotspots(config).query("block_id == 'B5'").hotspot_id.iloc[0]

    def say(answer: str, day: int) -> None:
        given = {"answer": answer, "at": f"2021-10-0{day}T08:00:00Z"} | ({"severity": "severe"} if day == 1 else {})
        file = write_answers(config, tmp_path / f"{day}.json", lambda r: given if r.hotspot_id == spot else None)
        take_review(config, file)
        run_community(config, [NEW])

    assert grades(config).grade["B5"] == "yellow"
    say("confirmed", 1)
    row = grades(config).loc["B5"]
    assert row.grade == row.grade_upper == "red" and not row.provisional
    assert row.reasons_en == "Severe spots confirmed by a person: 1"
    say("rejected", 2)
    assert grades(config).grade["B5"] == "yellow"
    assert len(read_decisions(flight_folder(config) / "review" / "decisions.jsonl")) == 2


def test_confirming_a_suspected_red_settles_it(config: Config, tmp_path: Path) -> None:
    assert grades(config).provisional["B2"]
    given = {"answer": "confirmed", "severity": "moderate", "kind": "rubble"}
    take_review(config, write_answers(config, tmp_path / "d.json", lambda r: given if r.block_id == "B2" else None))
    run_community(config, [NEW])
    row = grades(config).loc["B2"]
    assert (
        row.grade == "red" and not row.provisional and "核查确认" in row.reasons_zh and "疑似红" not in row.reasons_zh
    )


def test_answers_outlive_a_new_scoring_but_old_files_are_refused(config: Config, tmp_path: Path) -> None:
    file = write_answers(config, tmp_path / "d.json", rejected)
    take_review(config, file)
    fewer = config.model_copy(update={"score": config.score.model_copy(update={"hotspots_per_block": 5})})
    run_community(fewer, [NEW])
    row = grades(fewer).loc["B1"]
    assert row.spots_rejected == row.spots_listed > 0 and row.grade != "red"
    with pytest.raises(ReviewError, match="which was scored anew since"):
        take_review(fewer, file)
    with pytest.raises(CheckFailed, match="no spot that nobody answered for"):
        make_review(fewer)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({"flight": "2020-01"}, "is for flight '2020-01'"),
        ({"scoring": "0" * 16}, "which was scored anew since"),
        ({"what": "something else"}, "what: must be 'wuse decisions', found 'something else'"),
        ({"format": 2}, "format: must be 1, found 2"),
        ({"more": 1}, "unknown key 'more'"),
    ],
)
def test_a_file_that_does_not_belong_here_is_refused_in_one_line(
    config: Config, tmp_path: Path, head: dict[str, object], said: str
) -> None:
    file = write_answers(config, tmp_path / "d.json", rejected, **head)
    with pytest.raises(ReviewError, match=said) as told:
        take_review(config, file)
    assert "\n" not in str(told.value)
    assert not (flight_folder(config) / "review").exists()


def test_a_known_flight_that_was_not_meant_is_refused(config: Config, tmp_path: Path) -> None:
    file = write_answers(config, tmp_path / "d.json", rejected)
    with pytest.raises(ReviewError, match="is for flight '2021-09'; expected flight 2021-01"):
        take_review(config, file, flight="2021-01")


def test_what_a_file_lacks_is_told_in_the_words_of_people(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    for content, zh in (
        (None, "不存在"),
        ("[1]", "不是核查页导出的文件"),
        ("{}", "缺少键 format"),
    ):
        if content is not None:
            file.write_text(content)
        with pytest.raises(ReviewError) as told:
            take_review(config, file)
        assert zh in told.value.zh
        assert not re.search("No such|Input|Field required", told.value.zh + str(told.value))


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_review_at_all_is_refused(config: Config, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "d.json"
    file.write_bytes(content)
    with pytest.raises(ReviewError):
        take_review(config, file)


def test_a_spot_that_is_not_there_stops_the_whole_file(config: Config, tmp_path: Path) -> None:
    file = write_answers(config, tmp_path / "d.json", rejected)
    facts = json.loads(file.read_text())
    facts["decisions"][-1]["hotspot_id"] = "S\u2028nowhere"
    file.write_text(json.dumps(facts))
    with pytest.raises(ReviewError, match="has no spot"):
        take_review(config, file)
    assert not (flight_folder(config) / "review").exists()


def test_the_command_line_makes_and_takes(community: Path, config: Config, tmp_path: Path) -> None:
    text = community.read_text(encoding="utf-8").replace("runs", str(tmp_path / "runs").replace("\\", "/"))
    file = community.parent / "own.toml"
    file.write_text(text, encoding="utf-8")
    made = CliRunner().invoke(app, ["review", "make", str(file), "--spots", "20", "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["asked"] == {"random": 2, "top": 18, "uncertain": 0}
    answers = write_answers(config, tmp_path / "d.json", rejected)
    first, second = (CliRunner().invoke(app, ["review", "take", str(file), str(answers), "--json"]) for _ in range(2))
    assert json.loads(first.stdout)["new"]["rejected"] == len(hotspots(config))
    assert json.loads(second.stdout)["new"] == {"confirmed": 0, "rejected": 0, "unclear": 0}
    wrong = CliRunner().invoke(app, ["review", "take", str(file), str(answers), "--flight", "2021-01"])
    assert wrong.exit_code == 3 and len(wrong.stderr.strip().splitlines()) == 1


def test_the_order_is_learned_from_answers_and_said_to_be(config: Config, tmp_path: Path) -> None:
    """People who reject whatever the machine finds strongest teach it to look elsewhere; the page then asks mixed."""
    pytest.importorskip("sklearn", reason="the extra 'learn' is not installed")
    spots = hotspots(config)
    weak = set(spots.nsmallest(len(spots) // 2, "score").hotspot_id)
    asked = set(spots.hotspot_id[::2])

    def contrary(row: pd.Series) -> dict[str, object] | None:
        given = {"answer": "confirmed", "severity": "minor"} if row.hotspot_id in weak else {"answer": "rejected"}
        return given if row.hotspot_id in asked else None

    untold = learn(config, progress=silent)
    assert untold.facts()["why_not"] == "0 of 30 answers"
    assert untold.sentence("zh") == "排序学习：暂不学（只有 0 条结论，需 30 条）。"
    take_review(config, write_answers(config, tmp_path / "d.json", contrary))
    lesson = learn(config, progress=silent)
    assert lesson.used and lesson.answers == len(asked) and lesson.learned > lesson.unlearned + 0.2
    record = (Path(config.community.workdir) / "ranker.json").read_bytes()
    order = (flight_folder(config) / "review" / "order.json").read_bytes()
    chance = json.loads(order)["chances"]
    other = spots[~spots.hotspot_id.isin(asked)]
    assert other[other.hotspot_id.isin(weak)].hotspot_id.map(chance).mean() > 0.3 + (
        other[~other.hotspot_id.isin(weak)].hotspot_id.map(chance).mean()
    )
    assert learn(config, progress=silent) == lesson
    assert (Path(config.community.workdir) / "ranker.json").read_bytes() == record
    assert (flight_folder(config) / "review" / "order.json").read_bytes() == order
    asked_for = [q.asked.value for q in make_review(config, most=20).questions]
    drawn = random_order(list(spots.hotspot_id), scoring_of(spots))[: (len(asked) + 20) // 10]
    random = len(set(drawn) - asked)
    assert {kind: asked_for.count(kind) for kind in ("uncertain", "top", "random")} == {
        "uncertain": 16 - random, "top": 4, "random": random
    }  # fmt: skip
    assert random
    again = [(d.stage, d.reason) for d in explain_community(config, [NEW]) if d.run]
    assert again == [(stage, Reason.INPUT_CHANGED) for stage in (Stage.GRADE, Stage.COMPARE, Stage.RENDER)]


def test_people_see_spots_without_the_rejected_and_in_the_learned_order(config: Config, tmp_path: Path) -> None:
    spots = hotspots(config)
    gone = spots.hotspot_id.iloc[0]
    take_review(config, write_answers(config, tmp_path / "d.json", rejecting(lambda r: r.hotspot_id == gone)))
    folder = flight_folder(config)
    review = read_review(folder / "score" / "hotspots.gpkg", folder / "review" / "decisions.jsonl")
    plain = review.listed({})
    assert plain.hotspot_id.tolist() == spots.hotspot_id.tolist()[1:]
    backwards = {spot: i / len(spots) for i, spot in enumerate(spots.hotspot_id)}
    assert review.listed(backwards).hotspot_id.tolist() == spots.hotspot_id.tolist()[:0:-1]
    assert review.listed(backwards)["rank"].tolist() == list(range(1, len(spots)))
    assert review.listed({gone: 1.0}).hotspot_id.tolist() == plain.hotspot_id.tolist()


def test_a_spot_is_clear_over_the_cut_or_once_confirmed(config: Config, tmp_path: Path) -> None:
    spots = hotspots(config)
    folder = flight_folder(config)
    paths = folder / "score" / "hotspots.gpkg", folder / "review" / "decisions.jsonl"
    before = read_review(*paths).listed({}).set_index("hotspot_id").clear
    assert before.tolist() == (spots.score > 50).tolist() and not before.all()
    faint = spots.hotspot_id[spots.score <= 50].iloc[0]
    told = write_answers(
        config, tmp_path / "d.json", lambda r: {"answer": "confirmed"} if r.hotspot_id == faint else None
    )
    take_review(config, told)
    after = read_review(*paths).listed({}).set_index("hotspot_id").clear
    assert after[faint] and after.drop(faint).equals(before.drop(faint))


@pytest.fixture(scope="module")
def desk() -> Iterator[Browser]:
    with Browser() as tab:
        yield tab


def clean(tab: Browser) -> None:
    assert tab.errors == []
    assert tab.remote == []


def open_unanswered(tab: Browser, page: Path) -> None:
    """Open the page as nobody has answered it. What one page clears, another process of Chromium may see late."""
    for _ in range(50):
        tab.open(page)
        if tab.run("A.count() + A.by.length") == 0:
            return
        tab.run("localStorage.clear()")
    raise AssertionError("the browser keeps answers that were cleared")


def start(tab: Browser, page: Path, name: str = "张三") -> None:
    tab.requests.clear()
    tab.errors.clear()
    open_unanswered(tab, page)
    tab.type(name)
    tab.key("Enter", "\r")


@pytest.mark.browser
def test_100_spots_by_keyboard_alone_change_the_grades_and_twice_changes_nothing(
    config: Config, tmp_path: Path, desk: Browser
) -> None:
    """Whoever answers knows the truth: litter lies in B1 and B2 only, and one thing in B3 is severe."""
    made = make_review(config, most=100)
    assert len(made.questions) == 100
    start(desk, made.path)
    block = hotspots(config).set_index("hotspot_id").block_id
    severe = next(q.spot for q in made.questions if block[q.spot] == "B3")
    for question in made.questions:
        if question.spot == severe:
            for key in "qd":
                desk.key(key)
        desk.key("1" if block[question.spot] == "B2" or question.spot == severe else "2")
    assert desk.run("A.count()") == 100
    desk.key("Z")
    assert desk.run("A.count()") == 99
    desk.key("3")
    file = tmp_path / "decisions.json"
    file.write_text(str(desk.run("A.toJson()")), encoding="utf-8")
    clean(desk)
    before = grades(config)
    taken = take_review(config, file)
    assert len(taken.new) == taken.given == taken.answered == 100
    run_community(config, [NEW])
    after = grades(config)
    assert (after.grade["B2"], bool(after.provisional["B2"])) == ("red", False)
    assert (before.grade["B3"], after.grade["B3"]) == ("orange", "red")
    assert after.clutter["B1"] < before.clutter["B1"] and after.hotspots["B1"] < before.hotspots["B1"]
    stored = (flight_folder(config) / "review" / "decisions.jsonl").read_bytes()
    table = (flight_folder(config) / "grade" / "blocks.parquet").read_bytes()
    assert take_review(config, file).new == ()
    assert (flight_folder(config) / "review" / "decisions.jsonl").read_bytes() == stored
    run_community(config, [NEW], force=[Stage.GRADE])
    assert (flight_folder(config) / "grade" / "blocks.parquet").read_bytes() == table
    held = standing(read_decisions(flight_folder(config) / "review" / "decisions.jsonl"))[severe]
    assert (held.answer, held.kind, held.severity, held.by) == (Answer.CONFIRMED, "rubbish", "severe", "张三")


@pytest.mark.browser
def test_a_page_of_so_many_spots_that_its_data_is_packed_can_be_read(
    config: Config, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.viewer.page._PACKED_FROM", 1000)
    made = make_review(config, most=12)
    assert "data-size" in made.path.read_text(encoding="utf-8")
    start(desk, made.path)
    desk.key("1")
    assert desk.run("A.count()") == 1
    clean(desk)


@pytest.mark.browser
def test_answers_are_still_there_when_the_page_is_opened_again(config: Config, desk: Browser) -> None:
    made = make_review(config, most=12)
    start(desk, made.path)
    for key in "123":
        desk.key(key)
    desk.open(made.path)
    assert desk.run("A.count()") == 3
    desk.key("Enter", "\r")
    assert "4 / 12" in str(desk.run("document.querySelector('.facts').innerText"))
    desk.key("ArrowLeft")
    assert desk.run("document.querySelector('.answers [aria-pressed=true]').className") == "answer-unclear"
    clean(desk)


@pytest.mark.browser
def test_answers_given_in_two_tabs_are_all_kept(config: Config, desk: Browser) -> None:
    made = make_review(config, most=12)
    start(desk, made.path)
    with desk.second_tab():
        desk.open(made.path)
        desk.key("Enter", "\r")
        for key in "123":
            desk.key(key)
    desk.wait_for("A.count() === 3")
    assert desk.run("document.querySelector('.tally').innerText") == "已答 3 / 12"
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "1"):
        desk.key(key)
    desk.open(made.path)
    assert desk.run("A.count()") == 4
    clean(desk)


@pytest.mark.browser
@pytest.mark.parametrize("policy", [True, False])
def test_hostile_notes_and_names_are_text_everywhere(
    config: Config, tmp_path: Path, desk: Browser, policy: bool
) -> None:
    made = make_review(config, most=len(HOSTILE))
    page = made.path
    if not policy:
        content = page.read_text(encoding="utf-8")
        assert 'http-equiv="Content-Security-Policy"' in content
        page = page.with_name("open.html")
        page.write_text(content.replace("Content-Security-Policy", "X-None"), encoding="utf-8")
    start(desk, page, name=HOSTILE[0])
    desk.run("window.alert = () => { window.struck = true; }")
    for note in HOSTILE:
        desk.key("n")
        desk.type(note)
        desk.key("Escape")
        desk.key("1")
    desk.key("Escape")
    shown = set()
    for _ in HOSTILE:
        shown.add(desk.run("document.getElementById('note').value"))
        desk.key("ArrowLeft")
    assert shown == set(HOSTILE)
    assert desk.run("document.querySelectorAll('#app script, #app img[src=x]').length") == 0
    assert desk.run("!!window.struck") is False
    file = tmp_path / "d.json"
    file.write_text(str(desk.run("A.toJson()")), encoding="utf-8")
    taken = take_review(config, file)
    assert {d.note for d in taken.new} == set(HOSTILE) and taken.new[0].by == HOSTILE[0]
    rows = str(desk.run("A.toCsv()"))
    assert rows.startswith("\ufeff")
    for formula in ("=1+1", "+SUM(A1)", "@x", "-2+3"):
        assert f",'{formula}," in rows and f",{formula}," not in rows
    clean(desk)


@pytest.mark.browser
def test_the_export_is_a_file_that_can_be_taken(config: Config, tmp_path: Path, desk: Browser) -> None:
    made = make_review(config, most=10)
    start(desk, made.path)
    desk._send("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    for key in "1212121212":
        desk.key(key)
    assert "全部看完" in str(desk.run("document.querySelector('.card').innerText"))
    desk.key("1")
    desk.key("2")
    found = desk.run(
        "new Promise((done) => setTimeout(() => done(document.querySelector('.card .said').textContent), 300))"
    )
    assert "decisions-2021-09.csv" in str(found)
    for _ in range(100):
        if (tmp_path / f"decisions-{NEW}.json").exists() and (tmp_path / f"decisions-{NEW}.csv").exists():
            break
        desk.run("new Promise((done) => setTimeout(done, 50))")
    taken = take_review(config, tmp_path / f"decisions-{NEW}.json")
    assert taken.counts() == {Answer.CONFIRMED: 5, Answer.REJECTED: 5, Answer.UNCLEAR: 0}
    table = pd.read_csv(tmp_path / f"decisions-{NEW}.csv")
    assert len(table) == 10 and set(table["您的结论"]) == {"确认", "误报"}
    clean(desk)


@pytest.mark.browser
def test_a_name_is_asked_for_before_anything_else(config: Config, desk: Browser) -> None:
    made = make_review(config, most=10)
    open_unanswered(desk, made.path)
    desk.key("Enter", "\r")
    desk.key("1")
    assert desk.run("A.count()") == 0
    assert "请先填写检查人姓名" in str(desk.run("document.querySelector('.card').innerText"))
    clean(desk)


@pytest.mark.browser
def test_words_in_the_other_language(config: Config, desk: Browser) -> None:
    made = make_review(config, most=10)
    start(desk, made.path)
    desk.key("l")
    text = str(desk.run("document.body.innerText"))
    assert "Severity" in text and "exposed rubbish" in text
    assert not set(text) & set("确误报看不清程度备注")
    desk.key("l")
    clean(desk)


@pytest.mark.browser
def test_on_a_phone_nothing_overflows_and_every_control_is_within_reach(config: Config) -> None:
    made = make_review(config, most=100)
    with Browser(390, 844, phone=True) as phone:
        start(phone, made.path)
        for sheet in ("", "x", "Escape", "h"):
            if sheet:
                phone.key(sheet)
            assert phone.run("document.documentElement.scrollWidth") == 390
            small = phone.run(
                "[...document.querySelectorAll('button')].filter((b) => { const r = b.getBoundingClientRect();"
                " return b.offsetParent && (r.height < 34 || r.right > 390.5 || r.left < -0.5); })"
                ".map((b) => b.outerHTML)"
            )
            assert small == []
        phone.click("button[type=submit]")
        for answer in ("confirmed", "rejected", "unclear"):
            phone.click(f".answer-{answer}")
        assert phone.run("A.count()") == 3
        phone.click(".undo")
        phone.click(".severity [data-id=severe]")
        phone.click(".kind [data-id=shed]")
        phone.click(".answer-confirmed")
        assert phone.run("A.of(A.spots[2]).severity + A.of(A.spots[2]).kind") == "severeshed"
        reachable = phone.run(
            "[...document.querySelectorAll('.answers button, .moves button')].every((b) => {"
            " const r = b.getBoundingClientRect();"
            " return b.contains(document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2)); })"
        )
        assert reachable is True
        clean(phone)
