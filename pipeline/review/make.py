"""Write the page on which a person answers for a flight's spots: one file, offline, same bytes for the same input.

The page does not tell rank, score or chance of a spot: an inspector should answer for what is in the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pyproj
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import flight_paths, write_text
from pipeline.config import Config, FlightSection
from pipeline.core.answers import Answer, Problem, Severity
from pipeline.core.asking import Candidate, Question, choose
from pipeline.core.vocabulary import Named
from pipeline.errors import CheckFailed
from pipeline.io.imagery import Imagery
from pipeline.io.order import read_order
from pipeline.io.stac import read_flight
from pipeline.io.tables import read_blocks
from pipeline.io.views import Square, view
from pipeline.review.spots import FlightSpots, before, flight_of, read_spots
from pipeline.viewer.page import data_uri, review_page
from pipeline.viewer.review_text import TEXT

MOST: Final = 100
WIDE_M: Final = 40.0
_CLOSE_PX, _WIDE_PX = 400, 360
_CLOSE_QUALITY, _WIDE_QUALITY = 78, 62
_SEEN: Final = 0.5


@dataclass(frozen=True)
class Made:
    """The page, and how many spots it asks about."""

    flight: str
    path: Path
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class _Eyes:
    """One flight's imagery, and the way from the metric CRS to its pixels."""

    imagery: Imagery
    to_raster: pyproj.Transformer

    @classmethod
    def on(cls, config: Config, flight: FlightSection, crs: pyproj.CRS) -> _Eyes:
        stored = read_flight(flight_paths(Path(config.community.workdir), flight.id).flight_json)
        return cls(Imagery.of(stored), pyproj.Transformer.from_crs(crs, stored.grid.crs_wkt, always_xy=True))

    def square(self, x: float, y: float, side_m: float) -> Square:
        return Square.around(self.imagery.grid, *self.to_raster.transform(x, y), side_m)


def make_review(config: Config, flight_id: str | None = None, *, most: int = MOST) -> Made:
    """Write a flight's review page with at most ``most`` spots that nobody answered for yet.

    Raises
    ------
    ArtifactError : the flight has not been scored
    CheckFailed : there is no spot left to ask about
    """
    flight = flight_of(config, flight_id)
    spots = read_spots(config, flight)
    chances = read_order(spots.paths.order, spots.scoring)
    questions = choose(_candidates(spots, chances), most, spots.scoring)
    if not questions:
        raise CheckFailed(
            f"flight {flight.id} has no spot that nobody answered for",
            "",
            "wuse review take, or fly",
            zh=f"航次 {flight.id} 没有待核查的疑似点；处理：wuse review take，或再飞一次",
        )
    page = _page(config, spots, questions)
    write_text(spots.paths.review_html, page)
    return Made(flight.id, spots.paths.review_html, tuple(questions))


def _candidates(spots: FlightSpots, chances: Mapping[str, float]) -> list[Candidate]:
    frame = spots.frame
    return [
        Candidate(spot, str(block), int(rank), spot in spots.answers, chances.get(spot))
        for spot, block, rank in zip(frame["hotspot_id"], frame["block_id"], frame["rank"], strict=True)
    ]


def _page(config: Config, spots: FlightSpots, questions: list[Question]) -> str:
    earlier = before(config, spots.flight)
    head = {
        "language": config.render.language,
        "community": {"zh": config.community.name, "en": config.community.name_en or config.community.name},
        "flight": _flight(spots.flight) | {"rubric": config.grade.rubric, "scoring": spots.scoring},
        "before": None if earlier is None else _flight(earlier),
        "close_m": config.score.chip_m,
        "wide_m": WIDE_M,
        "answers": _named(Answer),
        "severities": _named(Severity),
        "problems": _named(Problem),
        "text": {key: list(pair) for key, pair in TEXT.items()},
    }
    with ExitStack() as stack:
        eyes = [_Eyes.on(config, f, spots.frame.crs) for f in (spots.flight, earlier) if f is not None]
        for one in eyes:
            stack.enter_context(one.imagery)
        told = list(_spots(config, spots, questions, eyes))
    data: dict[str, object] = {"wuse-data": head | {"spots": [facts for facts, _ in told]}}
    data |= {f"spot-{i}": pictures for i, (_, pictures) in enumerate(told)}
    return review_page(f"{config.community.name} {spots.flight.id} 疑似点核查", data)


def _flight(flight: FlightSection) -> dict[str, str]:
    return {"id": flight.id, "acquired": flight.acquired.isoformat()}


def _named(names: type[Named]) -> list[dict[str, str]]:
    return [{"id": n.value, "zh": n.zh, "en": n.en} for n in names]


def _spots(
    config: Config,
    spots: FlightSpots,
    questions: list[Question],
    eyes: list[_Eyes],
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    community = config.community
    blocks = read_blocks(community.blocks, community.crs, community.block_id).frame.set_index("block_id")
    rows = spots.frame.set_index("hotspot_id", drop=False)
    in_raster = rows.geometry.to_crs(eyes[0].imagery.grid.crs_wkt)
    lonlat = gpd.GeoSeries(rows.geometry.representative_point(), crs=rows.crs).to_crs("EPSG:4326")
    for question in questions:
        row, place = rows.loc[question.spot], rows.geometry[question.spot].representative_point()
        block = str(row["block_id"])
        name = {n: str(blocks[n].get(block, "")) if n in blocks else "" for n in ("name", "name_en")}
        at = lonlat[question.spot]
        squares = [(e, e.square(place.x, place.y, m)) for e in eyes for m in (config.score.chip_m, WIDE_M)]
        facts = {
            "id": question.spot,
            "block": block,
            **name,
            "area_m2": float(row["area_m2"]),
            "asked": question.asked.value,
            "lonlat": [round(at.x, 6), round(at.y, 6)],
            **_rings(eyes[0], squares[0][1], squares[1][1], in_raster[question.spot]),
        }
        yield facts, _pictures(squares)


def _rings(eyes: _Eyes, close: Square, wide: Square, shape: BaseGeometry) -> dict[str, Any]:
    return {"close": close.rings(eyes.imagery.grid, shape), "wide": wide.rings(eyes.imagery.grid, shape)}


def _pictures(squares: list[tuple[_Eyes, Square]]) -> dict[str, str]:
    """Close and wide pictures of the flight, then of the one before, as far as it saw the place."""
    names = ("now", "wide", "before", "before_wide")
    sizes = ((_CLOSE_PX, _CLOSE_QUALITY), (_WIDE_PX, _WIDE_QUALITY)) * 2
    found = {}
    for name, (eyes, square), (px, quality) in zip(names, squares, sizes, strict=False):
        seen = view(eyes.imagery, square, max_px=px, quality=quality)
        if not name.startswith("before") or seen.valid >= _SEEN:
            found[name] = data_uri(seen.webp)
    return found
