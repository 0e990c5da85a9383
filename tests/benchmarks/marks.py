"""How do clutter, greenery and spots agree with marks made by eye, with and without what else is known of a place?

    python tests/benchmarks/marks.py --data DIR --eval DIR/../eval/marks.py [--scene aveiro] [--ablate]

Every place goes through the stages twice: as its orthophoto alone, and with the surface model (Aveiro) or footprints
(Kampala NE) that it has. The evaluation script gives the figures. Printed besides, for each run: spots above the cut
"worth a visit" per hectare, and how many of the first spots stand on what is over 2 m high as the surface model has it
(Aveiro). ``--ablate`` runs the orthophotos once more for each ingredient of the score, with that ingredient made the
same everywhere, and prints what the figures become.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from places import Place, chosen, header, options

from pipeline.artifacts import FlightPaths
from pipeline.config import load_config
from pipeline.core import clutter, measure
from pipeline.core.hotspots import severity
from pipeline.core.vocabulary import Stage
from pipeline.run import run_community

FIGURES = ("clutter_rho", "precision_k", "recall_k", "clutter_green_rho", "green_mae", "clutter_mean")
INGREDIENTS = {
    "light or stuff": ("lit",),
    "specks": ("density", "occupancy", "occupancy_wide", "blue"),
    "occupancy": ("occupancy", "occupancy_wide"),
    "blue specks": ("blue",),
    "lines": ("lines", "dark_lines"),
    "things of any colour": ("things",),
    "energy without direction": ("isotropic",),
    "right angles": ("right_angles", "right_angles_wide"),
    "green near": ("green",),
    "gloom": ("gloom",),
    "light": ("light",),
    "roughness": ("rough",),
    "roof by shape": ("roof",),
}


def run(place: Place, work: Path, *, known: bool) -> FlightPaths:
    buildings = f"buildings = '{place.buildings}'\n" if known and place.buildings else ""
    dsm = f"dsm = '{place.dsm}'\n" if known and place.dsm else ""
    work.mkdir(parents=True, exist_ok=True)
    (work / "run.toml").write_text(
        f'format = 1\n[community]\nname = "{place.name}"\nblocks = \'{place.blocks}\'\nworkdir = "runs"\n{buildings}'
        f"[[flights]]\nid = \"f1\"\nacquired = 2021-01-14T10:30:00Z\northophoto = '{place.orthophoto}'\n{dsm}"
        "[score]\nchips = 0\n",
        encoding="utf-8",
    )
    report = run_community(load_config(work / "run.toml"), last=Stage.GRADE)
    return report.paths(report.flights[0])


def figures(script: Path, runs: list[tuple[FlightPaths, Place]]) -> dict[str, dict[str, float]]:
    pairs = [str(p) for paths, place in runs for p in (paths.grade_parquet.parents[1], place.folder)]
    done = subprocess.run([sys.executable, str(script), *pairs, "--json"], capture_output=True, text=True, check=True)
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


def row(name: str, found: dict[str, dict[str, float]], places: list[Place]) -> str:
    each = ["/".join(f"{found[p.name][f]:.2f}" for p in places) for f in FIGURES]
    return f"{name:26} {found['pooled']['clutter_rho']:.3f}  " + "  ".join(f"{e:>18}" for e in each)


def besides(paths: FlightPaths, place: Place) -> str:
    spots = gpd.read_file(paths.hotspots, layer="hotspots").sort_values("rank")
    blocks = gpd.read_parquet(paths.grade_parquet)
    hectares = blocks.geometry.area.sum() / 1e4
    told = [f"{(spots.score > severity(clutter.SCORE_CUT)).sum() / hectares:.1f} spots worth a visit per ha"]
    if place.dsm is not None:
        told.append(f"{on_high_things(spots.head(2 * len(blocks)), place.dsm)} of {2 * len(blocks)} on things over 2 m")
    return f"{place.name}: " + ", ".join(told)


def on_high_things(spots: gpd.GeoDataFrame, dsm: Path) -> int:
    """How many spots lie over 2 m above the lowest within 12.5 m."""
    count = 0
    with rasterio.open(dsm) as file:
        heights = file.read(1, masked=True).filled(np.nan)
        reach = round(12.5 / file.res[0])
        for point in spots.to_crs(file.crs).geometry.representative_point():
            r, c = file.index(point.x, point.y)
            around = heights[max(r - reach, 0) : r + reach, max(c - reach, 0) : c + reach]
            inside = 0 <= r < heights.shape[0] and 0 <= c < heights.shape[1]
            count += bool(inside and around.size and heights[r, c] - np.nanpercentile(around, 5) > 2)
    return count


@contextmanager
def without(names: tuple[str, ...]) -> Iterator[None]:
    """Scores in which some ingredients are the same everywhere: their value on bare, even ground."""
    real = measure.clutter.mess_score, measure.clutter.mess_share
    quiet = {"density": np.log(0.01), "occupancy": np.log(0.03), "occupancy_wide": np.log(0.03), "blue": np.log(0.01)}

    def flat(record: Any) -> Any:
        own = [n for n in names if hasattr(record, n)]
        return replace(record, **{n: np.full_like(getattr(record, n), quiet.get(n, 0.0)) for n in own})

    def score(specks: Any, directions: Any, context: Any, gsd: float) -> Any:
        return real[0](flat(specks), flat(directions), flat(context), gsd)

    def share(value: Any, specks: Any, directions: Any, context: Any, *, coarse_gsd_m: float) -> Any:
        return real[1](value, flat(specks), flat(directions), flat(context), coarse_gsd_m=coarse_gsd_m)

    measure.clutter.mess_score, measure.clutter.mess_share = score, share  # type: ignore[assignment]
    try:
        yield
    finally:
        measure.clutter.mess_score, measure.clutter.mess_share = real


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation script")
    parser.add_argument("--ablate", action="store_true", help="leave out one ingredient at a time")
    args = parser.parse_args()
    places = list(chosen(args))
    header([f"{'/'.join(p.name for p in places):26} pooled", *(f"{f:>18}" for f in FIGURES)])
    for known in (False, True):
        with tempfile.TemporaryDirectory() as work:
            runs = [(run(p, Path(work) / p.name, known=known), p) for p in places]
            found = figures(args.eval, runs)
            print(row("with layers" if known else "orthophoto alone", found, places), flush=True)
            for paths, place in runs:
                print(" " * 26, besides(paths, place), flush=True)
    for name, fields in INGREDIENTS.items() if args.ablate else ():
        with tempfile.TemporaryDirectory() as work, without(fields):
            runs = [(run(p, Path(work) / p.name, known=False), p) for p in places]
            print(row(f"without {name}", figures(args.eval, runs), places), flush=True)


if __name__ == "__main__":
    main()
