"""What a ranker learns from: figures that follow the picture and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.grid import work_grid
from pipeline.core.measure import Evidence
from pipeline.core.radiometry import FlightProfile, fit_profile
from pipeline.core.traits import OF_PICTURE, OF_SHAPE, OF_TABLE, TRAITS, picture_traits, shape_traits, table_traits

GRID = work_grid(0.075)
SIDE = 320
SPOT = np.array([[140.0, 140], [180, 140], [180, 180], [140, 180]])


def scene(seed: int = 0) -> np.ndarray:
    """Grey-brown ground with a lawn on one side and a heap of bright specks in the middle."""
    rng = np.random.default_rng(seed)
    rgb = np.full((SIDE, SIDE, 3), (126, 116, 102), np.float32) + rng.normal(0, 4, (SIDE, SIDE, 1))
    cv2.rectangle(rgb, (0, 0), (90, SIDE), (80, 130, 60), -1)
    for _ in range(40):
        x, y = (int(v) for v in rng.integers(142, 178, 2))
        cv2.circle(rgb, (x, y), 2, (235, 233, 228), -1)
    return np.ascontiguousarray(np.clip(rgb, 1, 254).astype(np.uint8))


@pytest.fixture(scope="module")
def profile() -> FlightProfile:
    found = fit_profile([(scene(), np.ones((SIDE, SIDE), bool))], GRID.gsd_m, GRID.pool)
    assert found is not None
    return found


def traits(rgb: np.ndarray, profile: FlightProfile, outline: np.ndarray = SPOT) -> dict[str, float]:
    return picture_traits(Evidence(rgb, np.ones(rgb.shape[:2], bool)), profile, GRID, outline)


def test_every_trait_has_one_maker() -> None:
    assert sorted(TRAITS) == sorted({*OF_TABLE, *OF_SHAPE, *OF_PICTURE}) and len(TRAITS) == 21


def test_the_heap_stands_out_where_it_should(profile: FlightProfile) -> None:
    heap, bare = traits(scene(), profile), traits(scene(), profile, SPOT + 90)
    assert set(heap) == set(OF_PICTURE)
    assert heap["contrast_l"] > 5 > abs(bare["contrast_l"])
    assert heap["texture"] > 1.5 * bare["texture"] and heap["edge"] > bare["edge"]
    assert heap["occupancy"] > bare["occupancy"]
    lawn = traits(scene(), profile, SPOT - [110, 0])
    assert lawn["green"] > 0.8 > 0.2 > heap["green"]
    assert lawn["green_distance"] == 0 < heap["green_distance"] < bare["green_distance"]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_the_picture_changes_little(profile: FlightProfile, turns: int) -> None:
    outline = SPOT - SIDE / 2
    for _ in range(turns):
        outline = np.stack([outline[:, 1], -outline[:, 0]], axis=1)
    turned = traits(np.ascontiguousarray(np.rot90(scene(), turns)), profile, outline + SIDE / 2)
    first = traits(scene(), profile)
    assert all(np.isclose(turned[name], first[name], rtol=0.08, atol=0.12) for name in OF_PICTURE)


def test_nothing_to_see_gives_numbers_still(profile: FlightProfile) -> None:
    blank = Evidence(np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), bool))
    for outline in (SPOT, np.array([[10.2, 10.2], [10.3, 10.2], [10.3, 10.3]]), SPOT - 500):
        assert np.isfinite(list(picture_traits(blank, profile, GRID, outline).values())).all()


@given(st.floats(-3.2, 3.2), st.floats(0.5, 8), st.floats(0.3, 4), st.floats(-4e6, 4e6))
def test_shape_does_not_depend_on_where_it_lies_or_how_it_is_turned(
    turn: float, long: float, wide: float, far: float
) -> None:
    corners = np.array([[0, 0], [long, 0], [long, wide], [0, wide]])
    c, s = np.cos(turn), np.sin(turn)
    moved = corners @ np.array([[c, s], [-s, c]]) + far
    one, other = shape_traits(corners), shape_traits(moved)
    assert np.isclose(one["area"], np.log(long * wide + 0.1), atol=1e-3)
    assert all(np.isclose(one[k], other[k], rtol=1e-2, atol=1e-2) for k in one)


def test_crowd_counts_others_by_strength_and_nearness() -> None:
    severity, place = np.array([90.0, 80, 10, 50]), np.array([[0.0, 0], [4, 0], [0, 4], [500, 0]])
    found = table_traits(severity, place)
    assert found["strength"].argsort().tolist() == severity.argsort().tolist()
    assert found["crowd"][3] == np.log(0.05)
    assert found["crowd"][2] > found["crowd"][0] > found["crowd"][3]
    assert (found["adjoining"] <= found["crowd"]).all() and found["adjoining"][0] > found["adjoining"][3]
