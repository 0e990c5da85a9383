"""Litter: scattered pieces, heaps, rubble and piled goods, placed on open ground until each block has its share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from layout import Layout, Site
from model import (
    AUTUMN,
    BOTH,
    JAN,
    SEP,
    WINTER,
    Colour,
    Label,
    Layer,
    LitterItem,
    Material,
    Patch,
    Points,
    Scene,
    shade,
)
from numpy.typing import NDArray
from painter import Window, draw
from shapely import contains_xy

SURVEY_GSD_M = 0.25
PALE: tuple[Colour, ...] = ((238, 238, 238), (226, 229, 231), (244, 243, 238), (210, 212, 212), (232, 230, 222))
BROWN: tuple[Colour, ...] = ((150, 118, 84), (128, 98, 70), (170, 140, 104), (104, 84, 66))
DARK: tuple[Colour, ...] = ((44, 44, 47), (58, 55, 52), (36, 40, 44), (70, 62, 54))
LIVELY: tuple[Colour, ...] = ((70, 116, 190), (192, 62, 54), (222, 176, 62), (88, 150, 120), (208, 120, 150))
OPEN = (Label.PAVED, Label.SOIL)


@dataclass(frozen=True, slots=True)
class Spot:
    """A piece or heap to be drawn: what, where, how big."""

    x: float
    y: float
    kind: str
    radius_m: float
    seed: int

    @property
    def area_m2(self) -> float:
        """Ground that it hides, about."""
        return float({"heap": 2.3, "rubble": 2.3, "goods": 2.3}.get(self.kind, 1.75) * self.radius_m**2)


def _blob(x: float, y: float, radius: float, rng: np.random.Generator, flat: float = 1.0) -> Points:
    count = int(rng.integers(6, 10))
    turn = np.linspace(0, 2 * math.pi, count, endpoint=False) + rng.uniform(0, 6)
    reach = radius * rng.uniform(0.72, 1.15, count)
    lean = rng.uniform(0, math.pi)
    a, b = reach * np.cos(turn), reach * np.sin(turn) * flat
    return np.stack([x + a * math.cos(lean) - b * math.sin(lean), y + a * math.sin(lean) + b * math.cos(lean)], axis=1)


def _rect(x: float, y: float, length: float, width: float, turn: float) -> Points:
    corners = np.array([[-length, -width], [length, -width], [length, width], [-length, width]]) / 2
    cos, sin = math.cos(turn), math.sin(turn)
    return np.stack([x + corners[:, 0] * cos - corners[:, 1] * sin, y + corners[:, 0] * sin + corners[:, 1] * cos], 1)


def _tone(rng: np.random.Generator, pale: float = 0.63) -> Colour:
    draw_at = rng.random()
    family = PALE if draw_at < pale else BROWN if draw_at < pale + 0.14 else DARK if draw_at < pale + 0.26 else LIVELY
    return shade(family[int(rng.integers(len(family)))], float(rng.uniform(0.92, 1.05)))


def _piece(scene: Scene, spot: Spot, flights: int, rng: np.random.Generator) -> None:
    """One bag, box, sheet, plank or tyre."""
    x, y, r = spot.x, spot.y, spot.radius_m
    turn = rng.uniform(0, math.pi)
    high = min(0.45, r)
    if spot.kind == "box":
        tone = _tone(rng, 0.5)
        rings = [
            (_rect(x, y, 1.8 * r, 1.3 * r, turn), tone, high),
            (_rect(x, y, 1.8 * r, 0.5 * r, turn), shade(tone, 0.86), high),
        ]
    elif spot.kind == "sheet":
        rings = [(_blob(x, y, r, rng, 0.7), _tone(rng, 0.6), 0.05)]
    elif spot.kind == "plank":
        rings = [(_rect(x, y, 3.4 * r, 0.5 * r, turn), _tone(rng, 0.35), 0.12)]
    elif spot.kind == "tyre":
        rings = [(_blob(x, y, r, rng), DARK[0], 0.25), (_blob(x, y, 0.4 * r, rng), (110, 104, 98), 0.05)]
    else:
        tone = _tone(rng)
        rings = [
            (_blob(x, y, r, rng, 0.85), tone, high),
            (_blob(x - 0.2 * r, y - 0.2 * r, 0.5 * r, rng), shade(tone, 1.05), high + 0.1),
        ]
    for ring, tone, height in rings:
        scene.patches.append(Patch(ring, tone, Material.SMOOTH, Label.LITTER, Layer.LITTER, height, flights))


def _heap(scene: Scene, spot: Spot, flights: int, rng: np.random.Generator) -> None:
    """A mound with pieces on and around it; rubble is stone-coloured, goods are stacked askew."""
    x, y, r = spot.x, spot.y, spot.radius_m
    ground = {"heap": (120, 110, 98), "rubble": (166, 156, 144), "goods": (132, 116, 98)}[spot.kind]
    for share, height in ((0.92, 0.2), (0.6, 0.5)):
        mound = _blob(x, y, r * share, rng, 0.85)
        tone = shade(ground, float(rng.uniform(0.86, 1.08)))
        scene.patches.append(
            Patch(mound, tone, Material.HEAP, Label.LITTER, Layer.LITTER, height * min(1.0, r), flights)
        )
    for _ in range(int(16 * r * r + 8)):
        reach, turn = r * 1.02 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        px, py = x + reach * math.cos(turn), y + reach * math.sin(turn)
        size = float(rng.uniform(0.10, 0.30))
        height = float(0.15 + 0.5 * (1 - reach / r) + 0.2 * rng.random()) if reach < r else 0.15
        if spot.kind == "rubble":
            tone = shade(
                ((190, 184, 174), (166, 108, 86), (148, 144, 138))[int(rng.integers(3))], float(rng.uniform(0.85, 1.15))
            )
            ring = _rect(px, py, 2 * size, 1.4 * size, turn)
        elif spot.kind == "goods":
            tone = shade((BROWN + PALE[:2] + LIVELY[:1])[int(rng.integers(7))], float(rng.uniform(0.85, 1.1)))
            ring = _rect(px, py, 4.2 * size, 2 * size, rng.choice([0.4, 0.5, 1.9]) + rng.normal(0, 0.15))
        else:
            tone = _tone(rng, 0.55)
            ring = _blob(px, py, size, rng)
        scene.patches.append(Patch(ring, tone, Material.SMOOTH, Label.LITTER, Layer.LITTER, height, flights))


def _survey(scene: Scene, bit: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Labels of the scene without litter, and the distance of open ground from anything else, on a coarse grid."""
    size = (int(scene.width_m / SURVEY_GSD_M), int(scene.height_m / SURVEY_GSD_M))
    sky = WINTER if bit == JAN else AUTUMN
    canvas, _ = draw(scene, sky, Window(0.0, 0.0, size[0], size[1], SURVEY_GSD_M), litter=False)
    free = np.isin(canvas.label, OPEN).astype(np.uint8)
    return canvas.label, cv2.distanceTransform(free, cv2.DIST_L2, 5) * np.float32(SURVEY_GSD_M)


def _candidates(
    site: Site, far: NDArray[np.float32], rng: np.random.Generator, radius: float
) -> tuple[NDArray[np.float64], float]:
    """Random places on a block's open ground, more at its edges and in a few clusters, and its ground area."""
    x0, y0, x1, y1 = site.parcel.bounds
    rows = slice(int(y0 / SURVEY_GSD_M), int(y1 / SURVEY_GSD_M) + 1)
    cols = slice(int(x0 / SURVEY_GSD_M), int(x1 / SURVEY_GSD_M) + 1)
    part = far[rows, cols]
    ys, xs = np.nonzero(part > 0)
    x = (cols.start + xs + 0.5) * SURVEY_GSD_M
    y = (rows.start + ys + 0.5) * SURVEY_GSD_M
    inside = contains_xy(site.parcel, x, y)
    ground = float(inside.sum()) * SURVEY_GSD_M**2
    depth = part[ys, xs]
    ok = inside & (depth > radius)
    x, y, depth = x[ok], y[ok], depth[ok]
    if not len(x):
        return np.zeros((0, 2)), ground
    weight = 0.25 + np.exp(-(((depth - radius) / 1.4) ** 2))
    for _ in range(5):
        k = int(rng.integers(len(x)))
        weight = weight + 2.6 * np.exp(-((x - x[k]) ** 2 + (y - y[k]) ** 2) / (2 * 3.0**2))
    chosen = rng.choice(len(x), min(len(x), 900), replace=False, p=weight / weight.sum())
    jitter = rng.uniform(-0.12, 0.12, (len(chosen), 2))
    return np.stack([x[chosen], y[chosen]], axis=1) + jitter, ground


def _spots(site: Site, far: NDArray[np.float32], target_pct: float, seed: int, kept: list[Spot]) -> list[Spot]:
    """Heaps first, then pieces, until the block's share is reached; `kept` are there already."""
    rng = np.random.default_rng([site.seed, seed])
    heap_places, ground = _candidates(site, far, rng, 1.3)
    places, _ = _candidates(site, far, rng, 0.35)
    wanted = target_pct / 100 * ground
    spots = list(kept)
    sum_area = sum(s.area_m2 for s in spots)
    lot = site.plan.kind in ("lot", "works", "plots", "market")
    for x, y in heap_places:
        if target_pct < 0.9 or sum_area > wanted * (0.25 if target_pct < 2 else 0.45):
            break
        if any(math.hypot(s.x - x, s.y - y) < s.radius_m + 2.2 for s in spots):
            continue
        radius = float(rng.uniform(0.5, 0.8) if target_pct < 2 else rng.uniform(0.8, 1.2 + 0.13 * target_pct))
        kind = str(rng.choice(["heap", "rubble", "goods"], p=[0.4, 0.35, 0.25] if lot else [0.62, 0.16, 0.22]))
        spots.append(Spot(float(x), float(y), kind, radius, int(rng.integers(1 << 31))))
        sum_area += spots[-1].area_m2
    for x, y in places:
        if sum_area >= wanted:
            break
        if any(math.hypot(s.x - x, s.y - y) < s.radius_m + 0.3 for s in spots):
            continue
        kind = str(rng.choice(["bag", "box", "sheet", "plank", "tyre"], p=[0.50, 0.20, 0.16, 0.09, 0.05]))
        radius = float(np.clip(rng.lognormal(math.log(0.22), 0.42), 0.11, 0.62))
        spots.append(Spot(float(x), float(y), kind, radius, int(rng.integers(1 << 31))))
        sum_area += spots[-1].area_m2
    return spots


def _kept(spots: list[Spot], far: NDArray[np.float32], budget_m2: float) -> list[Spot]:
    """Part of January's litter that still lies there in September, where there is still open ground."""
    kept, total = [], 0.0
    for spot in spots[::-1]:
        row, col = int(spot.y / SURVEY_GSD_M), int(spot.x / SURVEY_GSD_M)
        if far[row, col] > min(spot.radius_m, 1.3) * 0.9 and total + spot.area_m2 <= budget_m2:
            kept.append(spot)
            total += spot.area_m2
    return kept[::-1]


def strew(scene: Scene, layout: Layout) -> list[LitterItem]:
    """Place the litter of both flights and draw it; returns every piece and heap once, with the flights that see it."""
    _, far_jan = _survey(scene, JAN)
    _, far_sep = _survey(scene, SEP)
    items: list[LitterItem] = []
    for site in layout.sites:
        first, second = site.plan.litter_pct
        before = _spots(site, far_jan, first, 21, [])
        area_before = sum(s.area_m2 for s in before)
        ratio = 0.55 * min(1.0, second / first) if first else 0.0
        stay = _kept(before, far_sep, area_before * ratio)
        after = _spots(site, far_sep, second, 22, stay)
        for spot in dict.fromkeys(before + after):
            flights = BOTH if spot in stay else JAN if spot in before else SEP
            rng = np.random.default_rng(spot.seed)
            if spot.kind in ("heap", "rubble", "goods"):
                _heap(scene, spot, flights, rng)
            else:
                _piece(scene, spot, flights, rng)
            items.append(LitterItem(spot.x, spot.y, spot.kind, spot.area_m2, spot.radius_m, flights))
    return items
