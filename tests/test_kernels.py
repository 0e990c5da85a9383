"""Compiled loops against plain array operations."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.color import rgb2lab

from pipeline.core.filters import blur, pool
from pipeline.core.kernels import edge_means, lab_planes, lab_tables, part_boxes
from pipeline.core.radiometry import stretch


def test_lab_is_scikit_images_within_a_hundredth() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    low, high = (10.0, 0.0, 40.0), (240.0, 255.0, 200.0)
    tables = stretch(low, high)
    stretched = np.stack([tables[i][rgb[..., i]] for i in range(3)], axis=-1)
    own = lab_planes(rgb, np.ones((60, 80), bool), lab_tables(tables), (0.0, 0.0, 0.0))
    np.testing.assert_allclose(np.stack(own, axis=-1), rgb2lab(stretched), atol=0.02)


def test_lab_of_what_is_not_valid_is_the_fill() -> None:
    valid = np.zeros((2, 3), bool)
    planes = lab_planes(np.full((2, 3, 3), 255, np.uint8), valid, lab_tables(stretch((0,) * 3, (255,) * 3)), (1, 2, 3))
    assert [set(p.ravel().tolist()) for p in planes] == [{1.0}, {2.0}, {3.0}]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_edges_are_sobels_pooled(size: int) -> None:
    values = blur(np.random.default_rng(1).random((48, 64)).astype(np.float32) * 60, 0.08, 0.075)
    gx, gy = (cv2.Sobel(values, cv2.CV_32F, *way, scale=1 / 8).astype(np.float64) for way in ((1, 0), (0, 1)))
    strength, angle = np.hypot(gx, gy), np.arctan2(gy, gx)
    weight = np.where(strength < 0.6, 0, np.minimum(strength, 4))
    planes = gx * gx, gy * gy, gx * gy, weight, weight * np.cos(4 * angle), weight * np.sin(4 * angle)
    slow = np.stack([p.reshape(48 // size, size, 64 // size, size).mean(axis=(1, 3)) for p in planes])
    np.testing.assert_allclose(edge_means(values, size), slow, atol=2e-4)


def test_a_flat_plane_has_no_edges() -> None:
    assert not edge_means(np.full((8, 8), 3.0, np.float32), 4).any()


@pytest.mark.parametrize("size", [2, 4])
def test_shares_of_flags_are_exact(size: int) -> None:
    flags = np.random.default_rng(2).random((40, 24)) < 0.3
    exact = flags.reshape(40 // size, size, 24 // size, size).mean(axis=(1, 3))
    np.testing.assert_array_equal(pool(flags, size), exact.astype(np.float32))


@pytest.mark.parametrize("sigma_px", [13.0, 30.0, 50.0])
def test_a_wide_blur_is_the_gaussian_within_a_hundredth(sigma_px: float) -> None:
    values = cv2.resize(np.random.default_rng(3).random((15, 18)).astype(np.float32), (181, 153))
    exact = cv2.GaussianBlur(values, (0, 0), sigma_px)
    assert np.abs(blur(values, sigma_px, 1.0) - exact).max() < 0.01


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_boxes_of_parts_are_those_of_opencv(share: float) -> None:
    flags = (np.random.default_rng(4).random((57, 83)) < share).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flags, connectivity=4)
    found = part_boxes(labels, count)
    left, top, width, height, area = stats[1:].T
    np.testing.assert_array_equal(found[1:], np.stack([area, left, top, width, height], axis=1))
    assert found[0, 0] == 0
