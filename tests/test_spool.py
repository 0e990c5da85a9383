"""A window that was measured once is not measured again, however the run ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_community, tree

from pipeline.config import load_config
from pipeline.core.hotspots import Spot
from pipeline.core.vocabulary import Stage
from pipeline.core.zonal import CellSums
from pipeline.io.parts import Part, decode_part, encode_part
from pipeline.run import run_community
from pipeline.spool import Spool

ROOT = Path(__file__).parents[1]


def test_pieces_come_back_whole_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "a" / "x.spool"
    with Spool(path) as spool:
        spool.put("0", b"zero")
        spool.put("洁", b"")
        spool.put("0", b"nought")
        assert "1" not in spool
    with Spool(path) as spool:
        assert (spool.get("0"), spool.get("洁")) == (b"nought", b"")
        with pytest.raises(KeyError):
            spool.get("1")


@given(cut=st.integers(1, 200), pieces=st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=6))
def test_a_torn_end_is_cut_off_and_the_rest_stays(
    tmp_path_factory: pytest.TempPathFactory, cut: int, pieces: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("spool") / "x.spool"
    ends = [0]
    with Spool(path) as spool:
        for i, piece in enumerate(pieces):
            spool.put(str(i), piece)
            ends.append(path.stat().st_size)
    left = max(0, ends[-1] - cut)
    os.truncate(path, left)
    whole = sum(end <= left for end in ends[1:])
    with Spool(path) as spool:
        assert [str(i) in spool for i in range(len(pieces))] == [i < whole for i in range(len(pieces))]
        spool.put("new", b"new")
    with Spool(path) as spool:
        assert [spool.get(str(i)) for i in range(whole)] == pieces[:whole]
        assert spool.get("new") == b"new"


def test_an_altered_piece_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.spool"
    with Spool(path) as spool:
        spool.put("0", b"zero")
        spool.put("1", b"one")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with Spool(path) as spool:
        assert "0" in spool
        assert "1" not in spool


@pytest.mark.parametrize("spots", [0, 1, 3])
def test_parts_come_back_with_the_same_bits(spots: int) -> None:
    rng = np.random.default_rng(spots)
    cells = np.arange(5, dtype=np.int64)
    sums = CellSums(("a", "b"), np.arange(5, dtype=np.int32), cells * 10**6, -cells, rng.random((5, 2)) / 3)
    part = Part(sums, [Spot(i, rng.random(), 1 / 3, 1e7 / 3, rng.random((3 + i, 2))) for i in range(spots)])
    back = decode_part(encode_part(part))
    assert back.sums.names == sums.names
    for name in ("block", "ix", "iy", "sums"):
        there, here = getattr(back.sums, name), getattr(sums, name)
        assert there.dtype == here.dtype
        assert np.array_equal(there, here)
    assert [(s.block, s.score, s.x, s.y) for s in back.spots] == [(s.block, s.score, s.x, s.y) for s in part.spots]
    assert all(np.array_equal(a.outline, b.outline) for a, b in zip(back.spots, part.spots, strict=True))


COUNTED = """
import os, signal, sys
from pathlib import Path
from pipeline import score
from pipeline.config import load_config
from pipeline.core.vocabulary import Stage
from pipeline.run import run_community
measure, log, kill_at = score.measure_tile, Path(sys.argv[2]), int(sys.argv[3])
def counted(scene, profile, job):
    done = log.read_text().count("\\n") if log.exists() else 0
    if done == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    part = measure(scene, profile, job)
    with log.open("a") as file:
        file.write(f"{job.window.row} {job.window.col}\\n")
    return part
score.measure_tile = counted
run_community(load_config(Path(sys.argv[1])), force=[Stage(stage) for stage in sys.argv[4:]])
"""


def run_counted(config: Path, log: Path, kill_at: int = -1, force: Sequence[Stage] = ()) -> tuple[int, list[str]]:
    log.unlink(missing_ok=True)
    command = [sys.executable, "-c", COUNTED, str(config), str(log), str(kill_at), *force]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return done.returncode, log.read_text().splitlines()


def test_a_killed_run_is_taken_up_window_by_window(tmp_path: Path) -> None:
    config = tiny_community(tmp_path / "killed", "[engine]\nworkers = 1\n")
    whole = tiny_community(tmp_path / "whole", "[engine]\nworkers = 1\n")
    _, windows = run_counted(whole, tmp_path / "log")
    each = len(windows) // 2
    assert each >= 4
    ended, before = run_counted(config, tmp_path / "log", kill_at=each - 1)
    assert ended == -signal.SIGKILL
    assert before == windows[: each - 1]
    again, after = run_counted(config, tmp_path / "log")
    assert again == 0
    assert after == windows[each - 1 :]
    assert tree(config.parent / "runs") == tree(whole.parent / "runs")
    assert not list(tmp_path.rglob("*.spool"))


def test_what_was_kept_of_other_settings_is_not_used(tmp_path: Path) -> None:
    config = tiny_community(tmp_path, "[engine]\nworkers = 1\n")
    run_counted(config, tmp_path / "log", kill_at=3)
    (kept,) = tmp_path.rglob("*.spool")
    config.write_text(config.read_text() + "[score]\nedge_m = 1.5\n")
    _, windows = run_counted(config, tmp_path / "log")
    assert not kept.exists()
    assert len(windows) == len(set(windows)) * 2


def test_force_measures_every_window_again_and_an_idle_stage_keeps_nothing(tmp_path: Path) -> None:
    config = tiny_community(tmp_path, "[engine]\nworkers = 1\n")
    loaded = load_config(config)
    run_counted(config, tmp_path / "log", kill_at=3)
    _, windows = run_counted(config, tmp_path / "log", force=[Stage.SCORE])
    assert len(windows) == 2 * len(set(windows))
    first = tree(tmp_path / "runs")
    stray = tmp_path / "runs" / "2021-01" / ".score.0123.spool"
    stray.write_bytes(b"")
    began = time.time_ns()
    run_community(loaded)
    assert not stray.exists()
    assert tree(tmp_path / "runs") == first
    assert all(p.stat().st_mtime_ns < began for p in (tmp_path / "runs").rglob("*.parquet"))
