"""Comparing as a user meets it: inside a run, on the command line, with three flights, and where nothing is known."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from click.testing import Result
from photos import SOME_BLOCKS, blocks_at, picture, write_tif
from tiny import tiny_community
from typer.testing import CliRunner

from pipeline.artifacts import flight_paths
from pipeline.cli import app
from pipeline.config import load_config
from pipeline.core.comparison import ProposalAct, ProposalState
from pipeline.core.proposals import ProposalLine, fold
from pipeline.core.vocabulary import Grade, Stage
from pipeline.errors import ArtifactError
from pipeline.io.comparisons import read_comparison, read_objects
from pipeline.io.proposals import add_proposals, ledger_of, read_proposals
from pipeline.manifest import Reason
from pipeline.run import explain_community, run_community

TILED = {"tiled": True, "blockxsize": 256, "blockysize": 256, "overviews": [2, 4]}
THIRD = '[[flights]]\nid = "2022-01"\nacquired = 2022-01-20T10:30:00+08:00\northophoto = "2022-01.tif"\n'


def wuse(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three flights; the third is the first's picture again."""
    folder = tmp_path_factory.mktemp("three")
    config = tiny_community(folder, THIRD)
    write_tif(folder / "2022-01.tif", np.ascontiguousarray(picture(380, 500, seed=1)), gsd=0.08, **TILED)
    assert wuse("run", config, "-q").exit_code == 0
    return config


def test_each_flight_is_compared_with_the_two_before_it(three: Path) -> None:
    made = {p.parent.relative_to(three.parent / "runs") for p in (three.parent / "runs").rglob("comparison.json")}
    assert {p.as_posix() for p in made} == {
        "2021-09/compare/2021-01",
        "2022-01/compare/2021-01",
        "2022-01/compare/2021-09",
    }
    plan = explain_community(load_config(three))
    pairs = [(d.before, d.flight, d.reason) for d in plan if d.stage is Stage.COMPARE]
    assert pairs == [
        ("2021-01", "2021-09", Reason.UP_TO_DATE),
        ("2021-01", "2022-01", Reason.UP_TO_DATE),
        ("2021-09", "2022-01", Reason.UP_TO_DATE),
    ]
    assert "2021-01 → 2022-01  compare skip  up to date" in wuse("explain", three, "--lang", "en").stdout


def test_a_run_ends_with_what_changed(three: Path) -> None:
    lines = wuse("run", three, "-q", "--lang", "en").stdout.splitlines()
    told = [line for line in lines if " → " in line]
    assert [line.split("  ")[0] for line in told] == [
        "2021-01 → 2021-09",
        "2021-01 → 2022-01",
        "2021-09 → 2022-01",
    ]
    assert all("proposed: better" in line or "not comparable: " in line for line in told)
    machine = json.loads(wuse("run", three, "-q", "--json").stdout)
    assert [c["after"]["id"] for c in machine["changes"]] == ["2021-09", "2022-01", "2022-01"]


def test_the_same_picture_again_has_changed_nothing(three: Path) -> None:
    told = json.loads(wuse("compare", three, "2021-01", "2022-01", "--json", "-q").stdout)
    assert (told["shift"]["dx_m"], told["shift"]["dy_m"]) in ((0.0, 0.0), (None, None))
    assert {block["reason"] for block in told["blocks"]} <= {"same", "ungraded"}
    assert all(block["clutter_change"] in (0, None) for block in told["blocks"])
    assert told["objects"]["new"] == told["objects"]["gone"] == 0
    season = next(c for c in told["checks"] if c["condition"] == "season")
    assert (season["figure"], season["met"]) == (6, True)


@pytest.mark.parametrize(
    ("lang", "heading"),
    [
        ("zh", "中等区块的误差 σ，及 95 % 把握下自何差值起算变化："),
        ("en", "Of a middling block, its error σ, and from which difference"),
    ],
)
def test_errors_are_said_to_be_a_middling_blocks(three: Path, lang: str, heading: str) -> None:
    lines = wuse("compare", three, "2021-01", "2022-01", "--lang", lang, "-q").stdout.splitlines()
    said = next(i for i, line in enumerate(lines) if line.strip().startswith(heading))
    errors = [i for i, line in enumerate(lines) if "MDC95" in line]
    assert errors and errors[0] == said + 1


def test_a_comparison_that_no_run_makes_can_be_asked_for_and_is_kept(three: Path) -> None:
    first = wuse("compare", three, "2022-01", "2021-01", "--lang", "zh", "-v")
    assert first.exit_code == 0 and "2022-01 → 2021-01" in first.stdout
    again = wuse("compare", three, "2022-01", "2021-01", "--lang", "zh", "-v")
    assert again.stdout == first.stdout
    assert "跳过  已是最新" in again.stderr.splitlines()[-1]
    report = run_community(load_config(three))
    assert not [o for o in report.outcomes if o.decision.run], "it is no part of a run and does not disturb one"


def test_a_flight_that_there_is_not_is_told_in_one_line(three: Path) -> None:
    result = wuse("compare", three, "2021-01", "2031-01")
    assert result.exit_code == 3
    assert result.stderr.startswith("wuse: there is no flight '2031-01'; expected one of 2021-01, 2021-09, 2022-01")
    assert result.stderr.count("\n") == 1
    same = wuse("compare", three, "2021-01", "2021-01")
    assert (same.exit_code, same.stdout) == (3, "")
    assert (
        same.stderr == "wuse: flight 2021-01 is named twice; expected two flights; to mend: wuse compare CONFIG A B\n"
    )


def test_a_person_makes_a_proposal_official_or_refuses_it(three: Path) -> None:
    paths = flight_paths(three.parent / "runs", "2021-09")
    before = read_proposals([ledger_of(paths)])
    free = [b for b in ("B1", "B2") if ("2021-01", "2021-09", b) not in fold(before)]
    for block in free:
        at = "2021-09-14T02:30:00Z"
        line = ProposalLine(ProposalAct.PROPOSE, "2021-01", "2021-09", block, Grade.RED, Grade.ORANGE, "wuse", at)
        add_proposals(ledger_of(paths), [line])
    pair = ("2021-01", "2021-09")
    nobody = wuse("compare", three, *pair, "--confirm", "B1", "-q")
    assert nobody.exit_code == 3 and "--as NAME" in nobody.stderr
    strange = wuse("compare", three, *pair, "--confirm", "B9", "--as", "陈海", "-q")
    assert strange.exit_code == 3 and "no change is proposed for block B9" in strange.stderr
    done = wuse("compare", three, *pair, "--confirm", "B1", "--refuse", "B2", "--as", "陈海", "--note", "看过", "-q")
    assert done.exit_code == 0
    held = fold(read_proposals([ledger_of(paths)]))
    assert held[*pair, "B1"].state is ProposalState.OFFICIAL and held[*pair, "B1"].by == "陈海"
    assert held[*pair, "B2"].state is ProposalState.REFUSED
    again = {d.flight for d in explain_community(load_config(three)) if d.run}
    assert again == {"2021-09", "2022-01"}, "pages that show it are drawn anew"


def test_a_damaged_ledger_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "proposals.jsonl"
    path.write_text('{"act": "propose"}\n', encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"line 1 is damaged"):
        read_proposals([path])


def test_flights_over_different_blocks_cannot_be_compared_and_say_why(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    east = 645_000.0
    shapes = blocks_at(*SOME_BLOCKS).frame
    away = shapes.assign(block_id=["B3", "B4"], geometry=shapes.translate(5_000))
    gpd.GeoDataFrame(gpd.pd.concat([shapes, away]), crs=shapes.crs).to_file(
        tmp_path / "blocks.gpkg", layer="blocks", engine="pyogrio"
    )
    write_tif(tmp_path / "2021-09.tif", np.ascontiguousarray(picture(seed=2)), x=east, **TILED)
    assert wuse("run", config, "-q").exit_code == 0
    result = wuse("compare", config, "2021-01", "2021-09", "--lang", "en", "-q")
    assert result.exit_code == 0
    said = result.stdout.splitlines()[1]
    assert said.startswith("not comparable: overlap 0.0 %, short of 80 %")
    assert "shift, for cells: not measured" in said
    found = read_comparison(flight_paths(tmp_path / "runs", "2021-09").against("2021-01").folder(Stage.COMPARE))
    assert found is not None and not found.blocks.comparable.any()
    assert set(found.blocks.reason) <= {"ungraded", "not_comparable"} and not found.blocks.proposed.any()
    assert len(read_objects(found.files)) == 0
