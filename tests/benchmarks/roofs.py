"""How well are roofs told from open ground by their looks, where neither footprints nor a surface model are given?

    python tests/benchmarks/roofs.py --data DIR [--scene kampala_ne] [--pictures DIR]

The truth is withheld: footprints (Kampala NE), or what is over 2.5 m above the local ground in the surface model
(Aveiro, where bare trees count as roofs too). Over pixels that are not green: the AUC of the confidence, and
intersection over union where it is above one half. Besides, the share that is green inside footprints, withheld and
known.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.features import geometry_mask
from rasterio.warp import reproject

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from changes import View, read_view
from debris import auc
from places import Place, chosen, header, options, verdict
from squares import pooled_size, seen_whole

from pipeline.core.surface import height_above_ground

LEAST_AUC, LEAST_IOU, HIGH_M = 0.88, 0.59, 2.5
MOST_GREEN, MOST_GREEN_KNOWN = 0.04, 0.01


def pooled_transform(view: View) -> Affine:
    rows, cols = pooled_size(view)
    return view.transform * Affine.scale(view.valid.shape[1] / cols, view.valid.shape[0] / rows)


def footprints(view: View, path: Path) -> np.ndarray:
    shapes = gpd.read_file(path).to_crs(view.blocks.crs).geometry.make_valid()
    return geometry_mask(list(shapes), pooled_size(view), pooled_transform(view), invert=True)


def heights(view: View, path: Path, gsd_m: float) -> np.ndarray:
    out = np.full(pooled_size(view), np.nan, np.float32)
    with rasterio.open(path) as file:
        place = {"dst_transform": pooled_transform(view), "dst_crs": view.blocks.crs, "dst_nodata": np.nan}
        reproject(rasterio.band(file, 1), out, resampling=Resampling.bilinear, **place)
    return height_above_ground(out, gsd_m)


def scene(place: Place, pictures: Path | None) -> None:
    view = read_view(place.orthophoto, place.blocks)
    seen, grid = seen_whole(view)
    judged = (seen.surfaces.valid > 0.99) & (seen.surfaces.vegetation < 0.5)
    if place.buildings is not None:
        truth = footprints(view, place.buildings)
    else:
        assert place.dsm is not None
        height = heights(view, place.dsm, grid.pool_gsd_m)
        judged, truth = judged & np.isfinite(height), height > HIGH_M
    told, sure = seen.roof[judged], seen.roof[judged] > 0.5
    tops = truth[judged]
    rank, shared = auc(told[tops], told[~tops]), (sure & tops).sum() / (sure | tops).sum()
    bars = place.buildings is not None
    row(place, "AUC", rank, verdict(rank, least=LEAST_AUC) if bars else "")
    row(place, "IoU", shared, verdict(shared, least=LEAST_IOU) if bars else "")
    if bars:
        known, _ = seen_whole(view, truth.astype(np.float32))
        for name, reading, most in (("withheld", seen, MOST_GREEN), ("known", known, MOST_GREEN_KNOWN)):
            green = reading.surfaces.vegetation[truth].mean()
            row(place, f"green in footprints, {name}", green, verdict(green, most=most))
    if pictures is not None:
        save(view, seen.roof, pictures / f"{place.name}.png")


def row(place: Place, name: str, figure: float, bar: str) -> None:
    print(f"{place.name:15} {name:29} {figure:6.3f}  {bar}", flush=True)


def save(view: View, roof: np.ndarray, path: Path) -> None:
    """The picture with its roofs in red, two pixels to each pooled one."""
    size = (2 * roof.shape[1], 2 * roof.shape[0])
    small = cv2.resize(view.rgb, size, interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.float32)
    veil = cv2.resize(roof, size)[..., None] * 0.5
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), (small * (1 - veil) + np.array([0, 0, 255]) * veil).astype(np.uint8))


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each place's roofs")
    args = parser.parse_args()
    header([f"{'place':15} {'what':29} figure", "bar"])
    for place in chosen(args):
        if place.buildings is not None or place.dsm is not None:
            scene(place, args.pictures)


if __name__ == "__main__":
    main()
