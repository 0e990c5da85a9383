"""Score: one pass over the windows of a flight gives greenery, clutter and hotspots per block and 10 m cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray
from shapely import Polygon, STRtree, box, make_valid
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import FlightPaths, write_json
from pipeline.config import ScoreSection
from pipeline.core.clutter import SCORE_CUT
from pipeline.core.cover import cores_under
from pipeline.core.grid import CELL_M, Window
from pipeline.core.hotspots import Peak, Spot, best, peaks, severity, spot_id
from pipeline.core.indicators import Limits, block_indicators, cell_indicators
from pipeline.core.measure import SUMS, Evidence, cell_sums, read_window, with_fall
from pipeline.core.radiometry import FlightProfile, fit_profile
from pipeline.core.vocabulary import SpotKind, Unusable
from pipeline.core.zonal import CellSums, merge
from pipeline.engine import Progress, map_windows
from pipeline.errors import ImageryError
from pipeline.io.chips import write_chips
from pipeline.io.imagery import Imagery
from pipeline.io.parts import KeptParts, Part
from pipeline.io.rasters import cover_share, heights_above_ground, label_core, pooled_frame
from pipeline.io.stac import Flight
from pipeline.io.tables import Blocks, write_gpkg, write_parquet
from pipeline.spool import Spool

SAMPLE_PATCHES, PATCH_PX = 64, 512
SHADE_PATCHES = 24

Tiles = Sequence[tuple[Window, tuple[int, ...]]]


@dataclass(frozen=True)
class ScoreTable:
    """What a flight shows: a row per block, per 10 m cell, and per hotspot (metric CRS, best first)."""

    blocks: pd.DataFrame
    cells: pd.DataFrame
    hotspots: gpd.GeoDataFrame


@dataclass(frozen=True)
class Scene:
    """What all windows need to be measured; goes to each worker once, by value."""

    imagery: Imagery
    metric: pyproj.CRS
    dsm_href: str | None
    settings: ScoreSection


@dataclass(frozen=True)
class Job:
    """One window with what touches it: ``blocks`` are the indices of ``polygons``; ``roofs`` None if none are known."""

    window: Window
    blocks: tuple[int, ...]
    polygons: tuple[BaseGeometry, ...]
    roofs: tuple[BaseGeometry, ...] | None


def score_tiles(
    flight: Flight,
    tiles: Tiles,
    blocks: Blocks,
    paths: FlightPaths,
    *,
    settings: ScoreSection,
    buildings: gpd.GeoSeries | None = None,
    workers: int = 1,
    scheduler: str = "",
    progress: Progress,
) -> ScoreTable:
    """Measure a flight and write its tables of blocks, cells and hotspots, its profile and the hotspots' chips.

    Parameters
    ----------
    tiles : windows and the blocks that each touches, as the tile stage chose them
    buildings : footprints in any CRS; None where there are none
    workers, scheduler : threads here, or a Dask scheduler's workers; the result does not depend on it

    Raises
    ------
    ImageryError : the imagery cannot be read, or has no usable pixel in any block
    """
    with Imagery.of(flight) as imagery:
        scene = Scene(imagery, blocks.crs, flight.dsm_href, settings)
        polygons = list(blocks.frame.geometry.to_crs(flight.grid.crs_wkt))
        known = buildings is not None or flight.dsm_href is not None
        profile = _profile(imagery, polygons, roofs_known=known)
        jobs = _jobs(imagery, tiles, polygons, buildings)
        with _kept(paths) as kept:
            parts = map_windows(
                partial(measure_tile, scene, profile),
                jobs,
                workers,
                progress,
                scheduler=scheduler,
                kept=kept,
            )
            sums, spots = _gather(parts, settings.hotspots_per_block * len(polygons))
        table = _table(flight, blocks, sums, spots, limits=_limits(flight, profile, settings))
        write_chips(imagery, table.hotspots, paths.chips, chip_m=settings.chip_m, most=settings.chips)
    write_json(paths.profile, asdict(profile))
    write_parquet(table.blocks, paths.score_blocks)
    write_parquet(table.cells, paths.cells)
    write_gpkg(table.hotspots, paths.hotspots, "hotspots")
    return table


@contextmanager
def _kept(paths: FlightPaths) -> Iterator[KeptParts | None]:
    """What an earlier run that was killed left of the same work; None where nothing is to be left."""
    if paths.spool is None:
        yield None
        return
    with Spool(paths.spool) as spool:
        yield KeptParts(spool)


def _jobs(
    imagery: Imagery, tiles: Tiles, polygons: Sequence[BaseGeometry], buildings: gpd.GeoSeries | None
) -> list[Job]:
    """Each window with the polygons it needs, so that no worker needs all."""
    roofs = None if buildings is None else buildings.to_crs(imagery.grid.crs_wkt).to_numpy()
    tree = None if roofs is None else STRtree(roofs)
    jobs = []
    for window, touched in tiles:
        seen = box(*imagery.grid.bounds(*window.read))
        near = None if roofs is None or tree is None else tuple(roofs[np.sort(tree.query(seen))])
        jobs.append(Job(window, touched, tuple(polygons[i] for i in touched), near))
    return jobs


def _profile(imagery: Imagery, polygons: Sequence[BaseGeometry], *, roofs_known: bool) -> FlightProfile:
    """Fit the flight's constants to small patches under its blocks, drawn evenly so that no corner sets the tone."""
    size = -(-PATCH_PX // imagery.work.align) * imagery.work.align
    cores = [Window(*core) for core, _ in cores_under(polygons, imagery.grid, size)]
    drawn = np.sort(np.random.default_rng(0).permutation(len(cores))[:SAMPLE_PATCHES])
    sampled = [imagery.read(cores[i]) for i in drawn]
    work = imagery.work
    profile = fit_profile([(p.rgb, p.valid) for p in sampled], work.gsd_m, work.pool)
    if profile is None:
        raise ImageryError(
            f"{imagery.href} has no usable pixel where the blocks lie",
            "imagery that covers the blocks",
            "wuse check CONFIG",
            zh=f"{imagery.href} 在区块范围内没有可用的像素；影像应覆盖区块；处理：wuse check CONFIG",
        )
    if roofs_known:
        return profile
    shown = sampled[:: -(-len(sampled) // SHADE_PATCHES)]
    return with_fall([Evidence(p.rgb, p.valid, p.nir) for p in shown], profile, work)


def _gather(parts: Iterable[Part], wanted: int) -> tuple[CellSums, list[Spot]]:
    """Merge windows in their order; candidate spots are thinned on the way, so memory stays flat."""
    sums, spots = list[CellSums](), list[Spot]()
    for part in parts:
        sums.append(part.sums)
        spots.extend(part.spots)
        if len(spots) > 4 * wanted:
            spots = best(spots, 2 * wanted)
        if len(sums) > 64:
            sums = [merge(sums, SUMS)]
    return merge(sums, SUMS), best(spots, wanted)


def measure_tile(scene: Scene, profile: FlightProfile, job: Job) -> Part:
    """Measure one window: the sums of its core, and the candidate spots whose peak lies in its core."""
    window, imagery, work = job.window, scene.imagery, scene.imagery.work
    pixels = imagery.read(window)
    roof = None if job.roofs is None else cover_share(job.roofs, window, imagery)
    heights = heights_above_ground(scene.dsm_href, window, imagery)
    evidence = Evidence(pixels.rgb, pixels.valid, pixels.nir, roof, heights)
    reading = read_window(evidence, profile, work, scene.settings.edge_m)
    labels = label_core(job.polygons, job.blocks, window, imagery)
    x, y = _metric(scene, window)
    cells = np.floor(x / CELL_M).astype(np.int64), np.floor(y / CELL_M).astype(np.int64)
    sums = cell_sums(reading, labels, cells, work.pool_gsd_m**2)
    built = np.nan_to_num(reading.surfaces.roof, nan=0.0) > 0.5
    found = peaks(reading.score, reading.judged & (labels > 0) & ~built, work.pool_gsd_m)
    return Part(sums, _in_metres(scene, window, found, labels))


def _metric(scene: Scene, window: Window) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metric coordinates of the centres of a window's pooled pixels, bilinear between its corners."""
    (rows, cols), frame = pooled_frame(window, scene.imagery)
    x = frame.c + frame.a * np.array([0.0, cols, 0.0, cols])
    y = frame.f + frame.e * np.array([0.0, 0.0, rows, rows])
    corners = _to_metric(scene, x, y)
    across, down = (np.arange(cols) + 0.5) / cols, ((np.arange(rows) + 0.5) / rows)[:, None]
    out = [
        (1 - down) * ((1 - across) * c[0] + across * c[1]) + down * ((1 - across) * c[2] + across * c[3])
        for c in corners
    ]
    return out[0], out[1]


def _to_metric(
    scene: Scene, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    move = pyproj.Transformer.from_crs(scene.imagery.grid.crs_wkt, scene.metric, always_xy=True)
    east, north = move.transform(x, y)
    return np.asarray(east), np.asarray(north)


def _in_metres(scene: Scene, window: Window, found: list[Peak], labels: NDArray[np.int32]) -> list[Spot]:
    if not found:
        return []
    _, frame = pooled_frame(window, scene.imagery)
    points = np.concatenate([np.vstack([[p.col + 0.5, p.row + 0.5], p.outline]) for p in found])
    x, y = _to_metric(scene, frame.c + frame.a * points[:, 0], frame.f + frame.e * points[:, 1])
    ends = np.cumsum([len(p.outline) + 1 for p in found])
    spots = []
    for peak, end in zip(found, ends, strict=True):
        start = end - len(peak.outline) - 1
        outline = np.stack([x[start + 1 : end], y[start + 1 : end]], axis=1)
        spots.append(Spot(int(labels[peak.row, peak.col]) - 1, peak.score, float(x[start]), float(y[start]), outline))
    return spots


def _limits(flight: Flight, profile: FlightProfile, settings: ScoreSection) -> Limits:
    blurred = Unusable.BLURRED if profile.blur_m > settings.max_blur_m else None
    return Limits(
        settings.min_valid_pct,
        settings.min_ground_pct,
        settings.min_ground_m2,
        settings.max_shadow_pct,
        Unusable.COARSE if flight.grid.gsd_m > settings.max_gsd_m else blurred,
    )


def _table(flight: Flight, blocks: Blocks, sums: CellSums, spots: list[Spot], *, limits: Limits) -> ScoreTable:
    ids = np.asarray(blocks.frame["block_id"], object)
    spots = [] if limits.whole else spots
    area = blocks.frame.geometry.area.to_numpy(np.float64)
    figures, unusable = block_indicators(sums, area, limits)
    counts = np.bincount([s.block for s in spots if s.score > SCORE_CUT], minlength=len(ids))
    table = pd.DataFrame({"block_id": ids, **figures, "unusable_reason": unusable, "hotspots": counts.astype(np.int64)})
    cells = pd.DataFrame({"block_id": ids[sums.block], "ix": sums.ix, "iy": sums.iy, **cell_indicators(sums)})
    return ScoreTable(table, cells, _hotspots(flight, ids, spots, blocks.crs))


def _hotspots(flight: Flight, ids: NDArray[np.object_], spots: list[Spot], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    names = [spot_id(flight.id, s.x, s.y) for s in spots]
    outlines = [make_valid(Polygon(s.outline)) for s in spots]
    return gpd.GeoDataFrame(
        {
            "hotspot_id": names,
            "block_id": [ids[s.block] for s in spots],
            "rank": np.arange(1, len(spots) + 1),
            "score": [round(severity(s.score), 2) for s in spots],
            "area_m2": [round(float(o.area), 2) for o in outlines],
            "kind": [str(SpotKind.UNTOLD)] * len(spots),
            "chip": [f"chips/{name}.webp" for name in names],
        },
        geometry=outlines,
        crs=crs,
    )
