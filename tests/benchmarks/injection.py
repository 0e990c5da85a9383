"""Does clutter tell ground with debris from clean ground, among things that are often taken for debris?

    python tests/benchmarks/injection.py --data DIR [--scene aveiro] [--pictures DIR]

Squares of 10 m are laid on open ground of the marked blocks at least 2 m from every mark that either rater made, more
than half of each neither green nor dark nor roof as the untouched picture looks (and outside footprints, where there
are any). In every square two distractors are painted: a car, a tiled roof, road paint or a seam of the mosaic; then
things of 0.2 to 1.5 m in twelve colours with their shadows, at 0, 3, 6, 12 and 24 per 100 m² of ground. Over five runs
every square has every density once. The picture goes through the stages with the squares as blocks. Bar: an AUC of
.90 on each place, at least 6 things per 100 m² against none.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from changes import View, read_view
from debris import auc
from places import Place, chosen, header, options, verdict
from squares import DENSITIES, clean_squares, clutter_by_density, open_ground, strewn, told_apart, without

BAR = 0.90


def ground(place: Place, view: View) -> np.ndarray:
    found = open_ground(view)
    if place.buildings is None:
        return found
    shapes = gpd.read_file(place.buildings).to_crs(view.blocks.crs).geometry.make_valid()
    return without(view, found, list(shapes))


def scene(place: Place, pictures: Path | None) -> None:
    view = read_view(place.orthophoto, place.blocks)
    allowed = ground(place, view)
    marks = list(gpd.read_file(place.folder / "marks.gpkg").to_crs(view.blocks.crs).geometry)
    squares = clean_squares(view, allowed, marks)
    if pictures is not None:
        save(strewn(view, allowed, squares, 0), pictures / f"{place.name}.png")
    with tempfile.TemporaryDirectory() as work:
        found = clutter_by_density(view, allowed, squares, Path(work))
    for density in DENSITIES:
        values = found[density]
        print(
            f"{place.name:15} {density:>7}  {len(values):7}  {values.mean():7.2f}  {np.median(values):6.2f}"
            f"  {auc(values, found[0]):5.3f}"
        )
    whole = told_apart(found)
    print(f"{place.name:15} 6 to 24  {'':7}  {'':7}  {'':6}  {whole:5.3f}  {verdict(whole, least=BAR)}", flush=True)


def save(view: View, path: Path, most: int = 48) -> None:
    """A contact sheet of the first squares, 240 px each, to see what was painted."""
    parts = []
    for square in view.blocks.geometry[:most]:
        part = view.rgb[view.pixels(*square.bounds)][..., ::-1]
        parts.append(cv2.resize(part, (240, 240), interpolation=cv2.INTER_NEAREST))
    across = math.isqrt(len(parts))
    rows = [np.hstack(parts[i : i + across]) for i in range(0, len(parts) - across + 1, across)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows))


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for a contact sheet of each place")
    args = parser.parse_args()
    header([f"{'place':15} density", "squares", "clutter", "median", "AUC  ", "bar"])
    for place in chosen(args):
        scene(place, args.pictures)


if __name__ == "__main__":
    main()
