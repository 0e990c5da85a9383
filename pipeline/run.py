"""From a configuration to a community's maps: flights oldest first, each through its stages, skipping what is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline import manifest
from pipeline.artifacts import CONFIG_NAME, FlightPaths, flight_paths, locked, write_json
from pipeline.config import Config, FlightSection
from pipeline.core.vocabulary import Grade, Stage
from pipeline.engine import Progress, silent
from pipeline.errors import ConfigError, interrupted
from pipeline.io.addresses import with_companions
from pipeline.manifest import Decision, Reason, Task
from pipeline.memory import steady_memory
from pipeline.stages import Community, look_ahead, make, shows_register

Tell = Callable[[Decision], None]


@dataclass(frozen=True)
class Outcome:
    """What was decided for a stage of a flight, and how long it took."""

    decision: Decision
    seconds: float = 0.0


@dataclass(frozen=True)
class RunReport:
    """What a run did, in order, and the flights it covered."""

    outcomes: tuple[Outcome, ...]
    flights: tuple[FlightSection, ...]
    workdir: Path

    def paths(self, flight: FlightSection) -> FlightPaths:
        """Where the artifacts of a flight lie."""
        return flight_paths(self.workdir, flight.id)


def run_community(
    config: Config,
    flights: Sequence[str] = (),
    *,
    last: Stage = Stage.RENDER,
    force: Sequence[Stage] = (),
    progress: Progress = silent,
    tell: Tell = lambda decision: None,
) -> RunReport:
    """Bring flights up to date as far as the stage ``last``, oldest first.

    Parameters
    ----------
    flights : ids; none for all
    force : stages to make again even if they are up to date
    tell : is told each decision before it is carried out

    Raises
    ------
    WuseError : an input is bad (before anything is written, where it can be seen), or the working folder is in use
    """
    steady_memory()
    chosen = choose_flights(config, flights)
    workdir = Path(config.community.workdir)
    plan = explain_community(config, flights, last=last, force=force)
    tasks = [stage_task(config, flight, stage) for flight in chosen for stage in Stage]
    idle = {(d.flight, d.stage) for d in plan if not d.run}
    if not any(d.run for d in plan) and not manifest.leftovers(tasks, idle):
        for decision in plan:
            tell(decision)
        return RunReport(tuple(map(Outcome, plan)), chosen, workdir)
    community = Community(config)
    new = {d.flight for d in plan if d.run and d.stage is Stage.INGEST}
    look_ahead(community, [f for f in chosen if f.id in new])
    with locked(workdir):
        for leftover in manifest.leftovers(tasks, idle):
            manifest.remove(leftover)
        write_json(workdir / CONFIG_NAME, config.model_dump(mode="json"))
        done = tuple(_run(community, chosen, last, force, tell=tell, progress=progress))
    return RunReport(done, chosen, workdir)


def explain_community(
    config: Config, flights: Sequence[str] = (), *, last: Stage = Stage.RENDER, force: Sequence[Stage] = ()
) -> tuple[Decision, ...]:
    """What a run would do, and why; nothing is written."""
    decisions: list[Decision] = []
    graded_again = False
    for flight in choose_flights(config, flights):
        upstream = False
        for stage in _until(last):
            decision = manifest.decide(stage_task(config, flight, stage), stage in force)
            waits = upstream or (stage is Stage.RENDER and graded_again)
            if not decision.run and waits:
                decision = replace(decision, run=True, reason=Reason.UPSTREAM_RUNS)
            upstream |= decision.run
            graded_again |= decision.run and stage is not Stage.RENDER
            decisions.append(decision)
    return tuple(decisions)


def choose_flights(config: Config, ids: Sequence[str]) -> tuple[FlightSection, ...]:
    """The flights of the given ids, oldest first; all for no id.

    Raises
    ------
    ConfigError : there is no such flight
    """
    known = [f.id for f in config.by_date]
    strange = [i for i in ids if i not in known]
    if strange:
        raise ConfigError(f"there is no flight '{strange[0]}'", f"one of {', '.join(known)}", "--flight ID")
    return tuple(f for f in config.by_date if not ids or f.id in ids)


def _until(last: Stage) -> tuple[Stage, ...]:
    return tuple(stage for stage in Stage if stage.order <= last.order)


def _run(
    community: Community,
    flights: Sequence[FlightSection],
    last: Stage,
    force: Sequence[Stage],
    *,
    tell: Tell,
    progress: Progress,
) -> Iterator[Outcome]:
    for flight in flights:
        for stage in _until(last):
            task = stage_task(community.config, flight, stage)
            decision = manifest.decide(task, stage in force)
            tell(decision)
            if decision.reason is Reason.FORCED:
                manifest.drop_kept(task)
            seconds = _carry_out(community, flight, task, progress) if decision.run else 0.0
            yield Outcome(decision, seconds)


def _carry_out(community: Community, flight: FlightSection, task: Task, progress: Progress) -> float:
    began, started = time.monotonic(), _now()
    inputs = manifest.fingerprints(task, manifest.read_record(task))
    try:
        paths = manifest.fresh_folder(task, manifest.key_of(task, inputs))
        make(community, flight, task.stage, paths=paths, progress=progress)
        manifest.settle(task, inputs, started, _now())
    except KeyboardInterrupt:
        raise interrupted() from None
    finally:
        manifest.drop_folder(task)
    return time.monotonic() - began


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def stage_task(config: Config, flight: FlightSection, stage: Stage) -> Task:
    """What a stage of a flight depends on: its own section of the configuration, and its inputs."""
    paths = flight_paths(Path(config.community.workdir), flight.id)
    settings, inputs = _DEPENDS[stage](config, flight, paths)
    shown = stage is Stage.RENDER and shows_register(config, flight)
    return Task(flight.id, stage, paths, settings, inputs, {"register": partial(_register, config)} if shown else {})


def _register(config: Config) -> str:
    """What tells apart what the page shows of the register: its last event, and the code that sums it up."""
    from pipeline.casework.register import register_head

    return f"{register_head(config)} {manifest.code_of('casework.summary')}"


Depends = tuple[Mapping[str, object], Mapping[str, str]]


def _blocks(config: Config) -> Depends:
    community = config.community
    place = {"crs": community.crs, "block_id": community.block_id}
    return place, with_companions("blocks", [community.blocks])


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
    buildings = with_companions("buildings", [config.community.buildings] if config.community.buildings else [])
    made = {"flight.json": str(paths.flight_json), "tiles": str(paths.tiles)}
    settings = {**place, "score": config.score.model_dump(mode="json")}
    return settings, {**blocks, **buildings, **made, **_pixels(flight, paths)}


def _pixels(flight: FlightSection, paths: FlightPaths) -> dict[str, str]:
    """The imagery that is read: what ingest wrote, else the sources themselves."""
    folder = paths.folder(Stage.INGEST)
    if any(folder.glob("*.tif")) or any(folder.glob("*.vrt")):
        return {"imagery": str(folder), **with_companions("dsm", [flight.dsm] if flight.dsm else [])}
    return _sources(flight)


def _grade(config: Config, flight: FlightSection, paths: FlightPaths) -> Depends:
    place, blocks = _blocks(config)
    evidence = {"evidence": config.community.evidence} if config.community.evidence else {}
    made = {"scores": str(paths.score_blocks), "cells": str(paths.cells), "hotspots": str(paths.hotspots)}
    settings = {**place, "grade": config.grade.model_dump(mode="json"), "flights": _ids_until(config, flight)}
    made |= {"flight.json": str(paths.flight_json), "decisions": str(paths.decisions)}
    return settings, {**blocks, **evidence, **made}


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
        each = flight_paths(Path(community.workdir), other.id)
        found = (each.flight_json, each.quality_json, each.hotspots, each.chips, each.grade_parquet)
        files = (*found, each.decisions, each.order)
        inputs |= {f"{other.id}/{f.parent.name}/{f.name}": str(f) for f in files}
        inputs |= {f"{other.id}/{name}": address for name, address in _pixels(other, each).items()}
    return settings, inputs


_DEPENDS: Mapping[Stage, Callable[[Config, FlightSection, FlightPaths], Depends]] = {
    Stage.INGEST: _ingest,
    Stage.TILE: _tile,
    Stage.SCORE: _score,
    Stage.GRADE: _grade,
    Stage.RENDER: _render,
}


def summarise(report: RunReport) -> Iterator[tuple[str, Mapping[Grade, int], int, Path]]:
    """For each graded flight: its id, blocks per grade, how many of them are provisional, and its map."""
    import pandas as pd

    for flight in report.flights:
        paths = report.paths(flight)
        if paths.grade_parquet.exists():
            table = pd.read_parquet(paths.grade_parquet, columns=["grade", "provisional"])
            counts = {grade: int((table["grade"] == grade.value).sum()) for grade in Grade}
            yield flight.id, counts, int(table["provisional"].sum()), paths.map_html
