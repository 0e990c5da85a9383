"""Things that stand about: buildings with their roofs, cars, e-bikes, plants, laundry, goods in good order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from layout import Frame, Site
from model import (
    BOTH,
    Building,
    Colour,
    Crown,
    Label,
    Layer,
    Material,
    Patch,
    Pattern,
    Points,
    Scene,
    shade,
)
from shapely.geometry import Polygon
from shapely.prepared import prep

CONCRETES: tuple[Colour, ...] = ((176, 173, 166), (160, 158, 153), (190, 186, 176), (148, 147, 143), (182, 172, 160))
CROWNS: tuple[Colour, ...] = ((88, 110, 62), (98, 120, 64), (76, 100, 62), (110, 126, 76), (84, 112, 58))
CARS: tuple[Colour, ...] = (
    (230, 230, 230), (186, 189, 192), (88, 92, 98), (60, 62, 66),
    (44, 46, 50), (140, 52, 48), (60, 76, 112), (190, 182, 164),
)  # fmt: skip
BIKES: tuple[Colour, ...] = ((62, 62, 66), (150, 52, 50), (72, 92, 132), (112, 108, 104), (84, 80, 78))
CLOTHES: tuple[Colour, ...] = ((214, 98, 92), (98, 136, 196), (222, 196, 120), (206, 204, 206), (196, 130, 170))


@dataclass(slots=True)
class Plot:
    """A site being filled: knows its frame, its random numbers and what has been built on it."""

    scene: Scene
    frame: Frame
    site: Site
    rng: np.random.Generator

    def pick(self, colours: tuple[Colour, ...]) -> Colour:
        """One of the colours, a little lighter or darker."""
        return shade(colours[int(self.rng.integers(len(colours)))], float(self.rng.uniform(0.92, 1.07)))

    def patch(
        self, ring: Points, colour: Colour, material: Material, label: Label, layer: Layer,
        height_m: float = 0.0, flights: int = BOTH, tilt: tuple[float, float] = (0.0, 0.0),
        pattern: Pattern | None = None, cover: float = 1.0,
    ) -> None:  # fmt: skip
        """Add one polygon to the scene."""
        self.scene.patches.append(Patch(ring, colour, material, label, layer, height_m, flights, tilt, pattern, cover))

    def box(self, u: float, v: float, width: float, depth: float, turn: float = 0.0) -> Points:
        """A rectangle along the local street."""
        return self.frame.box(u, v, width, depth, turn)


def disc(x: float, y: float, radius: float, sides: int = 14) -> Points:
    """A round outline."""
    turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def building(plot: Plot, u: float, v: float, width: float, depth: float, height: float, roof: str) -> bool:
    """A building with its roof, if it fits in the parcel. Roofs: flat, tile, blue, tin, green."""
    parcel = prep(plot.site.parcel)
    for share in (1.0, 0.92, 0.84, 0.72):
        ring = plot.box(u, v, width * share, depth * share)
        if parcel.contains(Polygon(ring).buffer(0.25)):
            width, depth = width * share, depth * share
            break
    else:
        return False
    plot.scene.buildings.append(Building(ring, height, roof))
    if roof == "tile":
        _pitched(plot, (u, v), (width, depth), height, (158, 94, 76), Material.TILE, 0.42)
    elif roof in ("blue", "tin", "rust"):
        colour = {"blue": (100, 132, 170), "tin": (172, 176, 178), "rust": (142, 116, 98)}[roof]
        _pitched(plot, (u, v), (width, depth), height, colour, Material.TIN, 0.16)
    else:
        _flat(plot, (u, v), (width, depth), height, (116, 140, 112) if roof == "green" else plot.pick(CONCRETES))
    return True


def _pitched(
    plot: Plot, at: tuple[float, float], size: tuple[float, float], height: float, colour: Colour, material: Material,
    slope: float,
) -> None:  # fmt: skip
    colour = shade(colour, float(plot.rng.uniform(0.86, 1.12)))
    angle = plot.frame.heading(*at)
    along_u = size[0] >= size[1]
    stripes = Pattern(angle + (0 if along_u else math.pi / 2), 0.62, 0.11 if material == Material.TIN else 0.14)
    normal = angle + (math.pi / 2 if along_u else 0)
    for side in (-1, 1):
        shift = side * (size[1] if along_u else size[0]) / 4
        ring = plot.frame.box(*at, size[0] if along_u else size[0] / 2, size[1] / 2 if along_u else size[1])
        ring = ring + shift * np.array([math.cos(normal), math.sin(normal)])
        tilt = (-side * slope * math.cos(normal), -side * slope * math.sin(normal))
        tone = shade(colour, float(plot.rng.uniform(0.95, 1.05)))
        plot.patch(ring, tone, material, Label.ROOF, Layer.BUILDING, height, tilt=tilt, pattern=stripes)
    ridge = plot.box(*at, size[0] if along_u else 0.22, 0.22 if along_u else size[1])
    plot.patch(ridge, shade(colour, 0.8), material, Label.ROOF, Layer.ROOF, height + 0.1)
    if material == Material.TIN and size[0] * size[1] > 60:
        for _ in range(int(plot.rng.integers(1, 4))):
            x, y = plot.rng.uniform(-0.36, 0.36, 2) * np.array(size)
            sheet = plot.frame.box(at[0] + x, at[1] + y, 0.9 + plot.rng.random(), 2.2)
            tone = plot.pick(((188, 192, 192), (150, 120, 98), (120, 150, 186)))
            plot.patch(sheet, tone, material, Label.ROOF, Layer.ROOF, height + 0.05, pattern=stripes)


def _flat(plot: Plot, at: tuple[float, float], size: tuple[float, float], height: float, colour: Colour) -> None:
    """A concrete roof: a light coping, a lower deck with joints, and whatever people put on it."""
    rng, (u, v), (width, depth) = plot.rng, at, size
    coping = shade(colour, float(rng.uniform(1.08, 1.2)))
    plot.patch(plot.box(u, v, width, depth), coping, Material.SMOOTH, Label.ROOF, Layer.BUILDING, height)
    joints = Pattern(plot.frame.heading(u, v), 3.2, 0.13, joints=True)
    inner = plot.box(u, v, width - 0.6, depth - 0.6)
    plot.patch(inner, colour, Material.ROOF, Label.ROOF, Layer.ROOF, height - 0.9, pattern=joints)
    deck = height - 0.9
    if width > 14:
        for offset in np.arange(-width / 2 + 7, width / 2 - 5, 9.0):
            _stairhead(plot, u + offset, v + depth * 0.12, deck, coping)
    elif rng.random() < 0.75:
        _stairhead(plot, u + rng.choice([-1, 1]) * width * 0.22, v + rng.choice([-1, 1]) * depth * 0.25, deck, coping)
    for _ in range(int(width * depth / 42 + rng.random())):
        x, y = u + rng.uniform(-0.4, 0.4) * width, v + rng.uniform(-0.4, 0.4) * depth
        _roof_thing(plot, x, y, deck, min(width, depth))


def _stairhead(plot: Plot, u: float, v: float, deck: float, colour: Colour) -> None:
    plot.patch(plot.box(u, v, 2.6, 3.2), colour, Material.SMOOTH, Label.ROOF, Layer.CLUTTER, deck + 2.5)
    plot.patch(plot.box(u, v, 2.2, 2.8), shade(colour, 0.88), Material.ROOF, Label.ROOF, Layer.CLUTTER, deck + 2.4)


def _roof_thing(plot: Plot, u: float, v: float, deck: float, room: float) -> None:
    rng = plot.rng
    kind = rng.choice(["solar", "tank", "shed", "pots", "laundry", "duct"], p=[0.34, 0.2, 0.14, 0.12, 0.08, 0.12])
    if kind == "solar":
        for n in range(int(rng.integers(1, 4))):
            plot.patch(plot.box(u + n * 2.3, v, 1.9, 1.5), (44, 50, 68), Material.SMOOTH, Label.ROOF, Layer.CLUTTER,
                       deck + 0.5, pattern=Pattern(plot.frame.heading(u, v), 0.3, 0.12))  # fmt: skip
            plot.patch(plot.box(u + n * 2.3, v - 0.95, 2.0, 0.5), (214, 216, 218), Material.SMOOTH, Label.ROOF,
                       Layer.CLUTTER, deck + 0.9)  # fmt: skip
    elif kind == "tank":
        x, y = plot.frame.point(u, v)
        tone = plot.pick(((206, 208, 210), (104, 138, 176), (214, 204, 190)))
        plot.patch(disc(x, y, 0.75), tone, Material.SMOOTH, Label.ROOF, Layer.CLUTTER, deck + 1.5)
        plot.patch(
            disc(x - 0.1, y - 0.1, 0.28), shade(tone, 0.8), Material.SMOOTH, Label.ROOF, Layer.CLUTTER, deck + 1.6
        )
    elif kind == "shed" and room > 6:
        tone = plot.pick(((104, 134, 170), (178, 182, 184), (146, 98, 84), (112, 140, 172)))
        stripes = Pattern(plot.frame.heading(u, v), 0.5, 0.12)
        ring = plot.box(u, v, rng.uniform(2.4, 4), rng.uniform(2, 3))
        plot.patch(ring, tone, Material.TIN, Label.ROOF, Layer.CLUTTER, deck + 2.2, pattern=stripes)
    elif kind == "pots":
        for n in range(5):
            x, y = plot.frame.point(u + n * 0.55, v)
            plot.patch(disc(x, y, 0.2, 8), (104, 84, 62), Material.HEAP, Label.ROOF, Layer.CLUTTER, deck + 0.4)
    elif kind == "laundry":
        laundry(plot, u, v, deck + 1.2, Label.ROOF)
    else:
        plot.patch(plot.box(u, v, rng.uniform(0.8, 1.4), 0.9), (204, 204, 200), Material.SMOOTH, Label.ROOF,
                   Layer.CLUTTER, deck + 0.9)  # fmt: skip


def laundry(plot: Plot, u: float, v: float, height: float, label: Label = Label.OBJECT) -> None:
    """A line of washing."""
    layer = Layer.CLUTTER if label == Label.ROOF else Layer.OBJECT
    for n in range(int(plot.rng.integers(3, 6))):
        ring = plot.box(u + n * 0.62, v, 0.5, 0.34)
        plot.patch(ring, plot.pick(CLOTHES), Material.SMOOTH, label, layer, height)


def car(plot: Plot, u: float, v: float, turn: float, flights: int) -> None:
    """A parked car: body, roof, dark glass fore and aft."""
    rng = plot.rng
    colour = plot.pick(CARS)
    angle = turn + rng.normal(0, 0.03)
    x, y = plot.frame.point(u, v)
    heading = plot.frame.heading(u, v) + angle
    length, width = (4.5, 1.8) if rng.random() < 0.85 else (5.2, 2.0)
    cut = 0.35
    body = np.array([[-1, -1 + cut], [-1 + cut * 0.5, -1], [1 - cut * 0.5, -1], [1, -1 + cut], [1, 1 - cut],
                     [1 - cut * 0.5, 1], [-1 + cut * 0.5, 1], [-1, 1 - cut]])  # fmt: skip
    hatch = rng.random() < 0.5
    rear, back = (-0.90, -0.76) if hatch else (-0.56, -0.41)
    parts = (
        (body * np.array([length, width]) / 2, colour, 0.95),
        (np.array([[0.24, -0.84], [0.50, -0.74], [0.50, 0.74], [0.24, 0.84]]), (48, 54, 62), 1.1),
        (np.array([[rear, -0.74], [back, -0.82], [back, 0.82], [rear, 0.74]]), (48, 54, 62), 1.1),
        (np.array([[back, -0.8], [0.24, -0.8], [0.24, 0.8], [back, 0.8]]), shade(colour, 1.05), 1.45),
    )
    cos, sin = math.cos(heading), math.sin(heading)
    for number, (points, tone, height) in enumerate(parts):
        at = points if number == 0 else points * np.array([length, width]) / 2
        ring = np.stack([x + at[:, 0] * cos - at[:, 1] * sin, y + at[:, 0] * sin + at[:, 1] * cos], axis=1)
        plot.patch(ring, tone, Material.SMOOTH, Label.VEHICLE, Layer.OBJECT, height, flights)


def cars(plot: Plot, u: float, v: float, count: int, along: bool, flights: tuple[int, int] = (1, 2)) -> None:
    """A row of bays, differently filled at each flight; `along`: cars stand along the row, else across it."""
    pitch = 5.8 if along else 2.6
    for n in range(count):
        at = u + (n - (count - 1) / 2) * pitch
        if not along:
            mark = plot.box(at - pitch / 2, v, 0.12, 5.0)
            plot.patch(mark, (216, 216, 210), Material.SMOOTH, Label.PAVED, Layer.MARKING)
        for flight in flights:
            if plot.rng.random() < 0.46:
                car(plot, at, v + plot.rng.normal(0, 0.15), 0.0 if along else math.pi / 2, flight)


def bikes(plot: Plot, u: float, v: float, count: int, flights: tuple[int, int] = (1, 2)) -> None:
    """A row of e-bikes."""
    for n in range(count):
        for flight in flights:
            if plot.rng.random() < 0.75:
                at, lean = u + n * 0.72, plot.rng.normal(0, 0.12)
                colour = plot.pick(BIKES)
                plot.patch(
                    plot.box(at, v, 0.32, 1.65, lean), colour, Material.SMOOTH, Label.VEHICLE, Layer.OBJECT, 0.8, flight
                )
                plot.patch(
                    plot.box(at, v + 0.3, 0.34, 0.6, lean),
                    (38, 38, 40),
                    Material.SMOOTH,
                    Label.VEHICLE,
                    Layer.OBJECT,
                    0.85,
                    flight,
                )


def tree(plot: Plot, u: float, v: float, radius: float, flights: int = BOTH, shrub: bool = False) -> None:
    """A tree, or a shrub that is lower than a person."""
    x, y = plot.frame.point(u, v)
    rng = plot.rng
    height = 0.7 + 0.4 * radius if shrub else 2.3 + radius * rng.uniform(0.8, 1.2)
    colour = shade(plot.pick(CROWNS), 1.06 if shrub else 1.0)
    label = Label.SHRUB if shrub else Label.CANOPY
    plot.scene.crowns.append(Crown(x, y, radius, height, colour, int(rng.integers(1 << 31)), label, flights))


def hedge(plot: Plot, u0: float, u1: float, v: float, flights: int = BOTH) -> None:
    """A row of clipped shrubs."""
    for u in np.arange(u0, u1, 0.75):
        tree(plot, float(u), v + plot.rng.normal(0, 0.06), float(plot.rng.uniform(0.5, 0.66)), flights, shrub=True)


def pallets(plot: Plot, u: float, v: float, columns: int, rows: int) -> None:
    """Goods stacked in good order: not mess."""
    tone = plot.pick(((168, 140, 104), (150, 92, 74), (176, 176, 170)))
    for i in range(columns):
        for j in range(rows):
            ring = plot.box(u + i * 1.5, v + j * 1.4, 1.2, 1.1)
            height = 0.5 + 0.4 * float(plot.rng.integers(0, 3))
            plot.patch(ring, shade(tone, plot.rng.uniform(0.9, 1.1)), Material.TILE, Label.OBJECT, Layer.OBJECT, height)
