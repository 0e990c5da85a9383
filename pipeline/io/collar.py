"""A border of pure black or white round a picture that declares no nodata there, as warping and cropping leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Valid = npt.NDArray[np.bool_]

CORE_M: Final = 1.0
PERIMETER_SHARE: Final = 0.05
_LEAST_PX: Final = 4
_NEAR: Final = 2  # of 255: compression leaves pure black and white this near


@dataclass(frozen=True)
class Collar:
    """What fills the border, and the side in pixels of a square of it that no shadow or glare fills as evenly."""

    fill: Literal["black", "white"]
    core_px: int

    def covers(self, colours: Array) -> Valid:
        """Which pixels of ``colours`` (3, h, w) are of the border, (h, w): all in one piece with a square of the fill.

        The picture is thought to go on as it ends, so that a border may be as narrow as it likes at its edge.

        >>> black = np.zeros((3, 9, 9), np.uint8)
        >>> black[:, :, 2:] = 99
        >>> black[:, 4, 5] = 0
        >>> Collar("black", 4).covers(black).sum(axis=0).tolist()
        [9, 9, 0, 0, 0, 0, 0, 0, 0]
        """
        flat = _filled(colours, self.fill).astype(np.uint8)
        if not flat.any():
            return flat > 0
        k = self.core_px
        flat = np.asarray(cv2.copyMakeBorder(flat, k, k, k, k, cv2.BORDER_REPLICATE), np.uint8)
        core = cv2.erode(flat, np.ones((k, k), np.uint8))
        count, pieces = cv2.connectedComponents(flat, connectivity=4)
        of_border = np.zeros(count, bool)
        of_border[pieces[core > 0]] = True
        return np.asarray(of_border[pieces[k:-k, k:-k]])


def _filled(colours: Array, fill: Literal["black", "white"]) -> Valid:
    """Which pixels (3, ...) are of the fill in all three bands."""
    eight_bit = colours.dtype == np.uint8
    if fill == "black":
        return np.asarray((colours <= _NEAR if eight_bit else colours == 0).all(axis=0))
    if np.issubdtype(colours.dtype, np.integer):
        top = np.iinfo(colours.dtype).max
        return np.asarray((colours >= top - _NEAR if eight_bit else colours == top).all(axis=0))
    return np.zeros(colours.shape[1:], bool)


def collar_of(perimeter: Array, valid: Valid, gsd_m: float) -> Collar | None:
    """The border of a picture whose outermost pixels are ``perimeter`` (3, n), ``valid`` (n,) as far as declared.

    None where less than a twentieth of them are valid and pure black, or white.
    """
    for fill in ("black", "white"):
        if (_filled(perimeter, fill) & valid).sum() >= max(1, PERIMETER_SHARE * len(valid)):
            return Collar(fill, max(_LEAST_PX, round(CORE_M / gsd_m)))
    return None
