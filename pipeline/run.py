"""From a configuration to a community's maps: flights oldest first, each through its stages, skipping what is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline import manifest
from pipeline.artifacts import CONFIG_NAME, FlightPaths, flight_paths, locked, write_json
from pipeline.config import Config, FlightSection
from pipeline.core.vocabulary import Grade, Stage
from pipeline.engine import Progress, silent
from pipeline.errors import interrupted
from pipeline.manifest import Decision, Reason, Task
from pipeline.memory import steady_memory
from pipeline.stages import Community, look_ahead, make
from pipeline.tasks import pair_task, tasks_of

Tell = Callable[[Decision], None]
_LOOK_BACK = (Stage.COMPARE, Stage.RENDER)


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
    ids = [f.id for f in chosen]
    tasks = [task for flight in chosen for task in tasks_of(config, flight, Stage.RENDER, ids)]
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
    chosen = choose_flights(config, flights)
    graded_again = False
    for flight in chosen:
        upstream = False
        for task in tasks_of(config, flight, last, [f.id for f in chosen]):
            decision = manifest.decide(task, task.stage in force)
            waits = upstream or (task.stage in _LOOK_BACK and graded_again)
            if not decision.run and waits:
                decision = replace(decision, run=True, reason=Reason.UPSTREAM_RUNS)
            upstream |= decision.run
            graded_again |= decision.run and task.stage not in _LOOK_BACK
            decisions.append(decision)
    return tuple(decisions)


def compare_flights(
    config: Config,
    before: str,
    after: str,
    *,
    force: bool = False,
    progress: Progress = silent,
    tell: Tell = lambda decision: None,
) -> FlightPaths:
    """Bring the comparison of any two flights up to date, and what it needs of each; gives where it lies.

    Raises
    ------
    WuseError : there is no such flight, an input is bad, or the working folder is in use
    """
    ends = [choose_flights(config, [name])[0] for name in (before, after)]
    run_community(config, [before, after], last=Stage.GRADE, progress=progress, tell=tell)
    task = pair_task(config, *ends)
    if manifest.decide(task, force).run or manifest.leftovers([task]):
        with locked(Path(config.community.workdir)):
            for leftover in manifest.leftovers([task]):
                manifest.remove(leftover)
            _settled(Community(config), task, force, tell=tell, progress=progress)
    else:
        tell(manifest.decide(task))
    return task.paths


def choose_flights(config: Config, ids: Sequence[str]) -> tuple[FlightSection, ...]:
    """The flights of the given ids, oldest first; all for no id.

    Raises
    ------
    ConfigError : there is no such flight
    """
    named = {config.flight(flight_id).id for flight_id in ids}
    return tuple(f for f in config.by_date if not ids or f.id in named)


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
        for stage in (s for s in Stage if s.order <= last.order):
            tasks = tasks_of(community.config, flight, stage, [f.id for f in flights])
            for task in (t for t in tasks if t.stage is stage):
                yield _settled(community, task, stage in force, tell=tell, progress=progress)


def _settled(community: Community, task: Task, force: bool, *, tell: Tell, progress: Progress) -> Outcome:
    decision = manifest.decide(task, force)
    tell(decision)
    if decision.reason is Reason.FORCED:
        manifest.drop_kept(task)
    return Outcome(decision, _carry_out(community, task, progress) if decision.run else 0.0)


def _carry_out(community: Community, task: Task, progress: Progress) -> float:
    began, started = time.monotonic(), _now()
    inputs = manifest.fingerprints(task, manifest.read_record(task))
    try:
        paths = manifest.fresh_folder(task, manifest.key_of(task, inputs))
        make(community, task.flight, task.stage, paths=paths, progress=progress)
        manifest.settle(task, inputs, started, _now())
    except KeyboardInterrupt:
        raise interrupted() from None
    finally:
        manifest.drop_folder(task)
    return time.monotonic() - began


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def summarise(report: RunReport) -> Iterator[tuple[str, Mapping[Grade, int], int, Path]]:
    """For each graded flight: its id, blocks per grade, how many of them are provisional, and its map."""
    import pandas as pd

    for flight in report.flights:
        paths = report.paths(flight)
        if paths.grade_parquet.exists():
            table = pd.read_parquet(paths.grade_parquet, columns=["grade", "provisional"])
            counts = {grade: int((table["grade"] == grade.value).sum()) for grade in Grade}
            yield flight.id, counts, int(table["provisional"].sum()), paths.map_html


def told_changes(report: RunReport) -> Iterator[Mapping[str, object]]:
    """What each comparison of a run says of its two flights as a whole, in the order in which they were made."""
    from pipeline.io.comparisons import read_comparison

    for outcome in report.outcomes:
        decision = outcome.decision
        if decision.stage is Stage.COMPARE:
            paths = flight_paths(report.workdir, decision.flight).against(decision.before)
            found = read_comparison(paths.folder(Stage.COMPARE))
            if found is not None:
                yield found.record
