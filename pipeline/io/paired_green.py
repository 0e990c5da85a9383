"""The green cover of two flights by thresholds that they share: what is compared, not what each flight's map shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.cover import cores_under
from pipeline.core.filters import F32, Bool, erode, pool
from pipeline.core.greenery import GreenProfile, log_colour, vegetation
from pipeline.core.grid import Window
from pipeline.core.normalise import AROUND_M, BandGain, PairCuts, greenness, is_bare, pair_cuts, stable_gain
from pipeline.core.registration import PATCH_M, FlightShift
from pipeline.core.sharpness import softened
from pipeline.engine import Progress, map_windows, silent
from pipeline.io.alignment import Ground, places_under, sampled, window_around
from pipeline.io.rasters import label_blocks

CORE_PX: Final = 2048
HALO_M: Final = 1.0
SAMPLES: Final = 48

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class PairedGreen:
    """Green cover of each polygon in both flights (n,), per cent of what is valid, by the pair's thresholds.

    ``gains`` are those of red, green and blue from the first flight to the second on ground that is bare in both.
    """

    before: F64
    after: F64
    cuts: PairCuts
    gains: tuple[BandGain, ...]

    def turned(self) -> PairedGreen:
        """The same of the flights the other way round."""
        cuts = PairCuts(self.cuts.second, self.cuts.first, self.cuts.pixels)
        gains = tuple(BandGain(1 / g.gain, -g.offset / g.gain, g.pixels) for g in self.gains)
        return PairedGreen(self.after, self.before, cuts, gains)

    def record(self) -> dict[str, Any]:
        """Thresholds, gains and offsets, and the pixels they rest on, as ``comparison.json`` holds them."""
        bands = [{k: None if math.isnan(v) else round(v, 4) for k, v in asdict(g).items()} for g in self.gains]
        cuts = {"before": round(self.cuts.first, 4), "after": round(self.cuts.second, 4), "pixels": self.cuts.pixels}
        return {"radiometry": {"thresholds": cuts, "bands": dict(zip(("red", "green", "blue"), bands, strict=True))}}


def paired_green(
    first: Ground,
    second: Ground,
    polygons: Sequence[BaseGeometry],
    metric: pyproj.CRS,
    *,
    common: FlightShift,
    workers: int = 1,
    progress: Progress = silent,
) -> PairedGreen | None:
    """Green cover of ``polygons`` (in the metric CRS) in two flights, by thresholds from ground that is bare in both.

    ``common`` is how the second mosaic lies off the first. None where a flight has a near-infrared band: its greenery
    has no threshold that follows from the ground.

    Raises
    ------
    ImageryError : a flight's imagery cannot be read
    """
    if first.imagery.nir or second.imagery.nir:
        return None
    gsd = max(first.imagery.work.gsd_m, second.imagery.work.gsd_m)
    look = partial(_bare_ground, (first, second), metric, common=common, gsd_m=gsd)
    under = places_under(polygons)
    places = [(x, y) for _, x, y in under[:: math.ceil(len(under) / SAMPLES)]]
    parts = list(map_windows(look, places, workers, progress))
    values, colours = ([np.concatenate(side) for side in zip(*ends, strict=True)] for ends in zip(*parts, strict=True))
    own = first.profile.green, second.profile.green
    cuts = pair_cuts(values[0], values[1], (own[0].cut, own[1].cut))
    shares = []
    for ground, profile in zip((first, second), cuts.profiles(*own), strict=True):
        move = pyproj.Transformer.from_crs(metric, ground.imagery.grid.crs_wkt, always_xy=True)
        moved = [_moved(p, move) for p in polygons]
        shares.append(_cover(ground, profile, moved, workers))
    return PairedGreen(shares[0], shares[1], cuts, stable_gain(colours[0], colours[1]))


def _moved(polygon: BaseGeometry, move: pyproj.Transformer) -> BaseGeometry:
    return shapely.transform(polygon, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


def _bare_ground(
    pair: tuple[Ground, Ground],
    metric: pyproj.CRS,
    at: tuple[float, float],
    *,
    common: FlightShift,
    gsd_m: float,
) -> tuple[tuple[F32, F32], tuple[F32, F32]]:
    """Greenness (n,) and colours (n, 3) of the ground around a place that both flights see bare."""
    off = common.at(*at) if math.isfinite(common.dx_m) else (0.0, 0.0)
    there = at, (at[0] + off[0], at[1] + off[1])
    seen = [_around(g, metric, place, gsd_m) for g, place in zip(pair, there, strict=True)]
    bare = np.logical_and(
        *(is_bare(v, g.profile.green.cut, gsd_m) & ok for g, (v, ok, _) in zip(pair, seen, strict=True))
    )
    one, two = ((values[bare], rgb[bare]) for values, _, rgb in seen)
    return (one[0], two[0]), (one[1], two[1])


def _around(ground: Ground, metric: pyproj.CRS, at: tuple[float, float], gsd_m: float) -> tuple[F32, Bool, F32]:
    """Greenness, validity and colours around a place on the metric grid, north up: (n, n), (n, n) and (n, n, 3)."""
    n = math.ceil(PATCH_M / gsd_m)
    centres = (np.arange(n) + 0.5) * gsd_m - PATCH_M / 2
    x, y = np.meshgrid(at[0] + centres, at[1] - centres)
    move = pyproj.Transformer.from_crs(metric, ground.imagery.grid.crs_wkt, always_xy=True)
    col, row = (np.asarray(p) for p in ground.imagery.grid.colrow(*move.transform(x, y)))
    window = window_around(ground.imagery, col, row)
    pixels, work = ground.imagery.read(window), ground.imagery.work
    profile, step = ground.profile.green, work.native / work.work
    rgb = softened(pixels.rgb, pixels.valid, ground.profile.soften_m, work.gsd_m)
    values = greenness(log_colour(rgb, profile.haze), profile)
    planes = [np.ascontiguousarray(p, np.float32) for p in (values, pixels.valid, *pixels.rgb.transpose(2, 0, 1))]
    field, seen, *colours = (sampled(p, (col, row), window, step) for p in planes)
    return field, erode(seen > 0.99, AROUND_M, gsd_m), np.stack(colours, axis=2)


def _cover(ground: Ground, profile: GreenProfile, polygons: Sequence[BaseGeometry], workers: int) -> F64:
    """Green cover of polygons in the raster's CRS, per cent of their valid area; NaN where none is valid."""
    imagery = ground.imagery
    align = imagery.work.align
    halo, size = math.ceil(HALO_M / imagery.grid.gsd_m / align) * align, -(-CORE_PX // align) * align
    jobs = [
        (Window(*core, halo, halo, halo, halo), touched) for core, touched in cores_under(polygons, imagery.grid, size)
    ]
    sums = np.zeros((len(polygons), 2))
    for touched, part in map_windows(partial(_counted, ground, profile, polygons), jobs, workers):
        sums[list(touched)] += part
    with np.errstate(invalid="ignore"):
        return np.asarray(100 * sums[:, 0] / np.where(sums[:, 1] > 0, sums[:, 1], np.nan))


def _counted(
    ground: Ground, profile: GreenProfile, polygons: Sequence[BaseGeometry], job: tuple[Window, tuple[int, ...]]
) -> tuple[tuple[int, ...], F64]:
    """Green and valid pooled pixels of each polygon that a window touches, in its core."""
    window, touched = job
    imagery = ground.imagery
    pixels, work = imagery.read(window), imagery.work
    rgb = softened(pixels.rgb, pixels.valid, ground.profile.soften_m, work.gsd_m)
    green = vegetation(log_colour(rgb, profile.haze), profile, pixels.valid, work.gsd_m)
    labels = label_blocks([polygons[i] for i in touched], window, imagery)
    edge = window.top * work.work // (work.native * work.pool)
    high, wide = (-(-n * work.work // (work.native * work.pool)) for n in (window.height, window.width))
    core = np.s_[edge : edge + high, edge : edge + wide]
    inside = labels[core].ravel()
    planes = (pool(p, work.pool)[core].ravel().astype(np.float64) for p in (green, pixels.valid))
    return touched, np.stack([np.bincount(inside, p, len(touched) + 1)[1:] for p in planes], axis=1)
