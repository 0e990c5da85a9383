"""Write the sample community: two orthophotos, blocks, buildings, evidence and the truth about them.

    python sample_tiles/generate.py [FOLDER]

Deterministic: the same versions of the libraries give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import cv2
import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import rasterio.shutil
from community import IMAGE_SIZE_M, Community, sample
from ledgers import states, workbook
from model import AUTUMN, WINTER, Points, Sky
from numpy.typing import NDArray
from painter import Window, render_window
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from readme import readme
from shapely.geometry import Polygon
from truth import FLIGHT_IDS, Tally, measured, objects_in, with_grades

CRS = "EPSG:4549"
GSD_M = 0.1
WEST, NORTH = 561915.0, 3074375.0
CHUNK_PX = 1024
SHIFT_M = {WINTER.bit: (0.0, 0.0), AUTUMN.bit: (0.35, -0.20)}  # east, north: how far the mosaic lies off the ground
QUALITY = 82
FINE = 2


def to_map(points: Points) -> Points:
    """Scene metres (x right, y down) to map coordinates."""
    return np.stack([WEST + points[:, 0], NORTH - points[:, 1]], axis=1)


def flown(community: Community, window: Window, sky: Sky) -> NDArray[np.bool_]:
    """Where the mosaic has imagery: the community and a ragged rim round it."""
    width, height = community.layout.frame.size
    rim = 8.5
    us, vs = np.linspace(-rim, width + rim, 80), np.linspace(-rim, height + rim, 70)
    outline = np.concatenate([
        np.stack([us, np.full_like(us, -rim)], 1), np.stack([np.full_like(vs, width + rim), vs], 1),
        np.stack([us[::-1], np.full_like(us, height + rim)], 1), np.stack([np.full_like(vs, -rim), vs[::-1]], 1),
    ])  # fmt: skip
    ragged = 2.2 * np.sin(outline.sum(axis=1) / 9.0 + sky.bit) + 1.1 * np.sin(outline.sum(axis=1) / 3.1)
    away = outline - np.array([width / 2, height / 2])
    outline += away / np.abs(away).max(axis=1, keepdims=True) * ragged[:, None]
    seen = np.zeros(window.shape, np.uint8)
    ring = window.to_px(community.layout.frame.place(outline))
    cv2.fillPoly(seen, [np.round(ring * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return seen > 0


def paint(community: Community, sky: Sky) -> tuple[NDArray[np.uint8], NDArray[np.bool_], Tally]:
    """The whole mosaic of one flight, its valid area, and the tally of what is truly there."""
    width, height = round(IMAGE_SIZE_M[0] / GSD_M), round(IMAGE_SIZE_M[1] / GSD_M)
    east, north = SHIFT_M[sky.bit]
    rgb = np.zeros((height, width, 3), np.uint8)
    valid = np.zeros((height, width), bool)
    tally = Tally.empty(len(community.layout.sites), (GSD_M / FINE) ** 2)
    for row in range(0, height, CHUNK_PX):
        for col in range(0, width, CHUNK_PX):
            size = (min(CHUNK_PX, width - col), min(CHUNK_PX, height - row))
            window = Window(col * GSD_M - east, row * GSD_M + north, *size, GSD_M)
            picture = render_window(community.scene, sky, window, FINE)
            fine = Window(window.x, window.y, size[0] * FINE, size[1] * FINE, GSD_M / FINE)
            tally.add(community, picture, fine)
            part = (slice(row, row + size[1]), slice(col, col + size[0]))
            rgb[part], valid[part] = picture.rgb, flown(community, window, sky)
    rgb[~valid] = 0
    return rgb, valid, tally


def write_cog(path: Path, rgb: NDArray[np.uint8], valid: NDArray[np.bool_]) -> None:
    """A JPEG COG: 512 px tiles, internal mask, averaged overviews."""
    profile = {
        "driver": "GTiff", "width": rgb.shape[1], "height": rgb.shape[0], "count": 3, "dtype": "uint8", "crs": CRS,
        "transform": from_origin(WEST, NORTH, GSD_M, GSD_M), "photometric": "RGB",
    }  # fmt: skip
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True, GDAL_NUM_THREADS="1"), MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(np.moveaxis(rgb, 2, 0))
            target.write_mask(valid)
        with memory.open() as source:
            rasterio.shutil.copy(
                source, path, driver="COG", compress="JPEG", quality=QUALITY, overview_quality=QUALITY,
                blocksize=512, overview_resampling="AVERAGE", overview_compress="JPEG",
            )  # fmt: skip


def write_vectors(community: Community, folder: Path) -> None:
    """Blocks and building footprints as GeoPackages."""
    sites = community.layout.sites
    outlines = [Polygon(np.round(to_map(np.asarray(s.outline.exterior.coords)[:, :2]), 3)) for s in sites]
    blocks = gpd.GeoDataFrame(
        {name: [getattr(s.plan, name) for s in sites] for name in ("block_id", "name", "name_en")},
        geometry=outlines, crs=CRS,
    )  # fmt: skip
    houses = community.scene.buildings
    buildings = gpd.GeoDataFrame(
        {
            "building_id": [f"H{n:03d}" for n in range(1, len(houses) + 1)],
            "height_m": [round(h.height_m, 1) for h in houses],
            "roof": [h.roof for h in houses],
        },
        geometry=[Polygon(np.round(to_map(h.ring), 3)) for h in houses],
        crs=CRS,
    )
    for name, table in (("blocks", blocks), ("buildings", buildings)):
        path = folder / f"{name}.gpkg"
        path.unlink(missing_ok=True)
        table.to_file(path, layer=name, driver="GPKG")


def write_objects(community: Community, path: Path) -> None:
    """Every piece and heap of litter at each flight, at its true place."""
    numbers = {id(item): f"L{n:04d}" for n, item in enumerate(community.litter, start=1)}
    rows = []
    for sky in (WINTER, AUTUMN):
        for item, block in objects_in(community, sky):
            x, y = to_map(np.array([[item.x, item.y]]))[0]
            rows.append((FLIGHT_IDS[sky.bit], numbers[id(item)], block, item.kind, f"{x:.2f}", f"{y:.2f}",
                         f"{item.radius_m:.2f}", f"{item.area_m2:.2f}"))  # fmt: skip
    head = ["flight", "object_id", "block_id", "kind", "x", "y", "radius_m", "area_m2"]
    pd.DataFrame(rows, columns=head).to_csv(path, index=False, lineterminator="\n")


def digests(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file that was written."""
    names = [f"{f}.tif" for f in FLIGHT_IDS.values()]
    names += ["blocks.gpkg", "buildings.gpkg", "evidence.xlsx", "truth.csv", "objects.csv"]
    found = {}
    for name in names:
        data = (folder / name).read_bytes()
        found[name] = (len(data), hashlib.sha256(data).hexdigest())
    return found


def generate(folder: Path) -> pd.DataFrame:
    """Write everything into `folder`; returns the truth."""
    cv2.setNumThreads(1)
    os.environ["OGR_CURRENT_DATE"] = "2021-09-20T09:00:00Z"  # GeoPackages remember when they were written
    folder.mkdir(parents=True, exist_ok=True)
    community = sample()
    plans = [site.plan for site in community.layout.sites]
    tallies = {}
    for sky in (WINTER, AUTUMN):
        rgb, valid, tallies[sky.bit] = paint(community, sky)
        write_cog(folder / f"{FLIGHT_IDS[sky.bit]}.tif", rgb, valid)
    table = with_grades(measured(community, tallies, (WINTER, AUTUMN)), plans, states(plans))
    table.to_csv(folder / "truth.csv", index=False, float_format="%.3f", lineterminator="\n")
    write_vectors(community, folder)
    write_objects(community, folder / "objects.csv")
    workbook(plans, folder / "evidence.xlsx")
    (folder / "README.md").write_text(readme(table, digests(folder)), encoding="utf-8")
    return table


def main() -> None:
    """Write the sample beside this file, or where the first argument says."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    table = generate(folder)
    counts = table.groupby(["flight", "grade"]).size().unstack(fill_value=0)
    print(counts.to_string())


if __name__ == "__main__":
    main()
