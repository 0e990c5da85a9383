"""How fast a flight is scored: against decoding it, against the usual tools, by part, by worker, by number of blocks.

    python tests/benchmarks/speed.py [--small] [--repeats 3] [--work FOLDER]

Makes its imagery (kept in FOLDER): 1 gigapixel at 2 cm as JPEG and as deflate, and a quarter of one at 5 cm as JPEG.
All figures come from one run, in turn, medians; CPU time per native megapixel unless said. `--small` is for trying.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
import pyproj
import rasterio
from rasterio.windows import Window as RioWindow
from speedpeers import by_exactextract, by_rasterstats, cells_of, read_averaged, usual_script
from speedscene import CRS, Picture, make

from pipeline import score
from pipeline.config import ScoreSection, TileSection
from pipeline.core.cover import windows_under
from pipeline.core.measure import SUMS
from pipeline.core.radiometry import FlightProfile
from pipeline.core.zonal import zonal_sums
from pipeline.engine import map_windows
from pipeline.io.imagery import CACHE_MB, Imagery
from pipeline.io.parts import Part, encode_part
from pipeline.io.rasters import label_blocks, pooled_frame
from pipeline.score import Job, Scene, measure_tile

sys.path.insert(0, str(Path(__file__).parents[1]))
from crew import hired
from watched import watched

SPIN = 60_000_000


class Work:
    """A picture with ``count`` blocks, ready to be measured."""

    def __init__(self, picture: Picture, count: int) -> None:
        flight, frame = picture.flight(), picture.blocks(count)
        self.picture, self.imagery = picture, Imagery.of(flight)
        polygons = list(frame.geometry)
        self.tiles = windows_under(polygons, flight.grid, **TileSection().model_dump())
        self.scene = Scene(self.imagery, pyproj.CRS(CRS), None, ScoreSection())
        self.jobs: list[Job] = score._jobs(self.imagery, self.tiles, polygons, None)
        self.polygons = polygons

    def profile(self) -> FlightProfile:
        return score._profile(self.imagery, self.polygons, roofs_known=False)

    def run(self, profile: FlightProfile, workers: int = 1, scheduler: str = "") -> list[Part]:
        todo = partial(measure_tile, self.scene, profile)
        return list(map_windows(todo, self.jobs, workers, scheduler=scheduler))

    def decode(self) -> None:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20), rasterio.open(self.picture.path) as file:
            for window, _ in self.tiles:
                row, col, height, width = window.read
                file.read([1, 2, 3], window=RioWindow(col, row, width, height))


def timed(clock: Callable[[], float], what: Callable[[], object]) -> float:
    start = clock()
    what()
    return clock() - start


def rounds(repeats: int, clock: Callable[[], float], **what: Callable[[], object]) -> dict[str, list[float]]:
    """Times of each, one after the other, again and again."""
    times = defaultdict(list)
    for _ in range(repeats):
        for name, function in what.items():
            times[name].append(timed(clock, function))
    return times


def in_turn(repeats: int, clock: Callable[[], float], **what: Callable[[], object]) -> dict[str, float]:
    """Median time of each, one after the other, again and again."""
    return {name: median(times) for name, times in rounds(repeats, clock, **what).items()}


def line(what: str, figure: str, ratio: str = "", bar: str = "") -> None:
    print(f"{what:58} {figure:>14} {ratio:>10} {bar:>8}", flush=True)


def against_decoding(work: Work, profile: FlightProfile, repeats: int, most: float | None) -> None:
    mp = work.picture.megapixels
    found = in_turn(repeats, time.process_time, decode=work.decode, score=lambda: work.run(profile))
    ratio = found["score"] / found["decode"]
    line(f"{work.picture.name}: decoding alone", f"{1e3 * found['decode'] / mp:.1f} ms/MP")
    bar = "" if most is None else f"<= {most:g}"
    line(f"{work.picture.name}: score", f"{1e3 * found['score'] / mp:.1f} ms/MP", f"{ratio:.2f} x", bar)


def by_part(work: Work, profile: FlightProfile) -> None:
    with watched() as spent:
        total = timed(time.process_time, lambda: work.run(profile))
    spent["what is left (blurs on .3 m, bookkeeping)"] = total - sum(spent.values())
    for name, seconds in spent.items():
        share = f"{100 * seconds / total:.0f} %"
        line(f"  {name}", f"{1e3 * seconds / work.picture.megapixels:.1f} ms/MP", share)


def spin(turns: int) -> int:
    return sum(i * i for i in range(turns))


def busy(what: Callable[[], object]) -> float:
    """Cores kept busy by this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    what()
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


def by_worker(work: Work, profile: FlightProfile, repeats: int, folder: Path) -> None:
    """Wall time of one and two workers, one right after the other: median of the ratios of the rounds.

    Threads come before any cluster is there, for its idle processes take a seventh of a core, which only two threads
    would miss. Beside each what the machine's cores are worth at the time: the same for plain loops in two processes.
    """
    threads: dict[str, Callable[[], object]] = {f"threads {n}": lambda n=n: work.run(profile, n) for n in (1, 2)}  # type: ignore[misc]
    with ProcessPoolExecutor(2, get_context("spawn")) as plain:
        list(plain.map(spin, [1, 1]))
        loops = {f"plain loops {n}": lambda n=n: list(plain.map(spin, [SPIN // n] * n)) for n in (1, 2)}  # type: ignore[misc]
        told_by_worker(rounds(2 * repeats, time.perf_counter, **threads, **loops), "threads", ">= 1.8")
        line("cores kept busy by two threads", f"{busy(lambda: work.run(profile, 2)):.2f}")
        here = [encode_part(p) for p in work.run(profile, 2)]
        with hired(folder / "1", workers=1) as one, hired(folder / "2", workers=2) as two:
            crews: dict[str, Callable[[], object]] = {}
            for n, crew in ((1, one), (2, two)):  # workers import and compile
                there = [encode_part(p) for p in work.run(profile, scheduler=crew.address)]
                line(f"Dask, {n} worker processes", "same bytes" if there == here else "OTHER BYTES")
                crews[f"processes {n}"] = lambda c=crew: work.run(profile, scheduler=c.address)  # type: ignore[misc]
            told_by_worker(rounds(repeats, time.perf_counter, **crews, **loops), "processes", ">= 1.5")


def told_by_worker(found: dict[str, list[float]], kind: str, least: str) -> None:
    """Two workers of a kind against one, round by round, and the plain loops of the same rounds."""
    for what, bar in ((kind, least), ("plain loops", "")):
        pairs = list(zip(found[f"{what} 1"], found[f"{what} 2"], strict=True))
        ratios = sorted(one / two for one, two in pairs)
        line(f"two {what}, wall", f"{median(two for _, two in pairs):.1f} s", f"{median(ratios):.2f} x", bar)
        line("  in each round", ", ".join(f"{r:.2f}" for r in ratios))


def by_blocks(picture: Picture, profile: FlightProfile, counts: Sequence[int], repeats: int) -> None:
    works = {str(n): Work(picture, n) for n in counts}
    runs = {name: (lambda w=work: w.run(profile)) for name, work in works.items()}
    found = in_turn(repeats, time.process_time, **runs)
    first = found[str(counts[0])]
    for n in counts:
        bar = "<= 1.5" if n == counts[-1] else ""
        line(f"{n:,} blocks", f"{found[str(n)]:.1f} s", f"{found[str(n)] / first:.2f} x", bar)


def against_others(work: Work, profile: FlightProfile, repeats: int) -> None:
    """The usual script on one whole window, with sums per block and cell; sums by other tools on the same planes."""
    imagery, job = work.imagery, max(work.jobs, key=lambda j: j.window.read[2] * j.window.read[3])
    place, grid = job.window.read, imagery.work
    mp = place[2] * place[3] / 1e6
    shape = tuple(grid.working(n // grid.align * grid.align) for n in place[2:])
    (_, _), frame = pooled_frame(job.window, imagery)
    kept = usual_script(read_averaged(str(work.picture.path), place, shape), grid.pool)
    planes = dict(list(kept.items())[: len(SUMS)])
    high, wide = next(iter(planes.values())).shape
    parts = cells_of(job.polygons, frame, (high, wide))

    def script() -> None:
        usual_script(read_averaged(str(work.picture.path), place, shape), grid.pool)
        by_rasterstats(planes, parts, frame)

    found = in_turn(repeats, time.process_time, usual=script, own=lambda: measure_tile(work.scene, profile, job))
    usual, own = (1e3 * found[name] / mp for name in ("usual", "own"))
    line(
        "one window by the usual script (scikit-image, rasterstats)",
        f"{usual:.0f} ms/MP",
        f"{usual / own:.1f} x",
        ">= 20",
    )
    line("  the same window by score", f"{own:.0f} ms/MP")
    f32 = {name: plane.astype(np.float32) for name, plane in planes.items()}
    cells = np.zeros((high, wide), np.int64)
    found = in_turn(
        3,
        time.process_time,
        wuse=lambda: zonal_sums(label_blocks(job.polygons, job.window, imagery)[:high, :wide], cells, cells, f32),
        rasterstats=lambda: by_rasterstats(planes, job.polygons, frame),
        exactextract=lambda: by_exactextract(planes, work.picture.blocks(len(work.polygons)).geometry, frame, imagery),
    )
    for name, seconds in found.items():
        what = f"labels and sums of {len(planes)} planes, {len(job.polygons)} blocks: {name}"
        line(what, f"{1e3 * seconds:.0f} ms", f"{seconds / found['wuse']:.1f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="small pictures, for trying")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "wuse-speed")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    fine, middle = (4, 2) if args.small else (16, 8)
    five = make(args.work, "jpeg", 0.05, middle)
    twos = [make(args.work, name, 0.02, fine) for name in ("jpeg", "deflate")]
    line("what", "figure", "ratio", "bar")
    work = Work(five, 43)
    profile = work.profile()
    work.run(profile)  # compiles
    against_decoding(work, profile, args.repeats, 6)
    by_part(work, profile)
    for picture, most in zip(twos, (2, None), strict=True):
        two = Work(picture, 43)
        against_decoding(two, two.profile(), args.repeats, most)
    by_blocks(five, profile, (43, 2_000, 20_000), args.repeats)
    with tempfile.TemporaryDirectory() as folder:
        by_worker(work, profile, 2 * args.repeats + 1, Path(folder))
    against_others(work, profile, 2 * args.repeats + 1)


if __name__ == "__main__":
    main()
