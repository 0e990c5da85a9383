"""Open places: park, river, car park, bare lot, vegetable plots, forecourt; and filling every block by its kind."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from layout import Frame, Layout
from model import JAN, SEP, Label, Layer, Material, Patch, Pattern, Scene
from parcels import SOIL, base, estate, footprints, greens, lawn, market, pave, school, village, works
from shapely.geometry import LineString, Point
from shapely.ops import unary_union
from things import Plot, bikes, building, car, cars, disc, hedge, tree

RIVER_HALF_M = 5.2


def park(plot: Plot) -> None:
    """Lawns, a round plaza, paths, a pavilion, many trees."""
    u0, v0, u1, v1 = plot.site.rect
    lawn(plot, 0, 0, 0, 0, whole=True)
    start = len(plot.scene.buildings)
    middle = ((u0 + u1) / 2, (v0 + v1) / 2)
    pave(plot, middle[0], middle[1], 2.4, v1 - v0 - 0.4, (194, 182, 166))
    pave(plot, middle[0], middle[1], u1 - u0 - 0.4, 2.4, (194, 182, 166))
    for radius, tone in ((7.0, (196, 178, 158)), (5.2, (178, 150, 130)), (2.2, (200, 192, 178))):
        plot.patch(disc(*plot.frame.point(*middle), radius, 40), tone, Material.PAVING, Label.PAVED, Layer.GROUND)
    building(plot, u0 + 6, v0 + 6, 4.6, 4.6, 4.0, "tile")
    hedge(plot, u0 + 12, u1 - 2, v0 + 1.2)
    clear = [*footprints(plot, start), Point(*plot.frame.point(*middle)).buffer(7.5)]
    greens(plot, 14, (1.4, 3.2), clear)


def river(plot: Plot) -> None:
    """The river's banks: paths, lawns, willows. The water itself is drawn for all blocks at once."""
    u0, v0, u1, v1 = plot.site.rect
    lawn(plot, 0, 0, 0, 0, whole=True)
    middle = (v0 + v1) / 2
    for side in (-1, 1):
        for at in np.arange(u0 + 1, u1 - 1, 3.0):
            pave(
                plot,
                float(at) + 1.0,
                river_v(float(at) + 1.0, middle) + side * (RIVER_HALF_M + 2.2),
                3.3,
                2.4,
                (192, 180, 164),
            )
    pave(plot, u0 + 9, v0 + 3.2, 9, 6, (186, 172, 154))
    pave(plot, u1 - 12, v1 - 3.4, 10, 6.4, (176, 166, 152))
    water = unary_union(
        [Point(*plot.frame.point(u, river_v(u, middle))).buffer(RIVER_HALF_M + 3.6) for u in np.arange(u0, u1, 3.0)]
    )
    hedge(plot, u0 + 2, u1 - 2, v1 - 1.3)
    greens(plot, 18, (1.3, 2.9), [water])


def river_v(u: float, middle: float) -> float:
    """The river's centre line meanders a little."""
    return middle + 1.6 * math.sin(u / 19.0)


def flow(scene: Scene, frame: Frame, width: float, middle: float) -> None:
    """Draw the water and its stone banks across the whole community."""
    us = np.arange(-30.0, width + 30.0, 3.0)
    line = LineString(frame.place(np.array([[u, river_v(float(u), middle)] for u in us])))
    for half, colour, material, label in (
        (RIVER_HALF_M + 0.5, (170, 166, 156), Material.CONCRETE, Label.PAVED),
        (RIVER_HALF_M, (92, 98, 98), Material.WATER, Label.WATER),
    ):
        ring = np.asarray(line.buffer(half, cap_style="flat").exterior.coords)[:, :2]
        scene.patches.append(Patch(ring, colour, material, label, Layer.GROUND))


def carpark(plot: Plot) -> None:
    """Bare ground in January, a marked car park with trees in September."""
    u0, v0, u1, v1 = plot.site.rect
    base(plot, SOIL, Material.SOIL, Label.SOIL)
    middle = ((u0 + u1) / 2, (v0 + v1) / 2)
    asphalt = plot.box(*middle, u1 - u0 - 1.2, v1 - v0 - 1.2)
    plot.patch(asphalt, (104, 104, 106), Material.ASPHALT, Label.PAVED, Layer.GROUND, flights=SEP)
    for v in (v0 + 4.2, middle[1] - 2.6, middle[1] + 2.8, v1 - 4.2):
        count = int((u1 - u0 - 6) / 2.6)
        for n in range(count):
            u = middle[0] + (n - (count - 1) / 2) * 2.6
            plot.patch(
                plot.box(u - 1.3, v, 0.12, 4.9),
                (218, 218, 212),
                Material.SMOOTH,
                Label.PAVED,
                Layer.MARKING,
                flights=SEP,
            )
            if plot.rng.random() < 0.2:
                car(plot, u, v, math.pi / 2, SEP)
    for _ in range(9):
        car(plot, plot.rng.uniform(u0 + 4, u1 - 4), plot.rng.uniform(v0 + 4, v1 - 4), plot.rng.uniform(0, 3.1), JAN)
    for u in np.arange(u0 + 3, u1 - 2, 6.0):
        tree(plot, float(u), v0 + 1.0, 1.2, SEP)


def lot(plot: Plot) -> None:
    """Bare ground with weeds, tyre tracks, a hut."""
    rng, (u0, v0, u1, v1) = plot.rng, plot.site.rect
    base(plot, SOIL, Material.SOIL, Label.SOIL)
    lawn(plot, 0, 0, 0, 0, whole=True)
    building(plot, u0 + 5, v0 + 5, 6.5, 4.5, 3.0, "blue")
    building(plot, u1 - 6, v1 - 5.5, 7.5, 6.0, 6.4, "flat")
    for offset in (0.0, 1.7):
        for n in np.arange(v0 + 8, v1 - 2, 2.0):
            u = (u0 + u1) / 2 + 3.0 * math.sin(n / 7.0) + offset
            plot.patch(plot.box(u, n, 0.55, 2.2), (148, 126, 98), Material.SOIL, Label.SOIL, Layer.GROUND)
    pave(plot, u0 + (u1 - u0) * 0.7, v0 + 7, 9, 8, (182, 178, 168))
    greens(plot, int(rng.integers(2, 5)), (1.0, 2.2), footprints(plot, len(plot.scene.buildings) - 2))


def plots(plot: Plot) -> None:
    """Vegetable beds between narrow paths."""
    rng, (u0, v0, u1, v1) = plot.rng, plot.site.rect
    base(plot, (150, 130, 104), Material.SOIL, Label.SOIL)
    heading = plot.frame.heading((u0 + u1) / 2, v0)
    for v in np.arange(v0 + 3.2, v1 - 2, 5.4):
        for u in np.arange(u0 + 4, u1 - 3, 7.2):
            ring = plot.box(float(u), float(v), 6.2, 4.4)
            for flight, cover in zip((JAN, SEP), plot.site.plan.leafy, strict=True):
                full = float(np.clip(cover + rng.uniform(-0.35, 0.35), 0.0, 0.97))
                plot.patch(ring, (94, 120, 68), Material.LAWN, Label.LAWN, Layer.GROUND, flights=flight, cover=full,
                           pattern=Pattern(heading + math.pi / 2, 0.8, 0.22))  # fmt: skip
    building(plot, u1 - 4, v0 + 4, 4.4, 3.6, 2.6, "rust")
    pave(plot, (u0 + u1) / 2, v1 - 1.4, u1 - u0 - 1, 2.4)
    greens(plot, 3, (1.0, 2.0), footprints(plot, len(plot.scene.buildings) - 1))


def court(plot: Plot) -> None:
    """A public building with a forecourt that is planted between the flights."""
    u0, v0, u1, v1 = plot.site.rect
    middle = (u0 + u1) / 2
    lawn(plot, 0, 0, 0, 0, whole=True)
    start = len(plot.scene.buildings)
    building(plot, middle, v0 + 6.6, u1 - u0 - 8, 10.0, 7.6, "flat")
    building(plot, u0 + 4, v1 - 5.5, 5, 6, 3.6, "green")
    pave(plot, middle, v0 + 15.0, u1 - u0 - 2, 5.6, (190, 178, 162))
    pave(plot, middle, (v0 + 18 + v1) / 2, 3.2, v1 - v0 - 18, (190, 178, 162))
    cars(plot, middle + 6, v0 + 15.0, 4, along=False)
    bikes(plot, u0 + 2, v0 + 14.2, 7)
    hedge(plot, u0 + 8, u1 - 2, v1 - 1.2, SEP)
    greens(plot, 8, (1.2, 2.4), footprints(plot, start))


FILLERS: dict[str, Callable[[Plot], None]] = {
    "estate": estate, "village": village, "school": school, "works": works, "market": market, "park": park,
    "river": river, "carpark": carpark, "lot": lot, "plots": plots, "court": court,
}  # fmt: skip


def fill(scene: Scene, layout: Layout) -> None:
    """Fill every parcel by its kind."""
    for site in layout.sites:
        FILLERS[site.plan.kind](Plot(scene, layout.frame, site, np.random.default_rng([site.seed, 5])))


def line_streets(scene: Scene, layout: Layout) -> None:
    """Street trees on the sidewalks of the main streets and cars along kerbs and lanes."""
    for number, street in enumerate(layout.streets):
        plot = Plot(scene, layout.frame, layout.sites[0], np.random.default_rng([number, 9]))
        start, end = street.line[0], street.line[-1]
        length = float(np.hypot(*(end - start)))
        along = (end - start) / length
        side = np.array([-along[1], along[0]])
        turn = math.atan2(along[1], along[0])
        for at in np.arange(9.0, length - 8.0, 8.5):
            for sign in (-1, 1):
                if street.main and plot.rng.random() < 0.62:
                    u, v = start + along * (at + plot.rng.normal(0, 0.5)) + side * sign * 6.2
                    tree(plot, u, v, float(plot.rng.uniform(1.1, 1.9)))
                reach = 4.1 if street.main else 1.35
                u, v = start + along * at + side * sign * reach
                for flight in (JAN, SEP):
                    if (plot.rng.random() < (0.30 if street.main else 0.08) and sign > 0) or plot.rng.random() < 0.05:
                        car(plot, float(u), float(v), turn, flight)
