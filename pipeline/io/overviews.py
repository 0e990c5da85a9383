"""Whether a raster's overviews are what averaging its pixels gives, so that they may be measured in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from rasterio.windows import Window as RioWindow

PATCH_PX: Final = 512
_PLACES: Final = (0.2, 0.5, 0.8)
_LEVELS: Final = 2.0
_SHARE: Final = 0.5


def averaged_level(dataset: Any, bands: Sequence[int], ratio: float) -> int:
    """The coarsest overview (2 or 4; 1 for none) that can be averaged on to pixels ``ratio`` times as large.

    It must be at least 1.5 times as fine as those, its pixels must be whole squares of native ones, and it must be an
    honest average, in nine places: within 2 grey levels of the mean of those squares, which is what being compressed
    once more costs, or much nearer to it than picking one pixel of each is. Many programs write overviews by picking.
    """
    for level in (4, 2):
        whole = dataset.width % level == 0 and dataset.height % level == 0
        there = all(level in dataset.overviews(band) for band in bands)
        if ratio >= 1.5 * level and whole and there and _is_average(dataset, bands, level):
            return level
    return 1


def _is_average(dataset: Any, bands: Sequence[int], level: int) -> bool:
    off, picked, seen = 0.0, 0.0, 0
    for down in _PLACES:
        for across in _PLACES:
            high, wide = (min(PATCH_PX, n // level * level) for n in (dataset.height, dataset.width))
            row, col = (
                int(s * (n - m)) // level * level
                for s, n, m in ((down, dataset.height, high), (across, dataset.width, wide))
            )
            box = RioWindow(col, row, wide, high)
            native = dataset.read(bands, window=box)
            small = dataset.read(bands, window=box, out_shape=(len(bands), high // level, wide // level))
            valid = reduced_mask(dataset.read_masks(bands[0], window=box) == 255, level)
            for band, other in zip(native, small, strict=True):
                size = (wide // level, high // level)
                mean = cv2.resize(band.astype(np.float32), size, interpolation=cv2.INTER_AREA)
                off += float(np.abs(other - mean)[valid].sum())
                picked += float(np.abs(band[::level, ::level] - mean)[valid].sum())
                seen += int(valid.sum())
    return seen > 0 and off <= max(_LEVELS * seen, _SHARE * picked)


def reduced_mask(seen: npt.NDArray[np.bool_], level: int) -> npt.NDArray[np.bool_]:
    """True where all of a square of ``level`` by ``level`` pixels are: (h, w) in, (h / level, w / level) out.

    >>> reduced_mask(np.array([[True, True, True, False], [True, True, True, True]]), 2).tolist()
    [[True, False]]
    """
    if seen.all():
        return np.ones((seen.shape[0] // level, seen.shape[1] // level), bool)
    rows = np.logical_and.reduce([seen[i::level] for i in range(level)])
    return np.asarray(np.logical_and.reduce([rows[:, i::level] for i in range(level)]))
