"""Do green cover, and its change between two flights, agree with those of the near-infrared truth?

    python tests/benchmarks/riverside.py --data DIR

The tiles of each year (red, green, blue, near-infrared; the same 20 places) become one flight a year without its fourth
band, each place cut into 2 x 2 blocks. Truth is the share of pixels whose NDVI = (N - R) / (N + R) exceeds 0.1. First
each flight by itself; bars: r >= .97 and a bias within 5 points. Then each pair of years held against each other as
``wuse compare`` does: the later flight read as the earlier would have seen it. Bars for each pair: r >= .80 and a bias
within 2.5 points. Beside it stands the difference of the flights' own figures, and how well the ground that is bare in
both agrees.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from shapely import box

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from places import header, verdict

from pipeline.config import load_config
from pipeline.core.vocabulary import Stage
from pipeline.io.alignment import Ground, align
from pipeline.io.paired import Windows, paired_reading
from pipeline.io.sides import read_side
from pipeline.io.tables import read_blocks
from pipeline.run import run_community

LEAST_R, MOST_BIAS, NDVI = 0.80, 2.5, 0.1
LEAST_OWN_R, MOST_OWN_BIAS = 0.97, 5.0


def prepare(tiles: Path, work: Path) -> tuple[Path, pd.DataFrame]:
    """Write orthophotos without their fourth band, blocks and config; gives the config and the truth, block by year."""
    files: dict[str, list[str]] = {}
    blocks: dict[str, object] = {}
    truth = []
    for path in sorted(tiles.glob("*_[0-9][0-9][0-9][0-9]_*.tif")):
        year, place = re.findall(r"_(\d+)", path.stem)
        with rasterio.open(path) as file:
            bands, crs, at = file.read(), file.crs, file.transform
            profile = file.profile | {"count": 3, "photometric": "RGB", "nodata": None}
        with rasterio.open(work / path.name, "w", **profile) as out:
            out.write(bands[:3])
        files.setdefault(year, []).append(path.name)
        red, near = bands[0].astype(float), bands[3].astype(float)
        green, half = (near - red) / np.maximum(near + red, 1) > NDVI, bands.shape[1] // 2
        for i, j in itertools.product((0, 1), (0, 1)):
            part = green[i * half : (i + 1) * half, j * half : (j + 1) * half]
            (west, north), (east, south) = at * (j * half, i * half), at * ((j + 1) * half, (i + 1) * half)
            blocks.setdefault(f"{place}-{i}{j}", box(west, south, east, north))
            truth.append((f"{place}-{i}{j}", year, 100 * float(part.mean())))
    gpd.GeoDataFrame({"block_id": list(blocks)}, geometry=list(blocks.values()), crs=crs).to_file(work / "blocks.gpkg")
    text = 'format = 1\n[community]\nname = "x"\nblocks = "blocks.gpkg"\nworkdir = "runs"\n'
    for year, names in sorted(files.items()):
        text += f'[[flights]]\nid = "{year}"\nacquired = {year}-06-15T12:00:00Z\northophoto = {sorted(names)!r}\n'
    (work / "config.toml").write_text(text.replace("'", '"'), encoding="utf-8")
    return work / "config.toml", pd.DataFrame(truth, columns=["block", "year", "truth"]).pivot(
        index="block", columns="year", values="truth"
    )


def figures(change: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    return float(np.corrcoef(change, truth)[0, 1]), float((change - truth).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds urban_trees_riverside")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        path, truth = prepare(args.data / "urban_trees_riverside", Path(work))
        config = load_config(path)
        report = run_community(config, last=Stage.GRADE)
        sides = {flight.id: read_side(report.paths(flight), {}) for flight in report.flights}
        blocks = read_blocks(config.community.blocks, config.community.crs)
        shapes, crs = list(blocks.frame.geometry), blocks.crs
        own = {y: pd.Series({b: r["green_pct"] for b, r in side.rows.items()}) for y, side in sides.items()}
        header(["year", "true green", " r", "  bias", "bar"])
        for year, green_pct in sorted(own.items()):
            r, bias = figures(green_pct[truth.index].to_numpy(), truth[year].to_numpy())
            met = f"{verdict(r, least=LEAST_OWN_R)}  {verdict(abs(bias), most=MOST_OWN_BIAS)}"
            print(f"{year} {truth[year].mean():10.2f}  {r:6.3f} {bias:6.2f}  {met}", flush=True)
        header(["years", "", "true change", " r", "  bias", "own r", " bias", "ground fits", "bar"])
        for one, two in itertools.combinations(sorted(sides), 2):
            pair = [Ground.of(sides[y].imagery, sides[y].profile, None) for y in (one, two)]
            common = align(pair[0], pair[1], shapes, crs, workers=2, progress=lambda *_: None).common
            how = Windows(config.tile.size_px, config.tile.halo_m, config.score.edge_m)
            found = paired_reading(pair[0], pair[1], shapes, crs, common=common, how=how, workers=2)
            ends = sides[one], sides[two].read_as(found.sums, blocks)
            green = [np.array([end.figure(b, "green_pct") for b in blocks.ids]) for end in ends]
            real = (truth[two] - truth[one]).reindex(blocks.ids).to_numpy()
            r, bias = figures(green[1] - green[0], real)
            own_r, own_bias = figures((own[two] - own[one])[list(blocks.ids)].to_numpy(), real)
            fit = " ".join(f"{gain.fit:.2f}" for gain in found.gains)
            print(
                f"{one} {two} {real.mean():10.2f}  {r:6.3f} {bias:6.2f}  {own_r:6.3f} {own_bias:6.2f}  {fit}"
                f"  {verdict(r, least=LEAST_R)}  {verdict(abs(bias), most=MOST_BIAS)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
