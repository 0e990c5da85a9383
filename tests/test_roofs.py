"""A roof is told by its shape and by the shade it throws, which falls to one side in a whole flight."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.core.roofs import Look, boundary, roof_confidence, shade_votes, shadow_fall

GSD_M = 0.3
SIDE = 160


def village(fall: tuple[int, int], *, houses: bool = True) -> tuple[Look, np.ndarray]:
    """Houses of 9 m on grey ground, shade of 1.8 m beside each where shadows fall, or yards of the same look without.

    Gives the look and where the houses are.
    """
    rng = np.random.default_rng(3)
    lightness = np.full((SIDE, SIDE), 45, np.float32) + rng.normal(0, 0.5, (SIDE, SIDE)).astype(np.float32)
    shade, tops = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    for y in range(20, SIDE - 30, 50):
        for x in range(20, SIDE - 30, 50):
            corner = (x + 6 * fall[0], y + 6 * fall[1]) if houses else (x, y)
            cv2.rectangle(shade, corner, (corner[0] + 29, corner[1] + 29), 1, -1)
            cv2.rectangle(tops, (x, y), (x + 29, y + 29), 1, -1)
    shade &= 1 - tops
    lightness[tops > 0], lightness[shade > 0] = 70, 12
    flat = np.zeros((SIDE, SIDE), np.float32)
    return Look((lightness, flat, flat), flat, shade.astype(np.float32), shade > 0), tops > 0


@pytest.mark.parametrize("fall", [(1, 0), (0, 1), (-1, 0), (0, -1)])
def test_shadows_fall_where_they_are_drawn(fall: tuple[int, int]) -> None:
    look, _ = village(fall)
    found = np.array(shadow_fall(shade_votes(look, GSD_M)))
    assert np.hypot(*found) <= 1 + 1e-9
    assert found @ np.array(fall) > 0.9 * np.hypot(*found) > 0


def test_without_shade_nothing_is_known_of_shadows() -> None:
    look, _ = village((1, 0), houses=False)
    assert np.hypot(*shadow_fall(shade_votes(look, GSD_M))) < 0.05
    assert shadow_fall(np.zeros(3)) == (0.0, 0.0)


def test_votes_of_windows_add_up() -> None:
    votes = shade_votes(village((1, 0))[0], GSD_M)
    assert shadow_fall(votes + votes) == pytest.approx(shadow_fall(votes))


def confidence(look: Look, fall: tuple[float, float]) -> np.ndarray:
    flat = np.zeros((SIDE, SIDE), np.float32)
    return roof_confidence(look, flat, flat, fall, gsd_m=GSD_M)


def test_houses_are_roofs_and_what_is_around_them_is_not() -> None:
    look, tops = village((1, 0))
    found = confidence(look, (1.0, 0.0))
    assert np.isfinite(found).all()
    assert found[tops].mean() > 0.7
    assert found[~tops].mean() < 0.3


def test_shade_behind_counts_for_a_roof_and_shade_in_front_against_it() -> None:
    look, tops = village((1, 0))
    behind, unknown, before = (confidence(look, (x, 0.0))[tops].mean() for x in (1.0, 0.0, -1.0))
    assert behind > unknown > before


def test_what_throws_no_shade_is_less_of_a_roof() -> None:
    house, yard = (village((1, 0), houses=h) for h in (True, False))
    assert confidence(house[0], (1.0, 0.0))[house[1]].mean() > confidence(yard[0], (1.0, 0.0))[yard[1]].mean() + 0.02


def test_green_around_counts_against_a_roof() -> None:
    look, tops = village((1, 0))
    lawn = Look(look.lab, np.where(tops, 0, 1).astype(np.float32), look.shade, look.dark)
    inner = cv2.erode(tops.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    assert confidence(lawn, (1.0, 0.0))[inner].mean() < confidence(look, (1.0, 0.0))[inner].mean()


def test_an_even_picture_is_no_roof() -> None:
    flat = np.zeros((60, 60), np.float32)
    look = Look((flat + 50, flat, flat), flat, flat, flat > 1)
    found = roof_confidence(look, flat, flat, (0.0, 0.0), gsd_m=GSD_M)
    assert np.isfinite(found).all()
    assert np.ptp(found) < 0.01


def test_boundary_by_hand() -> None:
    labels = np.array([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]])
    assert boundary(labels).tolist() == [[False, False, True, True]] * 3
