"""Everything that one window of a flight says, from its pixels alone: surfaces, mess, and the sums per cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core import clutter, roofs, surface
from pipeline.core.filters import F32, U8, Bool, erode, pool
from pipeline.core.greenery import LogColour, log_colour, vegetation, vegetation_nir
from pipeline.core.grid import WorkGrid
from pipeline.core.radiometry import FlightProfile, Lab, to_lab
from pipeline.core.surface import Surfaces
from pipeline.core.vehicles import vehicles
from pipeline.core.zonal import CellSums, zonal_sums

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
    """What a window shows per pooled pixel: surfaces, strength of mess, share that is mess, where it can be judged."""

    surfaces: Surfaces
    score: F32
    mess: F32
    judged: Bool


@dataclass(frozen=True)
class Appearance:
    """A window in the colours by which it is judged, and what lies there.

    ``colour`` and ``lab`` (h, w) on the working grid; ``surfaces``, ``lightness`` (mean L, 0 to 100) and ``gloom``
    (1 where it is among the flight's darkest) on the pooled grid.
    """

    colour: LogColour
    lab: Lab
    surfaces: Surfaces
    lightness: F32
    gloom: F32


def appearance(evidence: Evidence, profile: FlightProfile, grid: WorkGrid) -> Appearance:
    """Bring a window to the flight's scale and tell its surfaces apart."""
    rgb, valid = evidence.rgb, evidence.valid
    colour = log_colour(rgb, profile.green.haze, grid.gsd_m)
    if evidence.nir is None:
        green = vegetation(colour, profile.green, valid, grid.gsd_m)
    else:
        green = vegetation_nir(np.ascontiguousarray(rgb[..., 0]), evidence.nir, valid)
    dark = surface.shadow(colour, profile.green, valid)
    lab = to_lab(rgb, valid, profile)
    surfaces = surface.classify(
        lab, colour, green, dark, valid=valid, grid=grid, roof=evidence.roof, height_m=evidence.height_m
    )
    lightness = pool(lab.l, grid.pool)
    return Appearance(colour, lab, surfaces, lightness, np.asarray(lightness < profile.dark_l, np.float32))


def read_window(evidence: Evidence, profile: FlightProfile, grid: WorkGrid, edge_m: float) -> Reading:
    """Measure one window; what lies within ``edge_m`` of invalid pixels is not judged (mosaic borders smear)."""
    coarse, valid = grid.pool_gsd_m, evidence.valid
    seen = appearance(evidence, profile, grid)
    lab, surfaces = seen.lab, seen.surfaces
    specks = clutter.compact_specks(lab, valid & ~vehicles(lab.l, grid), grid)
    directions = clutter.edge_directions(lab.l, grid)
    context = clutter.Context(
        clutter.surroundings(surfaces.vegetation, surfaces.valid, coarse),
        clutter.surroundings(seen.gloom, surfaces.valid, coarse),
        clutter.light_context(seen.lightness, coarse),
        surface.roughness(seen.colour.luminance, grid),
        _roof(surfaces, lab, directions, grid),
    )
    score = clutter.mess_score(specks, directions, context, coarse)
    mess = clutter.mess_share(score, specks, context, coarse)
    judged = erode(surfaces.valid > 0.99, edge_m, coarse) if edge_m > 0 else surfaces.valid > 0.99
    return Reading(surfaces, score, mess, np.asarray(judged))


def _roof(surfaces: Surfaces, lab: Lab, directions: clutter.Directions, grid: WorkGrid) -> F32:
    """Roof confidence for the context: what is known, else what appearance says, else none."""
    if np.isfinite(surfaces.roof).all():
        return surfaces.roof
    if grid.pool_gsd_m > roofs.COARSEST_GSD_M:
        return np.zeros_like(surfaces.roof)
    planes = (pool(lab.l, grid.pool), pool(lab.a, grid.pool), pool(lab.b, grid.pool))
    wide, energy = directions.right_angles_wide, directions.isotropic
    return roofs.roof_confidence(planes, wide, energy, surfaces.vegetation, gsd_m=grid.pool_gsd_m)


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
