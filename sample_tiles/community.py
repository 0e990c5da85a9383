"""Build a whole community: the sample's 43 blocks, or one of any size and seed for benchmarks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from grounds import fill, flow, line_streets
from layout import Frame, Layout, lay_out, pave_streets
from mess import strew
from model import AUTUMN, JAN, WINTER, Label, Layer, LitterItem, Material, Patch, Scene
from painter import Picture, Window, render_window
from plan import BlockPlan, sample_rows
from things import Plot, tree

SAMPLE_SIZE_M = (306.0, 256.0)
SAMPLE_HEIGHTS_M = [40.0, 45.0, 40.0, 41.0, 45.0, 45.0]
SAMPLE_TURN = -math.radians(5.0)
IMAGE_SIZE_M = (358.4, 307.2)
SAMPLE_SEED = 2021
KINDS = ("estate", "village", "village", "village", "market", "works", "lot", "plots", "park", "court", "carpark")


@dataclass(frozen=True, slots=True)
class Community:
    """A scene with its layout and its litter."""

    scene: Scene
    layout: Layout
    litter: list[LitterItem]


def _surroundings(scene: Scene, layout: Layout, seed: int) -> None:
    """Weedy ground and trees outside the outermost streets."""
    frame = layout.frame
    width, height = frame.size
    corners = np.array([[-60.0, -60.0], [width + 60, -60], [width + 60, height + 60], [-60, height + 60]])
    scene.patches.append(Patch(frame.place(corners), (116, 132, 78), Material.LAWN, Label.LAWN, Layer.BASE, cover=0.7))
    rng = np.random.default_rng([seed, 3])
    plot = Plot(scene, frame, layout.sites[0], rng)
    for at in np.arange(0, 2 * (width + height), 7.0):
        away = 4.6 + 7.0 * rng.random()
        if at < width:
            u, v = at, -away
        elif at < width + height:
            u, v = width + away, at - width
        elif at < 2 * width + height:
            u, v = at - width - height, height + away
        else:
            u, v = -away, at - 2 * width - height
        tree(plot, float(u), float(v), float(rng.uniform(1.2, 2.8)))


def build(
    rows: list[list[BlockPlan]], heights: list[float], frame: Frame, image_m: tuple[float, float], seed: int
) -> Community:
    """Lay out, fill and litter a community inside a picture of `image_m` metres."""
    scene = Scene(*image_m)
    layout = lay_out(rows, heights, frame, seed, tuple(range(2, len(heights), 3)))
    _surroundings(scene, layout, seed)
    for number, row in enumerate(rows):
        if row[0].kind == "river":
            flow(scene, frame, frame.size[0], sum(heights[:number]) + heights[number] / 2)
    fill(scene, layout)
    pave_streets(scene, layout)
    line_streets(scene, layout)
    return Community(scene, layout, strew(scene, layout))


def sample() -> Community:
    """The sample community."""
    frame = Frame(SAMPLE_SIZE_M, (IMAGE_SIZE_M[0] / 2, IMAGE_SIZE_M[1] / 2), SAMPLE_TURN)
    return build(sample_rows(), SAMPLE_HEIGHTS_M, frame, IMAGE_SIZE_M, SAMPLE_SEED)


def any_community(seed: int, width_m: float, height_m: float) -> Community:
    """A community of any size: random blocks on a bent grid without a turn, filling the picture."""
    rng = np.random.default_rng([seed, 1])
    count, across = max(1, round(height_m / 44)), max(1, round(width_m / 42))
    rows = []
    for n in range(count):
        kinds = ["river"] * across if n == count // 2 and count > 3 else list(rng.choice(KINDS, across))
        row = []
        for k, kind in enumerate(kinds):
            mess = float(rng.choice([0.0, 0.1, 0.5, 2.0, 6.0]))
            leafy = float(rng.uniform(0.1, 0.95))
            name = f"{n:03d}-{k:03d}"
            row.append(BlockPlan(name, str(kind), name, name, ("red", "red"), (mess, mess * 0.5), (leafy, leafy)))
        rows.append(row)
    frame = Frame((width_m, height_m), (width_m / 2, height_m / 2), 0.0)
    return build(rows, [height_m / count] * count, frame, (width_m, height_m), seed)


@lru_cache(maxsize=2)
def _cached(seed: int, width_m: float, height_m: float) -> Community:
    return any_community(seed, width_m, height_m)


def render_scene(
    seed: int,
    width_m: float,
    height_m: float,
    gsd_m: float = 0.02,
    *,
    window: tuple[int, int, int, int] | None = None,
    flight: int = JAN,
    supersample: int = 2,
) -> Picture:
    """A picture of a made-up community with its true labels, whole or by window.

    `window` is (column, row, width, height) in pixels of `gsd_m`; windows of one scene fit together but for the
    camera's grain, so a picture of any size can be written tile by tile. Labels come at `supersample` times the
    resolution.
    """
    community = _cached(seed, width_m, height_m)
    col, row, width, height = window or (0, 0, round(width_m / gsd_m), round(height_m / gsd_m))
    place = Window(col * gsd_m, row * gsd_m, width, height, gsd_m)
    return render_window(community.scene, WINTER if flight == JAN else AUTUMN, place, supersample)
