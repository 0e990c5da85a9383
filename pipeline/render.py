"""The last stage: the map, the report and the QGIS style of a flight, with every flight up to it.

All three are written whole or not at all, and are the same bytes for the same inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import cv2
import geopandas as gpd
import numpy as np
import numpy.typing as npt

from pipeline.artifacts import FlightPaths, atomic, read_json
from pipeline.config import CommunitySection, GradeSection, RenderSection
from pipeline.core.grid import RasterGrid
from pipeline.core.proposals import ProposalLine
from pipeline.core.vocabulary import Indicator, Stage
from pipeline.errors import ArtifactError
from pipeline.io.comparisons import Told, read_comparison
from pipeline.io.decisions import scoring_of
from pipeline.io.imagery import Imagery
from pipeline.io.order import read_order
from pipeline.io.proposals import ledger_of, read_proposals
from pipeline.io.qml import qml_style
from pipeline.io.reviewed import read_review
from pipeline.io.stac import read_flight
from pipeline.viewer import payload
from pipeline.viewer.basemaps import basemap_table, hosts
from pipeline.viewer.comparisons import compared_tables
from pipeline.viewer.page import data_uri, map_page, report_page
from pipeline.viewer.plane import Box, Picture, Plane

_MARGIN = 0.08
_PAPER = (236, 240, 242)
_CHIP_BYTES = 9_000
_CHIP_PX = 192
_SPOTS, _SPOTS_OLD = 6000, 500  # carried for the last flight, and at least for any other: the page stays light


class Pictured(Protocol):
    """Imagery that can be shown: its grid, and any rectangle of it at a size that fits a page."""

    @property
    def grid(self) -> RasterGrid:
        """Where the pixels lie."""

    def decimated(
        self, row: int, col: int, height: int, width: int, *, max_px: int
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """The rectangle with its longer side at most ``max_px`` pixels, and which of its pixels are usable."""


@dataclass(frozen=True)
class FlightResults:
    """What earlier stages found out about one flight.

    ``blocks`` is the grade stage's table, ``hotspots`` the score stage's, both in a metric CRS; ``chips`` is the
    folder that the spots' chip paths are relative to. ``comparisons`` are those with flights before it, ``proposals``
    the lines of its ledger.
    """

    id: str
    acquired: datetime
    imagery: Pictured
    blocks: gpd.GeoDataFrame
    hotspots: gpd.GeoDataFrame
    chips: Path
    quality: Mapping[str, Any]
    comparisons: Sequence[Told] = ()
    proposals: Sequence[ProposalLine] = ()


@dataclass(frozen=True)
class Rendered:
    """The files that were written."""

    map_html: Path
    report_html: Path
    qml: Path


def read_results(paths: FlightPaths, compared_with: Sequence[str] = ()) -> FlightResults:
    """Read one flight's results from its folder, and its comparisons with the flights of the given ids.

    Raises
    ------
    ArtifactError : a result is missing or can't be read
    """
    flight = read_flight(paths.flight_json)
    quality = read_json(paths.quality_json)
    try:
        blocks = gpd.read_parquet(paths.grade_parquet)
    except Exception as e:
        found, zh = f"results of flight {flight.id} cannot be read ({e})", f"航次 {flight.id} 的结果无法读取（{e}）"
        raise ArtifactError(found, "", "wuse run CONFIG", zh=f"{zh}；处理：wuse run CONFIG") from e
    folders = [paths.against(before).folder(Stage.COMPARE) for before in compared_with]
    return FlightResults(
        id=flight.id,
        acquired=flight.acquired,
        imagery=Imagery.of(flight),
        blocks=blocks,
        hotspots=_listed(paths),
        chips=paths.folder(Stage.SCORE),
        quality=quality if isinstance(quality, dict) else {},
        comparisons=tuple(filter(None, map(read_comparison, folders))),
        proposals=read_proposals([ledger_of(paths)]),
    )


def _listed(paths: FlightPaths) -> gpd.GeoDataFrame:
    """The hotspots that are still to be looked at, in the order that people's answers taught, if they did."""
    review = read_review(paths.hotspots, paths.decisions)
    chances = {} if review.hotspots is None else read_order(paths.order, scoring_of(review.hotspots))
    return review.listed(chances)


def render_flight(
    community: CommunitySection,
    flights: Sequence[FlightResults],
    paths: FlightPaths,
    *,
    rubric: GradeSection,
    settings: RenderSection,
    register: Mapping[str, Any] | None = None,
) -> Rendered:
    """Write map, report and style of the last of ``flights``, which are given oldest first.

    ``register`` is the summary of the community's register, as ``casework.summary`` makes it; None where it has none.
    """
    latest = flights[-1]
    plane = Plane(latest.imagery.grid)
    frame = latest.blocks.reset_index(drop=True)
    shapes = plane.place(frame.geometry.to_numpy(), frame.crs)
    blocks = payload.block_table(frame, shapes)
    view = _View(plane, {block: i for i, block in enumerate(blocks["id"])}, _extent(blocks, shapes))
    under = basemap_table(settings.basemaps, settings.tianditu_key, plane, view.box)
    data, pictures = _shared(community, rubric, settings) | {"blocks": blocks, "basemaps": under}, {}
    tables: dict[str, Any] = {}
    heads = []
    for i, flight in enumerate(flights):
        age = len(flights) - 1 - i
        picture = _picture(flight, view, settings.overview_px if age < 2 else settings.overview_px // 2)
        spots = _ranked(flight, max(_SPOTS_OLD, _SPOTS >> age))
        heads.append(_head(flight, view, picture, rubric))
        tables |= {f"{kind}-{i}": table for kind, table in _tables(flight, view, spots).items()}
        tables[f"chips-{i}"] = _chips(flight, spots, settings.chips_in_map >> age if age < 2 else 0)
        pictures[f"image-{i}"] = data_uri(_webp(picture, settings.overview_quality))
    compared = compared_tables(flights, list(view.place), settings.pairs_in_map, small=_small)
    tables |= compared
    data |= {"flights": heads, "current": len(flights) - 1, "compared": [n for n in compared if "compare-" in n]}
    tables |= payload.register_tables(register)
    page = map_page(f"{community.name} 五色图", {"wuse-data": data} | tables, pictures, hosts=hosts(settings.basemaps))
    _write(paths.map_html, page)
    _write(paths.report_html, _report(community, data, tables, pictures))
    _write(paths.qml, qml_style())
    return Rendered(paths.map_html, paths.report_html, paths.qml)


@dataclass(frozen=True)
class _View:
    """The plane of the page, the place of each block in its list, and the box of all blocks in the plane."""

    plane: Plane
    place: Mapping[str, int]
    box: Box


def _shared(community: CommunitySection, rubric: GradeSection, settings: RenderSection) -> dict[str, Any]:
    cuts = {
        Indicator.CLUTTER: rubric.clutter_max,
        Indicator.CLUTTER_P90: rubric.clutter_p90_max,
        Indicator.GROUND_GREEN_PCT: rubric.ground_green_min,
        Indicator.BARE_PCT: rubric.bare_max,
    }
    return payload.vocabulary() | {
        "community": {"zh": community.name, "en": community.name_en or community.name},
        "language": settings.language,
        "thresholds": {name.value: cut for name, cut in cuts.items()},
    }


def _head(flight: FlightResults, view: _View, picture: Picture, rubric: GradeSection) -> dict[str, Any]:
    versions = flight.blocks["rubric"].dropna().tolist() if "rubric" in flight.blocks else []
    return {
        "id": flight.id,
        "acquired": flight.acquired.isoformat(),
        "rubric": str(versions[0]) if versions else rubric.rubric,
        "box": [round(v, 3) for v in picture.box],
        "candidates": len(flight.hotspots),
        "quality": payload.quality_table(flight.quality, view.place),
    }


def _tables(flight: FlightResults, view: _View, spots: gpd.GeoDataFrame) -> dict[str, Any]:
    """The flight's blocks and gates in the order of the page's blocks, and its spots in order of rank."""
    frame = flight.blocks.assign(block_id=flight.blocks["block_id"].astype(str)).drop_duplicates("block_id")
    frame = frame.set_index("block_id").reindex(list(view.place)).reset_index()
    shapes = view.plane.place(spots.geometry.to_numpy(), spots.crs) if len(spots) else []
    return {
        "flight": payload.flight_table(frame),
        "gates": payload.gate_table(frame),
        "spots": payload.hotspot_table(spots, shapes, view.place),
    }


def _ranked(flight: FlightResults, most: int) -> gpd.GeoDataFrame:
    return flight.hotspots.sort_values(["rank", "hotspot_id"], kind="stable").reset_index(drop=True).head(most)


def _extent(blocks: Mapping[str, Any], shapes: Sequence[Any]) -> Box:
    if not blocks["id"]:
        zh = "定级表里没有区块；至少应有一个区块；处理：wuse run CONFIG"
        raise ArtifactError("the grade table has no blocks", "at least one block", "wuse run CONFIG", zh=zh)
    bounds = np.array([shape.bounds for shape in shapes])
    left, bottom = bounds[:, :2].min(axis=0)
    right, top = bounds[:, 2:].max(axis=0)
    pad = _MARGIN * max(right - left, top - bottom)
    return float(left - pad), float(bottom - pad), float(right + pad), float(top + pad)


def _picture(flight: FlightResults, view: _View, max_px: int) -> Picture:
    """The flight's picture of the community: the blocks and a margin, so that no byte is spent on elsewhere."""
    grid = flight.imagery.grid
    row, col, height, width = view.plane.window(grid, view.box)
    rgb, valid = flight.imagery.decimated(row, col, height, width, max_px=max_px)
    x0, y0 = grid.xy(col, row)
    return view.plane.picture(replace(grid, x0=x0, y0=y0, width=width, height=height), rgb, valid)


def _webp(picture: Picture, quality: int) -> bytes:
    """The picture as WebP, transparent where nothing was flown."""
    bgr = picture.rgb[..., ::-1].copy()
    if bool(picture.valid.all()):
        return _encode(bgr, quality)
    bgr[~picture.valid] = _PAPER
    alpha = np.where(picture.valid, 255, 0).astype(np.uint8)
    return _encode(np.dstack([bgr, alpha]), quality)


def _encode(pixels: npt.NDArray[np.uint8], quality: int) -> bytes:
    _, content = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return bytes(content)


def _chips(flight: FlightResults, spots: gpd.GeoDataFrame, budget: int) -> dict[str, str]:
    """Pictures of the first spots, by place in the ranked list: the best of every block, then by rank."""
    best = set(spots.drop_duplicates("block_id").index)
    order = sorted(spots.index, key=lambda i: (i not in best, i))[:budget]
    found = {}
    for i in sorted(order):
        name = spots["chip"].iloc[i]
        path = flight.chips / name if isinstance(name, str) and name else None
        if path is not None and path.is_file():
            found[str(i)] = data_uri(_small(path.read_bytes()))
    return found


def _small(chip: bytes) -> bytes:
    """A chip within its share of the budget; one that is larger is written again, smaller."""
    if len(chip) <= _CHIP_BYTES:
        return chip
    pixels = cv2.imdecode(np.frombuffer(chip, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        return chip
    scale = min(1.0, _CHIP_PX / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return _encode(small.astype(np.uint8), 65)


def _report(
    community: CommunitySection, data: Mapping[str, Any], tables: Mapping[str, Any], pictures: Mapping[str, str]
) -> str:
    """The report shows the last flight alone, so it carries nothing of the others."""
    last = data["current"]
    own = dict(data) | {"flights": data["flights"][last:], "current": 0, "basemaps": [], "compared": []}
    newest = next((n for n in reversed(data["compared"]) if n.startswith(f"compare-{last}-")), "")
    told = {f"{kind}-last": tables[f"{kind}{newest[7:]}"] for kind in ("compare", "pairs")} if newest else {}
    return report_page(
        f"{community.name} 五色评估报告",
        {"wuse-data": own, "trends": tables["trends"]}
        | told
        | {f"{kind}-0": tables[f"{kind}-{last}"] for kind in ("flight", "gates", "spots", "chips")}
        | {name: table for name, table in tables.items() if name in payload.REGISTER},
        {"image-0": pictures[f"image-{last}"]},
    )


def _write(path: Path, text: str) -> None:
    with atomic(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
