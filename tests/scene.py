"""A made-up community for the page's tests: 43 irregular blocks, a painted aerial picture, two flights, chips."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from pipeline.core.grid import RasterGrid
from pipeline.render import FlightResults

CRS_NAME = "EPSG:4549"
X0, Y0, GSD = 500_000.0, 3_080_000.0, 0.2
WIDTH, HEIGHT = 2000, 1500
CHIPS = 200  # so many different pictures of spots; a large community's spots share them
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Painted:
    """Imagery in memory that answers as the real one does."""

    grid: RasterGrid
    rgb: np.ndarray
    valid: np.ndarray

    def decimated(self, row, col, height, width, *, max_px):
        scale = max(1.0, max(height, width) / max_px)
        size = max(1, round(width / scale)), max(1, round(height / scale))
        cut = np.s_[row : row + height, col : col + width]
        rgb = cv2.resize(self.rgb[cut], size, interpolation=cv2.INTER_AREA)
        return rgb, cv2.resize(self.valid[cut].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def grid(crs: str = CRS_NAME) -> RasterGrid:
    return RasterGrid(WIDTH, HEIGHT, X0, Y0, GSD, -GSD, CRS.from_user_input(crs).to_wkt(), GSD, GSD)


def outlines(count: int = 43, seed: int = 5) -> list[shapely.Polygon]:
    rng = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(count * 4 / 3)))
    down = int(np.ceil(count / across))
    cell_x, cell_y = WIDTH * GSD * 0.88 / across, HEIGHT * GSD * 0.88 / down
    left, top = X0 + WIDTH * GSD * 0.06, Y0 - HEIGHT * GSD * 0.06
    at = [(i % across, i // across) for i in range(across * down)]
    points = np.array([(left + (c + 0.5) * cell_x, top - (r + 0.5) * cell_y) for c, r in at])
    points += rng.uniform(-0.3, 0.3, points.shape) * [cell_x, cell_y]
    frame = shapely.box(left, top - down * cell_y, left + across * cell_x, top)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame))
    inside = [shapely.intersection(c, frame) for c in cells]
    inside.sort(key=lambda p: (-round(p.centroid.y / cell_y), p.centroid.x))
    return [
        p.buffer(-1.5, join_style="mitre") if i % 3 == 0 and count < 500 else p for i, p in enumerate(inside[:count])
    ]


def painted(seed: int, crs: str = CRS_NAME) -> Painted:
    rng = np.random.default_rng(seed)
    rgb = np.full((HEIGHT, WIDTH, 3), (148, 140, 126), np.uint8)
    for _ in range(900):
        x, y, w, h = rng.integers(0, WIDTH), rng.integers(0, HEIGHT), rng.integers(20, 90), rng.integers(20, 70)
        colour = [(168, 92, 74), (190, 186, 178), (96, 118, 70), (70, 96, 56), (120, 124, 130)][rng.integers(0, 5)]
        cv2.rectangle(rgb, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
    rgb = np.clip(rgb + rng.normal(0, 9, rgb.shape), 0, 255).astype(np.uint8)
    valid = np.ones((HEIGHT, WIDTH), bool)
    valid[:60, -500:] = False
    return Painted(grid(crs), rgb, valid)


def _words(i: int, grade: str, clutter: float) -> tuple[str, str]:
    zh = f"杂物 {clutter:.0f}，{'高于' if clutter > 12 else '低于'}洁化线 12；地面绿化 {5 + i % 30}%；设施佐证未提供"
    en = (
        f"clutter {clutter:.0f}, {'above' if clutter > 12 else 'below'} the clean cut 12; ground green {5 + i % 30} %; "
    )
    return zh, en + "no evidence on facilities"


def _gates(i: int, grade: str) -> str:
    unknown = {"verdict": "unknown", "source": "none", "reason_zh": "没有佐证", "reason_en": "no evidence"}
    clean = {"verdict": "fail" if grade == "red" else "pass", "source": "image"}
    clean |= {"reason_zh": "杂物指数与洁化线相比", "reason_en": "clutter against the clean cut"}
    names = ("pure", "orderly", "facilities", "beautified", "culture")
    return json.dumps({"clean": clean} | dict.fromkeys(names[i % 3 :], unknown), ensure_ascii=False)


def block_frame(count: int, seed: int, hostile: bool) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    ladder = ["red", "orange", "yellow", "blue", "green"]
    rungs = rng.choice(5, count, p=[0.14, 0.26, 0.28, 0.2, 0.12])
    clutter = np.clip(30 - rungs * 6 + rng.normal(0, 3, count), 0.4, 100)
    grades = [ladder[r] for r in rungs]
    grades[7] = "ungraded"
    clutter[7] = np.nan
    shapes = outlines(count)
    rows = []
    for i in range(count):
        zh, en = _words(i, grades[i], clutter[i]) if grades[i] != "ungraded" else ("影像过暗", "the image is too dark")
        chances = np.exp(-0.9 * (np.arange(5) - rungs[i]) ** 2)
        chances = chances / chances.sum() if grades[i] != "ungraded" else np.full(5, np.nan)
        green = rng.uniform(4, 60)
        rows.append(
            {
                "block_id": f"B{i + 1:02d}", "name": f"第{i + 1}块", "name_en": f"Block {i + 1}", "grade": grades[i],
                "grade_lower": ladder[max(0, rungs[i] - 1)] if grades[i] != "ungraded" else "ungraded",
                "grade_upper": ladder[min(4, rungs[i] + 1)] if grades[i] != "ungraded" else "ungraded",
                "provisional": bool(i % 4 and grades[i] != "ungraded"),
                "confidence": float(chances[rungs[i]]), "clutter": clutter[i], "clutter_se": 1.2,
                "clutter_p90": clutter[i] * 1.8, "green_pct": green, "green_se": 1.0, "ground_green_pct": green * 0.6,
                "canopy_pct": green * 0.4, "bare_pct": rng.uniform(0, 30), "shadow_pct": rng.uniform(1, 20),
                "roof_pct": rng.uniform(10, 60), "valid_pct": 100.0 if i else 71.0, "area_m2": shapes[i].area,
                "hotspots": i % 5, "reasons_zh": zh, "reasons_en": en, "gates": _gates(i, grades[i]),
                "needs_zh": "设施清单；文化佐证", "needs_en": "list of facilities; evidence of culture",
                "rubric": "2026-1",
                **{f"p_{name}": float(chances[r]) for r, name in enumerate(ladder)},
            }
        )  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS_NAME)
    if hostile:
        frame.loc[3, ["name", "name_en"]] = HOSTILE
    return frame


def hotspot_frame(blocks: gpd.GeoDataFrame, folder: Path, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    (folder / "chips").mkdir(parents=True, exist_ok=True)
    rows, shapes = [], []
    for i in range(len(blocks)):
        middle = blocks.geometry.iloc[i].representative_point()
        for k in range(int(blocks["hotspots"].iloc[i])):
            shapes.append(shapely.affinity.translate(middle, *rng.uniform(-9, 9, 2)).buffer(rng.uniform(0.6, 2.4), 2))
            name = f"chips/h{len(rows) % CHIPS}.webp"
            if len(rows) < CHIPS:
                chip = np.clip(rng.normal((126, 140, 148), 30, (96, 96, 3)), 0, 255).astype(np.uint8)
                cv2.circle(chip, (48, 48), 26, (255, 255, 255), 2)
                (folder / name).write_bytes(cv2.imencode(".webp", chip, [cv2.IMWRITE_WEBP_QUALITY, 60])[1].tobytes())
            kind = ["litter", "heap", "dark", "untold"][(i + k) % 4]
            rows.append({"hotspot_id": f"h{i}_{k}", "block_id": f"B{i + 1:02d}", "kind": kind, "chip": name})
    order = rng.permutation(len(rows))
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS_NAME)
    return frame.assign(rank=order + 1, score=1 / (order + 1.0), clear=order % 3 == 0, area_m2=frame.area)


def flight(identity: str, folder: Path, *, count: int = 43, seed: int = 1, hostile: bool = False) -> FlightResults:
    blocks = block_frame(count, seed, hostile)
    when = datetime(int(identity[:4]), int(identity[5:7]), 14, 10, 30, tzinfo=timezone(timedelta(hours=8)))
    notice = {"code": "x", "zh": "正射影像右上角没有影像", "en": "the upper right of the orthophoto is empty"}
    return FlightResults(
        id=identity, acquired=when, imagery=painted(seed), blocks=blocks,
        hotspots=hotspot_frame(blocks, folder, seed), chips=folder,
        quality={"gsd_m": 0.2, "valid_pct": 98.2, "shadow_pct": 7.5, "coverage": {"B01": 71.0}, "notices": [notice]},
    )  # fmt: skip
