"""Run again only what changed, and end with the same bytes whatever happened on the way."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import tiny_community, tree
from watched import watched

from pipeline.config import GradeSection, load_config
from pipeline.core.vocabulary import Stage
from pipeline.errors import ConfigError, ImageryError, WorkdirError
from pipeline.manifest import Reason
from pipeline.run import RunReport, explain_community, run_community

ROOT = Path(__file__).parents[1]
GRADED = (Stage.GRADE, Stage.RENDER)


def run(config: Path, **options: object) -> RunReport:
    return run_community(load_config(config), **options)  # type: ignore[arg-type]


def ran(report: RunReport) -> list[tuple[str, Stage, Reason]]:
    return [(o.decision.flight, o.decision.stage, o.decision.reason) for o in report.outcomes if o.decision.run]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    config = tiny_community(tmp_path_factory.mktemp("community"), "[engine]\nworkers = 1\n")
    run(config)
    return tree(config.parent / "runs")


@pytest.fixture
def done(tmp_path: Path) -> Iterator[Path]:
    config = tiny_community(tmp_path)
    report = run(config)
    assert [r for _, _, r in ran(report)] == [Reason.NEVER_RUN] * 11
    yield config


def test_every_artifact_of_the_contract_is_there(reference: dict[str, bytes]) -> None:
    names = {n.removeprefix("2021-09/") for n in reference if n.startswith("2021-09/")}
    assert {
        "ingest/flight.json",
        "ingest/quality.json",
        "ingest/orthophoto.tif",
        "tile/tiles.parquet",
        "score/blocks.parquet",
        "score/cells.parquet",
        "score/hotspots.gpkg",
        "grade/blocks.gpkg",
        "grade/blocks.parquet",
        "grade/blocks.csv",
        "compare/2021-01/comparison.json",
        "compare/2021-01/blocks.parquet",
        "compare/2021-01/blocks.csv",
        "render/map.html",
        "render/report.html",
        "render/blocks.qml",
    } <= names
    assert "2021-01/ingest/orthophoto.tif" not in reference, "a good source is linked, not copied"


def test_second_run_does_nothing_and_says_why(done: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (done.parent / "runs").rglob("*") if p.is_file()}
    report = run(done)
    assert ran(report) == []
    assert {o.decision.reason for o in report.outcomes} == {Reason.UP_TO_DATE}
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_a_changed_cut_runs_grade_and_render_only(done: Path) -> None:
    done.write_text(done.read_text(encoding="utf-8") + "[grade]\nclutter_max = 3.5\n", encoding="utf-8")
    report = run(done)
    first, second = "2021-01", "2021-09"
    expected = [(first, s) for s in GRADED] + [(second, s) for s in (Stage.GRADE, Stage.COMPARE, Stage.RENDER)]
    assert [(f, s) for f, s, _ in ran(report)] == expected
    why = next(o.decision for o in report.outcomes if o.decision.run)
    assert why.reason is Reason.SETTINGS_CHANGED
    assert why.detail == f"grade.clutter_max ({GradeSection().clutter_max} → 3.5)"
    assert ran(run(done)) == []


def test_a_renamed_community_runs_render_only(done: Path) -> None:
    done.write_text(done.read_text(encoding="utf-8").replace("小区", "新区"), encoding="utf-8")
    assert {s for _, s, _ in ran(run(done))} == {Stage.RENDER}


@pytest.mark.parametrize(
    ("name", "stage"),
    [("score/blocks.parquet", Stage.SCORE), ("grade/blocks.csv", Stage.GRADE), ("render/map.html", Stage.RENDER)],
)
def test_a_deleted_or_altered_output_is_made_again(
    done: Path, reference: dict[str, bytes], name: str, stage: Stage
) -> None:
    output = done.parent / "runs" / "2021-01" / name
    output.unlink()
    assert ran(run(done)) == [("2021-01", stage, Reason.OUTPUT_MISSING)]
    output.write_bytes(output.read_bytes()[:-1] + b"?")
    assert ran(run(done)) == [("2021-01", stage, Reason.OUTPUT_ALTERED)]
    assert tree(done.parent / "runs") == reference


def test_changed_imagery_is_measured_again_and_untouched_flights_are_not(done: Path) -> None:
    (done.parent / "2021-09.tif").unlink()
    from photos import picture, write_tif

    write_tif(done.parent / "2021-09.tif", picture(seed=3), nodata=0)
    assert {f for f, _, _ in ran(run(done))} == {"2021-09"}


def test_a_touched_input_is_not_a_changed_one(done: Path) -> None:
    for name in ("blocks.gpkg", "2021-01.tif"):
        os.utime(done.parent / name)
    assert ran(run(done)) == []


def test_force_runs_what_was_asked_for(done: Path, reference: dict[str, bytes]) -> None:
    report = run(done, flights=["2021-01"], last=Stage.GRADE, force=(Stage.GRADE,))
    assert ran(report) == [("2021-01", Stage.GRADE, Reason.FORCED)]
    assert tree(done.parent / "runs") == reference


def test_explain_foretells_what_follows(done: Path) -> None:
    record = done.parent / "runs" / "2021-01" / "score.json"
    record.write_text("{", encoding="utf-8")
    found = {(d.flight, d.stage): d.reason for d in explain_community(load_config(done)) if d.run}
    assert found == {
        ("2021-01", Stage.SCORE): Reason.RECORD_UNREADABLE,
        ("2021-01", Stage.GRADE): Reason.UPSTREAM_RUNS,
        ("2021-01", Stage.RENDER): Reason.UPSTREAM_RUNS,
        ("2021-09", Stage.COMPARE): Reason.UPSTREAM_RUNS,
        ("2021-09", Stage.RENDER): Reason.UPSTREAM_RUNS,
    }
    assert [s for _, s, _ in ran(run(done))] == [Stage.SCORE], "the same bytes came out: nothing followed"


def test_one_flight_alone_then_the_other_ends_as_all_at_once(tmp_path: Path, reference: dict[str, bytes]) -> None:
    config = tiny_community(tmp_path)
    run(config, flights=["2021-09"])
    assert not (tmp_path / "runs" / "2021-01").exists()
    run(config)
    assert tree(tmp_path / "runs") == reference


@pytest.mark.parametrize("workers", [2, 5])
def test_number_of_workers_does_not_show(tmp_path: Path, reference: dict[str, bytes], workers: int) -> None:
    run(tiny_community(tmp_path, f"[engine]\nworkers = {workers}\n"))
    assert tree(tmp_path / "runs") == reference


KILLED = """
import os, signal, sys
log, kill_at, asked = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND), int(sys.argv[2]), sys.argv[3:]
seen = 0
def watch(event, facts):
    global seen
    if event in ("os.rename", "os.mkdir", "os.rmdir", "os.remove") or (event == "open" and facts[2] & os.O_CREAT):
        seen += 1
        os.write(log, b".")
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.dont_write_bytecode = True
from pipeline.cli import app
sys.addaudithook(watch)
app(["run", *asked, "-q"])
"""


def test_killed_at_ten_moments_ends_with_the_same_bytes(tmp_path: Path, reference: dict[str, bytes]) -> None:
    """Killed before one touch of the file system in ten, from the first stage's folder to the last record."""
    config, log = tiny_community(tmp_path), tmp_path / "log"

    def ended(kill_at: int, *more: str) -> int:
        log.unlink(missing_ok=True)
        command = [sys.executable, "-c", KILLED, str(log), str(kill_at), str(config), *more]
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode

    assert ended(0) == 0
    assert ended(0, "--force") == 0
    touches = log.stat().st_size
    assert touches > 100
    for tenth in range(10):
        assert ended(int(touches * (tenth + 0.5) / 10), "--force") == -signal.SIGKILL
    assert ended(0) == 0
    assert tree(tmp_path / "runs") == reference


def test_two_runs_in_one_workdir_are_refused(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    (tmp_path / "runs").mkdir()
    with (tmp_path / "runs" / ".lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(WorkdirError, match="in use by another run"):
            run(config)
    assert list((tmp_path / "runs").iterdir()) == [tmp_path / "runs" / ".lock"]
    run(config, flights=["2021-01"], last=Stage.TILE)


def test_a_bad_second_flight_is_told_before_the_first_is_begun(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    (tmp_path / "2021-09.tif").write_bytes(b"II*\0 this is no picture")
    with pytest.raises(ImageryError):
        run(config)
    assert not (tmp_path / "runs").exists()


def test_a_failed_stage_keeps_the_last_results(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(done.parent / "runs")

    def fail(*args: object, **kwargs: object) -> None:
        raise WorkdirError("the disk is full", zh="磁盘已满")

    monkeypatch.setattr("pipeline.render.render_flight", fail)
    with pytest.raises(WorkdirError):
        run(done, force=(Stage.RENDER,))
    assert tree(done.parent / "runs") == before


def test_an_unknown_flight_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no flight '1999'"):
        run(tiny_community(tmp_path), flights=["1999"])


def test_what_the_speed_benchmark_watches_is_what_a_run_goes_through(tmp_path: Path) -> None:
    with watched() as spent:
        run(tiny_community(tmp_path, "[engine]\nworkers = 1\n"))
    assert min(spent.values()) > 0, spent
