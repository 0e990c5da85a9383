"""How sharp a flight is, and making all flights equally sharp, so that the same litter weighs the same in each.

A blur of one pixel, or a GSD of 10 instead of 7 cm, takes half of the contrast of things of 0.3 m. So every flight is
softened, once and before anything is measured, to the sharpness of the softest flight that is still worth measuring:
a point spread of ``COMMON_BLUR_M`` standard deviation. What is softer than that already is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from pipeline.core.filters import F32, U8, Bool

Patch = tuple[U8, Bool]

COMMON_BLUR_M: Final = 0.115
USUAL_BLUR_PX: Final = 0.6
_FIRST_BLUR, _SECOND_BLUR = 0.7, 1.0
_ADDED_BLURS: Final = (1.0, 1.5)
_EDGE_PERCENTILE, _EDGE_LEVELS, _MIN_EDGES = 95.0, 2.0, 200
_MAX_BLUR_PX = 10.0
_LEAST_PX = 0.3


def own_blur_m(patches: Sequence[Patch], gsd_m: float) -> float:
    """Standard deviation of a flight's blur in metres; a flight without edges to tell is taken for usually sharp."""
    found = blur_px(patches)
    return (USUAL_BLUR_PX if found is None else found) * gsd_m


def softening_m(own_m: float) -> float:
    """Standard deviation in metres of the Gaussian that brings a flight to the common sharpness, 0 if it is softer.

    Blurs add up by their squares.
    """
    return float(np.sqrt(max(COMMON_BLUR_M**2 - own_m**2, 0.0)))


def softened(rgb: U8, valid: Bool, sigma_m: float, gsd_m: float) -> U8:
    """An (h, w, 3) picture under a Gaussian of ``sigma_m``, over valid pixels only; invalid pixels are 0, in and out.

    Less than .3 pixels change nothing.
    """
    sigma = sigma_m / gsd_m
    if sigma < _LEAST_PX:
        return rgb
    smooth = np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma), np.uint8)
    if valid.all():
        return smooth
    weight = np.asarray(cv2.GaussianBlur(valid.astype(np.uint8) * np.uint8(255), (0, 0), sigma), np.uint8)
    edge = valid & (weight < 255)
    smooth[edge] = np.minimum(np.rint(smooth[edge] * (255 / weight[edge])[:, None]), 255).astype(np.uint8)
    smooth[~valid] = 0
    return smooth


def blur_px(patches: Sequence[Patch]) -> float | None:
    """Standard deviation in pixels of the picture's blur, 0 to 10; None where there are too few edges.

    The gradient of an edge blurred by s falls by sqrt(1 + t^2 / s^2) when it is blurred again by t: s follows from
    the median ratio over the strongest edges (Zhuo and Sim 2011, doi:10.1016/j.patcog.2011.03.009). Lines, corners and
    grain are no such edges and put s off by a factor that depends on the place. So it is taken of the picture blurred
    by two known amounts more, which gives the factor, and s without it.
    """
    one, two = _ADDED_BLURS
    near, far = _seeming_blur(patches, one), _seeming_blur(patches, two)
    if near is None or far is None or far <= near:
        return None
    factor = (far**2 - near**2) / (two**2 - one**2)
    return min(float(np.sqrt(max(near**2 / factor - one**2, 0.0))), _MAX_BLUR_PX)


def _seeming_blur(patches: Sequence[Patch], added_px: float) -> float | None:
    """The blur that the strongest edges show once ``added_px`` is added; None where there are too few."""
    ratios = [_edge_ratios(rgb, valid, added_px) for rgb, valid in patches]
    together = np.concatenate(ratios) if ratios else np.empty(0, np.float32)
    if together.size < _MIN_EDGES:
        return None
    ratio = max(float(np.median(together)), 1 + 1e-6)
    return float(np.sqrt(max(_SECOND_BLUR**2 / (ratio * ratio - 1) - _FIRST_BLUR**2, 0.0)))


def _edge_ratios(rgb: U8, valid: Bool, added_px: float) -> F32:
    sigma = float(np.hypot(_FIRST_BLUR, added_px))
    first = np.asarray(cv2.GaussianBlur(luma(rgb), (0, 0), sigma), np.float32)
    once, twice = _gradient(first), _gradient(np.asarray(cv2.GaussianBlur(first, (0, 0), _SECOND_BLUR), np.float32))
    inner = cv2.erode(valid.astype(np.uint8), np.ones((15, 15), np.uint8), borderValue=0) > 0
    if not inner.any():
        return np.empty(0, np.float32)
    strong = inner & (once >= max(float(np.percentile(once[inner], _EDGE_PERCENTILE)), _EDGE_LEVELS))
    return np.asarray(once[strong] / np.maximum(twice[strong], 1e-3), np.float32)


def luma(rgb: U8) -> F32:
    """Brightness of an (h, w, 3) picture, 0 to 255 (ITU-R BT.601)."""
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _gradient(values: F32) -> F32:
    x, y = (cv2.Sobel(values, cv2.CV_32F, *way, ksize=1, scale=0.5) for way in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(x, y), np.float32)
