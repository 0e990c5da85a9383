"""A Dask cluster gives the bytes that threads give, whoever dies on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from crew import Crew, fails, hired, slow_square, where
from photos import picture, write_tif
from tiny import tiny_community, tree
from typer.testing import CliRunner

from pipeline import cluster, score
from pipeline.cli import app
from pipeline.config import load_config
from pipeline.core.radiometry import FlightProfile
from pipeline.core.reasons import Text
from pipeline.engine import map_windows
from pipeline.errors import EngineError, ImageryError
from pipeline.io.parts import Part
from pipeline.neighbours import RUN
from pipeline.run import run_community
from pipeline.score import Job, Scene, measure_tile


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with hired(tmp_path_factory.mktemp("crew"), workers=2) as crew:
        yield crew


def test_results_come_in_order_from_other_processes(crew: Crew) -> None:
    seen: list[int] = []
    results = list(map_windows(where, range(48), 0, lambda d, t, w: seen.append(d), scheduler=crew.address))
    assert [x for x, _ in results] == list(range(48))
    assert {pid for _, pid in results} == {worker.pid for worker in crew.workers}
    assert seen == list(range(49))


def test_a_worker_takes_neighbours(crew: Crew) -> None:
    """Windows side by side share tiles, which a process that reads both decodes once."""
    took = [pid for _, pid in map_windows(where, range(48), 0, scheduler=crew.address)]
    assert all(len(set(took[i : i + RUN])) == 1 for i in range(0, 32, RUN))


@pytest.mark.parametrize("count", [4, 48])
def test_errors_come_as_they_are_and_faults_name_themselves(crew: Crew, count: int) -> None:
    """The error comes in a run of its own, or amid neighbours of which some came before it."""
    results = map_windows(fails, range(count), 0, scheduler=crew.address)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ImageryError, match=r"^a\.tif cannot be read; expected the imagery; to mend: restore it$"):
        next(results)
    with pytest.raises(RuntimeError, match="a fault"):
        list(map_windows(fails, [5], 0, scheduler=crew.address))


def test_a_run_on_the_cluster_leaves_the_same_bytes_as_one_by_threads(crew: Crew, tmp_path: Path) -> None:
    trees = []
    for name, more in (("here", "workers = 2"), ("there", f'scheduler = "{crew.address}"')):
        config = tiny_community(tmp_path / name, f"[engine]\n{more}\n")
        run_community(load_config(config))
        trees.append(tree(config.parent / "runs"))
    assert len(trees[0]) > 10
    assert trees[0] == trees[1]


def test_another_program_on_a_worker_is_refused() -> None:
    assert cluster.apply(cluster.hold(slow_square, cluster.identity()), [3, 4]) == [9, 16]
    with pytest.raises(EngineError, match="install the same versions"):
        cluster.apply(cluster.hold(slow_square, "wuse of long ago"), [3])


def test_a_killed_worker_is_made_good_and_a_killed_scheduler_is_told(tmp_path: Path) -> None:
    with hired(tmp_path, workers=2) as crew:
        results = map_windows(slow_square, range(24), 0, scheduler=crew.address)
        got = [next(results) for _ in range(3)]
        crew.kill(crew.workers[0])
        assert got + list(results) == [x * x for x in range(24)]

        results = map_windows(slow_square, range(24), 0, scheduler=crew.address)
        assert next(results) == 0
        crew.kill(crew.scheduler)
        with pytest.raises(EngineError, match="is gone") as told:
            list(results)
        assert told.value.exit_code == 3
        assert "\n" not in str(told.value)


def finer(config: Path) -> Path:
    """The first flight at 5 cm, in a dozen windows."""
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256, "overviews": [2, 4]}
    write_tif(config.parent / "2021-01.tif", picture(600, 800, seed=1), gsd=0.05, **tiled)
    return config


def test_a_run_whose_scheduler_goes_is_taken_up_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hired(tmp_path, workers=1) as crew:

        def end_it(done: int, total: int, what: Text) -> None:
            if "score" in what.en and done == 3:
                crew.kill(crew.scheduler)

        config = finer(tiny_community(tmp_path / "a", f'[engine]\nscheduler = "{crew.address}"\n'))
        with pytest.raises(EngineError, match="the same command goes on"):
            run_community(load_config(config), flights=["2021-01"], progress=end_it)
    measured = list[object]()

    def count(scene: Scene, profile: FlightProfile, job: Job) -> Part:
        measured.append(job.window)
        return measure_tile(scene, profile, job)

    monkeypatch.setattr(score, "measure_tile", count)
    config.write_text(config.read_text().replace("scheduler", "# scheduler"))
    run_community(load_config(config), flights=["2021-01"])
    again = len(measured)
    run_community(load_config(finer(tiny_community(tmp_path / "b", "[engine]\nworkers = 1\n"))), flights=["2021-01"])
    assert len(measured) - again >= again + 3
    assert tree(tmp_path / "a" / "runs") == tree(tmp_path / "b" / "runs")


def test_a_scheduler_without_workers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "NO_WORKER_S", 0.1)
    monkeypatch.setattr(cluster, "POLL_S", 0.1)
    with hired(tmp_path, workers=0) as crew, pytest.raises(EngineError, match="has no workers"):
        list(map_windows(slow_square, [1], 0, scheduler=crew.address))


def test_no_scheduler_is_3_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.2)
    config = tiny_community(tmp_path, '[engine]\nscheduler = "tcp://127.0.0.1:9"\n')
    result = CliRunner().invoke(app, ["score", str(config), "-q"], catch_exceptions=False)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in result.stderr
