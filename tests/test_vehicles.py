"""A car is known by its size and shape, whatever its colour or heading; smaller, larger and ragged things are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.core.filters import F32
from pipeline.core.grid import WorkGrid, work_grid
from pipeline.core.vehicles import vehicle_bodies, vehicle_step, vehicles

GSD_M = 0.15
SIDE = 200


def ground(thing_l: float, width_m: float, length_m: float, *, angle: float = 0.0, ground_l: float = 45.0) -> F32:
    picture = np.full((SIDE, SIDE), ground_l, np.float32)
    corners = cv2.boxPoints(((SIDE / 2, SIDE / 2), (width_m / GSD_M, length_m / GSD_M), angle))
    cv2.fillPoly(picture, [np.rint(corners).astype(np.int32)], thing_l)
    return picture


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
@pytest.mark.parametrize("lightness", [85.0, 15.0])
def test_a_car_is_found_whole_bright_or_dark_at_any_heading(lightness: float, angle: float) -> None:
    picture = ground(lightness, 1.8, 4.4, angle=angle)
    assert vehicle_bodies(picture, GSD_M)[picture == lightness].mean() > 0.95


def test_dark_windows_do_not_hide_a_car() -> None:
    picture = ground(85.0, 1.8, 4.6)
    middle = SIDE // 2
    picture[middle - 8 : middle - 3, middle - 5 : middle + 5] = 15.0
    assert vehicle_bodies(picture, GSD_M)[middle - 5, middle]


@pytest.mark.parametrize(("width_m", "length_m"), [(0.6, 0.6), (1.0, 1.0), (0.4, 4.4), (6.0, 8.0), (1.8, 12.0)])
def test_bags_lines_and_roofs_are_no_cars(width_m: float, length_m: float) -> None:
    assert not vehicle_bodies(ground(85.0, width_m, length_m), GSD_M).any()


def test_a_heap_of_a_cars_area_is_no_car() -> None:
    picture = np.full((SIDE, SIDE), 45.0, np.float32)
    cv2.circle(picture, (SIDE // 2, SIDE // 2), round(1.6 / GSD_M), 85.0, -1)
    assert not vehicle_bodies(picture, GSD_M).any()


def test_constant_and_coarse_pictures_have_none() -> None:
    assert not vehicle_bodies(np.full((SIDE, SIDE), 50.0, np.float32), GSD_M).any()
    assert not vehicles(ground(85.0, 1.8, 4.4), 0.6).any()


@pytest.mark.parametrize("gsd_m", [0.05, 0.075, 0.1])
def test_the_step_leads_to_pixels_of_about_15_cm(gsd_m: float) -> None:
    grid: WorkGrid = work_grid(gsd_m)
    own = grid.gsd_m * vehicle_step(grid)
    assert 0.1 <= own <= 0.2 and grid.pool % vehicle_step(grid) == 0
    scaled = cv2.resize(ground(85.0, 1.8, 4.4), None, fx=GSD_M / own, fy=GSD_M / own)
    found = vehicles(np.asarray(scaled, np.float32), own)
    assert found.shape == scaled.shape
    assert 1.8 * 4.4 < found.sum() * own**2 < 3.6 * 6.2
