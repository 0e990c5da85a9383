"""A place flown again: other light, another file, a mosaic that lies elsewhere; and what people really changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from changes import Change, View
from debris import Canvas, strew
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

LAWN_SHARE = 0.35


def _lit(gains: Sequence[float]) -> Callable[[View], View]:
    return lambda v: replace(v, rgb=_whole(v.rgb.astype(np.float32) * np.float32(gains)))


def _gamma(power: float) -> Callable[[View], View]:
    table = _whole(255 * (np.arange(256) / 255) ** power)
    return lambda v: replace(v, rgb=table[v.rgb])


def _soft(sigma_px: float) -> Callable[[View], View]:
    return lambda v: replace(v, rgb=np.asarray(cv2.GaussianBlur(v.rgb, (0, 0), sigma_px)))


def _jpeg(quality: int) -> Callable[[View], View]:
    def make(view: View) -> View:
        _, coded = cv2.imencode(".jpg", view.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        return replace(view, rgb=np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]))

    return make


def _misplaced(
    east_m: float = 0.0, north_m: float = 0.0, scale: float = 0.0, turn: float = 0.0
) -> Callable[[View], View]:
    """What lies somewhere is said to lie elsewhere: the picture moves, its place on the map and the blocks stay."""

    def make(view: View) -> View:
        (height, width), gsd = view.valid.shape, view.gsd_m
        a, x, y = 1 + scale, width / 2, height / 2
        east, south = east_m / gsd, -north_m / gsd
        matrix = np.array([[a, turn, x - a * x - turn * y + east], [-turn, a, y + turn * x - a * y + south]])
        rgb = cv2.warpAffine(view.rgb, matrix, (width, height), flags=cv2.INTER_CUBIC)
        whole = cv2.warpAffine(view.valid.astype(np.uint8) * 255, matrix, (width, height), flags=cv2.INTER_LINEAR)
        return replace(view, rgb=rgb, valid=whole == 255)

    return make


def _whole(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


DISTURBED = (
    Change("exposure + 20 %", _lit((1.2, 1.2, 1.2))),
    Change("exposure - 20 %", _lit((0.8, 0.8, 0.8))),
    Change("warmer by 6 %", _lit((1.06, 1.0, 0.94))),
    Change("cooler by 6 %", _lit((0.94, 1.0, 1.06))),
    Change("gamma 1.12", _gamma(1.12)),
    Change("gamma 0.88", _gamma(0.88)),
    Change("softer by 1 px", _soft(1.0)),
    Change("JPEG, quality 75", _jpeg(75)),
    Change("0.3 m to the east", _misplaced(east_m=0.3)),
    Change("0.3 m to the south", _misplaced(north_m=-0.3)),
    Change("0.1 % larger", _misplaced(scale=0.001)),
    Change("turned by 0.001", _misplaced(turn=0.001)),
)


@dataclass(frozen=True)
class Plan:
    """Which blocks get debris, lose it, and get a lawn; and how much debris: things per 100 m² of open ground."""

    littered: tuple[str, ...]
    cleaned: tuple[str, ...]
    sown: tuple[str, ...]
    density: dict[str, int]

    @classmethod
    def of(cls, view: View, ground: np.ndarray) -> Plan:
        """Of every 43 blocks 10, 10 and 5: those that are open ground for the most part, dealt out by chance."""
        share = {b: float(ground[part][own].mean()) for b, s in _shapes(view) for part, own in [inside(view, s)]}
        some, few = (max(1, round(len(view.blocks) * n / 43)) for n in (10, 5))
        widest = sorted(share, key=lambda b: (-share[b], b))[: 2 * some + few]
        drawn = np.random.default_rng(43).permutation(widest).tolist()
        littered, cleaned, sown = drawn[:some], drawn[some : 2 * some], drawn[2 * some : 2 * some + few]
        density = {b: (6, 12)[i % 2] for i, b in enumerate([*littered, *cleaned])}
        return cls(tuple(littered), tuple(cleaned), tuple(sown), density)


def _shapes(view: View) -> list[tuple[str, BaseGeometry]]:
    return list(zip(view.blocks.block_id.astype(str), view.blocks.geometry, strict=True))


def inside(view: View, shape: BaseGeometry) -> tuple[tuple[slice, slice], np.ndarray]:
    """The rows and columns round a shape, and which of their pixels lie in it."""
    part = view.pixels(*shape.bounds)
    left, top = part[1].start, part[0].start
    size = part[0].stop - top, part[1].stop - left
    return part, ~geometry_mask([shape], size, view.transform * view.transform.translation(left, top))


def planted(view: View, ground: np.ndarray, plan: Plan) -> tuple[View, View]:
    """The place before and after: debris came to some blocks, was taken from others, lawns were sown."""
    before, after = view.rgb.copy(), view.rgb.copy()
    canvas = Canvas.of(view.rgb, view.valid, view.gsd_m)
    for i, (block, shape) in enumerate(_shapes(view)):
        part, own = inside(view, shape)
        allowed = own & ground[part] & view.valid[part]
        if block in plan.density:
            littered = Canvas(view.rgb[part].astype(np.float32), canvas.gsd_m, canvas.dark, canvas.bright)
            m2 = float(allowed.sum()) * view.gsd_m**2
            strew(littered, allowed, max(1, round(plan.density[block] * m2 / 100)), np.random.default_rng((9, i)))
            if block in plan.littered:
                after[part] = littered.finish()
            else:
                before[part] = littered.finish()
                after[part] = _inpainted(before[part], view.rgb[part])
        if block in plan.sown:
            after[part] = _sown(view.rgb[part], allowed, np.random.default_rng((10, i)))
    return replace(view, rgb=before), replace(view, rgb=after)


def _inpainted(littered: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Debris taken away: where it lay and a little around, the ground goes on from its edge."""
    touched = (np.abs(littered.astype(np.int16) - clean).max(axis=2) > 3).astype(np.uint8)
    return np.asarray(cv2.inpaint(littered, cv2.dilate(touched, np.ones((3, 3), np.uint8)), 4, cv2.INPAINT_TELEA))


def _sown(rgb: np.ndarray, allowed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lawns on about a third of the open ground: its own light and shade, in green."""
    field = cv2.GaussianBlur(rng.normal(0, 1, allowed.shape).astype(np.float32), (0, 0), 40)
    high = np.quantile(field[allowed], 1 - LAWN_SHARE) if allowed.any() else 0.0
    lawn = cv2.GaussianBlur((allowed & (field > high)).astype(np.float32), (0, 0), 1.0)[..., None]
    light = rgb.mean(axis=2, keepdims=True).astype(np.float32)
    return _whole(rgb * (1 - lawn) + light * np.float32([0.72, 0.95, 0.50]) * lawn)
