"""The second of two flights as the first would have seen it: by its scale and thresholds, and over the same ground.

What a flight shows of greenery and mess is read on a scale that follows from all that it shows: light, but also a new
roof or a field that was sown. That is right for a flight and not quite for a difference of two. So for a comparison
the second flight is read once more, carried over to the first by ground that is bare in both, each cell and block
where the common shift says that it lies. These are the figures that are compared, not those that the maps show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline.core.cover import windows_under
from pipeline.core.filters import F32, U8, Bool, erode
from pipeline.core.greenery import greenness, log_colour
from pipeline.core.grid import CELL_M, Window
from pipeline.core.measure import SUMS, Evidence, cell_sums, read_window
from pipeline.core.normalise import AROUND_M, BandGain, Carried, carried, is_bare
from pipeline.core.registration import PATCH_M, FlightShift
from pipeline.core.sharpness import softened
from pipeline.core.zonal import CellSums, merge
from pipeline.engine import Progress, map_windows, silent
from pipeline.io.alignment import Ground, metric_square, places_under, sampled
from pipeline.io.imagery import Imagery
from pipeline.io.rasters import heights_above_ground, label_core, pooled_frame

SAMPLED_PX: Final = 400_000
LEAST_PLACES, MOST_PLACES = 48, 400

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """Sums of square metres per block and cell in the second flight as the first would have seen it (columns ``SUMS``).

    ``gains`` are those of red, green and blue from the first flight to the second on ground that is bare in both.
    """

    sums: CellSums
    gains: tuple[BandGain, ...]

    def record(self) -> dict[str, Any]:
        """Gains and offsets, and the pixels they rest on, as ``comparison.json`` holds them."""
        bands = [{k: None if math.isnan(v) else round(v, 4) for k, v in asdict(g).items()} for g in self.gains]
        return {"radiometry": dict(zip(("red", "green", "blue"), bands, strict=True))}


@dataclass(frozen=True)
class Windows:
    """How flights are read: cores of about ``size_px``, a halo, and how far from invalid pixels nothing is judged."""

    size_px: int
    halo_m: float
    edge_m: float

    def over(self, polygons: Sequence[BaseGeometry], imagery: Imagery) -> list[tuple[Window, tuple[int, ...]]]:
        """The windows under polygons in the raster's CRS, as the tile stage lays them, and which each touches."""
        return windows_under(polygons, imagery.grid, size_px=self.size_px, halo_m=self.halo_m)


@dataclass(frozen=True)
class _Sight:
    """A flight as it is read for a pair.

    ``common`` is how its mosaic lies off the ground that both share.
    """

    ground: Ground
    seen_as: Carried
    metric: pyproj.CRS
    common: FlightShift
    how: Windows
    nir: bool

    def there(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape of the metric CRS where it lies in this picture, in the raster's CRS."""
        move = pyproj.Transformer.from_crs(self.metric, self.ground.imagery.grid.crs_wkt, always_xy=True)
        return shapely.transform(shape, lambda xy: np.column_stack(move.transform(*self.common.there(xy).T)))

    def cells(self, window: Window) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Indices of the cell of the shared ground that each pooled pixel of a window belongs to."""
        shape, frame = pooled_frame(window, self.ground.imagery)
        rows, cols = np.indices(shape)
        move = pyproj.Transformer.from_crs(self.ground.imagery.grid.crs_wkt, self.metric, always_xy=True)
        x, y = move.transform(frame.c + frame.a * (cols + 0.5).ravel(), frame.f + frame.e * (rows + 0.5).ravel())
        found = np.floor(self.common.here(np.column_stack([x, y])) / CELL_M).astype(np.int64)
        return found[:, 0].reshape(shape), found[:, 1].reshape(shape)


def paired_reading(
    first: Ground,
    second: Ground,
    polygons: Sequence[BaseGeometry],
    metric: pyproj.CRS,
    *,
    common: FlightShift,
    how: Windows,
    workers: int = 1,
    progress: Progress = silent,
) -> Paired:
    """Read the second flight under ``polygons`` (in the metric CRS) as the first would have seen it.

    ``common`` is how the second mosaic lies off the first; ``how`` is how the first was read. Where the first has no
    near-infrared band, that of the second is left alone; so is its surface model, and where only the first has one, it
    serves both.

    Raises
    ------
    ImageryError : a flight's imagery cannot be read
    """
    gsd = max(first.imagery.work.gsd_m, second.imagery.work.gsd_m)
    look = partial(_bare_ground, (first, second), metric, common=common, gsd_m=gsd)
    enough = math.ceil(SAMPLED_PX * (gsd / PATCH_M) ** 2)
    places = [(x, y) for _, x, y in places_under(polygons, min(max(enough, LEAST_PLACES), MOST_PLACES))]
    one, two = (np.concatenate(side) for side in zip(*map_windows(look, places, workers, silent), strict=True))
    seen_as, gains = carried(first.profile, second.profile, _bytes(one), _bytes(two))
    heights = first.dsm_href and (second.dsm_href or first.dsm_href)
    seen = replace(second, dsm_href=heights)
    sight = _Sight(seen, seen_as, metric, common, how, bool(first.imagery.nir))
    return Paired(_read(sight, polygons, workers, progress), gains)


def _bare_ground(
    pair: tuple[Ground, Ground],
    metric: pyproj.CRS,
    at: tuple[float, float],
    *,
    common: FlightShift,
    gsd_m: float,
) -> tuple[F32, F32]:
    """Colours (n, 3) of the ground around a place that both flights see bare."""
    there = common.there(np.array([at]))[0]
    seen = [_around(g, metric, (float(x), float(y)), gsd_m) for g, (x, y) in zip(pair, (at, there), strict=True)]
    bare = np.logical_and(
        *(is_bare(v, g.profile.green.cut, gsd_m) & ok for g, (v, ok, _) in zip(pair, seen, strict=True))
    )
    return seen[0][2][bare], seen[1][2][bare]


def _bytes(colours: NDArray[np.float32]) -> U8:
    """Colours (n, 3) in whole values."""
    return np.clip(np.rint(colours), 0, 255).astype(np.uint8)


def _around(ground: Ground, metric: pyproj.CRS, at: tuple[float, float], gsd_m: float) -> tuple[F32, Bool, F32]:
    """Greenness, validity and colours around a place on the metric grid, north up: (n, n), (n, n) and (n, n, 3)."""
    where, window = metric_square(ground.imagery, metric, at, half_m=PATCH_M / 2, gsd_m=gsd_m)
    pixels, work = ground.imagery.read(window), ground.imagery.work
    profile, step = ground.profile.green, work.native / work.work
    rgb = softened(pixels.rgb, pixels.valid, ground.profile.soften_m, work.gsd_m)
    values = greenness(log_colour(rgb, profile.light), profile)
    planes = [np.ascontiguousarray(p, np.float32) for p in (values, pixels.valid, *rgb.transpose(2, 0, 1))]
    field, seen, *colours = (sampled(p, where, window, step) for p in planes)
    return field, erode(seen > 0.99, AROUND_M, gsd_m), np.stack(colours, axis=2)


def _read(sight: _Sight, polygons: Sequence[BaseGeometry], workers: int, progress: Progress) -> CellSums:
    """Sums of all polygons, cell by cell."""
    moved = [sight.there(p) for p in polygons]
    jobs = sight.how.over(moved, sight.ground.imagery)
    return merge(map_windows(partial(_window, sight, moved), jobs, workers, progress), SUMS)


def _window(sight: _Sight, polygons: Sequence[BaseGeometry], job: tuple[Window, tuple[int, ...]]) -> CellSums:
    """Sums of the polygons that a window touches, in its core."""
    window, touched = job
    imagery, work = sight.ground.imagery, sight.ground.imagery.work
    pixels = imagery.read(window)
    nir = pixels.nir if sight.nir else None
    rgb = np.asarray(cv2.LUT(np.ascontiguousarray(pixels.rgb), sight.seen_as.table[None]), np.uint8)
    heights = heights_above_ground(sight.ground.dsm_href, window, imagery)
    evidence = Evidence(rgb, pixels.valid, nir, sight.ground.roof_share(window), heights)
    reading = read_window(evidence, sight.seen_as.profile, work, sight.how.edge_m)
    labels = label_core([polygons[i] for i in touched], touched, window, imagery)
    return cell_sums(reading, labels, sight.cells(window), work.pool_gsd_m**2)
