"""Debris of 0.2 to 1.5 m with shadows, and what is often taken for it, painted on real ground at a known density.

Colours are shares of the flight's own range, from its darkest to its brightest, so that things fit hazy and clear
light; edges are as soft as in a mosaic. One sun per picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

SIZE_M = (0.2, 1.5)
SUN = np.array([0.8, -0.6])
SOFT_PX = 0.7
COLOURS = (
    (0.95, 0.95, 0.93),
    (0.80, 0.80, 0.80),
    (0.60, 0.62, 0.62),
    (0.35, 0.36, 0.38),
    (0.10, 0.10, 0.12),
    (0.72, 0.60, 0.42),
    (0.45, 0.32, 0.22),
    (0.55, 0.28, 0.16),
    (0.20, 0.35, 0.72),
    (0.75, 0.16, 0.15),
    (0.85, 0.75, 0.25),
    (0.20, 0.50, 0.35),
)
CARS = ((0.93, 0.93, 0.93), (0.6, 0.62, 0.64), (0.12, 0.12, 0.14), (0.6, 0.1, 0.1), (0.15, 0.25, 0.5))
TILES = ((0.62, 0.32, 0.22), (0.45, 0.45, 0.47), (0.35, 0.2, 0.16))


@dataclass
class Canvas:
    """A picture to be painted on, (h, w, 3) float32, its GSD, and its darkest and brightest colour, (3,) each."""

    rgb: np.ndarray
    gsd_m: float
    dark: np.ndarray
    bright: np.ndarray

    @classmethod
    def of(cls, rgb: np.ndarray, valid: np.ndarray, gsd_m: float) -> Canvas:
        dark, bright = np.percentile(rgb[valid][::97], [0.5, 99.0], axis=0)
        return cls(rgb.astype(np.float32), gsd_m, dark, bright)

    def finish(self) -> np.ndarray:
        return np.clip(np.round(self.rgb), 0, 255).astype(np.uint8)

    def colour(self, share: tuple[float, float, float]) -> np.ndarray:
        return self.dark + (self.bright - self.dark) * np.asarray(share)


def _cover(shape: tuple[int, ...], corners: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray] | None:
    """The window round a polygon (n, 2) as x, y in pixels, and how far each of its pixels is covered (0 to 1)."""
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 3, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 4, [shape[1], shape[0]])
    if (high <= low).any():
        return None
    alpha = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    fixed = np.round((corners - low) * 16).astype(np.int32)
    cv2.fillPoly(alpha, [fixed], 255, lineType=cv2.LINE_AA, shift=4)
    soft = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), SOFT_PX)
    return (slice(low[1], high[1]), slice(low[0], high[0])), soft[..., None]


def _fill(canvas: Canvas, corners: np.ndarray, colour: np.ndarray, grain: np.ndarray | float = 1.0) -> None:
    found = _cover(canvas.rgb.shape, corners)
    if found is not None:
        place, alpha = found
        tone = grain if isinstance(grain, float) else cv2.resize(grain, alpha.shape[1::-1])[..., None]
        canvas.rgb[place] = canvas.rgb[place] * (1 - alpha) + colour * tone * alpha


def _shade(canvas: Canvas, corners: np.ndarray, height_m: float) -> None:
    thrown = np.concatenate([corners, corners + SUN * height_m / canvas.gsd_m]).astype(np.float32)
    found = _cover(canvas.rgb.shape, cv2.convexHull(thrown)[:, 0])
    if found is not None:
        place, alpha = found
        canvas.rgb[place] = canvas.dark + (canvas.rgb[place] - canvas.dark) * (1 - 0.55 * alpha)


def _turned(points: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]])


def _box(at: np.ndarray, length_px: float, width_px: float, angle: float) -> np.ndarray:
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [length_px / 2, width_px / 2]
    return at + _turned(half, angle)


def thing(canvas: Canvas, at: np.ndarray, rng: np.random.Generator) -> None:
    """One piece of debris: a bag, a board, a sheet or a stone, with its shadow; sizes are log-uniform."""
    size = float(np.exp(rng.uniform(*np.log(SIZE_M)))) / canvas.gsd_m
    angle = rng.uniform(0, np.pi)
    if rng.random() < 0.3:
        outline = _box(at, size, size * rng.uniform(0.3, 0.8), angle)
    else:
        steps = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = size / 2 * rng.uniform(0.7, 1.0, 9)
        round_ = np.stack([np.cos(steps), np.sin(steps) * rng.uniform(0.6, 1.0)], axis=1)
        outline = at + _turned(round_ * radius[:, None], angle)
    _shade(canvas, outline, rng.uniform(0.1, 0.4) * size * canvas.gsd_m)
    grain = 1 + 0.12 * rng.normal(0, 1, (4, 4)).astype(np.float32)
    _fill(canvas, outline, canvas.colour(COLOURS[rng.integers(len(COLOURS))]), grain)


def car(canvas: Canvas, at: np.ndarray, rng: np.random.Generator) -> None:
    """A parked car with its windows and its shadow."""
    px, angle = 1 / canvas.gsd_m, rng.uniform(0, np.pi)
    body = _box(at, 4.4 * px, 1.8 * px, angle)
    _shade(canvas, body, 1.2)
    _fill(canvas, body, canvas.colour(CARS[rng.integers(len(CARS))]))
    along = _turned(np.array([[1.0, 0.0]]), angle)[0] * px
    for offset, length in ((0.75, 0.7), (-1.35, 0.5)):
        _fill(canvas, _box(at + along * offset, length * px, 1.5 * px, angle), canvas.colour((0.12, 0.14, 0.17)))


def roof_tiles(canvas: Canvas, at: np.ndarray, rng: np.random.Generator) -> None:
    """A small tiled roof: rows of tiles, each lit on one side."""
    px, angle = 1 / canvas.gsd_m, rng.uniform(0, np.pi)
    outline = _box(at, 4.0 * px, 3.2 * px, angle)
    _shade(canvas, outline, 1.5)
    colour = canvas.colour(TILES[rng.integers(len(TILES))])
    _fill(canvas, outline, colour)
    across = _turned(np.array([[0.0, 1.0]]), angle)[0] * px
    for offset in np.arange(-1.45, 1.6, 0.3):
        tone = rng.uniform(1.15, 1.35)
        _fill(canvas, _box(at + across * offset, 3.9 * px, 0.12 * px, angle), colour * tone)


def road_paint(canvas: Canvas, at: np.ndarray, rng: np.random.Generator) -> None:
    """A zebra crossing or the lines of parking bays."""
    px, angle = 1 / canvas.gsd_m, rng.uniform(0, np.pi)
    across = _turned(np.array([[0.0, 1.0]]), angle)[0] * px
    width, pitch, length = (0.4, 0.9, 2.5) if rng.random() < 0.5 else (0.12, 2.4, 5.0)
    count = 4 if pitch < 1 else 2
    white = canvas.colour((0.9, 0.9, 0.88))
    for i in range(count):
        middle = at + across * pitch * (i - (count - 1) / 2)
        _fill(canvas, _box(middle, length * px, width * px, angle), white)


def seam(canvas: Canvas, at: np.ndarray, rng: np.random.Generator) -> None:
    """A seam of the mosaic: beyond a line the ground is shifted by a few pixels and exposed differently."""
    px, angle = 1 / canvas.gsd_m, rng.uniform(0, 2 * np.pi)
    normal = _turned(np.array([[0.0, 1.0]]), angle)[0] * px
    found = _cover(canvas.rgb.shape, _box(at + normal * 1.25, 8 * px, 2.5 * px, angle))
    if found is None:
        return
    place, alpha = found
    dx, dy = rng.uniform(0.08, 0.25, 2) * rng.choice([-1, 1], 2) * px
    part = canvas.rgb[place]
    moved = cv2.warpAffine(part, np.array([[1, 0, dx], [0, 1, dy]]), part.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    canvas.rgb[place] = part * (1 - alpha) + moved * rng.choice([0.93, 1.07]) * alpha


DISTRACTORS: tuple[Callable[[Canvas, np.ndarray, np.random.Generator], None], ...] = (car, roof_tiles, road_paint, seam)


def strew(canvas: Canvas, allowed: np.ndarray, count: int, rng: np.random.Generator) -> None:
    """Paint ``count`` things where ``allowed`` (h, w) is True."""
    ys, xs = np.nonzero(allowed)
    for i in rng.integers(0, len(xs), count):
        thing(canvas, np.array([xs[i], ys[i]], float) + rng.uniform(0, 1, 2), rng)


def distract(canvas: Canvas, allowed: np.ndarray, rng: np.random.Generator, *, count: int = 2) -> None:
    """Paint ``count`` different distractors where ``allowed`` (h, w) is True."""
    ys, xs = np.nonzero(allowed)
    for kind in rng.permutation(len(DISTRACTORS))[:count]:
        i = rng.integers(len(xs))
        DISTRACTORS[kind](canvas, np.array([xs[i], ys[i]], float), rng)


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Chance that a positive exceeds a negative, ties counting half; NaN without either."""
    if not len(positive) or not len(negative):
        return float("nan")
    order = np.sort(negative)
    below, upto = np.searchsorted(order, positive, "left"), np.searchsorted(order, positive, "right")
    return float((below + upto).mean() / 2 / len(order))
