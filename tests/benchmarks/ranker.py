"""Does learning from an inspector's answers on half of the blocks help on the other half?

    python tests/benchmarks/ranker.py [--scene kathmandu_west] [--splits 40] [--per-block 8] [--data DIR]

Marks made by eye stand in for the inspector: a spot is confirmed where a mark of confidence .3 or more lies within
1.5 m of it, and rejected otherwise. Blocks are dealt into halves at random; answers on one half teach, and precision
among the first k spots (two for each block of the scene, 42 for Kathmandu west) is counted on the other half.
``as used`` is what people would get: the learned order where it beat the unlearned one in cross-validation on the
half that taught, the unlearned order elsewhere. The goal is a gain of .08 on Kathmandu west.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np

from pipeline.config import Config, load_config
from pipeline.core.vocabulary import Stage
from pipeline.engine import silent
from pipeline.review.ranker import Sample, best_trial, chances, fit, trials
from pipeline.review.spots import read_spots
from pipeline.review.traits import flight_traits
from pipeline.run import run_community

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SCENES = ("kathmandu_west", "aveiro", "kampala_ne")
MARK_M, MARK_CONFIDENCE, PER_BLOCK = 1.5, 0.3, 2


def community(folder: Path, work: Path, per_block: int) -> Config:
    scene = folder.name
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not on this machine")
    text = (
        f'format = 1\n[community]\nname = "{scene}"\nblocks = "{folder}/blocks.gpkg"\nworkdir = "{work}/{scene}"\n'
        f"[[flights]]\nid = \"f1\"\nacquired = 2021-01-14T10:30:00Z\northophoto = '{folder}/orthophoto.tif'\n"
        f"[score]\nhotspots_per_block = {per_block}\nchips = 0\n"
    )
    path = work / f"{scene}.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def told(config: Config, folder: Path) -> tuple[Sample, int]:
    """Every spot of the scene with the answer that the marks give, best first, and the number of blocks."""
    spots = read_spots(config, config.by_date[0])
    traits = flight_traits(spots, workers=config.engine.workers, progress=silent)
    frame = spots.frame
    marks = gpd.read_file(folder / "marks.gpkg").to_crs(frame.crs)
    firm = marks[marks.conf >= MARK_CONFIDENCE].geometry.union_all()
    real = frame.geometry.representative_point().distance(firm).to_numpy() <= MARK_M
    blocks = len(gpd.read_file(folder / "blocks.gpkg"))
    return Sample(traits.to_numpy(float), real, frame["block_id"].to_numpy(str)), blocks


def part(sample: Sample, inside: np.ndarray) -> Sample:
    return Sample(sample.traits[inside], sample.real[inside], sample.block[inside])


def split(sample: Sample, first: int, seed: int) -> tuple[float, float, float, str]:
    """Precision among the first spots of the half that did not teach: unlearned, learned, as used; and the model."""
    blocks = np.random.default_rng(seed).permutation(np.unique(sample.block))
    taught = np.isin(sample.block, blocks[: len(blocks) // 2])
    teacher, other = part(sample, taught), part(sample, ~taught)
    found = trials(teacher)
    best = best_trial(found)

    def precision(chance: np.ndarray) -> float:
        return float(other.real[np.argsort(-chance, kind="stable")[:first]].mean())

    unlearned = precision(other.strength)
    shown = best or (max(found, key=lambda t: t.learned) if found else None)
    learned = precision(chances(fit(teacher, shown.model), other.traits)) if shown else unlearned
    return unlearned, learned, learned if best else unlearned, best.model if best else "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", action="append", choices=SCENES, help="default: all three")
    parser.add_argument("--splits", type=int, default=40)
    parser.add_argument("--per-block", type=int, default=8, help="candidate spots for each block")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the scenes")
    args = parser.parse_args()
    print("scene            spots  real  first  unlearned  learned  as used  gain as used: mean  sd  worst  models")
    with tempfile.TemporaryDirectory() as work:
        for scene in args.scene or SCENES:
            config = community(args.data / scene, Path(work), args.per_block)
            run_community(config, last=Stage.SCORE)
            sample, blocks = told(config, args.data / scene)
            first = PER_BLOCK * blocks if scene == "kathmandu_west" else PER_BLOCK * blocks // 2
            rows = [split(sample, first, seed) for seed in range(args.splits)]
            figures = np.array([row[:3] for row in rows])
            gain = figures[:, 2] - figures[:, 0]
            used = ", ".join(f"{m} {sum(r[3] == m for r in rows)}" for m in sorted({r[3] for r in rows}))
            unlearned, learned, as_used = figures.mean(axis=0)
            print(
                f"{scene:15}  {len(sample):5}  {sample.real.mean():.2f}  {first:5}  {unlearned:9.3f}  {learned:7.3f}"
                f"  {as_used:7.3f}  {gain.mean():18.3f}  {gain.std():.3f}  {gain.min():+.3f}  {used}",
                flush=True,
            )


if __name__ == "__main__":
    main()
