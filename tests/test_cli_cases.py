"""The register by its commands: from what people confirmed at a flight to what a later flight says."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner, Result

from pipeline.artifacts import flight_paths
from pipeline.cli import app
from pipeline.core.answers import Answer, Asked, Problem, Severity
from pipeline.core.vocabulary import Gate, Grade
from pipeline.io.decisions import Decision, add_decisions
from pipeline.io.tables import read_blocks, write_gpkg

FLIGHTS = ("2021-01", "2021-09")


def wuse(*words: object, locale: str = "C.UTF-8") -> Result:
    return CliRunner(env={"LC_ALL": locale}).invoke(app, [str(w) for w in words])


def told(*words: object) -> object:
    result = wuse(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def config(tmp_path: Path, sample: Path) -> Path:
    """The sample's blocks, two graded flights, two confirmed spots and a rejected one, and a comparison."""
    text = (sample.parent / "configs" / "hongbei.toml").read_text(encoding="utf-8")
    text = text.replace("../sample_tiles", str(sample)).replace("../runs/hongbei", "runs")
    (tmp_path / "c.toml").write_text(text + '[register]\noperator = "陈海"\n', encoding="utf-8")
    blocks = read_blocks(str(sample / "blocks.gpkg"), "EPSG:4549").frame.set_index("block_id")
    centre = blocks.geometry["B08"].centroid
    runs = tmp_path / "runs"
    for flight, grade in zip(FLIGHTS, (Grade.RED, Grade.YELLOW), strict=True):
        gates = json.dumps({Gate.FACILITIES.value: {"verdict": "fail" if grade is Grade.RED else "pass"}})
        path = flight_paths(runs, flight).grade_parquet
        path.parent.mkdir(parents=True)
        pd.DataFrame({"block_id": ["B08"], "name": [""], "grade": [grade.value], "gates": [gates]}).to_parquet(path)
    shapes = [box(centre.x + i * 8, centre.y, centre.x + i * 8 + 1, centre.y + 1) for i in range(3)]
    spots = gpd.GeoDataFrame(
        {"hotspot_id": ["h0", "h1", "h2"], "block_id": "B08", "chip": ["chips/h0.webp", "", ""]},
        geometry=shapes,
        crs="EPSG:4549",
    )
    paths = flight_paths(runs, "2021-01")
    write_gpkg(spots, paths.hotspots, "hotspots")
    answers = (Answer.CONFIRMED, Answer.CONFIRMED, Answer.REJECTED)
    add_decisions(paths.decisions, [_decision(i, answers[i], centre.x, centre.y) for i in range(3)])
    _compared(runs / "2021-09" / "compare" / "2021-01", shapes)
    return tmp_path / "c.toml"


def _decision(i: int, answer: Answer, x: float, y: float) -> Decision:
    yes = answer is Answer.CONFIRMED
    return Decision(
        flight="2021-01",
        hotspot_id=f"h{i}",
        block_id="B08",
        x=x + i * 8 + 0.5,
        y=y + 0.5,
        area_m2=1.0,
        rank=i + 1,
        score=1.0,
        answer=answer,
        kind=Problem.RUBBLE if yes else None,
        severity=Severity.SEVERE if yes else None,
        note="砖堆" if yes else "",
        by="陈海",
        at="2021-01-15T10:00:00+08:00",
        asked=Asked.TOP,
        rubric="1",
        scoring="s",
        file="f",
    )


def _compared(folder: Path, shapes: list[object]) -> None:
    folder.mkdir(parents=True)
    record = {"comparable": True, "before": {"id": "2021-01"}, "after": {"id": "2021-09"}}
    (folder / "comparison.json").write_text(json.dumps(record), encoding="utf-8")
    blocks = gpd.GeoDataFrame({"block_id": ["B08"], "comparable": [True]}, geometry=shapes[:1], crs="EPSG:4549")
    blocks.to_parquet(folder / "blocks.parquet")
    gpd.GeoDataFrame(
        {
            "object_id": ["o0", "o1"],
            "block_id": "B08",
            "state": ["gone", "still"],
            "hotspot_before": ["h0", "h1"],
            "hotspot_after": ["", "g1"],
            "chip": ["chips/o0.webp", ""],
        },
        geometry=shapes[:2],
        crs="EPSG:4549",
    ).to_file(folder / "objects.gpkg", layer="objects", engine="pyogrio")


def people(config: Path) -> None:
    early = ("--at", "2021-01-01")
    assert wuse("parties", "add", config, "shequ", "--kind", "committee", "--name", "社区两委", *early).exit_code == 0
    for name, party in (("陈海", ""), ("林敏", ""), ("倪伟", "shequ")):
        assert wuse("people", "add", config, name, *(("--party", party) if party else ()), *early).exit_code == 0


def test_from_the_first_flight_to_what_the_second_says(config: Path) -> None:
    people(config)
    first = told("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    assert isinstance(first, dict)
    assert (first["opened"], first["blocks_list"], first["needs_added"]) == (2, 1, 1)
    again = told("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-17", "-q")
    assert isinstance(again, dict)
    assert (again["opened"], again["known"], again["blocks_list"], again["needs_added"]) == (0, 2, 0, 0)
    both = ("2021-000001", "2021-000002")
    assert wuse("cases", "assign", config, *both, "--at", "2021-01-18").exit_code == 0
    assert wuse("cases", "serve", config, *both, "--todo", "清运", "--at", "2021-01-18T10:00").exit_code == 0
    late = told("cases", "list", config, "--state", "overdue", "--at", "2021-02-01")
    assert isinstance(late, list)
    assert [c["number"] for c in late] == list(both)
    some = wuse("cases", "list", config, "--state", "超期", "--limit", "1", "--at", "2021-02-01", "--lang", "zh")
    assert (both[0] in some.stdout, both[1] in some.stdout) == (True, False)
    assert some.stderr == "只显示 1 条；其余用 --after 2021-000001 或 --limit N\n"
    nowhere = wuse("cases", "list", config, "--block", "B99")
    assert (nowhere.exit_code, "there is no block B99" in nowhere.stderr) == (3, True)
    for command in (("cases", "list"), ("notices", "list"), ("notices", "make")):
        for option, words in (("--block", "there is no block nobody"), ("--party", "there is no party 'nobody'")):
            wrong = wuse(*command, config, option, "nobody")
            assert (wrong.exit_code, words in wrong.stderr, wrong.stdout) == (3, True, ""), (command, option)
    known = config.read_text(encoding="utf-8")
    config.write_text(re.sub('^blocks = ".*"', 'blocks = "gone.gpkg"', known, count=1, flags=re.M), encoding="utf-8")
    past = told("cases", "list", config, "--block", "B08")
    assert isinstance(past, list)
    assert len(past) == 2, "cases of a block that is drawn no more, or of a layer that is away, are still listed"
    config.write_text(known, encoding="utf-8")
    then = told("cases", "from-flight", config, "--at", "2021-09-19", "-q")
    assert isinstance(then, dict)
    assert (then["gone"], then["still"], then["needs_met"]) == (1, 1, 1)
    shown = told("cases", "show", config, "2021-000001")
    assert isinstance(shown, dict)
    assert (shown["kind"], shown["problem"], shown["picture"]) == ("rubble", "砖堆", "2021-01/score/chips/h0.webp")
    assert (shown["proposal"], shown["party"], shown["duty"]) == ("gone", "shequ", "default")
    read = wuse("cases", "show", config, "2021-000001", "--lang", "zh").stdout
    for words in ("来源 航拍", "责任主体 shequ", "整改要求 清运", "期限 2021-01-21 17:30:00", "航拍所见 已不见"):
        assert words in read
    assert not re.search("gone|True|confirmed|[0-9]T[0-9]", read)
    assert "{" not in read
    own = wuse("cases", "inspect", config, "2021-000001", "--passed", "--as", "倪伟", "--at", "2021-09-20")
    assert (own.exit_code, "own case" in own.stderr) == (4, True)
    assert wuse("cases", "inspect", config, "2021-000001", "--passed", "--at", "2021-09-20").exit_code == 0
    assert wuse("cases", "close", config, "2021-000001", "--as", "林敏", "--at", "2021-09-20").exit_code == 0
    closing = wuse("cases", "inspect", config, "2021-000002", "--passed", "--at", "2021-09-20")
    assert closing.exit_code == 0
    for locale, words in (("en_US.UTF-8", "no later comparable flight"), ("zh_CN.UTF-8", "后一航次")):
        bare = wuse("cases", "close", config, "2021-000002", "--at", "2021-09-20", locale=locale)
        assert (bare.exit_code, words in bare.stderr, bare.stderr.count("\n")) == (4, True, 1)
    checked = told("cases", "verify", config)
    assert isinstance(checked, dict)
    assert checked["problems"] == []


def test_an_older_flight_carried_in_once_more_takes_nothing_back(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    wuse("cases", "from-flight", config, "--flight", "2021-09", "--at", "2021-09-19", "-q")
    for flight, at in (("2021-01", "2021-09-20"), ("2021-09", "2021-09-21")):
        again = told("cases", "from-flight", config, "--flight", flight, "--at", at, "-q")
        assert isinstance(again, dict)
        assert {name: count for name, count in again.items() if count} == ({"known": 2} if flight == "2021-01" else {})


def test_a_deadline_that_is_a_day_ends_with_its_hours_of_work(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    number = "2021-000001"
    assert wuse("cases", "assign", config, number, "--at", "2021-01-18").exit_code == 0
    wrong = wuse("cases", "serve", config, number, "--at", "2021-01-18", "--deadline", "Wednesday")
    assert (wrong.exit_code, "'Wednesday' is not a time" in wrong.stderr, "--deadline" in wrong.stderr) == (
        3,
        True,
        True,
    )
    served = told("cases", "serve", config, number, "--at", "2021-01-18", "--deadline", "2021-01-20")
    assert isinstance(served, list)
    assert (served[0]["served_at"], served[0]["deadline"]) == ("2021-01-18T00:30:00Z", "2021-01-20T09:30:00Z")
    same_day = ("--failed", "--why", "仍在", "--at", "2021-01-20T09:30")
    assert wuse("cases", "inspect", config, number, *same_day).exit_code == 0
    early = wuse("cases", "handover", config, number, "--why", "逾期", "--at", "2021-01-20T09:31", "--lang", "zh")
    assert (early.exit_code, "期限未到（2021-01-20 17:30）" in early.stderr) == (4, True)


def test_a_spot_that_is_rejected_later_takes_its_case_along_until_a_notice_was_served(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    both = ("2021-000001", "2021-000002")
    assert wuse("cases", "assign", config, *both, "--at", "2021-01-18").exit_code == 0
    assert wuse("cases", "serve", config, both[1], "--at", "2021-01-18T10:00").exit_code == 0
    decisions = flight_paths(config.parent / "runs", "2021-01").decisions
    spots = [_decision(i, Answer.REJECTED, 0, 0) for i in (0, 1)]
    later = [spot.model_copy(update={"at": "2021-01-20T10:00:00+08:00", "by": "林敏"}) for spot in spots]
    add_decisions(decisions, later)
    found = told("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-21", "-q")
    assert isinstance(found, dict)
    assert (found["voided"], found["rejected"], found["in_doubt"], found["opened"]) == (1, 0, 1, 0)
    shown = told("cases", "show", config, both[0])
    assert isinstance(shown, dict)
    assert (shown["state"], shown["events"][-1]["why"]) == ("void", "林敏：h0 误报")
    again = told("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-22", "-q")
    assert isinstance(again, dict)
    assert (again["voided"], again["in_doubt"]) == (0, 1), "someone has to look into it"


def test_notices_by_their_commands(config: Path, tmp_path: Path) -> None:
    pytest.importorskip("docxtpl", reason="the extra office is not installed")
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    both = ("2021-000001", "2021-000002")
    wuse("cases", "assign", config, *both, "--at", "2021-01-18")
    alone = wuse("notices", "make", config, "--block", "B08", "--at", "2021-01-18", "-q", "--lang", "zh")
    assert (alone.exit_code, "检查人要有两名" in alone.stderr) == (4, True)
    made = told("notices", "make", config, "--block", "B08", "--at", "2021-01-18", "-q", *_two())
    assert isinstance(made, dict)
    assert (made["issued"], made["written"], len(made["files"])) == (2, 2, 2)
    assert all(Path(file).stat().st_size > 5000 for file in made["files"])
    again = told("notices", "make", config, "--party", "shequ", "--at", "2021-01-18", "-q", *_two())
    assert isinstance(again, dict)
    assert (again["issued"], again["written"]) == (0, 0)
    named = told("notices", "make", config, both[0], "--at", "2021-01-18", "-q", *_two())
    assert isinstance(named, dict)
    assert (named["issued"], named["written"]) == (0, 1)
    wuse("cases", "serve", config, both[0], "--at", "2021-01-18T12:00")
    late = wuse("notices", "make", config, both[0], "--todo", "清运", "--lang", "zh", *_two())
    assert (late.exit_code, "1 份通知书此前已发：--todo、--inspector 没有写入" in late.stderr) == (0, True)
    assert "没有写入" not in wuse("notices", "make", config, both[0], "--lang", "zh").stderr
    page = wuse("notices", "list", config, "--limit", "1", "--lang", "zh")
    assert f"只显示 1 条；其余用 --after {both[0]} 或 --limit N" in page.stderr
    assert wuse("notices", "answer", config, both[0], "--at", "2021-01-18T13:00").exit_code == 4
    assert wuse("notices", "answer", config, both[0], "--text", "已安排", "--at", "2021-01-18T13:00").exit_code == 0
    assert "送达" in wuse("notices", "list", config, "--lang", "zh").stdout
    rows = told("notices", "list", config, "--block", "B08")
    assert isinstance(rows, list)
    assert [row["notice"] for row in rows] == list(both)
    rest = told("notices", "list", config, "--after", both[0], "--limit", "1")
    assert isinstance(rest, list)
    assert [row["number"] for row in rest] == [both[1]]
    assert wuse("notices", "template", tmp_path / "own.docx", "--lang", "en").exit_code == 0
    twice = wuse("notices", "template", tmp_path / "own.docx")
    assert (twice.exit_code, twice.stderr.count("\n")) == (3, 1)
    out = wuse("cases", "export", config, tmp_path / "o.json", "--json")
    assert json.loads(out.stdout)["requests"] == 2


def _two() -> tuple[str, ...]:
    return "--inspector", "陈海", "--inspector", "林敏"


def test_every_count_that_a_flight_gives_has_a_name(config: Path) -> None:
    people(config)
    told_counts = wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "--lang", "en")
    assert told_counts.exit_code == 0 and "_" not in told_counts.stdout


def test_all_or_none_of_some_cases(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    assert wuse("cases", "assign", config, "2021-000001", "2021-000009", "--at", "2021-01-18").exit_code == 3
    found = told("cases", "list", config)
    assert isinstance(found, list)
    assert {c["state"] for c in found} == {"opened"}


def test_overdue_cases_are_chosen_and_paged_as_all_others(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    both = ("2021-000001", "2021-000002")
    wuse("cases", "assign", config, *both, "--at", "2021-01-18")
    for number, at in zip(both, ("2021-01-19", "2021-01-18T10:00"), strict=True):
        assert wuse("cases", "serve", config, number, "--at", at).exit_code == 0

    def late(*words: str) -> list[str]:
        found = told("cases", "list", config, "--state", "overdue", "--at", "2021-02-01", *words)
        assert isinstance(found, list)
        return [c["number"] for c in found]

    assert late() == [both[1], both[0]], "the most overdue first"
    assert late("--limit", "1") == late("--block", "B08", "--limit", "1") == [both[1]]
    assert late("--after", both[1]) == late("--party", "shequ", "--after", both[1]) == [both[0]]
    assert wuse("parties", "add", config, "wuye", "--kind", "property", "--name", "物业").exit_code == 0
    assert late("--after", both[0]) == late("--block", "B09") == late("--party", "wuye") == []
    third = told("cases", "open", config, "--x", *_centre(config), "--at", "2021-01-20")
    assert isinstance(third, list)
    for after, says in ((third[0]["number"], "no deadline"), ("2021-000009", "no case")):
        lost = wuse("cases", "list", config, "--state", "overdue", "--after", after)
        assert (lost.exit_code, says in lost.stderr, lost.stderr.count("\n")) == (3, True, 1)


def _centre(config: Path) -> tuple[str, str, str]:
    spots = gpd.read_file(flight_paths(config.parent / "runs", "2021-01").hotspots)
    centre = spots.geometry.iloc[0].centroid
    return str(centre.x), "--y", str(centre.y)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["cases", "list"], 3, "wuse cases from-flight CONFIG --as NAME"),
        (["cases", "list", "--state", "lost"], 3, "no register"),
        (["people", "add", "X", "--party", "nobody"], 3, "no party 'nobody'"),
        (["people", "add", "X", "--party", "nobody"], 3, "to mend: wuse parties list CONFIG"),
        (["parties", "add", "x", "--kind", "school", "--name", ""], 3, "no name"),
        (["parties", "add", "x", "--kind", "ninth", "--name", "x"], 2, "ninth"),
        (["people", "add", "X", "--at", "soon"], 3, "not a time"),
        (["people", "add", "X", "--at", "2999-01-01"], 4, "future"),
        (["cases", "open", "--x", "0", "--y", "0"], 3, "check them: east, then north, in metres"),
        (["lists", "add-project", "x", "--block", "B99"], 3, "no block B99"),
        (["lists", "add-need", "x", "--kind", "other", "--block", "B99"], 3, "no block B99"),
        (["campaigns", "plan", "2021-03-01", "--block", "B99"], 3, "no block B99"),
        (["pledges", "sign", "x", "--block", "B99"], 3, "no block B99"),
        (["cases", "open", "--x", "0", "--y", "0", "--block", "B03"], 3, "m from block B03; expected a place in it"),
        (["cases", "open"], 3, "no place"),
        (["parties", "places"], 3, "no layer"),
        (["blocks", "close", "B99"], 3, "no register"),
        (["lists", "add-resource", "x", "--name", "x", "--serves", "dust"], 3, "no kind of need"),
        (["cases", "from-flight", "--flight", "1999"], 3, "no flight '1999'"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(config: Path, words: list[str], code: int, says: str) -> None:
    result = wuse(*words[:2], config, *words[2:])
    assert (result.exit_code, says in result.output) == (code, True), result.output
    if code != 2:
        assert result.stderr.count("\n") == 1


def test_nobody_acts_without_a_name(config: Path) -> None:
    text = config.read_text(encoding="utf-8").replace('operator = "陈海"', "")
    config.write_text(text, encoding="utf-8")
    result = wuse("people", "add", config, "X")
    assert (result.exit_code, "--as NAME" in result.stderr) == (3, True)


def test_tables_speak_chinese_and_english(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    assert "建筑垃圾" in wuse("cases", "list", config, "--lang", "zh").stdout
    assert "building rubble" in wuse("cases", "list", config, "--lang", "en").stdout
    assert "B08" in wuse("blocks", "show", config, "B08", "--lang", "zh").stdout
    assert "2021-000001" in wuse("lists", "needs", config).stdout
    assert "opened" in wuse("cases", "month", config, "2021-01").stdout


def test_a_need_is_put_down_and_taken_off_again(config: Path) -> None:
    people(config)
    need = wuse("lists", "add-need", config, "补路灯", "--kind", "other", "--at", "2021-01-16").stdout.strip()
    assert need in wuse("lists", "needs", config).stdout
    bare = wuse("lists", "withdraw", config, need, "--at", "2021-01-17", "--lang", "zh")
    assert (bare.exit_code, "要写明理由" in bare.stderr) == (4, True)
    assert wuse("lists", "withdraw", config, need, "--why", "记错", "--at", "2021-01-17").exit_code == 0
    assert told("lists", "needs", config) == []


def test_evidence_is_kept_under_its_hash(config: Path, sample: Path) -> None:
    from pipeline.casework.evidence import find, keep
    from pipeline.errors import RegisterError

    runs = config.parent / "runs"
    digest = keep(runs, sample / "map.webp")
    found = find(runs, digest)
    assert found is not None
    assert found.read_bytes() == (sample / "map.webp").read_bytes()
    found.write_bytes(b"another picture")
    assert find(runs, digest) is None
    with pytest.raises(RegisterError, match="does not exist") as told:
        keep(runs, config.parent / "none.jpg")
    assert "none.jpg 不存在" in told.value.zh
    with pytest.raises(RegisterError, match="cannot be read"):
        keep(runs, config.parent)
    (config.parent / "text.tif").write_text("no picture at all")
    huge = b"IHDR" + struct.pack(">IIBBBBB", 200_000, 200_000, 8, 0, 0, 0, 0)
    header = struct.pack(">I", 13) + huge + struct.pack(">I", zlib.crc32(huge))
    (config.parent / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header)
    for name in ("text.tif", "huge.png"):
        with pytest.raises(RegisterError, match=f"{name} is no photo; expected JPEG, PNG or WebP"):
            keep(runs, config.parent / name)


def test_a_list_that_goes_on_says_so(config: Path) -> None:
    people(config)
    for title in ("补路灯", "补绿"):
        assert wuse("lists", "add-need", config, title, "--kind", "other", "--at", "2021-01-16").exit_code == 0
    for words, last in ((("people", "list"), "'倪伟'"), (("lists", "needs"), "N-2021-000001")):
        page = wuse(*words, config, "--limit", "1", "--lang", "en")
        assert (page.stdout.count("\n"), page.stderr) == (2, f"1 shown; more: --after {last} or --limit N\n")
        assert wuse(*words, config, "--limit", "3").stderr == ""
        rows = wuse(*words, config, "--limit", "1", "--json")
        assert (len(json.loads(rows.stdout)), rows.stderr) == (1, "")
    assert wuse("lists", "needs", config, "--limit", "2").stderr == ""


def test_states_are_taken_by_id_and_by_either_name(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    for states, count in (("立案 opened all 全部 open 未结", 2), ("inspection 二次督查", 0)):
        for state in states.split():
            assert len(told("cases", "list", config, "--state", state)) == count  # type: ignore[arg-type]
    assert told("cases", "list", config, "--state", "second inspection") == []
    wrong = wuse("cases", "list", config, "--state", "lost", "--lang", "zh")
    assert (wrong.exit_code, "应为 疑似、立案" in wrong.stderr, wrong.stderr.count("\n")) == (3, True, 1)


def test_a_register_that_is_whole_is_said_to_be(config: Path) -> None:
    people(config)
    assert wuse("cases", "verify", config, "--lang", "zh").stdout.startswith("台账完好：4 条记录均未改动，末条 ")
    lost = wuse("cases", "verify", config, "--head", "0" * 64, "--lang", "en")
    assert (lost.exit_code, "whole" in lost.stdout, "4 records, last " in lost.stdout) == (4, False, True)


def test_a_plan_for_a_block_is_due_on_its_day_or_later(config: Path) -> None:
    people(config)
    wuse("cases", "from-flight", config, "--flight", "2021-01", "--at", "2021-01-16", "-q")
    plan = ("blocks", "plan", config, "B08", "--plan", "清运", "--at", "2021-01-27", "--due")
    early = wuse(*plan, "2021-01-26")
    assert (early.exit_code, "no deadline ahead" in early.stderr) == (4, True)
    assert wuse(*plan, "2021-01-27").exit_code == 0
