"""Spots worth a visit: peaks of the mess score, each with a tight outline, merged where they touch, ranked over all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.clutter import SCORE_CUT
from pipeline.core.filters import F32, Bool, radius_px

APART_M: Final = 2.5
REACH_M: Final = 2.0
FALL: Final = 0.8
SCORE_FLOOR: Final = -11.0


@dataclass(frozen=True)
class Spot:
    """A spot in the metric CRS: its block's index, score, the peak's place and its outline as (n, 2) metres."""

    block: int
    score: float
    x: float
    y: float
    outline: NDArray[np.float64]


@dataclass(frozen=True)
class Peak:
    """A spot in one window: score, and its outline as (n, 2) corners (col, row) in pooled pixels of the window."""

    row: int
    col: int
    score: float
    outline: NDArray[np.float64]


def peaks(score: F32, allowed: Bool, gsd_m: float) -> list[Peak]:
    """The local maxima of ``score`` (h, w) where ``allowed``, at least 2.5 m apart, best first.

    Of equal neighbours all are kept; :func:`best` thins them. An empty or constant window yields no peak that is
    above the floor ``SCORE_FLOOR``.
    """
    reach = radius_px(APART_M, gsd_m)
    highest = cv2.dilate(score, np.ones((2 * reach + 1,) * 2, np.uint8))
    rows, cols = np.nonzero((score == highest) & allowed & (score > SCORE_FLOOR))
    order = np.lexsort((cols, rows, -score[rows, cols]))
    field = np.where(allowed, score, np.float32(-1e9)).astype(np.float32)
    return [_outlined(field, int(rows[i]), int(cols[i]), gsd_m) for i in order]


def _outlined(field: F32, row: int, col: int, gsd_m: float) -> Peak:
    """Cut the outline where the score has fallen by ``FALL`` from the peak, within 2 m of it."""
    reach = radius_px(REACH_M, gsd_m)
    top, left = max(row - reach, 0), max(col - reach, 0)
    part = field[top : row + reach + 1, left : col + reach + 1]
    ys, xs = np.ogrid[: part.shape[0], : part.shape[1]]
    near = (ys - (row - top)) ** 2 + (xs - (col - left)) ** 2 <= reach * reach
    high = ((part >= field[row, col] - np.float32(FALL)) & near).astype(np.uint8)
    _, parts = cv2.connectedComponents(high, connectivity=4)
    whole = parts == parts[row - top, col - left]
    return Peak(row, col, float(field[row, col]), _boundary(whole) + np.array([left, top]))


def _boundary(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Outer boundary of the one region of True pixels, as corners in pixel units (a pixel spans [i, i + 1])."""
    padded = cv2.copyMakeBorder(flags.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    double = cv2.resize(padded, (2 * padded.shape[1], 2 * padded.shape[0]), interpolation=cv2.INTER_NEAREST)
    outlines, _ = cv2.findContours(double, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    longest = max(outlines, key=len)[:, 0, :].astype(np.float64)
    return np.asarray((longest + 0.5) / 2 - 1, np.float64)


def keep_apart(xy_m: NDArray[np.float64], score: Sequence[float], apart_m: float = APART_M) -> list[int]:
    """Indices of spots kept, best first, so that no two are closer than ``apart_m``: (n, 2) metres in.

    >>> keep_apart(np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0]]), [1.0, 2.0, 0.5])
    [1, 2]
    """
    order = sorted(range(len(score)), key=lambda i: (-score[i], xy_m[i, 0], xy_m[i, 1]))
    grid: dict[tuple[int, int], list[int]] = {}
    kept = []
    for i in order:
        gx, gy = int(xy_m[i, 0] // apart_m), int(xy_m[i, 1] // apart_m)
        near = [j for dx in (-1, 0, 1) for dy in (-1, 0, 1) for j in grid.get((gx + dx, gy + dy), [])]
        if all(np.hypot(*(xy_m[i] - xy_m[j])) >= apart_m for j in near):
            grid.setdefault((gx, gy), []).append(i)
            kept.append(i)
    return kept


def spot_id(flight_id: str, x_m: float, y_m: float) -> str:
    """A name that the same spot of the same flight always gets, from its place to the decimetre.

    >>> spot_id("2021-01", 1.02, 2.0) == spot_id("2021-01", 1.0, 2.04)
    True
    """
    place = f"{flight_id}|{round(x_m, 1):.1f}|{round(y_m, 1):.1f}"
    return "S" + hashlib.sha256(place.encode()).hexdigest()[:10].upper()


def best(spots: Sequence[Spot], most: int) -> list[Spot]:
    """The ``most`` strongest spots that are at least 2.5 m apart, best first; ties go by place."""
    if not spots:
        return []
    kept = keep_apart(np.array([[s.x, s.y] for s in spots]), [s.score for s in spots])
    return [spots[i] for i in kept[:most]]


def severity(score: float) -> float:
    """A spot's score from 0 to 100 for people: 50 where it becomes worth a visit, rising with its strength.

    >>> severity(SCORE_CUT), severity(SCORE_CUT + 3) > 80
    (50.0, True)
    """
    return float(100 / (1 + np.exp(-(score - SCORE_CUT))))


CLEAR: Final = severity(SCORE_CUT)
"""A spot is clear, and worth a visit, above this severity."""
