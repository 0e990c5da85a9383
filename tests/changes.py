"""Changes of a picture that leave the place as it is: light, colour, file, grid, direction and sharpness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from photos import write_tif
from shapely.affinity import rotate

from pipeline.config import load_config
from pipeline.core.vocabulary import Grade, Stage
from pipeline.run import run_community

U8 = np.ndarray
FLIGHT = "f1"


@dataclass(frozen=True)
class View:
    """A picture (h, w, 3) with its valid pixels (h, w), where it lies, and the blocks in its CRS."""

    rgb: U8
    valid: np.ndarray
    transform: Affine
    blocks: gpd.GeoDataFrame

    @property
    def centre(self) -> tuple[float, float]:
        height, width = self.valid.shape
        return self.transform.c + self.transform.a * width / 2, self.transform.f + self.transform.e * height / 2

    def pixels(self, west: float, south: float, east: float, north: float) -> tuple[slice, slice]:
        """Rows and columns of a box in the view's CRS, cut off at the picture's edges."""
        t, (height, width) = self.transform, self.valid.shape
        rows = slice(max(round((north - t.f) / t.e), 0), min(round((south - t.f) / t.e), height))
        return rows, slice(max(round((west - t.c) / t.a), 0), min(round((east - t.c) / t.a), width))

    @property
    def metre(self) -> float:
        """Length of a ground metre in units of the view's CRS."""
        on_ground = self.blocks.to_crs(self.blocks.estimate_utm_crs()).area.sum()
        return float(np.sqrt(self.blocks.area.sum() / on_ground))

    @property
    def gsd_m(self) -> float:
        """True ground size of a pixel in metres."""
        return float(self.transform.a) / self.metre


@dataclass(frozen=True)
class Change:
    """A change by name; ``limit`` is where it leaves the goals that hold for flights as they come."""

    name: str
    make: Callable[[View], View]


def read_view(orthophoto: Path, blocks: Path) -> View:
    with rasterio.open(orthophoto) as file:
        rgb = np.ascontiguousarray(file.read([1, 2, 3]).transpose(1, 2, 0))
        frame = gpd.read_file(blocks).to_crs(file.crs)[["block_id", "geometry"]]
        valid = file.read(4) if file.count > 3 else file.dataset_mask()
        return View(rgb, valid == 255, file.transform, frame)


def only(view: View, block_ids: set[str], margin_m: float = 12.0) -> View:
    """The part of a view round some of its blocks."""
    blocks = view.blocks[view.blocks.block_id.isin(block_ids)]
    west, south, east, north = blocks.total_bounds + np.array([-1, -1, 1, 1]) * margin_m
    rows, cols = view.pixels(west, south, east, north)
    moved = _moved(view.transform, cols.start, rows.start)
    return View(np.ascontiguousarray(view.rgb[rows, cols]), view.valid[rows, cols], moved, blocks)


def _moved(t: Affine, cols: float, rows: float, scale: tuple[float, float] = (1.0, 1.0)) -> Affine:
    return Affine(t.a * scale[0], 0, t.c + t.a * cols, 0, t.e * scale[1], t.f + t.e * rows)


def results(view: View, folder: Path, more: str = "") -> pd.DataFrame:
    """Run the view through the stages up to its grades: a row for each block, by its id."""
    folder.mkdir(parents=True, exist_ok=True)
    colours = np.ascontiguousarray(view.rgb.transpose(2, 0, 1))
    size = {"tiled": True, "blockxsize": 512, "blockysize": 512, "overviews": [2, 4, 8, 16]}
    place = {"crs": view.blocks.crs, "transform": view.transform, "mask": view.valid.astype(np.uint8) * 255}
    write_tif(folder / "flight.tif", colours, **size, **place, colours=["red", "green", "blue"])
    view.blocks.to_file(folder / "blocks.gpkg", engine="pyogrio")
    (folder / "run.toml").write_text(
        'format = 1\n[community]\nname = "x"\nblocks = "blocks.gpkg"\nworkdir = "runs"\n'
        f'[[flights]]\nid = "{FLIGHT}"\nacquired = 2021-01-14T10:30:00Z\northophoto = "flight.tif"\n'
        f"[score]\nchips = 0\nmin_ground_m2 = 50.0\n{more}",
        encoding="utf-8",
    )
    report = run_community(load_config(folder / "run.toml"), last=Stage.GRADE)
    return pd.read_parquet(report.paths(report.flights[0]).grade_parquet).set_index("block_id")


def kept_share(before: pd.DataFrame, after: pd.DataFrame) -> float:
    """Share of blocks whose grade is unchanged, among those graded before."""
    graded = before.grade[before.grade != Grade.UNGRADED.value]
    return float((after.grade.reindex(graded.index) == graded).mean())


def _turned(view: View) -> View:
    """By 90 degrees, exactly, about the picture's centre."""
    return _at_centre(view, np.ascontiguousarray(np.rot90(view.rgb)), np.rot90(view.valid), 90.0)


def _tilted(degrees: float) -> Callable[[View], View]:
    def make(view: View) -> View:
        height, width = view.valid.shape
        angle = np.radians(degrees)
        new_w = int(width * abs(np.cos(angle)) + height * abs(np.sin(angle))) + 2
        new_h = int(height * abs(np.cos(angle)) + width * abs(np.sin(angle))) + 2
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        matrix[:, 2] += ((new_w - width) / 2, (new_h - height) / 2)
        rgb = cv2.warpAffine(view.rgb, matrix, (new_w, new_h), flags=cv2.INTER_CUBIC)
        whole = cv2.warpAffine(view.valid.astype(np.uint8) * 255, matrix, (new_w, new_h), flags=cv2.INTER_LINEAR)
        return _at_centre(view, rgb, whole == 255, degrees)

    return make


def _at_centre(view: View, rgb: U8, valid: np.ndarray, degrees: float) -> View:
    """A picture turned anticlockwise, laid so that its centre stays; the blocks turn with it."""
    x, y = view.centre
    t = view.transform
    placed = Affine(t.a, 0, x - t.a * valid.shape[1] / 2, 0, t.e, y - t.e * valid.shape[0] / 2)
    blocks = view.blocks.set_geometry([rotate(g, degrees, origin=(x, y)) for g in view.blocks.geometry])
    return View(rgb, np.ascontiguousarray(valid), placed, blocks.set_crs(view.blocks.crs))


def _recolour(gains: tuple[float, float, float]) -> Callable[[View], View]:
    def make(view: View) -> View:
        scaled = view.rgb.astype(np.float32) * np.asarray(gains, np.float32)
        return replace(view, rgb=np.clip(np.round(scaled), 0, 255).astype(np.uint8))

    return make


def _jpeg(quality: int) -> Callable[[View], View]:
    def make(view: View) -> View:
        done, coded = cv2.imencode(".jpg", view.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert done
        return replace(view, rgb=np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]))

    return make


def _shifted(pixels: float) -> Callable[[View], View]:
    """The ground sampled on a grid that lies this far to the right and below; the blocks stay on the ground."""

    def make(view: View) -> View:
        height, width = view.valid.shape
        matrix = np.array([[1, 0, -pixels], [0, 1, -pixels]], np.float64)
        rgb = cv2.warpAffine(view.rgb, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        whole = cv2.warpAffine(view.valid.astype(np.uint8) * 255, matrix, (width, height), flags=cv2.INTER_LINEAR)
        return replace(view, rgb=rgb, valid=whole == 255, transform=_moved(view.transform, pixels, pixels))

    return make


def _coarser(factor: float) -> Callable[[View], View]:
    def make(view: View) -> View:
        height, width = (round(n / factor) for n in view.valid.shape)
        rgb = cv2.resize(view.rgb, (width, height), interpolation=cv2.INTER_AREA)
        whole = cv2.resize(view.valid.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA)
        scale = view.valid.shape[1] / width, view.valid.shape[0] / height
        return replace(view, rgb=rgb, valid=whole == 255, transform=_moved(view.transform, 0, 0, scale))

    return make


def _blurred(sigma_px: float) -> Callable[[View], View]:
    def make(view: View) -> View:
        return replace(view, rgb=np.asarray(cv2.GaussianBlur(view.rgb, (0, 0), sigma_px)))

    return make


NEUTRAL = (
    Change("turned by 90 degrees", _turned),
    Change("turned by 7 degrees", _tilted(7.0)),
    Change("JPEG, quality 85", _jpeg(85)),
    Change("exposure + 20 %", _recolour((1.2, 1.2, 1.2))),
    Change("exposure - 20 %", _recolour((0.8, 0.8, 0.8))),
    Change("white balance, warmer by 5 %", _recolour((1.05, 1.0, 0.95))),
    Change("white balance, cooler by 5 %", _recolour((0.95, 1.0, 1.05))),
    Change("shifted by half a pixel", _shifted(0.5)),
    Change("5 cm to 7 cm", _coarser(1.4)),
)


def softer(gsd_m: float) -> tuple[Change, ...]:
    """A flight of this GSD out of focus by a pixel, and flown at 10 cm."""
    return (Change("blurred by 1 px", _blurred(1.0)), Change("at 10 cm", _coarser(0.10 / gsd_m)))
