"""A flight's hotspots with what is on record about them: what making, taking and learning start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd

from pipeline.artifacts import FlightPaths, flight_paths
from pipeline.config import Config, FlightSection
from pipeline.core.answers import Answer
from pipeline.errors import ArtifactError
from pipeline.io.decisions import Decision, read_decisions, scoring_of
from pipeline.io.reviewed import Review, read_hotspots


@dataclass(frozen=True)
class FlightSpots:
    """The hotspots of one flight, best first, in the blocks' metric CRS, and the lines on record."""

    flight: FlightSection
    paths: FlightPaths
    frame: gpd.GeoDataFrame
    lines: tuple[Decision, ...]

    @cached_property
    def scoring(self) -> str:
        """The name of this table of spots."""
        return scoring_of(self.frame)

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What holds for each spot of this table, or for its place under an older name."""
        return {spot: ruling.answer for spot, ruling in Review(self.lines, self.frame).held.items()}


def read_spots(config: Config, flight: FlightSection) -> FlightSpots:
    """A scored flight's hotspots.

    Raises
    ------
    ArtifactError : the flight has not been scored, or a file is damaged
    """
    paths = flight_paths(Path(config.community.workdir), flight.id)
    if not paths.hotspots.exists():
        zh = f"航次 {flight.id} 还没有疑似点；应有 {paths.hotspots}；处理：wuse run CONFIG"
        raise ArtifactError(f"flight {flight.id} has no hotspots yet", str(paths.hotspots), "wuse run CONFIG", zh=zh)
    frame = read_hotspots(paths.hotspots)
    frame = frame.sort_values(["rank", "hotspot_id"], kind="stable").reset_index(drop=True)
    return FlightSpots(flight, paths, frame, read_decisions(paths.decisions))


def scored(config: Config) -> tuple[FlightSection, ...]:
    """The flights that have hotspots, oldest first."""
    workdir = Path(config.community.workdir)
    return tuple(f for f in config.by_date if flight_paths(workdir, f.id).hotspots.exists())


def flight_of(config: Config, flight_id: str | None) -> FlightSection:
    """The flight of an id; without one, the newest that has hotspots.

    Raises
    ------
    ConfigError : there is no such flight
    ArtifactError : no flight has been scored yet
    """
    if flight_id is None:
        done = scored(config)
        if not done:
            zh = "还没有航次完成评分；应有待核查的疑似点；处理：wuse run CONFIG"
            raise ArtifactError("no flight has been scored yet", "hotspots to review", "wuse run CONFIG", zh=zh)
        return done[-1]
    return config.flight(flight_id)


def before(config: Config, flight: FlightSection) -> FlightSection | None:
    """The flight before, if it was taken in."""
    earlier: Sequence[FlightSection] = config.by_date[: config.by_date.index(flight)]
    workdir = Path(config.community.workdir)
    return next((f for f in reversed(earlier) if flight_paths(workdir, f.id).flight_json.exists()), None)
