"""From a scene to pixels, window by window: draw, texture, cast shadows, light, and average down.

Every window can be rendered by itself: textures belong to places and shadows look far enough towards the sun.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from model import OCTAVES_M, TEXTURE, Crown, Floats, Label, Layer, Material, Patch, Points, Scene, Sky
from numpy.typing import NDArray
from texture import noise

TALLEST_M = 16.0
FINE_OCTAVES_M = (0.11, 0.045)  # seen only where the drawing grid is finer than the sample's
BARE_SOIL = (156.0, 134.0, 105.0)
Labels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Window:
    """A grid of ground samples: the corner (x, y) in scene metres, its size in samples and their spacing."""

    x: float
    y: float
    width_px: int
    height_px: int
    gsd_m: float

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height_px, self.width_px

    def to_px(self, points: Points) -> Points:
        """Scene metres to sample coordinates, whole numbers at sample centres."""
        return np.asarray((points - np.array([self.x, self.y])) / self.gsd_m - 0.5, np.float64)


@dataclass(slots=True)
class Canvas:
    """What is drawn before light falls on it. Albedo is linear reflectance."""

    albedo: Floats
    material: Labels
    label: Labels
    height: Floats
    slope_x: Floats
    slope_y: Floats


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendered window: 8-bit RGB at the asked spacing; labels and shadow at the finer drawing grid."""

    rgb: NDArray[np.uint8]
    label: Labels
    shadow: NDArray[np.bool_]


def linear(colour: Floats) -> Floats:
    """Linear reflectance of an sRGB colour, 0-255."""
    value = np.clip(colour, 0, 255) / np.float32(255)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _draw_index(patches: list[Patch], window: Window) -> NDArray[np.int32]:
    """For each sample the number of the topmost polygon."""
    index = np.zeros(window.shape, np.int32)
    limit = np.array([window.width_px, window.height_px])
    for number, patch in enumerate(patches):
        points = window.to_px(patch.ring)
        if (points.max(axis=0) < -1).any() or (points.min(axis=0) > limit).any():
            continue
        cv2.fillPoly(index, [np.round(points * 16).astype(np.int32)], number, cv2.LINE_8, 4)
    return index


def _apply_patterns(canvas: Canvas, patches: list[Patch], index: NDArray[np.int32], window: Window) -> None:
    amplitude = np.array([p.pattern.amplitude if p.pattern else 0.0 for p in patches], np.float32)
    chosen = np.nonzero(amplitude[index])
    if not len(chosen[0]):
        return
    which = index[chosen]
    angle = np.array([p.pattern.angle if p.pattern else 0.0 for p in patches], np.float32)[which]
    period = np.array([p.pattern.period_m if p.pattern else 1.0 for p in patches], np.float32)[which]
    joints = np.array([bool(p.pattern and p.pattern.joints) for p in patches])[which]
    x = window.x + (chosen[1] + 0.5).astype(np.float32) * window.gsd_m
    y = window.y + (chosen[0] + 0.5).astype(np.float32) * window.gsd_m
    along = (x * np.cos(angle) + y * np.sin(angle)) / period
    across = (y * np.cos(angle) - x * np.sin(angle)) / period
    wave = np.sin(along * np.float32(2 * math.pi))
    near = np.minimum(np.abs(along - np.round(along)), np.abs(across - np.round(across))) * period
    joint = np.where(near < 0.05, np.float32(-1.6), np.float32(0.05))
    factor = 1 + amplitude[which] * np.where(joints, joint, wave)
    canvas.albedo[chosen] *= factor[:, None]


def _wear(canvas: Canvas, patches: list[Patch], index: NDArray[np.int32], fields: list[Floats]) -> None:
    """Thin lawns and weedy lots: vegetation only where a smooth field is under the polygon's cover."""
    cover = np.array([p.cover for p in patches], np.float32)
    if (cover >= 1).all():
        return
    field = 0.22 * fields[1] + 0.80 * fields[2] + 0.40 * fields[3]
    share = 1 / (1 + np.exp(-1.95 * field))
    bare = share > cover[index]
    canvas.albedo[bare] = linear(np.array(BARE_SOIL, np.float32))
    canvas.material[bare] = Material.SOIL
    canvas.label[bare] = Label.SOIL


def _stamp_crown(canvas: Canvas, crown: Crown, window: Window) -> None:
    """A crown is the upper hull of many small domes; whatever is lower disappears under it."""
    cx, cy = window.to_px(np.array([[crown.x, crown.y]]))[0]
    radius = crown.radius_m / window.gsd_m
    if cx < -radius - 2 or cy < -radius - 2 or cx > window.width_px + radius or cy > window.height_px + radius:
        return
    rng = np.random.default_rng(crown.seed)
    colour = linear(np.array(crown.colour, np.float32))
    number = int(14 + 16 * crown.radius_m) if crown.label == Label.CANOPY else 6
    for _ in range(number):
        reach, turn = math.sqrt(rng.random()) * 0.80, rng.random() * 2 * math.pi
        size = radius * rng.uniform(0.18, 0.36) * (1.2 - 0.4 * reach)
        tint = np.float32(rng.uniform(0.78, 1.22))
        top = crown.height_m * (1 - 0.42 * reach * reach) * rng.uniform(0.9, 1.02)
        x, y = cx + reach * radius * math.cos(turn), cy + reach * radius * math.sin(turn)
        left, right = max(int(x - size), 0), min(int(x + size) + 2, window.width_px)
        upper, lower = max(int(y - size), 0), min(int(y + size) + 2, window.height_px)
        if left >= right or upper >= lower:
            continue
        rows, cols = np.mgrid[upper:lower, left:right]
        far = ((cols - x) ** 2 + (rows - y) ** 2) / (size * size)
        dome = (top - far * size * window.gsd_m * 0.85).astype(np.float32)
        part = (slice(upper, lower), slice(left, right))
        covers = (far < 1) & (dome > canvas.height[part])
        canvas.height[part][covers] = dome[covers]
        canvas.albedo[part][covers] = colour * tint
        canvas.material[part][covers] = Material.LEAF
        canvas.label[part][covers] = crown.label


def draw(scene: Scene, sky: Sky, window: Window, litter: bool = True) -> tuple[Canvas, list[Floats]]:
    """Everything except light: reflectance, material, label, height. Also the texture fields, to be used again."""
    ground = Patch(np.zeros((3, 2)), BARE_SOIL, Material.SOIL, Label.SOIL, Layer.BASE, cover=0.55)
    patches = [
        ground,
        *sorted(
            (p for p in scene.patches if p.flights & sky.bit and (litter or p.label != Label.LITTER)),
            key=lambda p: p.layer,
        ),
    ]
    index = _draw_index(patches, window)
    colours = linear(np.array([p.colour for p in patches], np.float32))
    table = {name: np.array([getattr(p, name) for p in patches]) for name in ("material", "label", "height_m")}
    tilt = np.array([p.tilt for p in patches], np.float32)
    canvas = Canvas(
        colours[index],
        table["material"].astype(np.uint8)[index],
        table["label"].astype(np.uint8)[index],
        table["height_m"].astype(np.float32)[index],
        tilt[index, 0],
        tilt[index, 1],
    )
    centre = (window.x + window.gsd_m / 2, window.y + window.gsd_m / 2)
    fields = [noise(centre, window.shape, window.gsd_m, scale, 11 + n) for n, scale in enumerate(OCTAVES_M)]
    _apply_patterns(canvas, patches, index, window)
    _wear(canvas, patches, index, fields)
    for crown in scene.crowns:
        if crown.flights & sky.bit:
            _stamp_crown(canvas, crown, window)
    return canvas, fields


def _texture(canvas: Canvas, fields: list[Floats], sky: Sky, window: Window) -> None:
    amplitude = np.array([TEXTURE[m] for m in Material], np.float32)
    total = np.zeros_like(fields[0])
    for number, values in enumerate(fields):
        total += amplitude[canvas.material, number] * values
    for scale in FINE_OCTAVES_M:
        if scale > 2.5 * window.gsd_m:
            finer = noise((window.x, window.y), window.shape, window.gsd_m, scale, round(scale * 1000))
            total += 0.9 * amplitude[canvas.material, 0] * finer
    canvas.albedo *= np.exp(np.clip(total, -0.9, 0.7))[..., None]
    leaf, lawn = canvas.material == Material.LEAF, canvas.material == Material.LAWN
    canvas.albedo[leaf] *= np.array(sky.leaf_tint, np.float32)
    dry = np.clip(0.5 + 0.35 * fields[2] + 0.25 * fields[1], 0, 1)[..., None]
    warm = np.array([0.22, 0.05, 0.0], np.float32) * dry + 1
    canvas.albedo[lawn] *= (np.array(sky.lawn_tint, np.float32) * warm)[lawn]
    canvas.height += np.where(leaf, 0.26 * fields[0] + 0.16 * fields[1], 0).astype(np.float32)
    canvas.height += np.where(canvas.material == Material.HEAP, 0.10 * fields[0], 0).astype(np.float32)


def _march(height: Floats, sky: Sky, gsd_m: float, start_m: float, stop_m: float) -> Floats:
    """Height of the shadow's ceiling above each sample: the tallest sun ray blocked between the two distances."""
    sx, sy, sz = sky.sun
    flat = math.hypot(sx, sy)
    rise = sz / flat
    ceiling = np.full_like(height, -1.0)
    rows, cols = height.shape
    done = {(0, 0)}
    for step in np.arange(start_m, stop_m, gsd_m * 1.4):
        dx, dy = round(step * sx / flat / gsd_m), round(step * sy / flat / gsd_m)
        if (dx, dy) in done or abs(dx) >= cols or abs(dy) >= rows:
            continue
        done.add((dx, dy))
        here = (slice(max(-dy, 0), rows - max(dy, 0)), slice(max(-dx, 0), cols - max(dx, 0)))
        there = (slice(max(dy, 0), rows - max(-dy, 0)), slice(max(dx, 0), cols - max(-dx, 0)))
        blocked = height[there] - np.float32(math.hypot(dx, dy) * gsd_m * rise)
        np.maximum(ceiling[here], blocked, out=ceiling[here])
    return ceiling


def _shadow(canvas: Canvas, sky: Sky, gsd_m: float) -> Floats:
    """0 in the sun, 1 in full shade."""
    near = _march(canvas.height, sky, gsd_m, gsd_m, 1.2)
    every = max(1, round(0.15 / gsd_m))
    small = np.ascontiguousarray(canvas.height[::every, ::every])
    far = _march(small, sky, gsd_m * every, 1.0, TALLEST_M / math.tan(math.radians(sky.elevation_deg)))
    far = np.asarray(cv2.resize(far, (canvas.height.shape[1], canvas.height.shape[0]), interpolation=cv2.INTER_LINEAR))
    soft = np.where(canvas.material == Material.LEAF, np.float32(0.9), np.float32(0.12))
    dark = np.clip((np.maximum(near, far) - canvas.height) / soft, 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(dark, (0, 0), 0.05 / gsd_m + 0.3), np.float32)


def light(canvas: Canvas, sky: Sky, gsd_m: float) -> tuple[Floats, Floats]:
    """Linear radiance and shadow: sky light everywhere, sun light by slope where nothing stands in its way."""
    shadow = _shadow(canvas, sky, gsd_m)
    sx, sy, sz = sky.sun
    soft = np.isin(canvas.material, (Material.LEAF, Material.HEAP))
    smooth = cv2.GaussianBlur(canvas.height, (0, 0), 0.06 / gsd_m)
    slope_x = np.where(soft, cv2.Sobel(smooth, cv2.CV_32F, 1, 0) / np.float32(8 * gsd_m), canvas.slope_x)
    slope_y = np.where(soft, cv2.Sobel(smooth, cv2.CV_32F, 0, 1) / np.float32(8 * gsd_m), canvas.slope_y)
    slope_x, slope_y = np.clip(slope_x, -1.6, 1.6), np.clip(slope_y, -1.6, 1.6)
    facing = (sz - slope_x * sx - slope_y * sy) / np.sqrt(1 + slope_x**2 + slope_y**2) / sz
    every = max(1, round(0.4 / gsd_m))
    around = cv2.GaussianBlur(np.ascontiguousarray(canvas.height[::every, ::every]), (0, 0), 1.8 / (every * gsd_m))
    around = cv2.resize(around, (canvas.height.shape[1], canvas.height.shape[0]))
    open_sky = np.clip(1 - np.maximum(around - canvas.height, 0) / 11, 0.45, 1)
    direct = (1 - sky.ambient) * np.clip(facing, 0, 1.5) * (1 - shadow)
    tint = np.array([0.90, 0.98, 1.16], np.float32)
    glow = (sky.ambient * open_sky)[..., None] * tint
    return (canvas.albedo * (glow + direct[..., None])).astype(np.float32), shadow


def develop(radiance: Floats, sky: Sky, origin_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Camera: white balance, exposure, haze, optics, sRGB, sensor noise."""
    gain = np.array(sky.white_balance, np.float32) * np.float32(sky.exposure)
    picture = cv2.GaussianBlur(radiance, (0, 0), 0.55) * gain + np.float32(sky.haze)
    picture = np.clip(picture, 0, None)
    picture = 0.9 * picture + 0.1 * picture.mean(axis=2, keepdims=True)
    picture = picture / (1 + np.maximum(picture - 0.72, 0) * 0.9)  # a camera's shoulder keeps white roofs from clipping
    encoded = np.where(picture <= 0.0031308, picture * 12.92, 1.055 * picture ** (1 / 2.4) - 0.055) * 255
    rng = np.random.default_rng([sky.seed, *origin_px])
    grain = rng.normal(0, 1.1, picture.shape[:2]).astype(np.float32)
    return np.asarray(np.clip(np.rint(encoded + grain[..., None]), 0, 255), np.uint8)


def render_window(scene: Scene, sky: Sky, window: Window, supersample: int = 2) -> Picture:
    """Render one window; `window` is given at output spacing, drawing is `supersample` times finer."""
    sx, sy, _ = sky.sun
    reach = math.ceil((TALLEST_M / math.tan(math.radians(sky.elevation_deg)) + 1) / window.gsd_m)
    rim = 8
    left, right = (rim + (reach if sx < 0 else 0)), (rim + (reach if sx > 0 else 0))
    upper, lower = (rim + (reach if sy < 0 else 0)), (rim + (reach if sy > 0 else 0))
    fine = Window(
        window.x - left * window.gsd_m,
        window.y - upper * window.gsd_m,
        (window.width_px + left + right) * supersample,
        (window.height_px + upper + lower) * supersample,
        window.gsd_m / supersample,
    )
    canvas, fields = draw(scene, sky, fine)
    _texture(canvas, fields, sky, fine)
    radiance, shadow = light(canvas, sky, fine.gsd_m)
    size = (window.width_px + left + right, window.height_px + upper + lower)
    radiance = np.asarray(cv2.resize(radiance, size, interpolation=cv2.INTER_AREA), np.float32)
    origin = (round(window.x / window.gsd_m) + 100000, round(window.y / window.gsd_m) + 100000)
    rgb = develop(radiance, sky, origin)
    keep = (slice(upper, upper + window.height_px), slice(left, left + window.width_px))
    inner = tuple(slice(s.start * supersample, s.stop * supersample) for s in keep)
    return Picture(np.ascontiguousarray(rgb[keep]), canvas.label[inner], shadow[inner] > 0.5)
