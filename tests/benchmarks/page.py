"""How long until the map can be used, and how large is it?

    python tests/benchmarks/page.py [--rounds 9] [--data DIR]

Against a bare Leaflet page with one image of the same pixels and bytes as the map's own overview: both pages are
opened in turn in one headless Chromium without a network, and medians are compared. A page can be used when its
scripts are through, its picture is decoded and a frame is on the screen.

Goals: 43 blocks and 2 flights at most 2 times the bare page; 10,000 blocks and 12 flights at most 5 times and 30 MB;
the real scene Aveiro at most 6 MB. Sentences, gates and chances come from the grade stage, so that texts are as long
and as different as in earnest; spots are 8 for each block.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import scene
from browser import Browser

from pipeline.artifacts import FlightPaths, flight_paths
from pipeline.config import CommunitySection, Config, GradeSection, RenderSection, load_config
from pipeline.core.vocabulary import Indicator
from pipeline.engine import silent
from pipeline.grade import grade_table
from pipeline.io.tables import Blocks
from pipeline.render import FlightResults, render_flight
from pipeline.run import run_community
from pipeline.viewer import page as parts

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SPOTS = 8
COMMUNITY = CommunitySection(name="虹北社区", name_en="Hongbei Community", blocks="x", workdir="w")
WATCH = """
(function look() {
  const root = document.documentElement, images = [...document.images];
  const ready = root && root.getAttribute("data-ready") === "1" && images.every((i) => i.complete && i.naturalWidth);
  if (!ready) return requestAnimationFrame(look);
  Promise.all(images.map((i) => i.decode())).then(() => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.usable = performance.now();
  })));
})();
"""


def community(count: int, flights: int, folder: Path) -> Iterator[FlightResults]:
    """Flights of a made-up community, graded by the grade stage from random figures."""
    shapes = scene.outlines(count)
    frame = gpd.GeoDataFrame({"block_id": [f"B{i + 1:05d}" for i in range(count)]}, geometry=shapes, crs=scene.CRS_NAME)
    frame = frame.assign(name=[f"第{i + 1}块" for i in range(count)], name_en=[f"Block {i + 1}" for i in range(count)])
    blocks = Blocks(frame, frame.crs)
    for f in range(flights):
        rng = np.random.default_rng(f)
        figures = {i.value: rng.uniform(0, 60, count) for i in Indicator}
        figures |= {"clutter": rng.gamma(1.2, 6, count), "valid_pct": np.full(count, 100.0)}
        scores = pd.DataFrame({"block_id": frame["block_id"], **figures, "hotspots": SPOTS, "unusable_reason": ""})
        cells = pd.DataFrame({"block_id": []})
        table = grade_table(scores, cells, blocks, None, flight="f", settings=GradeSection())
        table = table.assign(name_en=frame["name_en"].to_numpy())
        base = scene.flight(f"20{20 + f // 12}-{f % 12 + 1:02d}", folder, count=8, seed=f)
        yield FlightResults(
            base.id, base.acquired, base.imagery, table, spots(table, rng, base.chips), base.chips, base.quality
        )


def spots(table: gpd.GeoDataFrame, rng: np.random.Generator, folder: Path) -> gpd.GeoDataFrame:
    block = np.repeat(np.arange(len(table)), SPOTS)
    middle = table.geometry.representative_point()
    n = len(block)
    corners = rng.uniform(0.3, 0.8, (n, 9))[..., None] * np.stack(
        [np.cos(np.linspace(0, 5.6, 9)), np.sin(np.linspace(0, 5.6, 9))], axis=1
    )
    at = np.column_stack([middle.x.to_numpy()[block], middle.y.to_numpy()[block]]) + rng.uniform(-0.5, 0.5, (n, 2))
    chip = next(str(p.relative_to(folder)) for p in sorted((folder / "chips").iterdir()))
    ids = [f"S{i:010d}" for i in rng.permutation(n)]
    frame = gpd.GeoDataFrame(
        {"hotspot_id": ids, "block_id": table["block_id"].to_numpy()[block], "kind": "untold", "chip": chip},
        geometry=shapely.polygons(corners + at[:, None]),
        crs=table.crs,
    )
    return frame.assign(rank=rng.permutation(n) + 1, score=rng.random(n), clear=True, area_m2=frame.area)


def bare(path: Path, uri: str) -> Path:
    """Leaflet and one image, nothing else."""
    script = (
        "const m = L.map('m', {crs: L.CRS.Simple, attributionControl: false});"
        "const box = [[0, 0], [300, 400]], i = L.imageOverlay(document.getElementById('u').textContent, box);"
        "m.fitBounds(box); i.on('load', () => document.documentElement.setAttribute('data-ready', '1')); i.addTo(m);"
    )
    path.write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><style>{parts._leaflet('leaflet.css')} html, body, #m"
        f" {{ height: 100%; margin: 0 }}</style><div id='m'></div><script type='text/plain' id='u'>{uri}</script>"
        f"<script>{parts._leaflet('leaflet.js')}</script><script>{script}</script>",
        encoding="utf-8",
    )
    return path


def seconds(tab: Browser, path: Path) -> float:
    tab.open(path)
    while not (done := tab.run("window.usable || 0")):
        pass
    return float(str(done)) / 1000


def compare(name: str, page: Path, goals: tuple[float, float], rounds: int) -> None:
    uri = page.read_text(encoding="utf-8").rsplit('id="image-', 1)[1].split(">", 1)[1].split("<", 1)[0]
    other = bare(page.with_name("bare.html"), uri)
    with Browser() as tab:
        tab._send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        times = [(seconds(tab, page), seconds(tab, other)) for _ in range(rounds + 1)][1:]
    own, plain = (statistics.median(t) for t in zip(*times, strict=True))
    size = page.stat().st_size / 1e6
    print(
        f"{name:24} {own:7.2f} s {plain:8.2f} s {own / plain:6.2f} x (goal {goals[0]:.0f}) {size:7.2f} MB"
        f" (goal {goals[1]:.0f})",
        flush=True,
    )


def made_up(count: int, flights: int, folder: Path) -> Path:
    results = list(community(count, flights, folder / "chips"))
    paths = FlightPaths(folder / "run")
    return render_flight(COMMUNITY, results, paths, rubric=GradeSection(), settings=RenderSection()).map_html


def aveiro(data: Path, work: Path) -> Path:
    source = data / "aveiro"
    config: Config
    (work / "a.toml").write_text(
        f'format = 1\n[community]\nname = "Aveiro"\nblocks = "{source}/blocks.gpkg"\nworkdir = "{work}/runs"\n'
        f'[[flights]]\nid = "f1"\nacquired = 2021-01-14T10:30:00Z\northophoto = "{source}/orthophoto.tif"\n',
        encoding="utf-8",
    )
    config = load_config(work / "a.toml")
    run_community(config, progress=silent)
    return flight_paths(Path(config.community.workdir), "f1").map_html


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--data", type=Path, default=DATA)
    chosen = options.parse_args()
    print(f"{'page':24} {'map':>9} {'bare':>10} {'ratio':>8} {'':10} {'size':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare("43 blocks x 2", made_up(43, 2, folder / "a"), (2, 6), chosen.rounds)
        if (chosen.data / "aveiro").is_dir():
            compare("Aveiro", aveiro(chosen.data, folder), (2, 6), chosen.rounds)
        compare("10,000 blocks x 12", made_up(10_000, 12, folder / "b"), (5, 30), chosen.rounds)


if __name__ == "__main__":
    main()
