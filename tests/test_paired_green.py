"""Green cover of two flights by shared thresholds: nothing from nothing, mirrored by swapping, sowing is seen."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from photos import blocks_at, write_tif

from pipeline.core.grid import RasterGrid
from pipeline.core.radiometry import fit_profile
from pipeline.core.registration import FlightShift
from pipeline.io.alignment import Ground
from pipeline.io.imagery import Imagery
from pipeline.io.paired_green import PairedGreen, paired_green

GSD, SIDE = 0.1, 512
STILL = FlightShift(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9, (), ())
BLOCKS = blocks_at((1.0, -50.0, 25.0, -1.0), (26.0, -50.0, 50.0, -1.0))


def place(*, sown: bool = False, scatter: float = 4.0, seed: int = 0) -> np.ndarray:
    """Soil whose greenness wavers, a lawn in the west; in the east a lawn too where it was sown."""
    rng = np.random.default_rng(seed)
    rgb = np.full((SIDE, SIDE, 3), (150, 135, 112), np.float32)
    rgb[..., 1] += scatter * cv2.resize(
        np.random.default_rng(1).normal(0, 1, (64, 64)).astype(np.float32), (SIDE, SIDE)
    )
    rgb[50:200, 20:200] = (80, 120, 60)
    if sown:
        rgb[250:400, 300:450] = (84, 124, 62)
    rgb *= 1 + 0.15 * np.sin(np.arange(SIDE) / 40)[:, None, None]
    rgb[480:, :] *= 0.15
    return np.clip(rgb + rng.normal(0, 3, rgb.shape), 1, 254).astype(np.uint8)


def ground(path: Path, rgb: np.ndarray) -> Ground:
    write_tif(path, np.ascontiguousarray(rgb.transpose(2, 0, 1)), gsd=GSD, tiled=True, blockxsize=256, blockysize=256)
    x0, y0 = BLOCKS.frame.total_bounds[0] - 1.0, BLOCKS.frame.total_bounds[3] + 1.0
    grid = RasterGrid(SIDE, SIDE, x0, y0, GSD, -GSD, BLOCKS.crs.to_wkt(), GSD, GSD)
    imagery = Imagery(str(path), grid)
    profile = fit_profile([(rgb, np.ones((SIDE, SIDE), bool))], imagery.work.gsd_m, imagery.work.pool)
    assert profile is not None
    return Ground(imagery, profile)


def between(first: Ground, second: Ground) -> PairedGreen:
    with first.imagery, second.imagery:
        found = paired_green(first, second, list(BLOCKS.frame.geometry), BLOCKS.crs, common=STILL)
    assert found is not None
    return found


def test_a_flight_against_itself_changes_nothing(tmp_path: Path) -> None:
    one = ground(tmp_path / "a.tif", place())
    found = between(one, one)
    assert np.array_equal(found.before, found.after)
    assert {(g.gain, g.offset) for g in found.gains} == {(1.0, 0.0)}


def test_swapping_mirrors_and_sowing_is_seen(tmp_path: Path) -> None:
    one, two = (ground(tmp_path / f"{s}.tif", place(sown=s == "b", seed=ord(s))) for s in "ab")
    there, back = between(one, two), between(two, one)
    assert np.allclose(there.after - there.before, back.before - back.after)
    assert (there.cuts.first, there.cuts.second) == (back.cuts.second, back.cuts.first)
    west, east = there.after - there.before
    assert west == pytest.approx(0.0, abs=1.0)
    assert east == pytest.approx(100 * 15 * 15 / (24 * 49), abs=1.5)


def test_ground_that_scatters_further_is_not_greener(tmp_path: Path) -> None:
    """The second flight's soil wavers twice as far: by its own threshold more of it would pass."""
    one, two = ground(tmp_path / "a.tif", place()), ground(tmp_path / "b.tif", place(scatter=8.0, seed=5))
    found = between(one, two)
    assert found.cuts.second - found.cuts.first > 0.01
    assert found.after - found.before == pytest.approx(0.0, abs=1.5)


def test_the_record_holds_what_was_normalised(tmp_path: Path) -> None:
    one, two = ground(tmp_path / "a.tif", place()), ground(tmp_path / "b.tif", (place() * 0.8).astype(np.uint8))
    radiometry = between(one, two).record()["radiometry"]
    assert radiometry["bands"]["red"]["gain"] == pytest.approx(0.8, abs=0.05)
    assert radiometry["bands"]["red"]["pixels"] > 2000
    assert all(math.isfinite(radiometry["thresholds"][side]) for side in ("before", "after"))
