"""Are colours and things taken for changed where nothing changed, and found changed where something did?

    python tests/benchmarks/nulls.py --data DIR [--scene kampala_ne] [--only "warmer by 6 %"] [--work DIR]

A real flight is held against itself in other light, blurred, coded anew, moved, stretched or turned, as `wuse compare`
does. Bars: at most 1 colour in 43 proposed to change over all disturbances together, at most 2 new things per hectare
in each. Without guards stands beside: colours that merely differ, and spots over the cut at the second flight without
one over the cut within half a metre at the first. Then debris is painted on blocks, taken from others by inpainting,
lawns are sown, and the second flight is disturbed besides. Bar: 9 of 10 blocks with at least 6 things per 100 m² found,
with the right sign: any figure that differs by more than its error, or a proposed colour.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from changes import View, read_view
from disturbed import DISTURBED, Plan, planted
from photos import write_tif
from places import Place, chosen, header, options, verdict
from squares import open_ground

from pipeline.artifacts import FlightPaths
from pipeline.compare import compare_pair
from pipeline.config import Config, load_config
from pipeline.core.hotspots import CLEAR
from pipeline.core.objects import SAME_M
from pipeline.core.vocabulary import Grade, Stage
from pipeline.io.comparisons import ComparisonFiles
from pipeline.io.paired import Windows
from pipeline.io.sides import Side, read_side
from pipeline.io.tables import read_blocks
from pipeline.run import run_community

COLOURS, NEW_PER_HA, FOUND = 1 / 43, 2.0, 0.9
PLANTED = ("exposure - 20 %", "warmer by 6 %", "0.3 m to the east")


@dataclass(frozen=True)
class Flown:
    """Views that went through the stages as flights of one community."""

    config: Config
    sides: dict[str, Side]

    @property
    def first(self) -> Side:
        return next(iter(self.sides.values()))

    def compare(self, after: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """The tables of blocks and of things between the first and another."""
        blocks = read_blocks(self.config.community.blocks, self.config.community.crs)
        with tempfile.TemporaryDirectory() as folder:
            paths = FlightPaths(Path(folder))
            files = ComparisonFiles(paths.folder(Stage.COMPARE))
            files.record.parent.mkdir(parents=True, exist_ok=True)
            tile, how = self.config.tile, self.config.score.edge_m
            compare_pair(
                self.first,
                self.sides[after],
                blocks,
                paths,
                rubric=self.config.grade,
                settings=self.config.compare,
                how=Windows(tile.size_px, tile.halo_m, how),
            )
            return gpd.read_parquet(files.blocks), gpd.read_file(files.objects)


def flown(views: Mapping[str, Callable[[], View]], wanted: Sequence[str], folder: Path, workers: int) -> Flown:
    """Bring the first of the views and those ``wanted`` through the stages; what an earlier call left is used again."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [next(iter(views)), *(name for name in views if name in wanted)]
    text = 'format = 1\n[community]\nname = "x"\nblocks = "blocks.gpkg"\nworkdir = "runs"\n'
    for i, (name, make) in enumerate(views.items()):
        if name in ids and not (folder / f"{name}.tif").exists():
            write_view(make(), folder / f"{name}.tif")
        text += f'[[flights]]\nid = "{name}"\nacquired = 2021-03-{i + 1:02}T10:30:00Z\northophoto = "{name}.tif"\n'
    text += "[score]\nchips = 0\nmin_ground_m2 = 50.0\nhotspots_per_block = 60\n"
    text += f"[compare]\nchips = 0\n[engine]\nworkers = {workers}\n"
    if not (folder / "blocks.gpkg").exists():
        views[ids[0]]().blocks.to_file(folder / "blocks.gpkg", engine="pyogrio")
    (folder / "run.toml").write_text(text, encoding="utf-8")
    config = load_config(folder / "run.toml")
    report = run_community(config, ids, last=Stage.GRADE)
    return Flown(config, {f.id: read_side(report.paths(f), {}) for f in report.flights})


def write_view(view: View, path: Path) -> None:
    size = {"tiled": True, "blockxsize": 512, "blockysize": 512, "overviews": [2, 4, 8, 16]}
    place = {"crs": view.blocks.crs, "transform": view.transform, "mask": view.valid.astype(np.uint8) * 255}
    bands = np.ascontiguousarray(view.rgb.transpose(2, 0, 1))
    part = path.with_suffix(".part.tif")
    write_tif(part, bands, **size, **place, colours=["red", "green", "blue"])
    part.rename(path)


def slug(name: str) -> str:
    """A disturbance's name as a flight's: letters and digits."""
    return re.sub(r"\W+", "-", name.replace("+", "plus").replace(" - ", " minus ")).strip("-")


def blind_new(before: Side, after: Side) -> int:
    """Spots over the cut at the second flight without one over the cut near by at the first."""
    first, second = (
        np.array([(p.x, p.y) for p in s.hotspots[s.hotspots.score > CLEAR].geometry.centroid]).reshape(-1, 2)
        for s in (before, after)
    )
    if not len(first) or not len(second):
        return len(second)
    return int((KDTree(first).query(second)[0] > SAME_M).sum())


def nulls(place: Place, view: View, work: Path, args: argparse.Namespace) -> None:
    views: dict[str, Callable[[], View]] = {"as-it-is": lambda: view}
    views |= {slug(d.name): partial(d.make, view) for d in DISTURBED}
    wanted = [d for d in DISTURBED if not args.only or d.name in args.only]
    again = flown(views, [slug(d.name) for d in wanted], work / "nulls", args.workers)
    hectares, blocks = again.first.blocks.geometry.area.sum() / 1e4, len(view.blocks)
    wrong = differ = 0
    for disturbed in wanted:
        name = slug(disturbed.name)
        table, things = again.compare(name)
        graded = (table.grade_before != Grade.UNGRADED.value) & (table.grade_after != Grade.UNGRADED.value)
        raw = int((graded & (table.grade_before != table.grade_after)).sum())
        new, blind = (things.state == "new").sum() / hectares, blind_new(again.first, again.sides[name]) / hectares
        wrong, differ = wrong + int(table.proposed.sum()), differ + raw
        print(
            f"{place.name:15} {disturbed.name:20} {int(table.comparable.sum()):4} of {blocks:2}"
            f"  {table.shift_m.median():5.2f} {table.rest_m.median():5.2f}  {int(table.proposed.sum()):4} {raw:6}"
            f"  {int(table.clutter_changed.sum()):4} {table.clutter_change.abs().max():6.2f}"
            f"  {new:5.2f} {blind:6.2f}  {verdict(new, most=NEW_PER_HA)}",
            flush=True,
        )
    line = f"{place.name:15} {'all':20} {'':10}  {'':11}  {wrong:4} {differ:6}  {'':11}  {'':12}"
    print(f"{line}  {verdict(wrong, most=max(1.0, blocks * COLOURS))}", flush=True)


def found(table: pd.DataFrame, plan: Plan) -> dict[str, tuple[int, int, int]]:
    """Of the littered, the cleaned and the sown blocks: how many are found, by colour alone, and are there."""
    rows = table.set_index("block_id")
    out = {}
    for name, blocks, figure, sign in (
        ("littered", plan.littered, "clutter", 1),
        ("cleaned", plan.cleaned, "clutter", -1),
        ("sown", plan.sown, "green_pct", 1),
    ):
        own = rows.loc[list(blocks)]
        moved = own[f"{figure}_changed"] & (np.sign(own[f"{figure}_change"]) == sign)
        colour = own.proposed & (own.direction == (sign if name == "sown" else -sign))
        out[name] = int((moved | colour).sum()), int(colour.sum()), len(blocks)
    return out


def changes(place: Place, view: View, work: Path, args: argparse.Namespace) -> None:
    ground = open_ground(view)
    plan = Plan.of(view, ground)
    before, after = planted(view, ground, plan)
    disturbed = [d for d in DISTURBED if d.name in PLANTED]
    chosen_ones = [slug(d.name) for d in disturbed if not args.only or d.name in args.only]
    views: dict[str, Callable[[], View]] = {"before": lambda: before, "after": lambda: after}
    views |= {slug(d.name): partial(d.make, after) for d in disturbed}
    again = flown(views, ["after", *chosen_ones], work / "changes", args.workers)
    for name in ("after", *chosen_ones):
        table, _ = again.compare(name)
        counts = found(table, plan)
        others = table[~table.block_id.isin([*plan.density, *plan.sown])]
        strong = [counts["littered"], counts["cleaned"]]
        share = sum(s[0] for s in strong) / max(sum(s[2] for s in strong), 1)
        cells = "  ".join(f"{a:3} {b:3} of {n:2}" for a, b, n in counts.values())
        print(
            f"{place.name:15} {name:20} {cells}  {int(others.proposed.sum()):3} {int(others.clutter_changed.sum()):3}"
            f" of {len(others):2}"
            f"  {share:5.2f}  {verdict(share, least=FOUND)}",
            flush=True,
        )


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--only", action="append", choices=[d.name for d in DISTURBED], help="default: all disturbances"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, help="folder to keep pictures and scores in, for the next time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = args.work or Path(scratch)
        views = [(p, read_view(p.orthophoto, p.blocks)) for p in chosen(args)]
        header(
            [
                f"{'place':15} {'disturbed':20} comparable",
                "shift, rest",
                "false colours, blind",
                "clutter changed, most",
                "new/ha, blind",
                "bar",
            ]
        )
        for place, view in views:
            nulls(place, view, work / place.name, args)
        header(
            [
                f"\n{'place':15} {'disturbed':20} littered",
                "cleaned",
                "sown: any, colour",
                "others: colour, clutter",
                "found",
                "bar",
            ]
        )
        for place, view in views:
            changes(place, view, work / place.name, args)


if __name__ == "__main__":
    main()
