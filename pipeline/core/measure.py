"""Everything that one window of a flight says, from its pixels alone: surfaces, mess, and the sums per cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.core import clutter, roofs, surface
from pipeline.core.colours import Colours, colours
from pipeline.core.filters import F32, U8, Bool, erode, pool
from pipeline.core.grid import WorkGrid
from pipeline.core.lighting import lit_warmer
from pipeline.core.radiometry import FlightProfile, Lab
from pipeline.core.specks import SpeckPlanes, speck_planes
from pipeline.core.strips import by_strips
from pipeline.core.surface import Surfaces
from pipeline.core.vehicles import vehicle_step, vehicles
from pipeline.core.zonal import CellSums, zonal_sums

T = TypeVar("T")
DARK_MARGIN_L: Final = 3.0

SUMS: Final = (
    "valid_m2",
    "open_m2",
    "ground_m2",
    "green_m2",
    "ground_green_m2",
    "canopy_m2",
    "bare_m2",
    "shadow_m2",
    "roof_m2",
    "mess_m2",
)


@dataclass(frozen=True)
class Evidence:
    """The pixels of one window on the working grid, and what other layers know about it on the pooled grid.

    ``rgb`` (h, w, 3) uint8, ``valid`` (h, w), ``nir`` (h, w) uint8 or None; ``roof`` share and ``height_m`` above
    the local ground, (h / pool, w / pool) or None.
    """

    rgb: U8
    valid: Bool
    nir: U8 | None = None
    roof: F32 | None = None
    height_m: F32 | None = None


@dataclass(frozen=True)
class Reading:
    """What a window shows per pooled pixel, (h, w) each.

    ``surfaces``; ``score`` the strength of mess and ``mess`` the share that is mess; ``judged`` where it can be judged;
    ``roof`` confidence of a roof, by its looks where nothing is known of roofs.
    """

    surfaces: Surfaces
    score: F32
    mess: F32
    judged: Bool
    roof: F32


@dataclass(frozen=True)
class Appearance:
    """A window in the colours by which it is judged, and what lies there.

    ``lab`` (h, w) on the working grid; ``surfaces``, ``lightness`` (mean L, 0 to 100), ``gloom`` (1 where it is among
    the flight's darkest) and ``roughness`` (spread of log brightness within 1.5 m) on the pooled grid.
    """

    lab: Lab
    surfaces: Surfaces
    lightness: F32
    gloom: F32
    roughness: F32


def _cover_planes(seen: Colours, valid: Bool, grid: WorkGrid) -> dict[str, F32]:
    """What :class:`surface.Cover` is made of, and the mean Lab."""
    planes: dict[str, NDArray[np.generic]] = {
        "valid": valid,
        "green": seen.green,
        "shade": seen.dark & ~seen.green,
        "l": seen.lab.l,
        "a": seen.lab.a,
        "b": seen.lab.b,
    }
    pooled = {name: pool(plane, grid.pool) for name, plane in planes.items()}
    return pooled | {"log": seen.log, "log_square": seen.log_square}


def _surfaces(planes: Mapping[str, F32], evidence: Evidence, coarse_gsd_m: float) -> tuple[Surfaces, F32]:
    """The surfaces, and the roughness, of pooled planes."""
    rough = surface.spread(planes["log"], planes["log_square"], coarse_gsd_m)
    cover = surface.Cover(planes["valid"], planes["green"], planes["shade"], planes["b"], rough)
    height = evidence.height_m
    return surface.classify(cover, roof=evidence.roof, height_m=height, coarse_gsd_m=coarse_gsd_m), rough


def appearance(evidence: Evidence, profile: FlightProfile, grid: WorkGrid) -> Appearance:
    """Bring a small window to the flight's scale and tell its surfaces apart."""
    seen = colours(evidence.rgb, evidence.valid, evidence.nir, profile, grid=grid)
    planes = _cover_planes(seen, evidence.valid, grid)
    surfaces, rough = _surfaces(planes, evidence, grid.pool_gsd_m)
    return Appearance(seen.lab, surfaces, planes["l"], _gloom(planes["l"], profile), rough)


def _gloom(lightness: F32, profile: FlightProfile) -> F32:
    return np.asarray(lightness < profile.dark_l, np.float32)


def _fine(rgb: U8, valid: Bool, nir: U8 | None, profile: FlightProfile, *, grid: WorkGrid) -> dict[str, F32]:
    """All that is told on working pixels, pooled: specks, lightness and yellowness to about .15 m, the rest to .3 m."""
    seen, step = colours(rgb, valid, nir, profile, grid=grid), vehicle_step(grid)
    specks = speck_planes(seen.lab, valid, grid, step)
    edges = clutter.edge_planes(seen.lab.l, grid)
    fine = {"fine_l": pool(seen.lab.l, step), "fine_b": pool(seen.lab.b, step)}
    return _cover_planes(seen, valid, grid) | vars(specks) | vars(edges) | fine


def read_window(evidence: Evidence, profile: FlightProfile, grid: WorkGrid, edge_m: float) -> Reading:
    """Measure one window; what lies within ``edge_m`` of invalid pixels is not judged (mosaic borders smear)."""
    coarse, step = grid.pool_gsd_m, vehicle_step(grid)
    planes = by_strips(
        lambda rgb, valid, nir: _fine(rgb, valid, nir, profile, grid=grid),
        (evidence.rgb, evidence.valid, evidence.nir),
        grid,
    )
    surfaces, rough = _surfaces(planes, evidence, coarse)
    fine_l, fine_b = planes.pop("fine_l"), planes.pop("fine_b")
    parked, lit = vehicles(fine_l, grid.gsd_m * step), lit_warmer(fine_l, fine_b, grid.pool // step, coarse)
    del fine_l, fine_b  # the largest of all, and not needed again
    share = pool(np.where(parked, np.float32(0), planes["strength"]), grid.pool // step)
    planes["things"] *= 1 - pool(parked, grid.pool // step)
    specks = clutter.gathered_specks(_picked(SpeckPlanes, planes), share, coarse)
    directions = clutter.gathered_edges(_picked(clutter.EdgePlanes, planes), coarse)
    context = clutter.Context(
        clutter.surroundings(surfaces.vegetation, surfaces.valid, coarse),
        clutter.surroundings(_gloom(planes["l"], profile), surfaces.valid, coarse),
        clutter.light_context(planes["l"], coarse),
        rough,
        _roof(surfaces, planes, directions, profile, gsd_m=coarse),
        lit,
    )
    score = clutter.mess_score(specks, directions, context, coarse)
    mess = clutter.mess_share(score, specks, directions, context, coarse_gsd_m=coarse)
    judged = erode(surfaces.valid > 0.99, edge_m, coarse) if edge_m > 0 else surfaces.valid > 0.99
    return Reading(surfaces, score, mess, np.asarray(judged), context.roof)


def _picked(kind: type[T], planes: Mapping[str, F32]) -> T:
    """A record of planes by the names of its fields."""
    return kind(**{field.name: planes[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def _roof(
    surfaces: Surfaces,
    planes: Mapping[str, F32],
    directions: clutter.Directions,
    profile: FlightProfile,
    *,
    gsd_m: float,
) -> F32:
    """Roof confidence for the context: what is known, else what appearance says, else none."""
    if np.isfinite(surfaces.roof).all():
        return surfaces.roof
    if gsd_m > roofs.COARSEST_GSD_M:
        return np.zeros_like(surfaces.roof)
    look = _look(planes, surfaces, profile)
    return roofs.roof_confidence(look, directions.right_angles_wide, directions.isotropic, profile.fall, gsd_m=gsd_m)


def _look(planes: Mapping[str, F32], surfaces: Surfaces, profile: FlightProfile) -> roofs.Look:
    dark = (planes["l"] < profile.dark_l + DARK_MARGIN_L) | (surfaces.shadow > 0.5)
    return roofs.Look((planes["l"], planes["a"], planes["b"]), surfaces.vegetation, surfaces.shadow, dark)


def with_fall(samples: Sequence[Evidence], profile: FlightProfile, grid: WorkGrid) -> FlightProfile:
    """The profile, knowing which way shadows fall in these windows of its flight."""
    if not samples or grid.pool_gsd_m > roofs.COARSEST_GSD_M:
        return profile
    votes = np.zeros(3)
    for evidence in samples:
        seen = colours(evidence.rgb, evidence.valid, evidence.nir, profile, grid=grid)
        planes = _cover_planes(seen, evidence.valid, grid)
        surfaces, _ = _surfaces(planes, evidence, grid.pool_gsd_m)
        votes += roofs.shade_votes(_look(planes, surfaces, profile), grid.pool_gsd_m)
    return replace(profile, fall=roofs.shadow_fall(votes))


def cell_sums(
    reading: Reading,
    labels: NDArray[np.int32],
    cells: tuple[NDArray[np.int64], NDArray[np.int64]],
    area_m2: float,
) -> CellSums:
    """Square metres of everything per block and cell; ``area_m2`` is the ground area of one pooled pixel."""
    s, px = reading.surfaces, np.float32(area_m2)
    measured = reading.judged.astype(np.float32)
    roofless = 1 - np.nan_to_num(s.roof, nan=0.0)
    planes = (
        s.valid,
        measured * np.clip(s.valid - s.canopy, 0, 1) * roofless,
        s.ground * measured,
        s.vegetation,
        s.vegetation * roofless,
        s.canopy,
        s.bare,
        s.shadow,
        s.roof * s.valid,
        reading.mess * measured * np.clip(s.valid - s.canopy, 0, 1) * roofless,
    )
    values = {name: np.asarray(plane * px, np.float32) for name, plane in zip(SUMS, planes, strict=True)}
    return zonal_sums(labels, cells[0], cells[1], values)
