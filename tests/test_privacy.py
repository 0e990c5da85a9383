"""Pictures that leave the house: nobody can be told from a crop, and nothing is read where a photo was blurred."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from shapely.affinity import translate

from pipeline.casework.evidence import find, keep
from pipeline.core.grid import RasterGrid
from pipeline.errors import RegisterError
from pipeline.io.photos import Part, blurred, longer_side, small
from pipeline.io.placing import FINEST_M, PIXELS, crop_picture, map_picture


class Stripes:
    """Imagery at 1 cm: stripes over 60 m of ground."""

    def __init__(self, period_cm: int) -> None:
        self.grid = RasterGrid(6000, 6000, 0.0, 60.0, 0.01, -0.01, "EPSG:4549", 0.01, 0.01)
        across = np.arange(6000) % period_cm < period_cm / 2
        self.row = np.where(across, 220, 40).astype(np.uint8)

    def read_native(self, row: int, col: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        line = np.zeros(width, np.uint8)
        c0, c1 = max(col, 0), min(col + width, 6000)
        line[c0 - col : c1 - col] = self.row[c0:c1]
        valid = np.zeros((height, width), bool)
        valid[max(0, -row) : 6000 - row, c0 - col : c1 - col] = True
        return np.repeat(np.tile(line, (height, 1))[..., None], 3, axis=2), valid

    def decimated(self, row: int, col: int, height: int, width: int, *, max_px: int) -> tuple[np.ndarray, np.ndarray]:
        rgb, _ = self.read_native(row, col, height, width)
        size = round(width * max_px / max(height, width)), round(height * max_px / max(height, width))
        return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.ones(size[::-1], bool)


def contrast(jpeg: bytes) -> float:
    """How far apart stripes are at the upper edge, where nothing is drawn."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture.shape == (PIXELS, PIXELS)
    line = picture[40:60].mean(axis=0)
    return float(np.ptp(line[100:600]))


def test_nothing_finer_than_five_centimetres_comes_through_and_a_heap_does() -> None:
    """The strokes of a plate are 1.5 cm wide, a face is 20 cm; a heap of rubbish is metres."""
    spot = box(29, 29, 31, 31)
    strokes, heaps = (contrast(crop_picture(Stripes(p), spot)) for p in (3, 200))  # type: ignore[arg-type]
    assert FINEST_M == 0.05
    assert strokes < 45, "less than a fourth of what is there is left of a stroke"
    assert heaps > 150
    assert contrast(map_picture(Stripes(3), box(10, 10, 50, 50), 30, 30)) < 45  # type: ignore[arg-type]


@given(st.floats(-40, 40), st.floats(-40, 40))
@settings(max_examples=12, deadline=None)
def test_a_spot_at_the_edge_or_outside_the_imagery_still_has_a_picture(dx: float, dy: float) -> None:
    spot = translate(box(29, 29, 31, 31), dx, dy)
    assert crop_picture(Stripes(200), spot)[:2] == b"\xff\xd8"  # type: ignore[arg-type]
    assert map_picture(Stripes(200), spot, 30 + dx, 30 + dy)[:2] == b"\xff\xd8"  # type: ignore[arg-type]


def photo() -> bytes:
    noise = np.random.default_rng(5).integers(0, 256, (200, 300, 3), np.uint8)
    return bytes(cv2.imencode(".png", noise)[1])


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 10), st.integers(1, 10))
@settings(max_examples=20, deadline=None)
def test_a_blurred_part_keeps_nine_cells_and_the_rest_stays(left: int, top: int, wide: int, high: int) -> None:
    part = Part(left * 10, top * 10, min(100, (left + wide) * 10), min(100, (top + high) * 10))
    before = cv2.imdecode(np.frombuffer(photo(), np.uint8), cv2.IMREAD_COLOR).astype(float)
    after = cv2.imdecode(np.frombuffer(blurred(photo(), [part]), np.uint8), cv2.IMREAD_COLOR).astype(float)
    inside = np.zeros(before.shape[:2], bool)
    inside[int(part.top * 2) : int(part.bottom * 2), int(part.left * 3) : int(part.right * 3)] = True
    own = after[int(part.top * 2) : int(part.bottom * 2), int(part.left * 3) : int(part.right * 3)]
    cells = cv2.resize(own, (3, 3), interpolation=cv2.INTER_AREA)
    gap = np.abs(own - cv2.resize(cells, own.shape[1::-1], interpolation=cv2.INTER_NEAREST))
    assert gap.mean() < 25, "within a cell there is one colour, but for JPEG"
    if not inside.all():
        near = np.corrcoef(before[~inside].ravel(), after[~inside].ravel())[0, 1]
        assert near > 0.4, "noise, as JPEG keeps it"


def test_what_the_camera_wrote_beside_the_picture_is_gone() -> None:
    plain = cv2.imencode(".jpg", np.full((40, 40, 3), 128, np.uint8))[1].tobytes()
    marked = plain[:2] + b"\xff\xe1\x00\x16Exif\x00\x00GPS 27.78,120.6" + plain[2:]
    assert b"GPS" not in blurred(marked, [Part(0, 0, 50, 50)])


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "10,10,5,20", "0,0,101,10", "-1,0,10,10", "nan,0,1,1"])
def test_what_is_no_part_is_told_in_one_line(text: str) -> None:
    with pytest.raises(RegisterError, match="no part of a photo"):
        Part.of(text)


def test_a_blurred_photo_is_the_only_one_that_is_kept(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "photo.PNG"
    file.write_bytes(photo())
    digest = keep(tmp_path, file, [Part(0, 0, 50, 50)])
    kept = find(tmp_path, digest)
    assert kept is not None
    assert kept.suffix == ".jpg"
    assert [p.name for p in (tmp_path / "evidence").iterdir()] == [kept.name]
    file.write_bytes(b"no picture")
    with pytest.raises(RegisterError, match="no picture"):
        keep(tmp_path, file, [Part(0, 0, 50, 50)])
    assert small(b"no picture", 10) is None
    assert (longer_side(photo()), longer_side(b"")) == ("width", "width")
