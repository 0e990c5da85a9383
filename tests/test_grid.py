"""Windows cover a raster once, and working pixels fall together whatever the window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.grid import RasterGrid, halo_px, windows, work_grid

SIZES = st.integers(1, 900)


@given(SIZES, SIZES, st.sampled_from([64, 128, 256]), st.sampled_from([0, 32, 128]))
def test_windows_cover_every_pixel_once_and_stay_inside(width: int, height: int, size: int, halo: int) -> None:
    seen = np.zeros((height, width), int)
    for w in windows(width, height, size, halo):
        seen[w.row : w.row + w.height, w.col : w.col + w.width] += 1
        row, col, high, wide = w.read
        assert row >= 0 and col >= 0 and row + high <= height and col + wide <= width
    assert (seen == 1).all()


@given(st.floats(0.005, 3.0))
def test_working_pixels_are_whole_and_equal_up_to_fifteen_centimetres(gsd: float) -> None:
    grid = work_grid(gsd)
    assert grid.gsd_m >= gsd * (1 - 1e-9) or 0.075 < gsd <= 0.15
    assert grid.working(grid.align) == grid.work * grid.pool
    assert 1 <= grid.pool <= 4
    if gsd <= 0.3:
        assert 0.19 < grid.pool_gsd_m < 0.46
    if 0.012 <= gsd <= 0.15:
        assert 0.067 < grid.gsd_m < 0.084


@given(st.floats(0.01, 1.0), st.floats(0.1, 30))
def test_a_halo_reaches_as_far_as_asked_and_no_further_than_needed(gsd: float, metres: float) -> None:
    grid = work_grid(gsd)
    halo = halo_px(grid, gsd, metres)
    assert halo * gsd >= metres * (1 - 1e-9)
    assert halo % grid.align == 0
    assert (halo - grid.align) * gsd < metres


@pytest.mark.parametrize("gsd", [0.02, 0.0566, 0.0746])
def test_fine_imagery_is_averaged_to_the_working_grid(gsd: float) -> None:
    assert work_grid(gsd).gsd_m == pytest.approx(0.075, rel=0.07)


def test_place_and_pixel_are_each_other_s_inverse() -> None:
    grid = RasterGrid(100, 50, 500000.0, 3000000.0, 0.1, -0.1, "EPSG:4549", 0.1, 0.1)
    assert grid.colrow(*grid.xy(12.5, 7.25)) == pytest.approx((12.5, 7.25))
