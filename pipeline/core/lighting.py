"""Light or stuff: whether what is lighter than its surroundings is lit more, or is another thing.

What is in the sun is lighter and, beside blue skylight, yellower than what is in the shade of the same stuff: leaves,
branches, tiles, soil. Paper, plastic, tins and stones on the ground are lighter and less yellow than the ground.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.core.filters import F32, blur, pool

AROUND_M: Final = 0.8
LEAST_SPREAD: Final = 1.0


def lit_warmer(lightness: F32, yellowness: F32, size: int, coarse_gsd_m: float) -> F32:
    """Correlation of L with b within about 0.8 m, -1 to 1: light and shade where high, other things where low.

    Parameters
    ----------
    lightness, yellowness : L and b, (h, w), on the grid of specks
    size : pixels of that grid in a pooled one: the result is (h / size, w / size)

    cov(L, b) / (sd(L) sd(b) + 1): near 0 where nothing varies.

    >>> wave = np.tile(np.float32([20, 60, 30, 70]), (16, 4))
    >>> [round(float(lit_warmer(wave, b, 2, 0.3).mean()), 2) for b in (wave / 2, -wave / 2, 0 * wave)]
    [1.0, -1.0, 0.0]
    """

    def around(values: F32) -> F32:
        return blur(pool(values, size), AROUND_M, coarse_gsd_m)

    mean_l, mean_b = around(lightness), around(yellowness)
    together = around(lightness * yellowness) - mean_l * mean_b
    squares = (around(lightness * lightness) - mean_l * mean_l) * (around(yellowness * yellowness) - mean_b * mean_b)
    return np.asarray(together / (np.sqrt(np.maximum(squares, 0)) + np.float32(LEAST_SPREAD)), np.float32)
