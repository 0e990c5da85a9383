"""A small community whose ground is strewn with litter in known places: two flights over eight blocks, in seconds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from photos import X0, Y0, write_tif
from shapely import box
from tiny import TWO_FLIGHTS, write_blocks

GSD = 0.075
WIDTH, HEIGHT = 2132, 1066
BLOCKS = 8
DIRTY = (0, 1)
NAMES = ["第一块", "第二块", "第三块", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>"]
NAMES += ["=1+1", "`${1}`", "\u202e"]

CONFIG = (
    TWO_FLIGHTS
    + """\
[score]
hotspots_per_block = 40
[grade]
clutter_max = 8.0
[render]
overview_px = 512
"""
)


def ground(seed: int) -> np.ndarray:
    """Brown-grey ground, a lawn in the middle of every block, and heaps of small bright things where it is dirty."""
    rng = np.random.default_rng(seed)
    rgb = np.full((HEIGHT, WIDTH, 3), (128, 118, 104), np.float32)
    rgb += cv2.resize(rng.normal(0, 5, (40, 60, 1)).astype(np.float32), (WIDTH, HEIGHT))[..., None]
    rgb += rng.normal(0, 2.0, (HEIGHT, WIDTH, 1))
    for block in range(BLOCKS):
        x, y = _corner(block)
        cv2.circle(rgb, (x + 266, y + 266), 110, (92, 128, 60), -1)
        for _ in range(26 if block in DIRTY else 13):
            cx, cy = x + rng.integers(50, 480), y + rng.integers(50, 480)
            for _ in range(14 if block in DIRTY else 3):
                px, py = (np.array([cx, cy]) + rng.normal(0, 9, 2)).astype(int)
                cv2.circle(rgb, (int(px), int(py)), int(rng.integers(1, 4)), (232, 230, 226), -1)
    return np.ascontiguousarray(np.clip(rgb, 1, 254).astype(np.uint8).transpose(2, 0, 1))


def _corner(block: int) -> tuple[int, int]:
    return 533 * (block % 4), 533 * (block // 4)


def littered_community(folder: Path) -> Path:
    """Write imagery, blocks B1 to B8 and config; gives the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for flight, seed in (("2021-01", 1), ("2021-09", 2)):
        write_tif(folder / f"{flight}.tif", ground(seed), gsd=GSD, tiled=True, blockxsize=256, blockysize=256)
    shapes = []
    for block in range(BLOCKS):
        x, y = (v * GSD for v in _corner(block))
        shapes.append(box(X0 + x, Y0 - y - 40, X0 + x + 40, Y0 - y))
    write_blocks(folder / "blocks.gpkg", shapes, name=NAMES)
    config = folder / "littered.toml"
    config.write_text(CONFIG, encoding="utf-8")
    return config
