"""Squares of clean ground, strewn with a known number of things, and how well clutter tells them from clean ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
from changes import View, results
from debris import Canvas, auc, distract, strew
from rasterio.features import geometry_mask
from shapely import STRtree, box, prepare
from shapely.geometry.base import BaseGeometry

from pipeline.core.filters import erode
from pipeline.core.grid import WorkGrid, work_grid
from pipeline.core.measure import Evidence, Reading, read_window, with_fall
from pipeline.core.radiometry import fit_profile

SIDE_M, PITCH_M, STEP_M, CLEAR_M, LEAST_GROUND = 10.0, 13.0, 2.0, 2.0, 0.5
DENSITIES = (0, 3, 6, 12, 24)
FROM_DENSITY = 6
SCORE = "min_ground_pct = 0\n"


def seen_whole(view: View, roof: np.ndarray | None = None) -> tuple[Reading, WorkGrid]:
    """The untouched picture as one window, and its grid; ``roof`` is its known share per pooled pixel."""
    grid = work_grid(view.gsd_m)
    width, height = (n * grid.pool for n in pooled_size(view)[::-1])
    rgb = cv2.resize(view.rgb, (width, height), interpolation=cv2.INTER_AREA)
    valid = cv2.resize(view.valid.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    profile = fit_profile([(rgb, valid)], grid.gsd_m, grid.pool)
    assert profile is not None
    profile = with_fall([Evidence(rgb, valid)], profile, grid)
    return read_window(Evidence(rgb, valid, roof=roof), profile, grid, 0.0), grid


def pooled_size(view: View) -> tuple[int, int]:
    """Rows and columns of a view's pooled pixels."""
    grid = work_grid(view.gsd_m)
    rows, cols = (n * grid.work // grid.native // grid.pool for n in view.valid.shape)
    return rows, cols


def open_ground(view: View) -> np.ndarray:
    """Where things may be painted, (h, w): neither green nor dark nor roof, as the untouched picture looks."""
    seen, grid = seen_whole(view)
    ground = erode((seen.surfaces.ground > 0.5) & (seen.roof < 0.5), 0.3, grid.pool_gsd_m)
    return cv2.resize(ground.astype(np.uint8), view.valid.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def without(view: View, ground: np.ndarray, shapes: Sequence[BaseGeometry]) -> np.ndarray:
    """The ground less these shapes, given in the view's CRS."""
    return ground & geometry_mask(shapes, ground.shape, view.transform) if len(shapes) else ground


def clean_squares(view: View, ground: np.ndarray, marks: Sequence[BaseGeometry]) -> gpd.GeoDataFrame:
    """Squares of 10 m in the blocks, 3 m apart, mostly open ground, at least 2 m from every mark of mess.

    Squares are laid from the north-west, each where the next one fits.
    """
    tree, area, metre = STRtree(list(marks)), view.blocks.geometry.union_all(), view.metre
    prepare(area)
    kept: list[BaseGeometry] = []
    for x, y in _corners(area, metre):
        square = box(x, y, x + SIDE_M * metre, y + SIDE_M * metre)
        apart = all(abs(x - k.bounds[0]) >= PITCH_M * metre or abs(y - k.bounds[1]) >= PITCH_M * metre for k in kept)
        if apart and area.contains(square) and not _marked(tree, square, metre) and _open(view, ground, square):
            kept.append(square)
    names = [f"S{i:04d}" for i in range(len(kept))]
    return gpd.GeoDataFrame({"block_id": names}, geometry=kept, crs=view.blocks.crs)


def _corners(area: BaseGeometry, metre: float) -> Iterator[tuple[float, float]]:
    west, south, east, north = area.bounds
    for y in np.arange(north, south, -STEP_M * metre):
        for x in np.arange(west, east, STEP_M * metre):
            yield float(x), float(y)


def _open(view: View, ground: np.ndarray, square: BaseGeometry) -> bool:
    place = view.pixels(*square.bounds)
    return ground[place].mean() >= LEAST_GROUND and bool(view.valid[place].all())


def _marked(tree: STRtree, square: BaseGeometry, metre: float) -> bool:
    return len(tree.query(square, "dwithin", distance=CLEAR_M * metre)) > 0


def strewn(view: View, ground: np.ndarray, squares: gpd.GeoDataFrame, turn: int) -> View:
    """The view with distractors in every square and debris at this turn's density; squares change density in turn."""
    canvas = Canvas.of(view.rgb, view.valid, view.gsd_m)
    for i, square in enumerate(squares.geometry):
        place = view.pixels(*square.bounds)
        part = Canvas(canvas.rgb[place], canvas.gsd_m, canvas.dark, canvas.bright)
        distract(part, ground[place], np.random.default_rng((7, i)))
        m2 = float(ground[place].sum()) * canvas.gsd_m**2
        strew(part, ground[place], round(density(i, turn) * m2 / 100), np.random.default_rng((8, i, turn)))
    return replace(view, rgb=canvas.finish(), blocks=squares)


def density(square: int, turn: int) -> int:
    """Things per 100 m² of ground in a square at a turn: over five turns each square has each density once."""
    return DENSITIES[(square + turn) % len(DENSITIES)]


def clutter_by_density(
    view: View, ground: np.ndarray, squares: gpd.GeoDataFrame, work: Path, *, turns: int = 5
) -> dict[int, np.ndarray]:
    """Clutter of all squares that could be judged, by the density painted on them."""
    found: dict[int, list[float]] = {d: [] for d in DENSITIES}
    for turn in range(turns):
        table = results(strewn(view, ground, squares, turn), work / str(turn), SCORE)
        for i, name in enumerate(squares.block_id):
            found[density(i, turn)].append(float(table.clutter[name]))
    return {d: np.array(v)[np.isfinite(v)] for d, v in found.items()}


def told_apart(found: dict[int, np.ndarray]) -> float:
    """AUC of squares with at least 6 things per 100 m² against squares without any."""
    return auc(np.concatenate([v for d, v in found.items() if d >= FROM_DENSITY]), found[0])
