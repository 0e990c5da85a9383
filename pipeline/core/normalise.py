"""A second flight brought to the scale of a first by the ground that stayed as it was; what is or was green has no say.

What a flight shows is told on a scale that follows from all that it shows, which is right for the flight and not quite
for a difference of two. Where the ground that is bare in both fits one gain and offset, as under the same camera, the
second flight is carried over to the first one's light and read by its constants. Where it does not (other cameras, air
or suns), the second keeps its own haze and soil line; its range of lightness and its threshold of greenness are set by
how that very ground lies and scatters in each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.filters import F32, U8, Bool, blur
from pipeline.core.greenery import GreenProfile, greenness, log_colour
from pipeline.core.radiometry import FlightProfile

AROUND_M: Final = 0.9
MIN_PIXELS: Final = 2000
ALIKE_SHARE: Final = 0.6
FITS: Final = 0.9
_ENDS: Final = (1.0, 250.0)
_ROUNDS = 5

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class BandGain:
    """How one band of the second flight follows from the first: ``gain`` · first + ``offset``, in digital numbers.

    ``pixels`` of stable ground it rests on; NaN with too few. ``fit`` is the correlation of the two flights over all
    ground that is bare in both; ``low`` is where its darker part begins in the first, below which nothing is known.
    """

    gain: float
    offset: float
    pixels: int
    fit: float = math.nan
    low: float = 0.0

    def undo(self, second: F32) -> F32:
        """Values of the second flight as the first would have them."""
        return np.asarray((second - np.float32(self.offset)) / np.float32(self.gain), np.float32)


def stable_gain(first: F32, second: F32) -> tuple[BandGain, ...]:
    """Gain and offset of each band between two flights from pixels (n, bands) of ground that is bare in both.

    Pixels at an end of the scale tell nothing. Of the others, those whose colours changed least are kept (6 of 10, in
    five rounds, as a pseudo-invariant set; compare Canty & Nielsen 2008, doi:10.1016/j.rse.2007.07.013); the ratio of
    their standard deviations, the reduced major axis, is the gain, and their means give the offset. Swapping the
    flights gives the inverse, a flight against itself 1 and 0. NaN below 2000 pixels or where a band is constant.

    >>> ground = np.random.default_rng(1).uniform(60, 200, (9000, 1)).astype(np.float32)
    >>> gain = stable_gain(ground, ground * np.float32(1.2) - np.float32(10))[0]
    >>> round(gain.gain, 3), round(gain.offset, 2), gain.pixels
    (1.2, -10.0, 5400)
    """
    inside = ((np.minimum(first, second) > _ENDS[0]) & (np.maximum(first, second) < _ENDS[1])).all(axis=1)
    one, two = (v[inside].astype(np.float64) for v in (first, second))
    if len(one) < MIN_PIXELS:
        return tuple(BandGain(math.nan, math.nan, len(one)) for _ in range(int(first.shape[1])))
    kept = np.ones(len(one), bool)
    for turn in range(_ROUNDS):
        scale = _by_percentiles if turn == 0 else _by_spread
        apart = np.abs(scale(two, two[kept]) - scale(one, one[kept])).max(axis=1)
        order = np.argsort(apart, kind="stable")
        kept = np.zeros(len(one), bool)
        kept[order[: int(ALIKE_SHARE * len(one))]] = True
    found = []
    for band in range(one.shape[1]):
        (mid, wide), (mid2, wide2) = ((float(v[kept, band].mean()), float(v[kept, band].std())) for v in (one, two))
        gain = wide2 / wide if wide > 0 and wide2 > 0 else math.nan
        fit = _correlation(one[:, band], two[:, band])
        found.append(BandGain(gain, mid2 - gain * mid, int(kept.sum()), fit, mid - wide))
    return tuple(found)


def _correlation(one: F64, two: F64) -> float:
    wide = float(one.std() * two.std())
    return float(((one - one.mean()) * (two - two.mean())).mean()) / wide if wide > 0 else math.nan


def _by_percentiles(values: F64, sample: F64) -> F64:
    low, mid, high = np.percentile(sample, [10, 50, 90], axis=0)
    return np.asarray((values - mid) / np.maximum(high - low, 1e-9))


def _by_spread(values: F64, sample: F64) -> F64:
    return np.asarray((values - sample.mean(axis=0)) / np.maximum(sample.std(axis=0), 1e-9))


def is_bare(greenness: F32, cut: float, gsd_m: float) -> Bool:
    """Where nothing within about a metre makes a place green: (h, w) in and out."""
    return np.asarray(blur(greenness, AROUND_M, gsd_m) < cut)


@dataclass(frozen=True)
class Carried:
    """How a second flight is read as a first would have seen it: by a profile, its values going through a table first.

    ``table`` (256, 3) uint8.
    """

    profile: FlightProfile
    table: U8


def carried(first: FlightProfile, second: FlightProfile, one: U8, two: U8) -> tuple[Carried, tuple[BandGain, ...]]:
    """How the second flight is read, and the gains from the first to it.

    ``one, two`` (n, 3) are the colours of ground that is bare in both. The second keeps its own sharpness, and with
    fewer than 2000 pixels everything.
    """
    gains = stable_gain(one.astype(np.float32), two.astype(np.float32))
    if len(one) < MIN_PIXELS:
        return Carried(second, digits(())), gains
    green = first.green
    if all(g.fit >= FITS for g in gains):
        table = digits(gains, (first.low, second.low))
        seen = np.stack([table[two[:, band], band] for band in range(3)], axis=1)
        cut = carried_cut(_greenness(one, green), _greenness(seen, green), green.cut)
        profile = replace(first, green=replace(green, cut=cut), soften_m=second.soften_m)
        return Carried(profile, table), gains
    cut = carried_cut(_greenness(one, green), _greenness(two, second.green), green.cut, second.green.cut)
    profile = replace(second, green=replace(second.green, cut=cut))
    if not any(math.isnan(g.gain) for g in gains):
        low, high = (
            [g.gain * v + g.offset for g, v in zip(gains, ends, strict=True)] for ends in (first.low, first.high)
        )
        profile = replace(profile, low=_triple(low), high=_triple(high), neutral=first.neutral, dark_l=first.dark_l)
    return Carried(profile, digits(())), gains


def _greenness(colours: U8, profile: GreenProfile) -> F32:
    return greenness(log_colour(colours[None], profile.light), profile).ravel()


def _triple(values: Sequence[float]) -> tuple[float, float, float]:
    r, g, b = values
    return r, g, b


def digits(
    gains: Sequence[BandGain], darkest: tuple[Sequence[float], Sequence[float]] = ((0.0,) * 3, (0.0,) * 3)
) -> U8:
    """What each value of each band of the second flight would be in the first, (256, 3); as it is of no gains.

    Below the ground that the gains rest on, the line bends to what is ``darkest`` in the first flight and the second:
    a small error of a gain would else make shade green.

    >>> digits([BandGain(2.0, 10.0, 9000, low=50.0)] * 3)[[0, 55, 110, 210, 255], 0].tolist()
    [0, 25, 50, 100, 122]
    """
    values = np.arange(256, dtype=np.float32)
    bands = [_carried_band(values, g, one, two) for g, one, two in zip(gains, *darkest, strict=True)] if gains else []
    return np.stack([np.clip(np.rint(v), 0, 255).astype(np.uint8) for v in bands or [values] * 3], axis=1)


def _carried_band(values: F32, gain: BandGain, one: float, two: float) -> F32:
    low, straight = gain.gain * gain.low + gain.offset, gain.undo(values)
    if not (one < gain.low and two < low):
        return straight
    bent = one + (values - np.float32(two)) * np.float32((gain.low - one) / (low - two))
    return np.where(values < low, bent, straight).astype(np.float32)


def carried_cut(first: F32, second: F32, cut: float, own: float | None = None) -> float:
    """The threshold for the second flight that stands as high above the shared ground as ``cut`` does in the first.

    A threshold's height is its distance from the ground's median in units of the ground's upper quartile less its
    median; ``first, second`` (n,) are the greenness of ground that is bare in both (:func:`is_bare`). With fewer than
    2000 pixels, or a threshold that is not above the ground, it is the second flight's ``own``, or else stays.

    >>> ground = np.random.default_rng(1).normal(0, 0.02, 5000).astype(np.float32)
    >>> round(carried_cut(ground, 2 * ground, 0.05) / 0.05, 2), carried_cut(ground, ground, 0.05)
    (2.0, 0.05)
    """
    stays = cut if own is None else own
    if len(first) < MIN_PIXELS:
        return stays
    (half, upper), (half2, upper2) = (np.percentile(v.astype(np.float64), [50, 75]).tolist() for v in (first, second))
    if upper <= half or cut <= half:
        return stays
    wider = (upper2 - half2) / (upper - half)
    return float(cut + (half2 - half) + (cut - half) * (wider - 1))
