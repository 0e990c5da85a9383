"""Many communities in one command: all are run, one that fails is told at the end and stops no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tiny import tiny_community, tree
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.config import load_config
from pipeline.run import run_community

ROOT = Path(__file__).parents[1]


def wuse(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_all_are_run_and_the_bytes_are_those_of_each_alone(tmp_path: Path) -> None:
    alone, *configs = (tiny_community(tmp_path / name) for name in "abc")
    run_community(load_config(alone))
    result = wuse("run", *configs, "--workers", 2, "--lang", "en")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("小区 Tiny") == 2
    for config in configs:
        assert str(config.parent / "runs" / "2021-01" / "render" / "map.html") in result.stdout
        assert f"{config}: 2021-01  score" in result.stderr
        assert tree(config.parent / "runs") == tree(alone.parent / "runs")


def test_one_that_fails_is_told_at_the_end_and_stops_no_other(tmp_path: Path) -> None:
    bad, good = tiny_community(tmp_path / "bad"), tiny_community(tmp_path / "good")
    (bad.parent / "blocks.gpkg").unlink()
    missing = tmp_path / "missing.toml"
    result = wuse("run", bad, good, missing, "--workers", 1, "-q", "--lang", "en")
    assert result.exit_code == 3
    assert (good.parent / "runs" / "2021-09" / "render" / "map.html").exists()
    told = result.stderr.splitlines()
    assert len(told) == 3
    assert str(bad) in told[0]
    assert str(missing) in told[1]
    assert told[2] == "wuse: 2 / 3 communities did not finish"
    facts = json.loads(wuse("run", bad, good, "--json", "-q").stdout)
    assert [f["exit_code"] for f in facts] == [3, 0]
    assert "blocks.gpkg" in facts[0]["error"]
    assert [s["run"] for s in facts[1]["stages"]] == [False] * 11


def test_flights_and_force_are_passed_on(tmp_path: Path) -> None:
    configs = [tiny_community(tmp_path / name) for name in "ab"]
    found = json.loads(wuse("run", *configs, "--flight", "2021-01", "--force", "--json", "-q").stdout)
    assert [{s["reason"] for s in f["stages"]} for f in found] == [{"forced"}] * 2
    assert {s["flight"] for f in found for s in f["stages"]} == {"2021-01"}


def test_a_wrong_scheduler_is_wrong_usage(tmp_path: Path) -> None:
    assert wuse("run", tiny_community(tmp_path), "--scheduler", "here").exit_code == 2
    assert wuse("run", tmp_path / "tiny.toml", "--workers", -1).exit_code == 2


def test_an_interrupt_ends_all_with_5_and_they_go_on_later(tmp_path: Path) -> None:
    configs = [tiny_community(tmp_path / name) for name in "abc"]
    command = [sys.executable, "-m", "pipeline", "run", *map(str, configs), "-q", "--workers", "2"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        until = time.monotonic() + 60
        while not (tmp_path / "a/runs/2021-01/ingest.json").exists() and time.monotonic() < until:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGINT)
        _, told = process.communicate()
    assert process.returncode == 5, told
    assert told.count("\n") == 1
    assert not (tmp_path / "c" / "runs").exists()
    assert not list(tmp_path.rglob(".*.tmp"))
    assert wuse("run", *configs, "-q").exit_code == 0
    assert tree(tmp_path / "a" / "runs") == tree(tmp_path / "c" / "runs")
