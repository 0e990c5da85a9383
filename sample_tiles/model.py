"""What a procedural scene is made of: labelled, coloured polygons with a height, and crowns of plants."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Floats = NDArray[np.float32]
Colour = tuple[float, float, float]

JAN, SEP, BOTH = 1, 2, 3


class Label(IntEnum):
    """What a pixel truly is, seen from above."""

    NONE = 0
    PAVED = 1
    SOIL = 2
    LAWN = 3
    SHRUB = 4
    CANOPY = 5
    ROOF = 6
    WATER = 7
    VEHICLE = 8
    OBJECT = 9
    LITTER = 10


class Material(IntEnum):
    """How a surface varies: one row of `TEXTURE` each."""

    ASPHALT = 0
    CONCRETE = 1
    PAVING = 2
    SOIL = 3
    LAWN = 4
    WATER = 5
    ROOF = 6
    TIN = 7
    TILE = 8
    SMOOTH = 9
    LEAF = 10
    HEAP = 11


OCTAVES_M = (0.28, 0.9, 3.6, 17.0)
# Relative change of reflectance per octave; fine grain is kept low because it is what JPEG pays for.
TEXTURE: dict[Material, tuple[float, float, float, float]] = {
    Material.ASPHALT: (0.08, 0.08, 0.12, 0.12),
    Material.CONCRETE: (0.08, 0.11, 0.18, 0.15),
    Material.PAVING: (0.09, 0.07, 0.10, 0.10),
    Material.SOIL: (0.17, 0.16, 0.18, 0.16),
    Material.LAWN: (0.24, 0.19, 0.19, 0.14),
    Material.WATER: (0.01, 0.03, 0.06, 0.12),
    Material.ROOF: (0.08, 0.14, 0.22, 0.10),
    Material.TIN: (0.03, 0.08, 0.13, 0.08),
    Material.TILE: (0.08, 0.10, 0.12, 0.08),
    Material.SMOOTH: (0.03, 0.04, 0.02, 0.02),
    Material.LEAF: (0.34, 0.18, 0.10, 0.10),
    Material.HEAP: (0.30, 0.25, 0.10, 0.05),
}


class Layer(IntEnum):
    """Drawing order of polygons."""

    BASE = 0
    GROUND = 1
    ROAD = 2
    MARKING = 3
    OBJECT = 4
    LITTER = 5
    BUILDING = 6
    ROOF = 7
    CLUTTER = 8


@dataclass(frozen=True, slots=True)
class Pattern:
    """Stripes (corrugation, tiles, crop rows) or joints (slabs, paving) across a polygon."""

    angle: float
    period_m: float
    amplitude: float
    joints: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """One polygon. Coordinates are scene metres: x to the right, y downwards. Colours are sRGB, 0-255."""

    ring: Points
    colour: Colour
    material: Material
    label: Label
    layer: Layer
    height_m: float = 0.0
    flights: int = BOTH
    tilt: tuple[float, float] = (0.0, 0.0)
    pattern: Pattern | None = None
    cover: float = 1.0


@dataclass(frozen=True, slots=True)
class Crown:
    """A tree or a shrub: a heap of leafy domes."""

    x: float
    y: float
    radius_m: float
    height_m: float
    colour: Colour
    seed: int
    label: Label = Label.CANOPY
    flights: int = BOTH


@dataclass(frozen=True, slots=True)
class Building:
    """A footprint with its height above the ground."""

    ring: Points
    height_m: float
    roof: str


@dataclass(frozen=True, slots=True)
class LitterItem:
    """One piece or heap of litter, at its true place."""

    x: float
    y: float
    kind: str
    area_m2: float
    radius_m: float
    flights: int


@dataclass(slots=True)
class Scene:
    """Everything that can be seen."""

    width_m: float
    height_m: float
    patches: list[Patch] = field(default_factory=list)
    crowns: list[Crown] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sky:
    """Light, air and camera of one flight."""

    bit: int
    azimuth_deg: float
    elevation_deg: float
    ambient: float
    exposure: float
    white_balance: Colour
    haze: float
    lawn_tint: Colour
    leaf_tint: Colour
    seed: int

    @property
    def sun(self) -> tuple[float, float, float]:
        """Unit vector towards the sun (x right, y down, z up)."""
        azimuth, elevation = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        flat = math.cos(elevation)
        return flat * math.sin(azimuth), -flat * math.cos(azimuth), math.sin(elevation)


WINTER = Sky(JAN, 153.0, 36.0, 0.32, 1.0, (1.03, 1.0, 0.96), 0.014, (1.16, 1.0, 1.06), (1.10, 0.98, 1.05), 101)
AUTUMN = Sky(SEP, 130.0, 54.5, 0.25, 1.06, (0.99, 1.0, 1.03), 0.009, (0.95, 1.05, 0.92), (0.96, 1.04, 0.92), 202)


def shade(colour: Colour, factor: float) -> Colour:
    """The same colour, lighter or darker."""
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
