"""Overviews are measured in place of native pixels only where they are their average."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from photos import picture, write_tif
from rasterio.enums import Resampling

from pipeline.core.grid import Window
from pipeline.io.imagery import Imagery
from pipeline.io.overviews import averaged_level
from pipeline.io.sources import look


def fine_picture(
    path: Path, resampling: Resampling, size: tuple[int, int] = (512, 640), holes: bool = False
) -> Imagery:
    """Imagery of 2 cm with overviews made this way."""
    data = picture(*size)
    mask = np.full(data.shape[1:], 255, np.uint8)
    if holes:
        mask[100:131, 70:90] = 0
    write_tif(path, data, mask=mask, gsd=0.02, tiled=True, blockxsize=256, blockysize=256)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], resampling)
    return Imagery(str(path), look(str(path)).grid)


def test_averages_are_known_from_picks(tmp_path: Path) -> None:
    for resampling, level in ((Resampling.average, 2), (Resampling.nearest, 1)):
        path = tmp_path / f"{resampling.name}.tif"
        fine_picture(path, resampling)
        with rasterio.open(path) as file:
            assert averaged_level(file, (1, 2, 3), 32 / 9) == level
            assert averaged_level(file, (1, 2, 3), 2.9) == 1


def test_an_overview_whose_pixels_are_no_whole_squares_is_left(tmp_path: Path) -> None:
    fine_picture(tmp_path / "odd.tif", Resampling.average, (511, 640))
    with rasterio.open(tmp_path / "odd.tif") as file:
        assert averaged_level(file, (1, 2, 3), 4.0) == 1


@pytest.mark.parametrize("window", [Window(0, 0, 512, 640), Window(128, 128, 300, 200, 128, 128, 84, 128)])
def test_reading_through_the_overview_is_reading_native_pixels_but_for_rounding(tmp_path: Path, window: Window) -> None:
    through = fine_picture(tmp_path / "a.tif", Resampling.average, holes=True)
    native = fine_picture(tmp_path / "b.tif", Resampling.nearest, holes=True)
    assert through._level == 2 and native._level == 1
    one, other = through.read(window), native.read(window)
    assert one.rgb.shape == other.rgb.shape
    both = one.valid & other.valid
    assert both.sum() > 0.97 * other.valid.sum()
    assert not (one.valid & ~other.valid).any(), "what holds an invalid native pixel is never valid"
    difference = one.rgb[both].astype(int) - other.rgb[both]
    assert np.abs(difference).mean() < 5
    assert abs(difference.mean()) < 0.3
