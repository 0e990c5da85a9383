"""Strips do not show: a window measured strip by strip is the window measured whole, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from photos import picture

from pipeline.core import measure
from pipeline.core.grid import WorkGrid, work_grid
from pipeline.core.measure import Evidence, read_window
from pipeline.core.radiometry import fit_profile
from pipeline.core.strips import by_strips


@pytest.mark.parametrize("gsd_m", [0.05, 0.075, 0.12, 0.3])
def test_a_window_is_the_same_whatever_the_height_of_its_strips(gsd_m: float, monkeypatch: pytest.MonkeyPatch) -> None:
    grid: WorkGrid = work_grid(gsd_m)
    rgb = np.ascontiguousarray(picture(256, 192, seed=3).transpose(1, 2, 0))
    valid = np.ones(rgb.shape[:2], bool)
    valid[100:120, 50:90] = False
    profile = fit_profile([(rgb, valid)], grid.gsd_m, grid.pool)
    assert profile is not None
    whole = read_window(Evidence(rgb, valid), profile, grid, 1.0)
    for rows in (32, 100):
        monkeypatch.setattr(measure, "by_strips", lambda *a, rows=rows: by_strips(*a, rows=rows))
        part = read_window(Evidence(rgb, valid), profile, grid, 1.0)
        np.testing.assert_array_equal(part.score, whole.score)
        np.testing.assert_array_equal(part.mess, whole.mess)
        for name, plane in vars(whole.surfaces).items():
            np.testing.assert_array_equal(getattr(part.surfaces, name), plane, err_msg=name)


def test_planes_of_any_step_are_put_together_and_what_is_not_there_is_handed_on() -> None:
    grid = work_grid(0.075)
    values = np.random.default_rng(1).random((96, 8)).astype(np.float32)

    def halves(a: np.ndarray, nothing: None) -> dict[str, np.ndarray]:
        assert nothing is None
        return {"two": a[::2], "four": a[::4, 0]}

    got = by_strips(halves, (values, None), grid, rows=40)
    np.testing.assert_array_equal(got["two"], values[::2])
    np.testing.assert_array_equal(got["four"], values[::4, 0])
