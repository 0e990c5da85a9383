"""How good a picture is: blur, exposure, clipping, shadow; from a sample of patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.greenery import log_colour
from pipeline.core.radiometry import fit_profile
from pipeline.core.sharpness import Patch, blur_px, luma, softened
from pipeline.core.surface import is_shade


@dataclass(frozen=True)
class PhotoFigures:
    """Figures of a picture; None where the patches can't tell.

    ``sharpness`` (0-1, higher is sharper) is 1 / (1 + ``blur_px``), the standard deviation of the blur in pixels;
    ``exposure`` (0-255) the mean brightness; ``clipped_pct`` the share of pixels with a band at 255 or all at 0;
    ``shadow_pct`` the share of dark and bluish pixels.
    """

    blur_px: float | None
    sharpness: float | None
    exposure: float | None
    clipped_pct: float | None
    shadow_pct: float | None


def photo_figures(native: Sequence[Patch], working: Sequence[Patch], gsd_m: float, pool_size: int) -> PhotoFigures:
    """All figures from patches of (rgb (h, w, 3), valid (h, w)): native for blur and light, working for shadow."""
    blur = blur_px(native)
    inside = [rgb[valid] for rgb, valid in native if valid.any()]
    if not inside:
        return PhotoFigures(None, None, None, None, None)
    pixels = np.concatenate(inside)
    clipped = (pixels == 255).any(axis=1) | (pixels == 0).all(axis=1)
    return PhotoFigures(
        blur,
        None if blur is None else 1 / (1 + blur),
        float(luma(pixels[None]).mean(dtype=np.float64)),
        100 * float(clipped.mean()),
        shadow_pct(working, gsd_m, pool_size),
    )


def shadow_pct(patches: Sequence[Patch], gsd_m: float, pool_size: int) -> float | None:
    """Share 0-100 of valid pixels that are dark and bluish, on the scale of the flight's own light."""
    profile = fit_profile(patches, gsd_m, pool_size)
    if profile is None:
        return None
    dark = total = 0
    for rgb, valid in patches:
        colour = log_colour(softened(rgb, valid, profile.soften_m, gsd_m), profile.green.light)
        dark += int((is_shade(colour, profile.green) & valid).sum())
        total += int(valid.sum())
    return 100 * dark / total
