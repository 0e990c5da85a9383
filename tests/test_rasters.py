"""Reading by window: validity, averaging, padding, labels, heights; and that the window does not show."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from photos import CRS, X0, Y0, picture, write_tif
from shapely import box

from pipeline.core.grid import Window, windows, work_grid
from pipeline.errors import ImageryError
from pipeline.io.pixels import Pixels, resample
from pipeline.io.rasters import Imagery, cover_share, label_blocks, read_heights
from pipeline.io.sources import look


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Imagery:
    """Imagery of 5.5 cm: 3 working pixels for 4 native ones or nearly; a corner and a hole are not valid."""
    data = picture(700, 900)
    mask = np.full(data.shape[1:], 255, np.uint8)
    mask[:100, :150] = 0
    mask[333, 444] = 0
    path = tmp_path_factory.mktemp("fine") / "fine.tif"
    href = write_tif(path, data, mask=mask, gsd=0.055, tiled=True, blockxsize=256, blockysize=256)
    return Imagery(href, look(href).grid)


def test_working_pixel_is_valid_only_where_all_native_pixels_are(fine: Imagery) -> None:
    pixels = fine.read(Window(0, 0, 700, 900))
    native = fine.read_native(0, 0, 768, 1024)[1]
    ratio = fine.work.native / fine.work.work
    for row, col in [(30, 30), (int(333 / ratio), int(444 / ratio)), (200, 200), (0, pixels.valid.shape[1] - 1)]:
        top, left = int(row * ratio), int(col * ratio)
        under = native[top : int(np.ceil((row + 1) * ratio)), left : int(np.ceil((col + 1) * ratio))]
        assert pixels.valid[row, col] == under.all()
    assert not pixels.rgb[~pixels.valid].any()
    hole = np.argwhere(~pixels.valid[int(300 / ratio) : int(400 / ratio), int(400 / ratio) : int(500 / ratio)])
    assert 1 <= len(hole) <= 4


def test_padding_at_the_edges_is_not_valid_and_shapes_are_whole(fine: Imagery) -> None:
    pixels = fine.read(Window(512, 768, 188, 132))
    work = fine.work
    assert pixels.rgb.shape[0] % work.pool == 0 and pixels.rgb.shape[1] % work.pool == 0
    inside = 188 * work.work // work.native
    assert pixels.valid[: inside - 1, :50].all()
    assert not pixels.valid[inside + 1 :].any()
    assert pixels.rgb.flags.c_contiguous


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 4), st.integers(0, 2))
def test_a_working_pixel_is_the_same_whatever_the_window(fine: Imagery, size: int, halo: int) -> None:
    """Cores of any size and halo cut from one whole reading what each reads by itself."""
    align, work = fine.work.align, fine.work
    whole = fine.read(Window(0, 0, 700, 900))
    for window in windows(900, 700, size * align, halo * align):
        part = fine.read(window)
        top, left = (work.working(n) if n else 0 for n in window.read[:2])
        height, width = part.valid.shape
        assert np.array_equal(part.rgb, whole.rgb[top : top + height, left : left + width])
        assert np.array_equal(part.valid, whole.valid[top : top + height, left : left + width])


def test_averaging_is_the_mean_of_what_lies_under(fine: Imagery) -> None:
    """An oracle: each working pixel is the area-weighted mean of native ones, by plain loops."""
    rgb, valid = fine.read_native(128, 256, 128, 128)
    small = resample(Pixels(rgb, valid), fine.work)
    ratio = fine.work.native / fine.work.work
    weights = np.zeros((small.rgb.shape[0], 128))
    for i in range(weights.shape[0]):
        for k in range(128):
            weights[i, k] = max(0.0, min(k + 1, (i + 1) * ratio) - max(k, i * ratio)) / ratio
    slow = np.einsum("ik,jl,klb->ijb", weights, weights, rgb.astype(float))
    assert np.abs(slow - small.rgb).max() <= 0.51


def test_pixels_of_ten_centimetres_are_interpolated_the_same_whatever_the_window(tmp_path: Path) -> None:
    href = write_tif(tmp_path / "middle.tif", picture(512, 640), gsd=0.1)
    middle = Imagery(href, look(href).grid, valid_from="all")
    whole, work = middle.read(Window(0, 0, 512, 640)), middle.work
    assert work.gsd_m == pytest.approx(0.0744, abs=0.0001) and whole.rgb.shape == (688, 860, 3)
    side = work.working(work.align)
    for window in windows(640, 512, work.align, work.align):
        core, own = (
            tuple(slice(n * side // work.align, n * side // work.align + side) for n in corner)
            for corner in ((window.top, window.left), (window.row, window.col))
        )
        assert np.array_equal(middle.read(window).rgb[core], whole.rgb[own])


def test_a_slope_of_brightness_is_interpolated_to_itself() -> None:
    slope = np.broadcast_to(np.arange(0, 128, dtype=np.uint8)[None, :, None], (32, 128, 3)).copy()
    small = resample(Pixels(slope, np.ones((32, 128), bool)), work_grid(0.1))
    at = (np.arange(small.rgb.shape[1]) + 0.5) * 32 / 43 - 0.5
    assert np.abs(small.rgb[:, 3:-3].astype(float) - at[None, 3:-3, None]).max() <= 0.51


def test_coarse_imagery_is_read_as_it_is(tmp_path: Path) -> None:
    data = picture(70, 90)
    imagery = Imagery(
        write_tif(tmp_path / "c.tif", data, gsd=0.6), look(str(tmp_path / "c.tif")).grid, valid_from="all"
    )
    pixels = imagery.read(Window(0, 0, 70, 90))
    assert pixels.rgb.shape == (96, 96, 3)
    assert np.array_equal(pixels.rgb[:70, :90], data.transpose(1, 2, 0))
    assert pixels.valid.sum() == 70 * 90


def test_partial_alpha_and_what_lies_outside_are_not_valid(tmp_path: Path) -> None:
    alpha = np.full((1, 64, 64), 255, np.uint8)
    alpha[0, :5], alpha[0, 5:9] = 0, 254
    data = np.concatenate([np.full((3, 64, 64), 255, np.uint8), alpha])
    data[:3, 40:50, 40:50] = 0
    href = write_tif(tmp_path / "a.tif", data, colours=["red", "green", "blue", "alpha"])
    imagery = Imagery(href, look(href).grid, valid_from="alpha")
    rgb, valid = imagery.read_native(-10, -10, 100, 100)
    assert valid.sum() == 64 * (64 - 9)
    assert valid[10 + 45, 10 + 45], "true black is valid"
    assert not rgb[~valid].any(), "white under alpha 0 is not kept"


def test_overview_is_small_and_keeps_the_valid_share(fine: Imagery) -> None:
    rgb, valid = fine.overview(200)
    assert max(rgb.shape[:2]) == 200
    assert valid.mean() == pytest.approx(1 - 100 * 150 / (700 * 900), abs=0.01)
    whole, seen = fine.read_native(0, 0, 700, 900)
    assert rgb[valid].mean(axis=0) == pytest.approx(whole[seen].mean(axis=0), abs=3)


def test_every_nth_pixel_tells_validity_beyond_the_edges(fine: Imagery) -> None:
    seen = fine.valid_every(-8, -8, 100, 130, step=8)
    assert seen.shape == (100, 130)
    assert not seen[0].any() and not seen[:, 0].any() and not seen[95:].any()
    assert seen[20:80, 30:110].all()


def test_threads_share_nothing_and_pickles_read_the_same(fine: Imagery) -> None:
    parts = list(windows(900, 700, 256, 128))
    with pickle.loads(pickle.dumps(fine)) as copy:
        assert copy == fine and hash(copy) == hash(fine)
        with ThreadPoolExecutor(4) as pool:
            got = list(pool.map(copy.read, parts * 3))
        for one, other in zip(got, [fine.read(w) for w in parts] * 3, strict=True):
            assert np.array_equal(one.rgb, other.rgb)
        assert 1 <= len(copy._opened) <= 4
    assert not copy._opened


def test_imagery_that_vanished_is_told_in_one_line(fine: Imagery) -> None:
    with pytest.raises(ImageryError, match="cannot be read") as told:
        Imagery("/nowhere/x.tif", fine.grid).read_native(0, 0, 10, 10)
    assert "\n" not in str(told.value)


def test_labels_follow_the_centres_of_pooled_pixels(fine: Imagery) -> None:
    step = fine.work.align / fine.work.work * fine.grid.dx
    west, north = fine.grid.x0, fine.grid.y0
    left = box(west, north - 10 * step, west + 5.4 * step, north)
    right = box(west + 5.6 * step, north - 10 * step, west + 10 * step, north - 5 * step)
    labels = label_blocks([left, right], Window(0, 0, 256, 256), fine)
    expected = np.zeros(labels.shape, np.int32)
    expected[:10, :5], expected[5:10, 6:10] = 1, 2
    expected[5:10, 5] = 0
    assert labels.dtype == np.int32
    assert np.array_equal(labels, expected)
    away = label_blocks([left], Window(256, 512, 256, 256), fine)
    assert not away.any() and away.shape == labels.shape


def test_cover_share_is_the_covered_area(fine: Imagery) -> None:
    step = fine.work.align / fine.work.work * fine.grid.dx
    west, north = fine.grid.x0, fine.grid.y0
    share = cover_share([box(west, north - 2 * step, west + 2.5 * step, north)], Window(0, 0, 128, 128), fine)
    assert share.sum() == pytest.approx(5.0)
    assert share[0, :4].tolist() == [1, 1, 0.5, 0]


def test_heights_come_bilinear_from_another_crs(fine: Imagery, tmp_path: Path) -> None:
    """A plane tilted in x and y stays a plane, whatever the surface's own grid and CRS."""
    import pyproj

    move = pyproj.Transformer.from_crs(CRS, "EPSG:32651", always_xy=True)
    x, y = move.transform(X0, Y0)
    rows, cols = np.mgrid[0:300, 0:300]
    heights = (100 + 0.5 * cols * 0.3 - 0.25 * rows * 0.3).astype(np.float32)
    heights[:20, :20] = -9999
    href = write_tif(tmp_path / "d.tif", heights[None], crs="EPSG:32651", gsd=0.3, x=x - 6, y=y + 6, nodata=-9999)
    got = read_heights(href, Window(128, 128, 256, 256), fine)
    assert got is not None and got.dtype == np.float32
    shape = label_blocks([], Window(128, 128, 256, 256), fine).shape
    assert got.shape == shape and np.isfinite(got).all()
    step = fine.work.align / fine.work.work * fine.grid.dx
    px, py = fine.grid.xy(128, 128)
    ux, uy = move.transform(px + 3.5 * step, py - 2.5 * step)
    assert got[2, 3] == pytest.approx(100 + 0.5 * (ux - x + 6 - 0.15) + 0.25 * (uy - y - 6 + 0.15), abs=0.02)
    far = write_tif(tmp_path / "far.tif", heights[None], gsd=0.3, x=X0 + 9000)
    assert read_heights(far, Window(0, 0, 128, 128), fine) is None
