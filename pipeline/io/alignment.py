"""How far two flights' mosaics lie off each other under the blocks, measured on patches of ground in both pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import cv2
import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.comparability import Shift
from pipeline.core.filters import F32, pool
from pipeline.core.grid import Window
from pipeline.core.measure import Evidence, appearance
from pipeline.core.radiometry import FlightProfile
from pipeline.core.registration import PATCH_M, REACH_M, FlightShift, LocalShift, flight_shift, measure_shift
from pipeline.engine import Progress, map_windows
from pipeline.io.imagery import Imagery
from pipeline.io.rasters import cover_share

PATCHES: Final = 64
LOST_BANDS: Final = 2
_MARGIN_M: Final = 1.0


@dataclass(frozen=True)
class Ground:
    """A flight's imagery, the constants by which its ground is told, and roofs and heights, if known.

    ``roofs`` are in the raster's CRS; ``dsm_href`` is a surface model.
    """

    imagery: Imagery
    profile: FlightProfile
    roofs: shapely.STRtree | None = None
    dsm_href: str | None = None

    @classmethod
    def of(
        cls, imagery: Imagery, profile: FlightProfile, buildings: gpd.GeoSeries | None, dsm_href: str | None = None
    ) -> Ground:
        """A flight's ground; ``buildings`` are footprints in any CRS."""
        roofs = None if buildings is None else shapely.STRtree(buildings.to_crs(imagery.grid.crs_wkt).to_numpy())
        return cls(imagery, profile, roofs, dsm_href)

    def roof_share(self, window: Window) -> F32 | None:
        """The share of each pooled pixel of a window that known roofs cover; None where none are known."""
        if self.roofs is None:
            return None
        seen = shapely.box(*self.imagery.grid.bounds(*window.read))
        near = [self.roofs.geometries[i] for i in sorted(self.roofs.query(seen, "intersects"))]
        return cover_share(near, window, self.imagery)


@dataclass(frozen=True)
class Alignment:
    """What the patches say together, and the shift of the flights as a whole and of each block, in order of blocks.

    ``clipped_pct`` is how much of the patches' ground shows nothing in either flight: two of its bands, or more, are at
    the upper end, or all are black. One band at its end is ordinary on sunlit soil and costs little.
    """

    common: FlightShift
    whole: Shift
    blocks: tuple[Shift, ...]
    clipped_pct: tuple[float, float]

    def turned(self) -> Alignment:
        """The same of the flights the other way round."""
        c = self.common
        back = {name: 0.0 - getattr(c, name) for name in ("dx_m", "dy_m", "scale", "rotation")}
        return replace(self, common=replace(c, **back), clipped_pct=self.clipped_pct[::-1])


def align(
    first: Ground,
    second: Ground,
    polygons: Sequence[BaseGeometry],
    metric: pyproj.CRS,
    *,
    workers: int,
    progress: Progress,
) -> Alignment:
    """Measure how far the second flight lies off the first under ``polygons``, which are in the metric CRS.

    A block has the median of its patches; where none told, what the others say of its place.
    """
    places = places_under(polygons)
    gsd = max(first.imagery.work.gsd_m, second.imagery.work.gsd_m)
    look = partial(_look, (first, second), metric, gsd)
    looked = list(map_windows(look, [(x, y) for _, x, y in places], workers, progress))
    shifts, ends = [shift for shift, _ in looked], np.sum([clipped for _, clipped in looked], axis=0)
    common = flight_shift(shifts)
    raw = [math.hypot(s.shift.dx_m, s.shift.dy_m) for s in shifts]
    whole = Shift(math.hypot(common.dx_m, common.dy_m), common.rmse_m)
    own: dict[int, list[tuple[float, float]]] = {}
    for (block, _, _), length, rest in zip(places, raw, common.residual_m, strict=True):
        if math.isfinite(rest):
            own.setdefault(block, []).append((length, rest))
    blocks = []
    for block, polygon in enumerate(polygons):
        point = polygon.representative_point()
        there = own.get(block) or [(math.hypot(*common.at(point.x, point.y)), common.rmse_m)]
        raw_m, rest_m = np.median(np.array(there), axis=0)
        blocks.append(Shift(round(float(raw_m), 3), round(float(rest_m), 3)))
    one, two = (100 * float(clipped / ground) if ground > 0 else math.nan for clipped, ground in ends)
    return Alignment(common, whole, tuple(blocks), (one, two))


def places_under(polygons: Sequence[BaseGeometry], most: int = PATCHES) -> list[tuple[int, float, float]]:
    """Centres of patches: a lattice under each polygon, one for each at least, thinned evenly to ``most``."""
    found = []
    for block, polygon in enumerate(polygons):
        west, south, east, north = (math.floor(v / PATCH_M) for v in polygon.bounds)
        lattice = [
            ((ix + 0.5) * PATCH_M, (iy + 0.5) * PATCH_M)
            for iy in range(south, north + 1)
            for ix in range(west, east + 1)
        ]
        inside = [p for p in lattice if polygon.contains(shapely.Point(p))]
        if not inside:
            point = polygon.representative_point()
            inside = [(point.x, point.y)]
        found += [(block, x, y) for x, y in inside]
    chosen = np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int))
    return [found[i] for i in chosen]


Ends = tuple[float, float]
Positions = tuple[NDArray[np.float64], NDArray[np.float64]]


def _look(
    pair: tuple[Ground, Ground], metric: pyproj.CRS, gsd_m: float, at: tuple[float, float]
) -> tuple[LocalShift, tuple[Ends, Ends]]:
    """The shift of a patch, and how much of its ground is clipped, of how much, in either flight."""
    one, two = (_patch(ground, metric, at, gsd_m) for ground in pair)
    shift = measure_shift(one[0], two[0], one[1], two[1], gsd_m=gsd_m)
    return LocalShift(*at, shift), (one[2], two[2])


def _patch(ground: Ground, metric: pyproj.CRS, at: tuple[float, float], gsd_m: float) -> tuple[F32, F32, Ends]:
    """Lightness and trust (0 to 1) of the ground around a place, both (n, n) on the metric grid, north up.

    And how much of that ground is clipped, of how much, in pooled pixels.
    """
    where, window = metric_square(ground.imagery, metric, at, half_m=PATCH_M / 2 + REACH_M, gsd_m=gsd_m)
    pixels, work = ground.imagery.read(window), ground.imagery.work
    evidence = Evidence(pixels.rgb, pixels.valid, pixels.nir, ground.roof_share(window))
    seen = appearance(evidence, ground.profile, work)
    built = np.nan_to_num(seen.surfaces.roof, nan=0.0)
    trust = np.asarray(seen.surfaces.ground * (1 - built), np.float32)
    lightness = sampled(seen.lab.l, where, window, work.native / work.work)
    ends = ((pixels.rgb == 255).sum(axis=2) >= LOST_BANDS) | (pixels.rgb == 0).all(axis=2)
    clipped = float((pool(ends & pixels.valid, work.pool) * trust).sum()), float(trust.sum())
    return lightness, sampled(trust, where, window, work.align / work.work), clipped


def metric_square(
    imagery: Imagery, metric: pyproj.CRS, at: tuple[float, float], *, half_m: float, gsd_m: float
) -> tuple[Positions, Window]:
    """A square of the metric grid around a place, north up: native columns and rows, and the window that holds them."""
    centres = (np.arange(math.ceil(2 * half_m / gsd_m)) + 0.5) * gsd_m - half_m
    x, y = np.meshgrid(at[0] + centres, at[1] - centres)
    move = pyproj.Transformer.from_crs(metric, imagery.grid.crs_wkt, always_xy=True)
    col, row = (np.asarray(p) for p in imagery.grid.colrow(*move.transform(x, y)))
    return (col, row), _window_around(imagery, col, row)


def _window_around(imagery: Imagery, col: NDArray[np.float64], row: NDArray[np.float64]) -> Window:
    """The window on aligned pixels that holds the given positions with a margin."""
    margin, align = math.ceil(_MARGIN_M / imagery.grid.gsd_m), imagery.work.align
    left, top = (math.floor((float(p.min()) - margin) / align) * align for p in (col, row))
    right, bottom = (math.ceil((float(p.max()) + margin) / align) * align for p in (col, row))
    return Window(top, left, bottom - top, right - left)


def sampled(values: F32, where: Positions, window: Window, step: float) -> F32:
    """Values at native positions, linear; each value stands for ``step`` native pixels."""
    x, y = ((p - start) / step - 0.5 for p, start in zip(where, (window.col, window.row), strict=True))
    out = cv2.remap(values, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(out, np.float32)
