"""A flight read as another would have seen it: nothing from nothing, light undone, sowing seen, moved ground found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from photos import blocks_at, write_tif

from pipeline.core.grid import RasterGrid
from pipeline.core.measure import SUMS
from pipeline.core.normalise import Carried, digits
from pipeline.core.radiometry import fit_profile
from pipeline.core.registration import FlightShift
from pipeline.io import paired
from pipeline.io.alignment import Ground
from pipeline.io.imagery import Imagery
from pipeline.io.paired import Paired, Windows, paired_reading

GSD, SIDE = 0.1, 512
HOW = Windows(1024, 9.0, 1.0)
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


def green(first: Ground, second: Ground, common: FlightShift = STILL) -> tuple[np.ndarray, Paired]:
    """Green cover of the blocks in the second flight, per cent."""
    with first.imagery, second.imagery:
        found = paired_reading(first, second, list(BLOCKS.frame.geometry), BLOCKS.crs, common=common, how=HOW)
    total = np.zeros((len(BLOCKS), len(SUMS)))
    np.add.at(total, found.sums.block, found.sums.sums)
    return 100 * total[:, SUMS.index("green_m2")] / total[:, SUMS.index("valid_m2")], found


def test_a_flight_against_itself_is_read_as_it_is(tmp_path: Path) -> None:
    one, copy = (ground(tmp_path / f"{s}.tif", place()) for s in "ab")
    same, found = green(one, one)
    other, _ = green(one, copy)
    assert np.array_equal(same, other)
    assert {(g.gain, g.offset) for g in found.gains} == {(1.0, 0.0)}


def test_sowing_is_seen_in_other_light(tmp_path: Path) -> None:
    one = ground(tmp_path / "a.tif", place())
    two = ground(tmp_path / "b.tif", np.clip(place(sown=True, seed=5) * [0.8, 0.85, 0.9], 1, 254).astype(np.uint8))
    west, east = green(one, two)[0] - green(one, one)[0]
    assert west == pytest.approx(0.0, abs=1.0)
    assert east == pytest.approx(100 * 15 * 15 / (24 * 49), abs=1.5)


def test_ground_that_scatters_further_is_not_greener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second flight's soil wavers twice as far: by the first one's threshold more of it passes."""
    one, two = (ground(tmp_path / f"{n}.tif", place(scatter=n, seed=int(n))) for n in (3.0, 6.0))
    own = green(one, one)[0]
    assert green(one, two)[0] - own == pytest.approx(0.0, abs=1.5)
    monkeypatch.setattr(paired, "carried", lambda first, *_: (Carried(first, digits(())), ()))
    assert (green(one, two)[0] - own).max() > 1.5


def test_blocks_lie_where_the_common_shift_says(tmp_path: Path) -> None:
    """Ten metres to the east and one to the north, the same ground gives the same figures."""
    rgb = place()
    one, two = ground(tmp_path / "a.tif", rgb), ground(tmp_path / "b.tif", np.roll(rgb, (-10, 100), (0, 1)))
    moved = FlightShift(10.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9, (), ())
    west = green(one, one)[0][0]
    assert green(one, two, moved)[0][0] == pytest.approx(west, abs=0.5)
    assert green(one, two)[0][0] != pytest.approx(west, abs=2.0)


def test_a_surface_model_serves_both_flights_only_where_the_first_was_read_with_one(tmp_path: Path) -> None:
    heights = np.zeros((1, 52, 52), np.float32)
    heights[0, 20:30, 5:15] = 6.0
    dsm = write_tif(tmp_path / "dsm.tif", heights, gsd=1.0)
    one, two = (ground(tmp_path / f"{s}.tif", place()) for s in "ab")
    roofs = []
    for first, second in (("", ""), ("", dsm), (dsm, ""), (dsm, dsm)):
        pair = (replace(g, dsm_href=d or None) for g, d in zip((one, two), (first, second), strict=True))
        sums = green(*pair)[1].sums
        roofs.append(float(sums.sums[:, SUMS.index("roof_m2")].sum()))
    assert np.isnan(roofs[:2]).all()
    assert roofs[2] == roofs[3] == pytest.approx(100, abs=15)


def test_the_record_holds_what_was_normalised(tmp_path: Path) -> None:
    one, two = ground(tmp_path / "a.tif", place()), ground(tmp_path / "b.tif", (place() * 0.8).astype(np.uint8))
    radiometry = green(one, two)[1].record()["radiometry"]
    assert radiometry["red"]["gain"] == pytest.approx(0.8, abs=0.05)
    assert radiometry["red"]["pixels"] > 2000
