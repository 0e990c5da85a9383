"""What each step of a flight depends on: its own section of the configuration, and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from pipeline.artifacts import REGISTER_NAME, FlightPaths, flight_paths
from pipeline.config import Config, FlightSection
from pipeline.core.vocabulary import Stage
from pipeline.core.worktime import zoned
from pipeline.io.addresses import with_companions
from pipeline.io.comparisons import ComparisonFiles
from pipeline.io.proposals import ledger_of
from pipeline.manifest import Task, code_of

LOOKS_BACK = 2
"""With how many flights before it each flight is compared: two, as a change is official once a second flight agrees."""


def tasks_of(config: Config, flight: FlightSection, last: Stage, made: Collection[str] = ()) -> list[Task]:
    """The steps of a flight as far as ``last``, in order; one comparison for each flight that it is compared with.

    ``made`` are flights that are being run: of others, those without grades cannot be compared with.
    """
    found = []
    for stage in (s for s in Stage if s.order <= last.order):
        if stage is Stage.COMPARE:
            earlier = [f for f in compared_with(config, flight) if f.id in made or _graded(config, f)]
            found += [pair_task(config, before, flight) for before in earlier]
        else:
            found.append(stage_task(config, flight, stage))
    return found


def compared_with(config: Config, flight: FlightSection) -> tuple[FlightSection, ...]:
    """The flights before this one that a run compares it with, oldest first."""
    place = config.by_date.index(flight)
    return config.by_date[max(0, place - LOOKS_BACK) : place]


def told_before(config: Config, flight: FlightSection) -> list[tuple[ComparisonFiles, datetime]]:
    """The comparisons that a run makes up to a flight, and when the later flight of each was."""
    until = config.by_date[: config.by_date.index(flight) + 1]
    return [
        (ComparisonFiles(_paths(config, later).against(earlier.id).folder(Stage.COMPARE)), zoned(later.acquired))
        for later in until
        for earlier in compared_with(config, later)
    ]


def _graded(config: Config, flight: FlightSection) -> bool:
    return _paths(config, flight).grade_parquet.exists()


def _paths(config: Config, flight: FlightSection) -> FlightPaths:
    return flight_paths(Path(config.community.workdir), flight.id)


def pair_task(config: Config, before: FlightSection, after: FlightSection) -> Task:
    """What the comparison of two flights depends on."""
    place, blocks = _blocks(config)
    sections = {"compare": config.compare.model_dump(mode="json"), "grade": config.grade.model_dump(mode="json")}
    latest = max(before, after, key=config.by_date.index)
    settings = {**place, **sections, "flights": _ids_until(config, latest)}
    inputs = {**blocks, **_evidence(config), **_buildings(config)}
    for end, flight in (("before", before), ("after", after)):
        paths = _paths(config, flight)
        files = (paths.flight_json, paths.quality_json, paths.grade_parquet, paths.cells, paths.hotspots)
        inputs |= {f"{end}/{f.parent.name}/{f.name}": str(f) for f in (*files, paths.profile, paths.decisions)}
        inputs |= {f"{end}/{name}": address for name, address in _pixels(flight, paths).items()}
    inputs |= {
        f"{f.folder.parent.parent.name}/{f.folder.name}/objects": str(f.objects) for f, _ in told_before(config, before)
    }
    return Task(after.id, Stage.COMPARE, _paths(config, after).against(before.id), settings, inputs)


def stage_task(config: Config, flight: FlightSection, stage: Stage) -> Task:
    """What a stage of a flight depends on: its own section of the configuration, and its inputs."""
    paths = _paths(config, flight)
    settings, inputs = _DEPENDS[stage](config, flight, paths)
    shown = stage is Stage.RENDER and shows_register(config, flight)
    return Task(flight.id, stage, paths, settings, inputs, {"register": partial(_register, config)} if shown else {})


def shows_register(config: Config, flight: FlightSection) -> bool:
    """Whether a flight's page shows the register: the newest flight's does, where there is a register.

    What stands in the register today says nothing about the day of an earlier flight.
    """
    if flight.id != config.by_date[-1].id:
        return False
    address = config.casework.address or str(Path(config.community.workdir) / REGISTER_NAME)
    return "://" in address or Path(address).exists()


def _register(config: Config) -> str:
    """What tells apart what the page shows of the register: its last event, and the code that sums it up."""
    from pipeline.casework.register import register_head

    return f"{register_head(config)} {code_of('casework.summary')}"


Depends = tuple[Mapping[str, object], Mapping[str, str]]


def _blocks(config: Config) -> Depends:
    community = config.community
    place = {"crs": community.crs, "block_id": community.block_id}
    return place, with_companions("blocks", [community.blocks])


def _buildings(config: Config) -> Mapping[str, str]:
    return with_companions("buildings", [config.community.buildings] if config.community.buildings else [])


def _evidence(config: Config) -> dict[str, str]:
    return {"evidence": config.community.evidence} if config.community.evidence else {}


def _ingest(config: Config, flight: FlightSection, paths: FlightPaths) -> Depends:
    place, blocks = _blocks(config)
    settings = {**place, "ingest": config.ingest.model_dump(mode="json"), "flight": flight.model_dump(mode="json")}
    return settings, {**blocks, **_sources(flight)}


def _sources(flight: FlightSection) -> dict[str, str]:
    surface = [flight.dsm] if flight.dsm else []
    return {**with_companions("orthophoto", flight.sources), **with_companions("dsm", surface)}


def _tile(config: Config, flight: FlightSection, paths: FlightPaths) -> Depends:
    place, blocks = _blocks(config)
    return {**place, "tile": config.tile.model_dump(mode="json")}, {**blocks, "flight.json": str(paths.flight_json)}


def _score(config: Config, flight: FlightSection, paths: FlightPaths) -> Depends:
    place, blocks = _blocks(config)
    made = {"flight.json": str(paths.flight_json), "tiles": str(paths.tiles)}
    settings = {**place, "score": config.score.model_dump(mode="json")}
    return settings, {**blocks, **_buildings(config), **made, **_pixels(flight, paths)}


def _pixels(flight: FlightSection, paths: FlightPaths) -> dict[str, str]:
    """The imagery that is read: what ingest wrote, else the sources themselves."""
    folder = paths.folder(Stage.INGEST)
    if any(folder.glob("*.tif")) or any(folder.glob("*.vrt")):
        return {"imagery": str(folder), **with_companions("dsm", [flight.dsm] if flight.dsm else [])}
    return _sources(flight)


def _grade(config: Config, flight: FlightSection, paths: FlightPaths) -> Depends:
    place, blocks = _blocks(config)
    made = {"scores": str(paths.score_blocks), "cells": str(paths.cells), "hotspots": str(paths.hotspots)}
    settings = {**place, "grade": config.grade.model_dump(mode="json"), "flights": _ids_until(config, flight)}
    made |= {"flight.json": str(paths.flight_json), "decisions": str(paths.decisions)}
    return settings, {**blocks, **_evidence(config), **made}


def _ids_until(config: Config, flight: FlightSection) -> list[str]:
    ids = [f.id for f in config.by_date]
    return ids[: ids.index(flight.id) + 1]


def _render(config: Config, flight: FlightSection, paths: FlightPaths) -> Depends:
    place, blocks = _blocks(config)
    community = config.community
    ids = _ids_until(config, flight)
    names = {"name": community.name, "name_en": community.name_en}
    sections = {"render": config.render.model_dump(mode="json"), "grade": config.grade.model_dump(mode="json")}
    settings = {**place, **names, **sections, "flights": ids}
    inputs = dict(blocks)
    for other in config.by_date[: len(ids)]:
        each = _paths(config, other)
        found = (each.flight_json, each.quality_json, each.hotspots, each.chips, each.grade_parquet)
        files = (*found, each.decisions, each.order, ledger_of(each))
        inputs |= {f"{other.id}/{f.parent.name}/{f.name}": str(f) for f in files}
        inputs |= {f"{other.id}/{name}": address for name, address in _pixels(other, each).items()}
        for before in compared_with(config, other):
            pair = ComparisonFiles(each.against(before.id).folder(Stage.COMPARE))
            told = (pair.record, pair.blocks, pair.chips)
            inputs |= {f"{other.id}/compare/{before.id}/{f.name}": str(f) for f in told}
    return settings, inputs


_DEPENDS: Mapping[Stage, Callable[[Config, FlightSection, FlightPaths], Depends]] = {
    Stage.INGEST: _ingest,
    Stage.TILE: _tile,
    Stage.SCORE: _score,
    Stage.GRADE: _grade,
    Stage.RENDER: _render,
}
