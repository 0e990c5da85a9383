"""The things of two flights as a table: which are new, gone, still there or back again, and both flights' picture."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import cv2
import geopandas as gpd
import numpy as np
import pyproj

from pipeline.artifacts import write_bytes
from pipeline.core.grid import CELL_M
from pipeline.core.hotspots import CLEAR
from pipeline.core.objects import Fate, Past, Spots, Thing, back_again, match_objects
from pipeline.core.registration import FlightShift
from pipeline.io.chips import CHIP_PX, QUALITY, encode
from pipeline.io.comparisons import OBJECT_COLUMNS, ComparisonFiles, read_objects
from pipeline.io.imagery import Imagery
from pipeline.io.views import Square

SIDE_M: Final = 12.0
_GAP_PX = 4
_FIRST = (Fate.GONE, Fate.BACK, Fate.STILL, Fate.NEW)

Cell = tuple[str, int, int]


@dataclass(frozen=True)
class Known:
    """Where a thing can be told: ``blocks`` in which the mosaics lie well enough, ``cells`` that both flights judged.

    A cell is its block and its indices.
    """

    blocks: Collection[str]
    cells: Collection[Cell]

    def sure(self, block: str, x: float, y: float) -> bool:
        """Whether something can be said of what lies there."""
        return block in self.blocks and (block, math.floor(x / CELL_M), math.floor(y / CELL_M)) in self.cells


def object_table(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    known: Known,
    common: FlightShift,
    *,
    past: Sequence[Past],
    now: datetime,
) -> gpd.GeoDataFrame:
    """What became of each spot of two flights, by block and name.

    Parameters
    ----------
    before, after : the flights' tables of hotspots
    common : how the second mosaic lies off the first; taken out before spots are matched
    past : where things were gone at flights before these, and when
    now : when the second flight was

    A spot that only one flight shows is left out where the other's list of spots ends above the cut: it may just not
    have been listed.
    """
    first, second = _spots(before, known, None), _spots(after, known, common)
    ends = [len(s) == 0 or float(s.score.min()) <= CLEAR for s in (first, second)]
    found = [t for t in match_objects(first, second, cut=CLEAR) if t.fate is Fate.STILL or all(ends)]
    new = [t.after for t in found if t.after is not None and t.before is None]
    back = back_again({i: (float(second.xy_m[i, 0]), float(second.xy_m[i, 1])) for i in new}, past, now)
    rows = [_row(thing, before, after, back) for thing in found]
    columns = {name: [row[name] for row in rows] for name in OBJECT_COLUMNS}
    table = gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=before.crs)
    return table.sort_values(["block_id", "object_id"], kind="stable").reset_index(drop=True)


def _spots(hotspots: gpd.GeoDataFrame, known: Known, common: FlightShift | None) -> Spots:
    """The candidates of a flight where they lie in the first flight's picture; what is known of each, by its own."""
    centre = hotspots.geometry.centroid
    xy = np.column_stack([centre.x, centre.y]).astype(np.float64).reshape(-1, 2)
    blocks = hotspots["block_id"].astype(str)
    sure = np.array([known.sure(b, x, y) for b, (x, y) in zip(blocks, xy, strict=True)], bool)
    if common is not None and len(xy) and math.isfinite(common.dx_m):
        xy = xy - np.array([common.at(float(x), float(y)) for x, y in xy])
    radius = np.sqrt(hotspots.geometry.area.to_numpy(np.float64) / math.pi)
    return Spots(xy, hotspots["score"].to_numpy(np.float64), radius, sure)


def _row(thing: Thing, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, back: dict[int, int]) -> dict[str, Any]:
    spots = [before.iloc[i] for i in (thing.before,) if i is not None]
    spots += [after.iloc[i] for i in (thing.after,) if i is not None]
    first, last = spots[0], spots[-1]
    fate = Fate.BACK if thing.before is None and thing.after in back else thing.fate
    return {
        "object_id": f"O{str(first['hotspot_id'])[1:]}",
        "block_id": str(last["block_id"]),
        "state": fate.value,
        "hotspot_before": "" if thing.before is None else str(first["hotspot_id"]),
        "hotspot_after": "" if thing.after is None else str(last["hotspot_id"]),
        "chip": "",
        "geometry": last["geometry"],
    }


def with_pictures(
    table: gpd.GeoDataFrame, imagery: tuple[Imagery, Imagery], common: FlightShift, files: ComparisonFiles, *, most: int
) -> gpd.GeoDataFrame:
    """Write pictures of at most ``most`` things, those that went first: before on the left and after on the right."""
    order = sorted(range(len(table)), key=lambda i: (_FIRST.index(table["state"].iloc[i]), i))
    chosen = set(order[:most])
    names = [f"chips/{name}.webp" if i in chosen else "" for i, name in enumerate(table["object_id"])]
    for name, shape, seen in zip(names, table.geometry, table["hotspot_after"] != "", strict=True):
        if name:
            centre = shape.centroid
            dx, dy = common.at(centre.x, centre.y) if math.isfinite(common.dx_m) else (0.0, 0.0)
            ends = [(-dx, -dy), (0.0, 0.0)] if seen else [(0.0, 0.0), (dx, dy)]
            parts = [
                _square(picture, (centre.x + x, centre.y + y), table.crs)
                for picture, (x, y) in zip(imagery, ends, strict=True)
            ]
            gap = np.full((CHIP_PX, _GAP_PX, 3), 255, np.uint8)
            write_bytes(files.folder / name, encode(np.concatenate([parts[0], gap, parts[1]], axis=1), QUALITY))
    return table.assign(chip=names)


def _square(imagery: Imagery, at: tuple[float, float], crs: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    move = pyproj.Transformer.from_crs(crs, imagery.grid.crs_wkt, always_xy=True)
    square = Square.around(imagery.grid, *move.transform(*at), SIDE_M)
    rgb, _ = imagery.read_native(square.row, square.col, square.high, square.wide)
    return np.asarray(cv2.resize(rgb, (CHIP_PX, CHIP_PX), interpolation=cv2.INTER_AREA), np.uint8)


def gone_before(comparisons: Iterable[tuple[ComparisonFiles, datetime]]) -> list[Past]:
    """Where earlier comparisons found things gone, and when: the later flight of each.

    Raises
    ------
    ArtifactError : a table is damaged
    """
    found = []
    for files, when in comparisons:
        if files.objects.exists():
            table = read_objects(files)
            centres = table.geometry[table["state"] == Fate.GONE.value].centroid
            found += [Past(float(p.x), float(p.y), when) for p in centres]
    return found
