"""Flights of any sharpness come to one, and a soft picture is no tidier than a sharp one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photos import picture

from pipeline.core.grid import work_grid
from pipeline.core.sharpness import COMMON_BLUR_M, blur_px, own_blur_m, softened, softening_m

GSD_M = 0.06


def shapes(size: int = 400) -> np.ndarray:
    """Bright and dark boxes on grey: edges without a blur of their own."""
    out, rng = np.full((size, size, 3), 120, np.uint8), np.random.default_rng(4)
    for x, y, w, h, level in rng.integers((0, 0, 8, 8, 0), (size, size, 40, 40, 256), (90, 5)):
        cv2.rectangle(out, (int(x), int(y)), (int(x + w), int(y + h)), (int(level),) * 3, -1)
    return out


@pytest.mark.parametrize("own_px", [0.7, 1.0, 1.4])
def test_pictures_of_any_sharpness_come_to_the_common_one(own_px: float) -> None:
    rgb = np.asarray(cv2.GaussianBlur(shapes(), (0, 0), own_px))
    valid = np.ones(rgb.shape[:2], bool)
    soft = softened(rgb, valid, softening_m(own_blur_m([(rgb, valid)], GSD_M)), GSD_M)
    found = blur_px([(soft, valid)])
    assert found is not None
    assert found * GSD_M == pytest.approx(COMMON_BLUR_M, rel=0.08)


def test_a_picture_softer_than_the_common_sharpness_stays_as_it_is() -> None:
    rgb = np.asarray(cv2.GaussianBlur(shapes(), (0, 0), 3.0))
    assert softening_m(own_blur_m([(rgb, np.ones(rgb.shape[:2], bool))], GSD_M)) == 0.0
    assert softened(rgb, np.ones(rgb.shape[:2], bool), 0.0, GSD_M) is rgb


def test_what_is_not_valid_bleeds_into_nothing() -> None:
    rgb = np.full((60, 60, 3), 200, np.uint8)
    valid = np.ones((60, 60), bool)
    valid[:, :20] = False
    rgb[~valid] = 0
    soft = softened(rgb, valid, 0.11, GSD_M)
    assert (soft[~valid] == 0).all()
    assert np.abs(soft[valid].astype(int) - 200).max() <= 2


def test_a_part_is_softened_as_in_the_whole() -> None:
    rgb = np.ascontiguousarray(picture(96, 96, seed=1).transpose(1, 2, 0))
    valid = np.ones((96, 96), bool)
    valid[60:70, 10:30] = False
    rgb[~valid] = 0
    whole = softened(rgb, valid, 0.11, GSD_M)
    part = softened(rgb[:60], valid[:60], 0.11, GSD_M)
    np.testing.assert_array_equal(part[:48], whole[:48])


def test_a_picture_without_edges_is_taken_for_usually_sharp() -> None:
    flat = np.full((64, 64, 3), 90, np.uint8)
    gsd_m = work_grid(GSD_M).gsd_m
    assert 0 < softening_m(own_blur_m([(flat, np.ones((64, 64), bool))], gsd_m)) < COMMON_BLUR_M
