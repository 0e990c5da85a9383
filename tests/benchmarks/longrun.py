"""What a long run needs and keeps: peak memory by the size of the picture, and what a kill near the end costs.

    python tests/benchmarks/longrun.py [--sides 5 10 20 40] [--gsd 0.02] [--work FOLDER]

Scores JPEG pictures, N x N times 1,024 x 1,024 pixels with 43 blocks, with two workers, each in a process of
its own; its peak is what the system says of that process. The largest is then scored again, killed with SIGKILL when
80 % of its windows have begun, and taken up: windows that were begun twice are what the kill cost.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

import pyproj
import rasterio
from speedscene import CRS, Picture, make

from pipeline import score
from pipeline.artifacts import FlightPaths
from pipeline.config import ScoreSection, TileSection
from pipeline.core.cover import windows_under
from pipeline.core.vocabulary import Stage
from pipeline.engine import silent
from pipeline.io.parts import Part
from pipeline.io.tables import Blocks

SIDE_PX, BLOCKS = 1024, 43
SPREAD_MAX, PEAK_MAX_MIB, AGAIN_MAX, KILL_AT = 1.10, 1.2 * 1024, 0.10, 0.8


def scored(path: Path, folder: Path) -> None:
    """Score a picture into ``folder``; a line of its file ``begun`` for each window."""
    with rasterio.open(path) as file:
        picture = Picture("", path, file.transform.a, file.width)
    blocks, flight = Blocks(picture.blocks(BLOCKS), pyproj.CRS(CRS)), picture.flight()
    tiles = windows_under(list(blocks.frame.geometry), flight.grid, **TileSection().model_dump())
    (folder / "windows").write_text(str(len(tiles)))
    paths = FlightPaths(folder).writing_to(Stage.SCORE, "key")
    paths.folder(Stage.SCORE).mkdir(exist_ok=True)
    with (folder / "begun").open("a") as log, mock.patch.object(score, "measure_tile", partial(_noted, log.fileno())):
        score.score_tiles(flight, tiles, blocks, paths, settings=ScoreSection(), workers=2, progress=silent)


def _noted(log: int, scene: score.Scene, profile: score.FlightProfile, job: score.Job) -> Part:
    os.write(log, b"\n")
    return _MEASURE(scene, profile, job)


_MEASURE = score.measure_tile


def begun(folder: Path) -> int:
    log = folder / "begun"
    return log.stat().st_size if log.exists() else 0


def started(picture: Picture, folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, __file__, "--alone", str(picture.path), str(folder)])


def peak_mib(picture: Picture, folder: Path) -> float:
    """Peak memory of scoring in a process of its own."""
    _, status, usage = os.wait4(started(picture, folder).pid, 0)
    if status:
        raise SystemExit(f"scoring {picture.path} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024


def killed(picture: Picture, folder: Path) -> tuple[int, int]:
    """Windows there are, and begun when it was killed."""
    process = started(picture, folder)
    windows = folder / "windows"
    while process.poll() is None and not (windows.exists() and begun(folder) >= KILL_AT * int(windows.read_text())):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        raise SystemExit("it ended before it could be killed")
    return int(windows.read_text()), begun(folder)


def tables(folder: Path) -> dict[str, bytes]:
    made = FlightPaths(folder).writing_to(Stage.SCORE, "key").folder(Stage.SCORE)
    return {path.name: path.read_bytes() for path in sorted(made.glob("*.*"))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[5, 10, 20, 40])
    parser.add_argument("--gsd", type=float, default=0.02, help="metres per pixel")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "wuse-speed")
    parser.add_argument("--alone", nargs=2, type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        scored(*args.alone)
        return
    args.work.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(1, get_context("spawn")) as other:  # a child's peak counts from its parent's
        pictures = list(other.map(partial(make, args.work, "jpeg", args.gsd, patch_px=SIDE_PX), args.sides))
    with tempfile.TemporaryDirectory(dir=args.work) as temporary:
        peaks = []
        for i, picture in enumerate(pictures):
            peaks.append(peak_mib(picture, Path(temporary) / str(i)))
            print(f"{picture.megapixels:6.0f} MP, two workers: peak memory {peaks[-1]:.0f} MiB", flush=True)
        spread = max(peaks) / min(peaks)
        print(f"largest / smallest {spread:.3f} (bar {SPREAD_MAX}), largest {max(peaks):.0f} (bar {PEAK_MAX_MIB:.0f})")
        whole, torn = Path(temporary) / str(len(pictures) - 1), Path(temporary) / "torn"
        count, before = killed(pictures[-1], torn)
        peak_mib(pictures[-1], torn)
        again, same = begun(torn) - count, tables(torn) == tables(whole)
        print(f"killed when {before} of {count} windows had begun; {again} of them again: {again / count:.1%}", end="")
        print(f" (bar {AGAIN_MAX:.0%}); {'the same bytes' if same else 'OTHER BYTES'} as without a kill")
    raise SystemExit(spread > SPREAD_MAX or max(peaks) > PEAK_MAX_MIB or again > AGAIN_MAX * count or not same)


if __name__ == "__main__":
    main()
