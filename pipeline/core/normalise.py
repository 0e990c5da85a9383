"""Two flights brought to one scale by the ground that stayed as it was; what is or was green has no say in it.

A flight's own threshold of greenness follows from its own ground, which is right for the flight and not quite for a
difference of two: where one flight's ground scatters further towards green, more of it passes. So for a pair of flights
the thresholds are set anew, to stand equally far above the ground that is bare in both, in units of how far that very
ground scatters in each. Each flight keeps its own haze and soil line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.filters import F32, Bool, blur
from pipeline.core.greenery import BRIGHT_SLOPE, DEEP_SHADE, SHADE_SLOPE, GreenProfile, LogColour, excess

AROUND_M: Final = 0.9
MIN_PIXELS: Final = 2000
ALIKE_SHARE: Final = 0.6
_ROUNDS = 5

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class BandGain:
    """How one band of the second flight follows from the first: ``gain`` · first + ``offset``, in digital numbers.

    ``pixels`` of stable ground it rests on; NaN with too few.
    """

    gain: float
    offset: float
    pixels: int

    def undo(self, second: F32) -> F32:
        """Values of the second flight as the first would have them."""
        return np.asarray((second - np.float32(self.offset)) / np.float32(self.gain), np.float32)


def stable_gain(first: F32, second: F32) -> tuple[BandGain, ...]:
    """Gain and offset of each band between two flights from pixels (n, bands) of ground that is bare in both.

    The pixels whose colours changed least are kept (6 of 10, in five rounds, as a pseudo-invariant set; compare
    Canty & Nielsen 2008, doi:10.1016/j.rse.2007.07.013); of those, the 10th and 90th percentile give the gain, the
    median the offset. Swapping the flights gives the inverse exactly, a flight against itself 1 and 0. NaN below 2000
    pixels or where a band is constant.

    >>> ground = np.random.default_rng(1).uniform(60, 200, (9000, 1)).astype(np.float32)
    >>> gain = stable_gain(ground, ground * np.float32(1.25) - np.float32(10))[0]
    >>> round(gain.gain, 3), round(gain.offset, 2), gain.pixels
    (1.25, -10.0, 5400)
    """
    one: F64 = first.astype(np.float64)
    two: F64 = second.astype(np.float64)
    if len(one) < MIN_PIXELS:
        return tuple(BandGain(math.nan, math.nan, len(one)) for _ in range(int(first.shape[1])))
    kept = np.ones(len(one), bool)
    for _ in range(_ROUNDS):
        apart = np.abs(_standard(two, two[kept]) - _standard(one, one[kept])).max(axis=1)
        order = np.argsort(apart, kind="stable")
        kept = np.zeros(len(one), bool)
        kept[order[: int(ALIKE_SHARE * len(one))]] = True
    found = []
    for band in range(one.shape[1]):
        (low, mid, high), (low2, mid2, high2) = (np.percentile(v[kept, band], [10, 50, 90]) for v in (one, two))
        gain = (high2 - low2) / (high - low) if high > low and high2 > low2 else math.nan
        found.append(BandGain(float(gain), float(mid2 - gain * mid), int(kept.sum())))
    return tuple(found)


def _standard(values: F64, sample: F64) -> F64:
    low, mid, high = np.percentile(sample, [10, 50, 90], axis=0)
    return np.asarray((values - mid) / np.maximum(high - low, 1e-9))


def greenness(colour: LogColour, profile: GreenProfile) -> F32:
    """What a flight compares with its threshold: excess over the soil, less where bright, more in deep shade, (h, w).

    The same pixels lie above ``profile.cut`` as :func:`pipeline.core.greenery.vegetation` finds before it closes gaps.
    """
    brighter = colour.luminance - np.float32(profile.luminance)
    over = excess(colour, profile.soil_e, profile.luminance)
    over -= np.float32(BRIGHT_SLOPE) * np.maximum(brighter, np.float32(0))
    over += np.float32(SHADE_SLOPE) * np.clip(-brighter - np.float32(DEEP_SHADE), np.float32(0), np.float32(0.8))
    return over


def is_bare(greenness: F32, cut: float, gsd_m: float) -> Bool:
    """Where nothing within about a metre makes a place green: (h, w) in and out."""
    return np.asarray(blur(greenness, AROUND_M, gsd_m) < cut)


@dataclass(frozen=True)
class PairCuts:
    """Thresholds of greenness by which two flights are compared, and the pixels of stable ground they rest on."""

    first: float
    second: float
    pixels: int

    def profiles(self, first: GreenProfile, second: GreenProfile) -> tuple[GreenProfile, GreenProfile]:
        """The two flights' profiles with the pair's thresholds."""
        return replace(first, cut=self.first), replace(second, cut=self.second)


def pair_cuts(first: F32, second: F32, cuts: tuple[float, float]) -> PairCuts:
    """Thresholds for two flights from the greenness (n,) of ground that is bare in both (:func:`is_bare`).

    A threshold's height is its distance from the ground's median in units of the ground's upper quartile less its
    median. Both flights get the geometric mean of the two heights, so that swapping them swaps the thresholds. The
    flights' own ``cuts`` stay with fewer than 2000 pixels, or where a flight's threshold is not above its ground.

    >>> ground = np.random.default_rng(1).normal(0, 0.02, 5000).astype(np.float32)
    >>> found = pair_cuts(ground, 2 * ground, (0.05, 0.05))
    >>> round(found.second / found.first, 2), found.pixels
    (2.0, 5000)
    """
    if len(first) < MIN_PIXELS:
        return PairCuts(*cuts, len(first))
    middle, spread, height = [], [], []
    for values, cut in zip((first, second), cuts, strict=True):
        half, upper = (float(v) for v in np.percentile(values.astype(np.float64), [50, 75]))
        middle.append(half)
        spread.append(upper - half)
        height.append((cut - half) / (upper - half) if upper > half else 0.0)
    if min(height) <= 0:
        return PairCuts(*cuts, len(first))
    common = math.sqrt(height[0] * height[1])
    one, two = (m + common * s for m, s in zip(middle, spread, strict=True))
    return PairCuts(one, two, len(first))
