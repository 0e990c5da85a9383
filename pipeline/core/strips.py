"""A window cut into strips of rows, so that only few full-size planes are in memory, and those stay near the core."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core.filters import F32
from pipeline.core.grid import WorkGrid

ROWS_PX: Final = 350
REACH_M: Final = 3.8
_LEAST_REACH_PX: Final = 8

Planes = Mapping[str, F32]


def by_strips(
    function: Callable[..., Planes], arrays: Sequence[NDArray[np.generic] | None], grid: WorkGrid, rows: int = ROWS_PX
) -> dict[str, F32]:
    """What ``function`` makes of ``arrays``, from equal strips of about ``rows`` working rows at most, and rows around.

    Parameters
    ----------
    function : takes strips of the arrays (same rows, all columns) and gives named planes of (h / k, w / k), k being
        1 or a divisor of the grid's pooling; what lies beyond ``REACH_M`` (at least 8 px) must not matter to a pixel
    arrays : (h, w, ...) each, h a multiple of the grid's pooling; None is handed on

    >>> from pipeline.core.grid import work_grid
    >>> x = np.arange(12.0, dtype=np.float32).reshape(12, 1)
    >>> by_strips(lambda a: {"twice": 2 * a}, [x], work_grid(0.075), rows=4)["twice"].ravel()[[0, -1]].tolist()
    [0.0, 22.0]
    """
    high = next(len(a) for a in arrays if a is not None)
    step = math.ceil(high / (math.ceil(high / rows) * grid.pool)) * grid.pool
    reach = math.ceil(max(REACH_M / grid.gsd_m, _LEAST_REACH_PX) / grid.pool) * grid.pool
    whole: dict[str, F32] = {}
    for start in range(0, high, step):
        end = min(start + step, high)
        top, bottom = max(0, start - reach), min(high, end + reach)
        part = function(*(None if a is None else a[top:bottom] for a in arrays))
        for name, plane in part.items():
            k = (bottom - top) // len(plane)
            out = whole.setdefault(name, np.empty((high // k, *plane.shape[1:]), np.float32))
            out[start // k : end // k] = plane[(start - top) // k : (end - top) // k]
        del part, plane, out  # not beside the next strip
    return whole
