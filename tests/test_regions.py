"""Regions against scikit-image's, and cases known by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.segmentation import felzenszwalb

from pipeline.core.regions import regions


def quarter(seed: int, side: int = 160) -> np.ndarray:
    """Rectangles of many colours with a little noise, as bytes."""
    rng = np.random.default_rng(seed)
    picture = np.full((side, side, 3), 120, np.uint8)
    for _ in range(40):
        (x, y), (w, h) = rng.integers(0, side - 12, 2), rng.integers(6, 40, 2)
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), rng.integers(30, 220, 3).tolist(), -1)
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("scale", "least"), [(80.0, 60), (300.0, 150)])
def test_regions_are_scikit_images_but_for_ties(seed: int, scale: float, least: int) -> None:
    picture = quarter(seed)
    own = next(regions(picture, [(scale, least)]))
    theirs = felzenszwalb(picture / 255.0, scale=scale, sigma=0.5, min_size=least)
    shared = np.histogram2d(own.ravel(), theirs.ravel(), bins=(own.max() + 1, theirs.max() + 1))[0]
    assert abs(int(own.max()) - int(theirs.max())) <= 0.1 * theirs.max() + 1
    assert shared.max(axis=0).sum() > 0.95 * own.size
    assert shared.max(axis=1).sum() > 0.95 * own.size


def test_every_region_is_connected_large_enough_and_numbered_in_reading_order() -> None:
    labels = next(regions(quarter(7), [(80.0, 60)]))
    first = np.unique(labels, return_index=True)[1]
    assert (np.diff(first) > 0).all() and labels[0, 0] == 0
    for label in range(labels.max() + 1):
        own = (labels == label).astype(np.uint8)
        assert cv2.connectedComponents(own, connectivity=8)[0] == 2
        assert own.sum() >= 60


def test_a_constant_picture_is_one_region_and_a_greater_scale_joins_more() -> None:
    assert not next(regions(np.full((30, 40, 3), 77, np.uint8), [(80.0, 2)])).any()
    fine, coarse = regions(quarter(3), [(20.0, 10), (300.0, 10)])
    assert coarse.max() < fine.max()


def test_a_scale_asked_for_together_is_the_same_as_alone() -> None:
    picture = quarter(5)
    _, second = regions(picture, [(80.0, 60), (300.0, 150)])
    np.testing.assert_array_equal(second, next(regions(picture, [(300.0, 150)])))
