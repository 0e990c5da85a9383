"""Smoothing, pooling and morphology with sizes in metres, so that a result does not depend on the flight's GSD."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

_WIDE_PX: Final = 6.0
_FULL: Final = 240  # a byte that 4, 16 and 60 divide: means of flags stay whole numbers

cv2.setNumThreads(1)  # windows run side by side; threads inside one would only get in each other's way


def pool(values: NDArray[np.generic], size: int) -> F32:
    """Mean over squares of ``size`` by ``size`` pixels: (h, w) -> (h // size, w // size).

    >>> pool(np.array([[0, 4], [0, 0]], np.uint8), 2)
    array([[1.]], dtype=float32)
    """
    if size == 1:
        return values.astype(np.float32)
    h, w = values.shape[0] // size, values.shape[1] // size
    if values.dtype == np.bool_ and _FULL % size**2 == 0:
        share = cv2.resize(values.view(np.uint8) * np.uint8(_FULL), (w, h), interpolation=cv2.INTER_AREA)
        return np.asarray(share.astype(np.float32) / np.float32(_FULL), np.float32)
    return np.asarray(
        cv2.resize(values.astype(np.float32, copy=False), (w, h), interpolation=cv2.INTER_AREA), np.float32
    )


def blur(values: F32, sigma_m: float, gsd_m: float) -> F32:
    """Gaussian smoothing with a standard deviation in metres; below a third of a pixel the values stay as they are."""
    sigma = sigma_m / gsd_m
    if sigma < 0.3:
        return values
    if sigma >= 2 * _WIDE_PX:
        return _wide_blur(values, sigma)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _wide_blur(values: F32, sigma_px: float) -> F32:
    """Gaussian smoothing on a picture made so small that sigma is 6 to 12 px; within 1 % of the whole's spread."""
    k = 2 ** int(np.log2(sigma_px / _WIDE_PX))
    high, wide = values.shape
    below, beside = -high % k, -wide % k
    whole = cv2.copyMakeBorder(values, 0, below, 0, beside, cv2.BORDER_REPLICATE) if below or beside else values
    small = cv2.resize(whole, (whole.shape[1] // k, whole.shape[0] // k), interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (0, 0), sigma_px / k)
    large = cv2.resize(smooth, (whole.shape[1], whole.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[:high, :wide], np.float32)


def box_mean(values: F32, reach: int) -> F32:
    """Mean over squares of 2 ``reach`` + 1 pixels, of values within 500 of 0 rounded to 1/64; mirrored at the border.

    Sums of whole numbers are exact, so the same in any window.
    """
    side = 2 * reach + 1
    whole = _in_64ths(values)
    sums = cv2.boxFilter(whole, cv2.CV_32S, (side, side), normalize=False, borderType=cv2.BORDER_REFLECT_101)
    means = sums.astype(np.float32)
    means *= np.float32(1 / (64 * side * side))
    return means


def _in_64ths(values: F32) -> NDArray[np.int16]:
    scaled = values * np.float32(64)
    np.rint(scaled, out=scaled)
    return scaled.astype(np.int16)


def weighted_blur(values: F32, weight: F32, sigma_m: float, gsd_m: float) -> F32:
    """Gaussian mean of ``values`` under ``weight`` (both (h, w)); 0 where there is no weight nearby."""
    return blur(values * weight, sigma_m, gsd_m) / (blur(weight, sigma_m, gsd_m) + np.float32(1e-3))


@lru_cache(maxsize=32)
def disc(radius_px: int) -> U8:
    """A round structuring element of (2 r + 1) by (2 r + 1) pixels."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1,) * 2), np.uint8)


def radius_px(radius_m: float, gsd_m: float) -> int:
    """A radius in whole pixels, at least one."""
    return max(1, round(radius_m / gsd_m))


def dilate(flags: Bool, radius_m: float, gsd_m: float) -> Bool:
    """True within ``radius_m`` of a True pixel."""
    return np.asarray(cv2.dilate(flags.view(np.uint8), disc(radius_px(radius_m, gsd_m))), np.uint8).view(np.bool_)


def erode(flags: Bool, radius_m: float, gsd_m: float) -> Bool:
    """True where everything within ``radius_m`` is True; what lies beyond the array counts as True."""
    return np.asarray(cv2.erode(flags.view(np.uint8), disc(radius_px(radius_m, gsd_m))), np.uint8).view(np.bool_)


def close(flags: Bool, radius_m: float, gsd_m: float) -> Bool:
    """Fill gaps narrower than twice the radius; unchanged where the radius is less than half a pixel."""
    return _morph(flags, cv2.MORPH_CLOSE, radius_m, gsd_m)


def opened(flags: Bool, radius_m: float, gsd_m: float) -> Bool:
    """Drop what is narrower than twice the radius; unchanged where the radius is less than half a pixel."""
    return _morph(flags, cv2.MORPH_OPEN, radius_m, gsd_m)


def _morph(flags: Bool, operation: int, radius_m: float, gsd_m: float) -> Bool:
    if radius_m < gsd_m / 2:
        return flags
    element = disc(radius_px(radius_m, gsd_m))
    return np.asarray(cv2.morphologyEx(flags.view(np.uint8), operation, element), np.uint8).view(np.bool_)


def white_tophat(values: U8, radius_m: float, gsd_m: float) -> U8:
    """What is brighter than its surroundings and smaller than a disc of this radius."""
    return np.asarray(cv2.morphologyEx(values, cv2.MORPH_TOPHAT, disc(radius_px(radius_m, gsd_m))), np.uint8)


def black_tophat(values: U8, radius_m: float, gsd_m: float) -> U8:
    """What is darker than its surroundings and smaller than a disc of this radius."""
    return np.asarray(cv2.morphologyEx(values, cv2.MORPH_BLACKHAT, disc(radius_px(radius_m, gsd_m))), np.uint8)


def _line_elements(count: int, reach: int) -> Iterator[U8]:
    for angle in np.arange(count) * np.pi / count:
        element = np.zeros((2 * reach + 1,) * 2, np.uint8)
        dx, dy = np.cos(angle) * reach, np.sin(angle) * reach
        ends = [(round(reach + s * dx), round(reach + s * dy)) for s in (-1, 1)]
        cv2.line(element, ends[0], ends[1], 1, 1)
        yield element


@lru_cache(maxsize=8)
def _lines(count: int, reach: int) -> tuple[U8, ...]:
    """Lines of ``2 reach + 1`` pixels in ``count`` directions."""
    return tuple(_line_elements(count, reach))


def line_part(values: U8, length_m: float, gsd_m: float, directions: int = 8) -> U8:
    """The part of an image that is a line at least ``length_m`` long in one of the directions, one pixel wider."""
    lines = np.zeros_like(values)
    for element in _lines(directions, max(1, round((length_m / gsd_m - 1) / 2))):
        np.maximum(lines, cv2.morphologyEx(values, cv2.MORPH_OPEN, element), out=lines)
    return np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), np.uint8)
