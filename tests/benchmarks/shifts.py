"""Is a flight's shift against another measured to five centimetres, though a part of the place was rebuilt?

    python tests/benchmarks/shifts.py --data DIR [--scene aveiro]

The second flight is the first, moved by 0 to 2 m, brighter and warmer, softer by a pixel, its south-east quarter
replaced by the mirrored picture. Patches of 20 m are measured on what each picture itself shows as open ground. Bars:
the common shift and the median patch within 0.05 m. Printed besides: how many patches told, how many of those outside
the quarter are more than 0.05 m off, and how many of those inside it were taken for good.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from changes import View, read_view
from places import chosen, header, options, verdict

from pipeline.core.filters import F32
from pipeline.core.grid import work_grid
from pipeline.core.measure import Evidence, appearance
from pipeline.core.radiometry import fit_profile
from pipeline.core.registration import PATCH_M, LocalShift, flight_shift, measure_shift

BAR_M = 0.05
MOVES_M = ((0.0, 0.0), (0.12, -0.31), (-0.75, 0.4), (1.37, 0.81), (-2.0, 0.0), (1.41, -1.41))


def ground(view: View) -> tuple[F32, F32, float]:
    """Brightness and trust on the working grid, and its GSD."""
    grid = work_grid(view.gsd_m)
    height, width = (n * grid.work // grid.native // grid.pool * grid.pool for n in view.valid.shape)
    rgb = cv2.resize(view.rgb, (width, height), interpolation=cv2.INTER_AREA)
    valid = cv2.resize(view.valid.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    profile = fit_profile([(rgb, valid)], grid.gsd_m, grid.pool)
    assert profile is not None
    seen = appearance(Evidence(rgb, valid), profile, grid)
    trust = cv2.resize(seen.surfaces.ground, (width, height), interpolation=cv2.INTER_NEAREST)
    return seen.lab.l, trust, grid.gsd_m


def moved(view: View, east_m: float, north_m: float) -> View:
    """The flight as another would have it: what lies there lies elsewhere, in other light; a quarter is rebuilt."""
    rgb, (height, width) = view.rgb.copy(), view.valid.shape
    quarter = np.s_[height // 2 :, width // 2 :]
    rgb[quarter] = rgb[quarter][::-1, ::-1]
    valid = view.valid.copy()
    valid[quarter] &= view.valid[quarter][::-1, ::-1]
    matrix = np.array([[1, 0, east_m / view.gsd_m], [0, 1, -north_m / view.gsd_m]])
    rgb = cv2.warpAffine(rgb, matrix, (width, height), flags=cv2.INTER_CUBIC)
    whole = cv2.warpAffine(valid.astype(np.uint8) * 255, matrix, (width, height), flags=cv2.INTER_LINEAR)
    lit = cv2.GaussianBlur(rgb, (0, 0), 1.0).astype(np.float32) * np.float32([1.15, 1.1, 1.05])
    return replace(view, rgb=np.clip(np.round(lit), 0, 255).astype(np.uint8), valid=whole == 255)


def patches(first: tuple[F32, F32, float], second: tuple[F32, F32, float]) -> tuple[list[LocalShift], np.ndarray]:
    """The shift of every patch with some ground, and whether it lies clear of the quarter that was rebuilt."""
    (one, trust_one, gsd), (two, trust_two, _) = first, second
    side, (height, width) = round(PATCH_M / gsd), one.shape
    found, clear = [], []
    for row in range(0, height - side + 1, side):
        for col in range(0, width - side + 1, side):
            part = np.s_[row : row + side, col : col + side]
            if trust_one[part].mean() > 0.03:
                shift = measure_shift(one[part], two[part], trust_one[part], trust_two[part], gsd_m=gsd)
                found.append(LocalShift((col + side / 2) * gsd, -(row + side / 2) * gsd, shift))
                clear.append(row + side < height // 2 or col + side < width // 2)
    return found, np.array(clear)


def main() -> None:
    args = options(__doc__).parse_args()
    args.scene = args.scene or ["aveiro", "kathmandu_west"]
    header([f"{'place':15} {'moved, m':14} off, m", "patches, median off, m", "told", "bad", "rebuilt, taken", "bar"])
    for place in chosen(args):
        view = read_view(place.orthophoto, place.blocks)
        first = ground(view)
        for east, north in MOVES_M:
            found, clear = patches(first, ground(moved(view, east, north)))
            common = flight_shift(found)
            known = np.array([p.shift.known for p in found])
            off = np.array([math.hypot(p.shift.dx_m - east, p.shift.dy_m - north) for p in found])
            whole = math.hypot(common.dx_m - east, common.dy_m - north)
            good = known & clear
            kept = known & ~clear & ~np.array(common.outlier)
            print(
                f"{place.name:15} {east:6.2f} {north:6.2f}  {whole:6.3f}  {np.median(off[good]):22.3f}"
                f"  {known[clear].mean():4.0%}  {int((off[good] > BAR_M).sum()):3}"
                f"  {int(kept.sum()):7} of {int((~clear).sum()):3}"
                f"  {verdict(max(whole, float(np.median(off[good]))), most=BAR_M)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
