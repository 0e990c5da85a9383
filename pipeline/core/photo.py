"""How good a picture is: blur, exposure, clipping, shadow; from a sample of patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.filters import F32, U8, Bool
from pipeline.core.greenery import log_colour
from pipeline.core.radiometry import fit_profile
from pipeline.core.surface import shadow

Patch = tuple[U8, Bool]

_FIRST_BLUR, _SECOND_BLUR = 0.7, 1.0
_EDGE_PERCENTILE, _EDGE_LEVELS, _MIN_EDGES = 95.0, 2.0, 200
_MAX_BLUR_PX = 10.0


@dataclass(frozen=True)
class PhotoFigures:
    """Figures of a picture; None where the patches can't tell.

    ``sharpness`` (0-1, higher is sharper) is 1 / (1 + ``blur_px``), the standard deviation of the blur in pixels;
    ``exposure`` (0-255) the mean brightness; ``clipped_pct`` the share of pixels with a band at 255 or all at 0;
    ``shadow_pct`` the share of dark and bluish pixels.
    """

    blur_px: float | None
    sharpness: float | None
    exposure: float | None
    clipped_pct: float | None
    shadow_pct: float | None


def photo_figures(native: Sequence[Patch], working: Sequence[Patch], gsd_m: float, pool_size: int) -> PhotoFigures:
    """All figures from patches of (rgb (h, w, 3), valid (h, w)): native for blur and light, working for shadow."""
    blur = blur_px(native)
    inside = [rgb[valid] for rgb, valid in native if valid.any()]
    if not inside:
        return PhotoFigures(None, None, None, None, None)
    pixels = np.concatenate(inside)
    clipped = (pixels == 255).any(axis=1) | (pixels == 0).all(axis=1)
    return PhotoFigures(
        blur,
        None if blur is None else 1 / (1 + blur),
        float(_luma(pixels[None]).mean(dtype=np.float64)),
        100 * float(clipped.mean()),
        shadow_pct(working, gsd_m, pool_size),
    )


def blur_px(patches: Sequence[Patch]) -> float | None:
    """Standard deviation in pixels of the picture's blur, 0 to 10; None where there are too few edges.

    The gradient of an edge blurred by s falls by sqrt(1 + t^2 / s^2) when it is blurred again by t: s follows from
    the median ratio over the strongest edges (Zhuo and Sim 2011, doi:10.1016/j.patcog.2011.03.009).
    """
    ratios = [_edge_ratios(rgb, valid) for rgb, valid in patches]
    together = np.concatenate(ratios) if ratios else np.empty(0, np.float32)
    if together.size < _MIN_EDGES:
        return None
    ratio = max(float(np.median(together)), 1 + 1e-6)
    variance = _SECOND_BLUR**2 / (ratio * ratio - 1) - _FIRST_BLUR**2
    return min(float(np.sqrt(max(variance, 0.0))), _MAX_BLUR_PX)


def _edge_ratios(rgb: U8, valid: Bool) -> F32:
    first = np.asarray(cv2.GaussianBlur(_luma(rgb), (0, 0), _FIRST_BLUR), np.float32)
    once, twice = _gradient(first), _gradient(np.asarray(cv2.GaussianBlur(first, (0, 0), _SECOND_BLUR), np.float32))
    inner = cv2.erode(valid.astype(np.uint8), np.ones((11, 11), np.uint8), borderValue=0) > 0
    if not inner.any():
        return np.empty(0, np.float32)
    strong = inner & (once >= max(float(np.percentile(once[inner], _EDGE_PERCENTILE)), _EDGE_LEVELS))
    return np.asarray(once[strong] / np.maximum(twice[strong], 1e-3), np.float32)


def _luma(rgb: U8) -> F32:
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _gradient(values: F32) -> F32:
    x, y = (cv2.Sobel(values, cv2.CV_32F, *way, ksize=1, scale=0.5) for way in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(x, y), np.float32)


def shadow_pct(patches: Sequence[Patch], gsd_m: float, pool_size: int) -> float | None:
    """Share 0-100 of valid pixels that are dark and bluish, on the scale of the flight's own light."""
    profile = fit_profile(patches, gsd_m, pool_size)
    if profile is None:
        return None
    dark = total = 0
    for rgb, valid in patches:
        colour = log_colour(rgb, profile.green.haze, gsd_m)
        dark += int(shadow(colour, profile.green, valid).sum())
        total += int(valid.sum())
    return 100 * dark / total
