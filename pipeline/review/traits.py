"""The traits of a flight's hotspots: read around each spot once, then kept beside the answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pydantic
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import read_json
from pipeline.core.grid import Window
from pipeline.core.measure import Evidence
from pipeline.core.radiometry import FlightProfile
from pipeline.core.reasons import Text
from pipeline.core.traits import REACH_M, TRAITS, picture_traits, shape_traits, table_traits
from pipeline.engine import Progress, map_windows
from pipeline.errors import ArtifactError
from pipeline.io.imagery import Imagery
from pipeline.io.stac import read_flight
from pipeline.io.tables import write_parquet
from pipeline.review.spots import FlightSpots


@dataclass(frozen=True)
class _Scene:
    imagery: Imagery
    profile: FlightProfile


def flight_traits(spots: FlightSpots, *, workers: int, progress: Progress) -> pd.DataFrame:
    """One row of ``TRAITS`` for each hotspot, in the table's order, indexed by hotspot id; read once, then stored.

    Raises
    ------
    ArtifactError : the flight's profile is missing or damaged
    ImageryError : the imagery cannot be read
    """
    stored = _stored(spots)
    if stored is not None:
        return stored
    frame = spots.frame
    points = frame.geometry.representative_point()
    places = np.column_stack([points.x, points.y])
    known = pd.DataFrame(table_traits(frame["score"].to_numpy(np.float64), places))
    outlines = [_outline(shape) for shape in frame.geometry]
    shapes = pd.DataFrame([shape_traits(shapely.get_coordinates(o)) for o in outlines])
    seen = pd.DataFrame(_pictures(spots, workers=workers, progress=progress))
    table = pd.concat([known, shapes, seen], axis=1)[list(TRAITS)]
    table.insert(0, "hotspot_id", frame["hotspot_id"].to_numpy())
    write_parquet(table.assign(scoring=spots.scoring), spots.paths.traits)
    return table.set_index("hotspot_id")


def _stored(spots: FlightSpots) -> pd.DataFrame | None:
    """What was stored for this very table of hotspots."""
    try:
        table = pd.read_parquet(spots.paths.traits)
    except (OSError, ValueError):
        return None
    if list(table) != ["hotspot_id", *TRAITS, "scoring"] or set(table["scoring"]) != {spots.scoring}:
        return None
    return table.drop(columns="scoring").set_index("hotspot_id")


def _pictures(spots: FlightSpots, *, workers: int, progress: Progress) -> list[dict[str, float]]:
    flight = read_flight(spots.paths.flight_json)
    try:
        profile = pydantic.TypeAdapter(FlightProfile).validate_python(read_json(spots.paths.profile))
    except pydantic.ValidationError as e:
        why = e.errors()[0]["msg"]
        zh = f"{spots.paths.profile} 已损坏（{why}）；处理：wuse score"
        raise ArtifactError(f"{spots.paths.profile} is damaged ({why})", "", "wuse score", zh=zh) from None
    shapes = [_outline(s) for s in spots.frame.geometry.to_crs(flight.grid.crs_wkt)]
    with Imagery.of(flight) as imagery:
        look = partial(_look, _Scene(imagery, profile))
        what = Text(f"{flight.id} 复核", f"{flight.id} review")
        return list(map_windows(look, shapes, workers=workers, progress=progress, what=what))


def _look(scene: _Scene, shape: BaseGeometry) -> dict[str, float]:
    grid, work = scene.imagery.grid, scene.imagery.work
    middle = shape.centroid
    col, row = grid.colrow(middle.x, middle.y)
    reach = math.ceil(REACH_M / grid.gsd_m / work.align) * work.align
    top, left = (math.floor(v / work.align) * work.align - reach for v in (row, col))
    side = 2 * reach + work.align
    pixels = scene.imagery.read(Window(top, left, side, side))
    corners = np.array([grid.colrow(x, y) for x, y in shapely.get_coordinates(shape)])
    outline = (corners - [left, top]) * (work.work / work.native)
    return picture_traits(Evidence(pixels.rgb, pixels.valid, pixels.nir), scene.profile, work, outline)


def _outline(shape: BaseGeometry) -> BaseGeometry:
    """The outer ring of the largest part."""
    parts = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
    ring: BaseGeometry = max(parts, key=lambda p: float(p.area)).exterior
    return ring
