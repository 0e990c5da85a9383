"""How far one flight's picture lies from another's: local shifts of ground texture, and what they have in common.

Two flights never lie on each other exactly, and a cell that is half a metre off has changed without any change. What
can be trusted to stay is the ground: shadows move with the sun, roofs lean away from the camera, leaves are never the
same twice. So a patch's shift is measured on the gradients of its ground alone, and the flight's on many patches, of
which some may have been rebuilt.

Shifts are metres, east and north: what lies at (x, y) in the first picture lies at (x + dx, y + dy) in the second.
Swapping the pictures changes the signs and nothing else; a picture has no shift from itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pipeline.core.filters import F32, erode, weighted_blur

PATCH_M: Final = 20.0
REACH_M: Final = 3.0
SMOOTH_M: Final = 0.12
EDGE_M: Final = 0.15
MIN_TRUSTED_M2: Final = 12.0
MIN_SIGNAL: Final = 2.5
MIN_QUALITY: Final = 0.25
APART_M: Final = 0.6
MIN_FOR_SIMILARITY: Final = 8
OUTLIER_FLOOR_M: Final = 0.15
_ROUND = 3
_TRIES = 400

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """A shift in metres, east and north; NaN where the pictures do not tell.

    ``quality`` is how far the best fit stands out from the second best: 0 not at all, 1 it is the only one.
    """

    dx_m: float
    dy_m: float
    quality: float

    @property
    def known(self) -> bool:
        """Whether there is a shift at all."""
        return math.isfinite(self.dx_m)


@dataclass(frozen=True)
class LocalShift:
    """The shift of a patch whose centre is ``x, y`` in the metric CRS."""

    x: float
    y: float
    shift: Shift


@dataclass(frozen=True)
class FlightShift:
    """What the patches' shifts have in common, and what is left.

    At (x, y) the shift is ``(dx_m, dy_m)`` plus the turn and the stretch about ``(x0, y0)``: ``scale`` is how much
    longer a length is in the second picture (0.001 = 0.1 %), ``rotation`` in radians, anticlockwise. ``rmse_m`` is what
    is left over the patches that agree; ``residual_m`` (n,) what is left at each patch as given, NaN where it was not
    known; ``outlier`` (n,) marks those that do not agree: a place that was rebuilt, or a local fault of a mosaic.
    ``patches`` is how many agree. All NaN where no patch is known.
    """

    dx_m: float
    dy_m: float
    scale: float
    rotation: float
    x0: float
    y0: float
    rmse_m: float
    patches: int
    residual_m: tuple[float, ...]
    outlier: tuple[bool, ...]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The common shift in metres, east and north, of what lies at ``x, y`` in the first picture.

        >>> FlightShift(0.5, 0.0, 0.001, 0.0, 100.0, 100.0, 0.0, 9, (), ()).at(200.0, 100.0)
        (0.6, 0.0)
        """
        east, north = self._steps(np.array([[x, y]]))[0].tolist()
        return east, north

    def there(self, xy: F64) -> F64:
        """Where places (n, 2) of the first picture lie in the second; as they are where no shift is known."""
        return xy + np.nan_to_num(self._steps(xy))

    def here(self, xy: F64) -> F64:
        """Where places (n, 2) of the second picture lie in the first."""
        return xy - np.nan_to_num(self._steps(xy - np.nan_to_num(self._steps(xy))))

    def _steps(self, xy: F64) -> F64:
        return _apply(np.array([self.dx_m, self.dy_m, self.scale, self.rotation]), xy - [self.x0, self.y0])


UNKNOWN: Final = Shift(math.nan, math.nan, 0.0)


def measure_shift(
    first: F32, second: F32, trusted_first: F32, trusted_second: F32, *, gsd_m: float, reach_m: float = REACH_M
) -> Shift:
    """How far the ground of one picture lies from that of another of the same place.

    Orientation correlation (Fitch et al. 2002, doi:10.5244/C.16.11) with weights on either side, normalised by what
    overlaps (as Padfield 2012, doi:10.1109/TIP.2011.2181402): gradients count by their direction more than by their
    strength, so neither exposure nor a few strong edges decide. Agreement times the root of the ground in common, in
    metres, is the signal: of patches of different places 1 in 100 reaches 2.4, of the same place nearly all 3. The
    peak is refined by a parabola.

    Parameters
    ----------
    first, second : brightness (h, w) on one grid; only differences within each count
    trusted_first, trusted_second : weights 0 to 1 (h, w) of what stays where it is: valid ground, neither shadow nor
        vegetation nor roof
    gsd_m : ground size of a pixel in metres
    reach_m : the largest shift looked for

    Returns
    -------
    Shift
        To the millimetre; unknown with less than 12 m² of common ground, without texture, or where another shift
        explains the pictures nearly as well (a straight kerb fits itself anywhere along it).
    """
    lags = _lags(first.shape, reach_m, gsd_m)
    fields = [_field(p, t, gsd_m) for p, t in ((first, trusted_first), (second, trusted_second))]
    if any(f is None for f in fields):
        return UNKNOWN
    one, two = (f for f in fields if f is not None)
    match, common_m2 = _agreement(one, two, lags, gsd_m)
    signal = np.where(common_m2 >= MIN_TRUSTED_M2, match * np.sqrt(common_m2), 0.0)
    row, col = (int(i) for i in np.unravel_index(signal.argmax(), signal.shape))
    peak = float(signal[row, col])
    if peak < MIN_SIGNAL or row in (0, 2 * lags) or col in (0, 2 * lags):
        return UNKNOWN
    quality = 1 - max(_second_best(signal, row, col, APART_M / gsd_m), 0.0) / peak
    if quality < MIN_QUALITY:
        return Shift(math.nan, math.nan, quality)
    down, right = _refined(match[row - 1 : row + 2, col - 1 : col + 2])
    east, south = (col - lags + right) * gsd_m, (row - lags + down) * gsd_m
    return Shift(round(east, _ROUND) + 0.0, round(-south, _ROUND) + 0.0, quality)


def _lags(shape: tuple[int, ...], reach_m: float, gsd_m: float) -> int:
    return min(math.ceil(reach_m / gsd_m) + 1, min(shape) // 2)


def _field(picture: F32, trusted: F32, gsd_m: float) -> tuple[NDArray[np.complex64], F32] | None:
    """Gradients as complex numbers whose length grows slowly with their strength, and their weights; None if flat."""
    sure = np.asarray(trusted > 0.5, np.float32)
    if not sure.any():
        return None
    level = picture - np.float32(picture[sure > 0].mean())
    south, east = np.gradient(weighted_blur(np.asarray(level, np.float32), sure, SMOOTH_M, gsd_m))
    weight = np.asarray(trusted * erode(trusted > 0.5, EDGE_M, gsd_m), np.float32)
    strength = np.hypot(east, south)
    inside = strength[weight > 0.5]
    usual = float(np.median(inside)) if inside.size else 0.0
    if usual <= 1e-6:
        return None
    return np.asarray((east + 1j * south) / (strength + usual), np.complex64), weight


def _agreement(
    one: tuple[NDArray[np.complex64], F32], two: tuple[NDArray[np.complex64], F32], lags: int, gsd_m: float
) -> tuple[F64, F64]:
    """Normalised agreement (-1 to 1) and square metres in common for each lag, both (2 lags + 1,) squared."""
    shape = [fft.next_fast_len(n + lags + 1) for n in one[1].shape]
    g1, g2 = one[0] * one[1], two[0] * two[1]
    w1, w2 = one[1].astype(np.float64), two[1].astype(np.float64)
    together = _correlate(g1, g2, shape, lags).real
    energy = _correlate(np.abs(g1) ** 2, w2, shape, lags).real * _correlate(w1, np.abs(g2) ** 2, shape, lags).real
    common_m2 = np.maximum(_correlate(w1, w2, shape, lags).real, 0.0) * gsd_m**2
    return together / np.sqrt(np.maximum(energy, 1e-9)), common_m2


def _correlate(
    one: NDArray[np.generic], two: NDArray[np.generic], shape: Sequence[int], lags: int
) -> NDArray[np.complex64]:
    """Sum over x of conj(one(x)) · two(x + lag), for lags from -lags to lags in rows and columns."""
    spectrum = np.conj(fft.fft2(one.astype(np.complex64), shape)) * fft.fft2(two.astype(np.complex64), shape)
    whole = fft.ifft2(spectrum)
    return np.asarray(np.roll(whole, (lags, lags), (0, 1))[: 2 * lags + 1, : 2 * lags + 1])


def _second_best(match: F64, row: int, col: int, apart_px: float) -> float:
    rows, cols = np.ogrid[: match.shape[0], : match.shape[1]]
    far = (rows - row) ** 2 + (cols - col) ** 2 > apart_px**2
    return float(match[far].max()) if far.any() else 0.0


def _refined(near: F64) -> tuple[float, float]:
    """Where a quadratic surface through 3 × 3 values has its top, from the middle: rows, columns, within a pixel."""
    step = np.array([-1.0, 0.0, 1.0])
    d_row, d_col = float((near.sum(1) * step).sum() / 6), float((near.sum(0) * step).sum() / 6)
    rr = float((near.sum(1) * (step**2 - 2 / 3)).sum())
    cc = float((near.sum(0) * (step**2 - 2 / 3)).sum())
    rc = float((near * np.outer(step, step)).sum() / 4)
    det = rr * cc - rc * rc
    if det <= 0 or rr >= 0:
        return 0.0, 0.0
    row, col = (rc * d_col - cc * d_row) / det, (rc * d_row - rr * d_col) / det
    return max(-1.0, min(1.0, row)), max(-1.0, min(1.0, col))


def flight_shift(shifts: Sequence[LocalShift]) -> FlightShift:
    """What most patches agree on: a shift, and with at least eight patches a turn and a stretch besides.

    Least median of squares over pairs of patches finds the majority (Rousseeuw 1984,
    doi:10.1080/01621459.1984.10477105), least squares over those that agree with it gives the figures. A patch is an
    outlier when it lies more than three robust standard deviations off, and more than 0.15 m.

    >>> there = [LocalShift(x, y, Shift(0.3, -0.1, 0.8)) for x in (0.0, 50.0) for y in (0.0, 50.0)]
    >>> found = flight_shift([*there, LocalShift(25.0, 25.0, Shift(2.0, 2.0, 0.5))])
    >>> round(found.dx_m, 3), round(found.dy_m, 3), found.outlier
    (0.3, -0.1, (False, False, False, False, True))
    """
    known = np.array([s.shift.known for s in shifts], bool)
    if not known.any():
        blank, flags = (math.nan,) * len(shifts), (False,) * len(shifts)
        return FlightShift(*(math.nan,) * 7, 0, blank, flags)
    place = np.array([[s.x, s.y] for s in shifts], np.float64)
    moved = np.array([[s.shift.dx_m, s.shift.dy_m] for s in shifts], np.float64)
    centre = place[known].mean(axis=0)
    model, agree = _majority(place[known] - centre, moved[known])
    left = np.full(len(shifts), np.nan)
    left[known] = np.hypot(*(moved[known] - _apply(model, place[known] - centre)).T)
    outlier = known.copy()
    outlier[known] = ~agree
    rmse = float(np.sqrt((left[known][agree] ** 2).mean()))
    dx, dy, scale, rotation, x0, y0 = (float(v) for v in (*model, *centre))
    good, rest, flags = int(agree.sum()), tuple(left.tolist()), tuple(outlier.tolist())
    return FlightShift(dx, dy, scale, rotation, x0, y0, rmse, good, rest, flags)


def _apply(model: F64, place: F64) -> F64:
    """The model (4,) = (dx, dy, scale, rotation) at places (n, 2) from the centre: (n, 2)."""
    dx, dy, scale, rotation = model
    x, y = place[:, 0], place[:, 1]
    return np.stack([dx + scale * x - rotation * y, dy + rotation * x + scale * y], axis=1)


def _fit(place: F64, moved: F64) -> F64:
    """Least squares of the model; the mean shift alone with fewer than eight patches."""
    if len(place) < MIN_FOR_SIMILARITY:
        return np.array([*moved.mean(axis=0), 0.0, 0.0])
    one, none = np.ones(len(place)), np.zeros(len(place))
    x, y = place[:, 0], place[:, 1]
    rows = np.concatenate([np.stack([one, none, x, -y], 1), np.stack([none, one, y, x], 1)])
    return np.asarray(np.linalg.lstsq(rows, moved.T.reshape(-1), rcond=None)[0])


def _majority(place: F64, moved: F64) -> tuple[F64, NDArray[np.bool_]]:
    """The model of most patches, and which agree with it."""
    best, least = np.array([*np.median(moved, axis=0), 0.0, 0.0]), math.inf
    for model in (best, *_candidates(place, moved)):
        middle = float(np.median(_off(model, place, moved)))
        if middle < least - 1e-12:
            best, least = model, middle
    for _ in range(3):
        off = _off(best, place, moved)
        agree = off <= max(3 * 1.4826 / 1.1774 * float(np.median(off)), OUTLIER_FLOOR_M)
        best = _fit(place[agree], moved[agree])
    off = _off(best, place, moved)
    return best, off <= max(3 * 1.4826 / 1.1774 * float(np.median(off)), OUTLIER_FLOOR_M)


def _off(model: F64, place: F64, moved: F64) -> F64:
    return np.asarray(np.hypot(*(moved - _apply(model, place)).T))


def _candidates(place: F64, moved: F64) -> Sequence[F64]:
    """Models through pairs of patches that lie well apart."""
    n = len(place)
    if n < MIN_FOR_SIMILARITY:
        return [np.array([*m, 0.0, 0.0]) for m in moved]
    pairs = np.random.default_rng(0).integers(0, n, (_TRIES, 2))
    z, d = place[:, 0] + 1j * place[:, 1], moved[:, 0] + 1j * moved[:, 1]
    wide = float(np.ptp(place, axis=0).max())
    found = []
    for i, j in pairs:
        if abs(z[i] - z[j]) > wide / 4:
            turn = (d[i] - d[j]) / (z[i] - z[j])
            shift = d[i] - turn * z[i]
            found.append(np.array([shift.real, shift.imag, turn.real, turn.imag]))
    return found
