"""Built-up places: estate, village, school, works, market; and the ground under them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from model import BOTH, JAN, SEP, Colour, Label, Layer, Material, Pattern
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from things import Plot, bikes, building, car, cars, disc, hedge, laundry, pallets, tree

CONCRETE: Colour = (178, 174, 165)
SOIL: Colour = (164, 142, 111)
LAWN: Colour = (104, 124, 76)


def base(plot: Plot, colour: Colour, material: Material, label: Label, pattern: Pattern | None = None) -> None:
    """The ground of the whole parcel."""
    ring = np.asarray(plot.site.parcel.exterior.coords)[:, :2]
    plot.patch(ring, colour, material, label, Layer.BASE, pattern=pattern)


def lawn(plot: Plot, u: float, v: float, width: float, depth: float, whole: bool = False) -> None:
    """A lawn that is as full at each flight as the block's plan says; `whole`: over the entire parcel."""
    ring = np.asarray(plot.site.parcel.exterior.coords)[:, :2] if whole else plot.box(u, v, width, depth)
    for flight, cover in zip((JAN, SEP), plot.site.plan.leafy, strict=True):
        tone = (LAWN[0] * plot.rng.uniform(0.92, 1.08), LAWN[1] * plot.rng.uniform(0.96, 1.05), LAWN[2])
        plot.patch(ring, tone, Material.LAWN, Label.LAWN, Layer.BASE, flights=flight, cover=cover)


def pave(plot: Plot, u: float, v: float, width: float, depth: float, colour: Colour = CONCRETE) -> None:
    """A paved rectangle with joints."""
    joints = Pattern(plot.frame.heading(u, v), 3.0, 0.13, joints=True)
    ring = plot.box(u, v, width, depth)
    plot.patch(ring, colour, Material.CONCRETE, Label.PAVED, Layer.GROUND, pattern=joints)


def greens(plot: Plot, count: int, radius: tuple[float, float], clear: Sequence[BaseGeometry]) -> None:
    """Trees where no building stands; some come only with the second flight where the block was greened."""
    u0, v0, u1, v1 = plot.site.rect
    first, second = plot.site.plan.leafy
    planted = 0
    for _ in range(count * 6):
        u, v = plot.rng.uniform(u0 + 1, u1 - 1), plot.rng.uniform(v0 + 1, v1 - 1)
        size = float(plot.rng.uniform(*radius))
        reach = Point(*plot.frame.point(u, v)).buffer(size * 0.8)
        if any(reach.intersects(shape) for shape in clear):
            continue
        late = second - first > 0.4 and planted % 2 == 1
        tree(plot, u, v, size if not late else size * 0.75, SEP if late else BOTH)
        planted += 1
        if planted >= count:
            return


def footprints(plot: Plot, start: int) -> list[Polygon]:
    """Buildings added to the scene since `start`, a little wider."""
    return [Polygon(b.ring).buffer(0.8) for b in plot.scene.buildings[start:]]


def estate(plot: Plot) -> None:
    """Slabs in a row with lawns, a path, bays and e-bike sheds."""
    rng, (u0, v0, u1, v1) = plot.rng, plot.site.rect
    start = len(plot.scene.buildings)
    lawn(plot, 0, 0, 0, 0, whole=True)
    width, middle = u1 - u0, (u0 + u1) / 2
    colour_path: Colour = (184, 176, 164)
    pave(plot, middle, v0 + 2.6, width - 0.4, 5.2, (150, 149, 146))
    cars(plot, middle, v0 + 2.8, int((width - 4) / 2.6), along=False)
    slab_v = v0 + 13.2
    height = float(rng.choice([8.4, 9.8, 9.8, 13.8]))
    roof = str(rng.choice(["flat", "flat", "tile"]))
    building(plot, middle, slab_v, width - 4.0, 9.6, height, roof)
    pave(plot, middle, slab_v + 6.6, width - 1.0, 2.6, colour_path)
    for offset in np.arange(-width / 2 + 5, width / 2 - 3, 8.5):
        pave(plot, middle + offset, slab_v + 5.4, 1.8, 1.4, colour_path)
    bikes(plot, u0 + 2.0, slab_v + 6.9, int(rng.integers(6, 14)))
    x, y = middle + rng.uniform(-6, 6), (slab_v + 8 + v1) / 2
    if v1 - slab_v > 16:
        plot.patch(disc(*plot.frame.point(x, y), 3.6, 28), (190, 170, 150), Material.PAVING, Label.PAVED, Layer.GROUND)
        pave(plot, x, (slab_v + 8 + y) / 2, 1.6, y - slab_v - 8, colour_path)
        for n in range(3):
            turn = n * 2.09
            plot.patch(plot.box(x + 2.4 * math.cos(turn), y + 2.4 * math.sin(turn), 1.1, 0.5, turn), (70, 108, 160),
                       Material.SMOOTH, Label.OBJECT, Layer.OBJECT, 1.1)  # fmt: skip
    building(plot, u1 - 3.4, v1 - 3.2, 5.0, 3.4, 3.0, "blue")
    hedge(plot, u0 + 1.0, u1 - 1.5, slab_v + 8.6)
    greens(plot, 7, (1.3, 2.7), footprints(plot, start))


def village(plot: Plot) -> None:
    """Rows of self-built houses of every age over concrete yards."""
    rng, (u0, v0, u1, v1) = plot.rng, plot.site.rect
    start = len(plot.scene.buildings)
    joints = Pattern(plot.frame.heading((u0 + u1) / 2, v0), 3.6, 0.15, joints=True)
    tone = rng.uniform(0.93, 1.06)
    base(plot, (CONCRETE[0] * tone, CONCRETE[1] * tone, CONCRETE[2] * tone), Material.CONCRETE, Label.PAVED, joints)
    depth = rng.uniform(8.0, 9.2)
    rows = [v0 + 1.2 + depth / 2, v1 - 2.8 - depth / 2]
    for row, v in enumerate(rows):
        u = u0 + 1.0
        gap_at = u0 + (u1 - u0) * rng.uniform(0.3, 0.7)
        while u < u1 - 4.5:
            width = float(min(rng.uniform(4.4, 8.8), u1 - 1.0 - u))
            if abs(u + width / 2 - gap_at) < 4.2 and row == 1:
                u += width
                continue
            roof = str(rng.choice(["flat", "tile", "blue", "tin", "rust"], p=[0.62, 0.16, 0.08, 0.08, 0.06]))
            height = 3.4 if roof in ("tin", "rust") else float(rng.choice([3.6, 5.8, 6.4, 6.8]))
            building(
                plot,
                u + width / 2,
                v + rng.uniform(-0.5, 0.5),
                width - 0.15,
                depth + rng.uniform(-1.4, 0.3),
                height,
                roof,
            )
            u += width + (1.3 if rng.random() < 0.25 else 0.1)
    middle = (rows[0] + rows[1]) / 2
    _yard(plot, u0, u1, middle)
    greens(plot, int(rng.integers(2, 5)), (0.9, 1.9), footprints(plot, start))


def _yard(plot: Plot, u0: float, u1: float, v: float) -> None:
    """Patches of newer concrete, a vegetable bed or soil strip, laundry, bikes, a few cars."""
    rng = plot.rng
    for _ in range(4):
        u, dv = rng.uniform(u0 + 5, u1 - 5), rng.uniform(-3, 3)
        pave(
            plot,
            u,
            v + dv,
            rng.uniform(3, 7),
            rng.uniform(3, 5),
            plot.pick(((188, 184, 176), (160, 156, 148), (170, 160, 148))),
        )
    for _ in range(2):
        u = rng.uniform(u0 + 4, u1 - 4)
        ring = plot.box(u, v + rng.uniform(-1.5, 1.5), rng.uniform(4, 8), rng.uniform(2, 3.4))
        plot.patch(ring, SOIL, Material.SOIL, Label.SOIL, Layer.GROUND)
        if rng.random() < 0.5:
            for flight in (JAN, SEP):
                plot.patch(ring, LAWN, Material.LAWN, Label.LAWN, Layer.GROUND, flights=flight, cover=0.55,
                           pattern=Pattern(plot.frame.heading(u, v), 0.9, 0.2))  # fmt: skip
    for _ in range(2):
        laundry(plot, rng.uniform(u0 + 3, u1 - 6), v + rng.uniform(-3, 3), 1.5)
    bikes(plot, rng.uniform(u0 + 2, u1 - 8), v + rng.uniform(-3.6, 3.6), int(rng.integers(4, 9)))
    for flight in (JAN, SEP):
        for _ in range(int(rng.integers(1, 4))):
            car(plot, rng.uniform(u0 + 4, u1 - 4), v + rng.uniform(-2.5, 2.5), rng.choice([0.0, math.pi / 2]), flight)


def school(plot: Plot) -> None:
    """Classrooms along the north, a red running track round a lawn, a blue court."""
    u0, v0, u1, v1 = plot.site.rect
    middle = (u0 + u1) / 2
    base(
        plot,
        (186, 178, 168),
        Material.PAVING,
        Label.PAVED,
        Pattern(plot.frame.heading(middle, v0), 1.2, 0.05, joints=True),
    )
    building(plot, middle, v0 + 5.4, u1 - u0 - 3, 8.4, 8.4, "flat")
    building(plot, u1 - 4.2, v0 + 15, 5.0, 7.0, 4.0, "tile")
    span, deep = u1 - u0 - 11, min(v1 - v0 - 13.5, (u1 - u0 - 11) * 0.85)
    centre = (u0 + 1.4 + span / 2, v1 - 0.8 - deep / 2)
    track = LineString([plot.frame.point(centre[0] + s * (span - deep) / 2, centre[1]) for s in (-1, 1)])
    for half, colour in ((deep / 2, (166, 84, 70)), (deep / 2 - 2.5, None)):
        ring = np.asarray(track.buffer(half).exterior.coords)[:, :2]
        if colour is None:
            for flight, cover in zip((JAN, SEP), plot.site.plan.leafy, strict=True):
                plot.patch(ring, LAWN, Material.LAWN, Label.LAWN, Layer.GROUND, flights=flight, cover=cover)
        else:
            plot.patch(ring, colour, Material.SMOOTH, Label.PAVED, Layer.GROUND)
    for lane in (1.1, 2.2):
        ring = np.asarray(track.buffer(deep / 2 - lane).exterior.buffer(0.05).exterior.coords)[:, :2]
        inner = np.asarray(track.buffer(deep / 2 - lane - 0.06).exterior.coords)[:, :2]
        plot.patch(ring, (222, 214, 208), Material.SMOOTH, Label.PAVED, Layer.ROAD)
        plot.patch(inner, (166, 84, 70), Material.SMOOTH, Label.PAVED, Layer.ROAD)
    ring = np.asarray(track.buffer(deep / 2 - 2.5).exterior.coords)[:, :2]
    for flight, cover in zip((JAN, SEP), plot.site.plan.leafy, strict=True):
        plot.patch(ring, LAWN, Material.LAWN, Label.LAWN, Layer.ROAD, flights=flight, cover=cover)
    for flight, cover in zip((JAN, SEP), plot.site.plan.leafy, strict=True):
        around = plot.box(centre[0] - 0.4, centre[1] - 0.6, span + 1.8, deep + 2.6)
        plot.patch(around, LAWN, Material.LAWN, Label.LAWN, Layer.BASE, flights=flight, cover=cover)
    court = plot.box(u1 - 4.6, v1 - 7.5, 7.0, 12.0)
    plot.patch(court, (72, 104, 142), Material.SMOOTH, Label.PAVED, Layer.GROUND)
    plot.patch(plot.box(u1 - 4.6, v1 - 7.5, 6.2, 0.1), (226, 226, 222), Material.SMOOTH, Label.PAVED, Layer.MARKING)
    hedge(plot, u0 + 1, u1 - 3, v0 + 10.6)
    for v in np.arange(v0 + 14, v1 - 3, 4.2):
        tree(plot, u0 + 1.3, float(v), 1.7)
        tree(plot, u1 - 0.9, float(v), 1.3)


def works(plot: Plot) -> None:
    """A hall with a tin roof, an asphalt yard, stacked pallets, a lorry."""
    rng, (u0, v0, u1, v1) = plot.rng, plot.site.rect
    base(
        plot,
        (150, 148, 144),
        Material.CONCRETE,
        Label.PAVED,
        Pattern(plot.frame.heading(u0, v0), 4.2, 0.15, joints=True),
    )
    middle = (u0 + u1) / 2
    building(plot, middle + 1, v0 + 7.4, u1 - u0 - 5, 12.0, 5.4, str(rng.choice(["blue", "tin"])))
    building(plot, u0 + 4.0, v1 - 6.5, 5.6, 9.0, 6.8, "flat")
    building(plot, u1 - 4.0, v1 - 4.4, 6.0, 5.6, 3.2, "rust")
    pallets(plot, middle - 3, v1 - 6, 4, 2)
    pallets(plot, middle + 4, v1 - 9, 2, 3)
    for flight in (JAN, SEP):
        u, v = middle + rng.uniform(-5, 5), v0 + 18 + rng.uniform(-1, 1)
        plot.patch(plot.box(u, v, 7.2, 2.4), plot.pick(((62, 96, 150), (150, 60, 50))), Material.SMOOTH, Label.VEHICLE,
                   Layer.OBJECT, 2.4, flight)  # fmt: skip
        plot.patch(
            plot.box(u - 4.8, v, 1.9, 2.3), (226, 226, 224), Material.SMOOTH, Label.VEHICLE, Layer.OBJECT, 2.4, flight
        )
    cars(plot, middle, v1 - 2.9, 4, along=False)
    lawn(plot, middle, v0 + 0.7, u1 - u0 - 4, 1.3)
    greens(plot, 3, (1.0, 1.8), footprints(plot, 0)[-3:])


def market(plot: Plot) -> None:
    """Shops along the street, awnings, a market hall or a back yard."""
    rng, (u0, v0, u1, v1) = plot.rng, plot.site.rect
    start = len(plot.scene.buildings)
    base(
        plot, (170, 162, 152), Material.PAVING, Label.PAVED, Pattern(plot.frame.heading(u0, v0), 1.8, 0.07, joints=True)
    )
    middle = (u0 + u1) / 2
    u = u0 + 0.8
    while u < u1 - 4:
        width = float(min(rng.uniform(4.0, 7.0), u1 - 0.8 - u))
        building(plot, u + width / 2, v1 - 6.6, width - 0.1, 9.0, float(rng.choice([3.8, 6.2, 6.8])), "flat")
        awning = plot.box(u + width / 2, v1 - 1.3, width - 0.6, 1.5)
        plot.patch(
            awning,
            plot.pick(((160, 84, 76), (96, 124, 164), (206, 200, 188))),
            Material.TIN,
            Label.ROOF,
            Layer.BUILDING,
            3.0,
        )
        u += width
    building(plot, middle - 2, v0 + 7.4, (u1 - u0) * 0.62, 9.6, 5.0, str(rng.choice(["tin", "blue"])))
    for n in range(6):
        stall = plot.box(u0 + 3 + n * 3.4, v0 + 15.6, 2.2, 1.7)
        plot.patch(stall, plot.pick(((190, 70, 64), (74, 118, 180), (214, 206, 190), (200, 160, 70))), Material.SMOOTH,
                   Label.OBJECT, Layer.OBJECT, 2.2, flights=int(rng.integers(1, 4)))  # fmt: skip
    bikes(plot, u0 + 2, v0 + 18.3, 10)
    cars(plot, u1 - 8, v0 + 4.4, 3, along=False)
    greens(plot, 3, (1.0, 1.7), footprints(plot, start))
