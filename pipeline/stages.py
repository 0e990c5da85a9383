"""How each stage is called: what it is handed from the community, from its flight and from earlier stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.artifacts import FlightPaths, flight_paths
from pipeline.config import Config, FlightSection
from pipeline.core.proposals import lines_owed, repeats_owed
from pipeline.core.reasons import Text
from pipeline.core.vocabulary import Stage
from pipeline.core.worktime import utc, zoned
from pipeline.engine import Progress
from pipeline.errors import ArtifactError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from pipeline.io.evidence import Evidence
    from pipeline.io.sides import Side
    from pipeline.io.tables import Blocks


@dataclass(frozen=True)
class Community:
    """The configuration and the community's own layers, each read once."""

    config: Config

    @cached_property
    def blocks(self) -> Blocks:
        """The management blocks in the metric CRS."""
        from pipeline.io.tables import read_blocks

        community = self.config.community
        return read_blocks(community.blocks, community.crs, community.block_id)

    @cached_property
    def buildings(self) -> gpd.GeoSeries | None:
        """Building footprints in the metric CRS, if there are any."""
        from pipeline.io.tables import read_footprints

        address = self.config.community.buildings
        return None if address is None else read_footprints(address, self.blocks.crs)[0]

    @cached_property
    def evidence(self) -> Evidence | None:
        """What people have put on record about the blocks, if anything."""
        from pipeline.io.evidence import read_evidence

        address = self.config.community.evidence
        return None if address is None else read_evidence(Path(address), [f.id for f in self.config.by_date])

    def flight(self, flight_id: str) -> FlightSection:
        """The flight of an id."""
        return next(f for f in self.config.by_date if f.id == flight_id)

    def until(self, flight: FlightSection) -> tuple[FlightSection, ...]:
        """The flights up to and including this one, oldest first."""
        flights = self.config.by_date
        return flights[: flights.index(flight) + 1]

    def paths(self, flight: FlightSection) -> FlightPaths:
        """Where the artifacts of a flight lie."""
        return flight_paths(Path(self.config.community.workdir), flight.id)


def look_ahead(community: Community, flights: Sequence[FlightSection]) -> None:
    """Read whatever is cheap to read, so that bad input is told before anything is written or waited for.

    Raises
    ------
    WuseError : an input is missing or is not what it should be
    """
    from pipeline.io.survey import survey

    _ = community.blocks, community.buildings
    if community.evidence is not None:
        community.evidence.require_blocks(community.blocks.ids)
    for flight in flights:
        survey(flight, community.config.ingest, lambda done, total: None)


def make(community: Community, flight_id: str, stage: Stage, *, paths: FlightPaths, progress: Progress) -> None:
    """Make a stage's artifacts for a flight in the folder that ``paths`` names.

    Raises
    ------
    WuseError : an input cannot be used, or the disk cannot be written
    """

    def labelled(done: int, total: int, what: Text) -> None:
        zh, en = (" ".join(filter(None, (flight_id, *two))) for two in ((stage.zh, what.zh), (stage.value, what.en)))
        progress(done, total, Text(zh, en))

    _MAKERS[stage](community, community.flight(flight_id), paths, labelled)


def _ingest(community: Community, flight: FlightSection, paths: FlightPaths, progress: Progress) -> None:
    from pipeline.ingest import ingest_flight

    ingest_flight(flight, community.blocks, community.config.ingest, paths, progress=progress)


def _tile(community: Community, flight: FlightSection, paths: FlightPaths, progress: Progress) -> None:
    from pipeline.io.stac import read_flight
    from pipeline.tile import make_tiles

    make_tiles(read_flight(paths.flight_json), community.blocks, community.config.tile, paths)


def _score(community: Community, flight: FlightSection, paths: FlightPaths, progress: Progress) -> None:
    from pipeline.io.stac import read_flight
    from pipeline.score import score_tiles
    from pipeline.tile import read_tiles

    score_tiles(
        read_flight(paths.flight_json),
        read_tiles(paths.tiles),
        community.blocks,
        paths,
        settings=community.config.score,
        buildings=community.buildings,
        workers=community.config.engine.workers,
        scheduler=community.config.engine.scheduler,
        progress=progress,
    )


def _grade(community: Community, flight: FlightSection, paths: FlightPaths, progress: Progress) -> None:
    from pipeline.grade import grade_flight
    from pipeline.io.reviewed import read_review

    grade_flight(
        _table(paths.score_blocks),
        _table(paths.cells),
        community.blocks,
        community.evidence,
        flight=flight.id,
        settings=community.config.grade,
        paths=paths,
        review=read_review(paths.hotspots, paths.decisions),
    )


def _compare(community: Community, flight: FlightSection, paths: FlightPaths, progress: Progress) -> None:
    """Compare the flight with the one that ``paths`` names; the ledger learns what a later one says of an earlier."""
    from pipeline.compare import compare_pair
    from pipeline.io.objects import gone_before
    from pipeline.io.paired import Windows
    from pipeline.io.proposals import add_proposals, ledger_of, read_proposals
    from pipeline.tasks import told_before

    before, config = community.flight(paths.before), community.config
    found = compare_pair(
        _side(community, before),
        _side(community, flight),
        community.blocks,
        paths,
        rubric=config.grade,
        settings=config.compare,
        how=Windows(config.tile.size_px, config.tile.halo_m, config.score.edge_m),
        buildings=community.buildings,
        past=gone_before(told_before(config, before)),
        workers=config.engine.workers,
        progress=progress,
    )
    if before not in community.until(flight)[:-1]:
        return
    known = read_proposals(ledger_of(community.paths(f)) for f in community.until(flight))
    pair, at = (before.id, flight.id), utc(zoned(flight.acquired))
    owed = [*lines_owed(known, pair, found.changes, at), *repeats_owed(known, pair, found.changes, at)]
    add_proposals(ledger_of(paths), owed)


def _side(community: Community, flight: FlightSection) -> Side:
    from pipeline.io.sides import read_side

    evidence = {} if community.evidence is None else community.evidence.at(flight.id)
    return read_side(community.paths(flight), evidence)


def _render(community: Community, flight: FlightSection, paths: FlightPaths, progress: Progress) -> None:
    from pipeline.render import read_results, render_flight
    from pipeline.tasks import compared_with, shows_register

    config = community.config
    graded = [f for f in community.until(flight) if community.paths(f).grade_parquet.exists()]
    results = [read_results(community.paths(f), [b.id for b in compared_with(config, f)]) for f in graded]
    summary = _summary(config) if shows_register(config, flight) else None
    render_flight(config.community, results, paths, rubric=config.grade, settings=config.render, register=summary)


def _summary(config: Config) -> dict[str, Any] | None:
    from pipeline.casework.summary import community_summary

    return community_summary(config)


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as e:
        raise ArtifactError(
            f"{path} cannot be read ({e})",
            "what score wrote",
            "wuse run CONFIG",
            zh=f"{path} 无法读取（{e}）；应为评分阶段写出的文件；处理：wuse run CONFIG",
        ) from None


_MAKERS: Mapping[Stage, Callable[[Community, FlightSection, FlightPaths, Progress], None]] = {
    Stage.INGEST: _ingest,
    Stage.TILE: _tile,
    Stage.SCORE: _score,
    Stage.GRADE: _grade,
    Stage.COMPARE: _compare,
    Stage.RENDER: _render,
}
