"""What a flight looks like as a whole: the figures by which its pixels are read on the same scale as any other's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.filters import F32, U8, Bool, pool
from pipeline.core.greenery import GreenProfile, Light, LogColour, fit_green, log_colour
from pipeline.core.kernels import lab_planes, lab_tables
from pipeline.core.sharpness import own_blur_m, softened, softening_m

HAZE_SHARE: Final = 0.9
HAZE_TINT: Final = 22.0
DARKEST_PERCENT: Final = 8.0
_SUBSAMPLE: Final = 3


@dataclass(frozen=True)
class FlightProfile:
    """Constants of one flight, fitted on a sample of its windows.

    ``low, high`` (3,) the 0.5th and 99.5th percentile of each band; ``neutral`` (3,) the median L, a, b after the
    stretch; ``dark_l`` the 8th percentile of L on the pooled grid; ``green`` the vegetation profile; ``soften_m`` the
    Gaussian by which the flight comes to the common sharpness, before anything else is asked of it; ``fall`` which way
    its shadows fall, as columns and rows, as long as that is sure (0 to 1); ``blur_m`` its own blur before that.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    neutral: tuple[float, float, float]
    dark_l: float
    green: GreenProfile
    soften_m: float = 0.0
    fall: tuple[float, float] = (0.0, 0.0)
    blur_m: float = 0.0


@dataclass(frozen=True)
class Lab:
    """CIELab after the flight's band stretch, (h, w) each: L 0 to 100, a and b about -100 to 100."""

    l: F32  # noqa: E741 - the standard name
    a: F32
    b: F32


Triple = tuple[float, float, float]


def stretch(low: Triple, high: Triple) -> NDArray[np.float64]:
    """Where each value of each band lies between [low, high], cut off beyond: (3, 256) of 0 to 1."""
    lo, hi = np.asarray(low)[:, None], np.asarray(high)[:, None]
    return np.asarray(np.clip((np.arange(256) - lo) / np.maximum(hi - lo, 1), 0, 1), np.float64)


def to_lab(rgb: U8, valid: Bool, profile: FlightProfile) -> Lab:
    """CIELab (D65) of the stretched picture; invalid pixels get the flight's neutral colour, so edges do not show."""
    return Lab(*lab_planes(rgb, valid, lab_tables(stretch(profile.low, profile.high)), profile.neutral))


def fit_profile(samples: Iterable[tuple[U8, Bool]], gsd_m: float, pool_size: int) -> FlightProfile | None:
    """Fit the constants of a flight to sampled windows of (rgb (h, w, 3), valid (h, w)); None without valid pixels."""
    seen = [(rgb, valid) for rgb, valid in samples if valid.any()]
    if not seen:
        return None
    blur_m = own_blur_m(seen, gsd_m)
    soften_m = softening_m(blur_m)
    kept = [(softened(rgb, valid, soften_m, gsd_m), valid) for rgb, valid in seen]
    counts = sum(_histograms(rgb, valid) for rgb, valid in kept)
    low, high, darkest = (_percentiles(np.asarray(counts), q) for q in (0.5, 99.5, 0.5))
    haze = haze_of(darkest)
    colours = [_sample_colour(rgb, valid, haze) for rgb, valid in kept]
    together = LogColour(*(np.concatenate([getattr(c, n) for c in colours]) for n in ("e", "u", "luminance")))
    neutral, dark = _sample_lab(kept, low, high, pool_size)
    return FlightProfile(low, high, neutral, dark, fit_green(together, haze), soften_m, blur_m=blur_m)


def haze_of(darkest: tuple[float, float, float]) -> tuple[float, float, float]:
    """Airlight from the darkest pixels of each band: nearly the same in all, as haze has little colour.

    A band that is far from dark where another is belongs to a picture without dark things, and would take the colour
    out of what it shows.

    >>> haze_of((50.0, 60.0, 100.0))
    (45.0, 54.0, 64.8)
    """
    least = min(darkest)
    r, g, b = (HAZE_SHARE * min(d, least + HAZE_TINT) for d in darkest)
    return r, g, b


def _histograms(rgb: U8, valid: Bool) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    inside = rgb[valid]
    return np.stack([np.bincount(inside[:, band], minlength=256) for band in range(3)])


def _percentiles(
    counts: np.ndarray[tuple[int, int], np.dtype[np.int64]] | np.ndarray[tuple[int, ...], np.dtype[np.int64]], q: float
) -> tuple[float, float, float]:
    shares = np.cumsum(counts, axis=1) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    r, g, b = (float(np.searchsorted(band, q / 100)) for band in shares)
    return r, g, b


def _sample_colour(rgb: U8, valid: Bool, haze: tuple[float, float, float]) -> LogColour:
    colour, every = log_colour(rgb, Light(haze)), (slice(None, None, _SUBSAMPLE),) * 2
    inside = valid[every]
    return LogColour(colour.e[every][inside], colour.u[every][inside], colour.luminance[every][inside])


def _sample_lab(
    kept: list[tuple[U8, Bool]],
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    pool_size: int,
) -> tuple[tuple[float, float, float], float]:
    pixels, pooled, every = [], [], (slice(None, None, _SUBSAMPLE),) * 2
    tables = lab_tables(stretch(low, high))
    for rgb, valid in kept:
        lab = lab_planes(rgb, np.ones_like(valid), tables, (0.0, 0.0, 0.0))
        pixels.append(np.stack([plane[every][valid[every]] for plane in lab], axis=-1))
        pooled.append(pool(lab[0], pool_size)[pool(valid, pool_size) > 0.99])
    l, a, b = np.median(np.concatenate(pixels), axis=0)  # noqa: E741 - the standard name
    bright = np.concatenate(pooled)
    dark = float(np.percentile(bright, DARKEST_PERCENT)) if bright.size else 0.0
    return (float(l), float(a), float(b)), dark
