"""From sums of square metres to figures per 10 m cell and per block, and when a block cannot be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.vocabulary import Unusable
from pipeline.core.zonal import CellSums

F64 = NDArray[np.float64]
MIN_CELL_M2: Final = 20.0
WORST_SHARE: Final = 0.9


@dataclass(frozen=True)
class Limits:
    """From when a block can be judged: per cent of valid imagery, of open area and its size, of shadow at most.

    ``whole`` is why none of the flight's blocks can be judged. Open is what a drone sees to the ground: neither roof
    nor tree crown nor shadow; lawn and low plants are open.
    """

    min_valid_pct: float
    min_ground_pct: float
    min_ground_m2: float
    max_shadow_pct: float
    whole: Unusable | None = None


def share_pct(part: F64, whole: F64) -> F64:
    """100 part / whole, at most 100; NaN where there is no whole.

    >>> share_pct(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [25.0, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, np.minimum(100 * part / whole, 100), np.nan)


def weighted_quantile(values: F64, weights: F64, share: float) -> float:
    """The smallest value that at least ``share`` of the weight does not exceed; NaN without weight.

    >>> weighted_quantile(np.array([1.0, 2.0, 9.0]), np.array([4.0, 5.0, 1.0]), 0.9)
    2.0
    """
    if not len(values) or weights.sum() <= 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, share - 1e-12)])


def cell_indicators(cells: CellSums) -> dict[str, F64]:
    """Figures of each cell: its sums in square metres, and ``clutter`` (0 to 100), NaN on less than 20 m²."""
    sums = dict(zip(cells.names, cells.sums.T, strict=True))
    clutter = share_pct(sums["mess_m2"], sums["open_m2"])
    return sums | {"clutter": np.where(sums["open_m2"] >= MIN_CELL_M2, clutter, np.nan)}


def block_indicators(cells: CellSums, area_m2: F64, limits: Limits) -> tuple[dict[str, F64], list[str]]:
    """Figures of each block from its cells, and why a block cannot be judged (empty: it can).

    ``area_m2`` (n,) are the polygons' areas in the metric CRS. Clutter that cannot be judged is NaN, never 0.
    """
    count = len(area_m2)
    total = np.zeros((count, len(cells.names)))
    np.add.at(total, cells.block, cells.sums)
    sums = dict(zip(cells.names, total.T, strict=True))
    valid = sums["valid_m2"]
    figures = {
        "clutter": share_pct(sums["mess_m2"], sums["open_m2"]),
        "clutter_p90": _worst_cells(cells, count),
        "green_pct": share_pct(sums["green_m2"], valid),
        "ground_green_pct": share_pct(sums["ground_green_m2"], valid),
        "canopy_pct": share_pct(sums["canopy_m2"], valid),
        "bare_pct": share_pct(sums["bare_m2"], valid),
        "shadow_pct": share_pct(sums["shadow_m2"], valid),
        "roof_pct": share_pct(sums["roof_m2"], valid),
        "ground_pct": share_pct(sums["ground_m2"], valid),
        "valid_pct": np.minimum(100 * valid / area_m2, 100),
        "ground_m2": sums["ground_m2"],
        "open_pct": share_pct(sums["open_m2"], valid),
        "open_m2": sums["open_m2"],
    }
    unusable = _unusable(figures, limits)
    blind = np.array([u != "" for u in unusable])
    for name in ("clutter", "clutter_p90"):
        figures[name] = np.where(blind, np.nan, figures[name])
    return figures | {"area_m2": area_m2}, unusable


def _worst_cells(cells: CellSums, count: int) -> F64:
    figures = cell_indicators(cells)
    known = np.isfinite(figures["clutter"])
    out = np.full(count, np.nan)
    for block in np.unique(cells.block[known]):
        own = known & (cells.block == block)
        out[block] = weighted_quantile(figures["clutter"][own], figures["open_m2"][own], WORST_SHARE)
    return out


def _unusable(figures: dict[str, F64], limits: Limits) -> list[str]:
    reasons = {
        Unusable.NO_IMAGERY: ~(figures["valid_pct"] >= limits.min_valid_pct),
        limits.whole: np.full(len(figures["valid_pct"]), limits.whole is not None),
        Unusable.DARK: figures["shadow_pct"] > limits.max_shadow_pct,
        Unusable.LITTLE_GROUND: (figures["open_pct"] < limits.min_ground_pct)
        | (figures["open_m2"] < limits.min_ground_m2)
        | np.isnan(figures["clutter_p90"]),
    }
    return [next((str(r) for r, hit in reasons.items() if hit[i]), "") for i in range(len(figures["valid_pct"]))]
