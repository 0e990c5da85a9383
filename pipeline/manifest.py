"""Run or skip: decided from what a stage would read, its settings and its code, against the record of its last run.

A record is written last, after the stage's folder took its place; without a record nothing counts as done.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import shutil
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.artifacts import FlightPaths, disk_troubles, read_json, write_json
from pipeline.core.vocabulary import Named, Stage
from pipeline.errors import ArtifactError
from pipeline.io.addresses import Fingerprint, fingerprint

VERSION: Literal[1] = 1
_PACKAGE = Path(__file__).parent
_DATA = (".js", ".css", ".html", ".txt", ".svg", ".json")


class Reason(Named):
    """Why a stage runs, or why it need not."""

    UP_TO_DATE = "up_to_date", "已是最新", "up to date"
    NEVER_RUN = "never_run", "尚未运行", "never run"
    FORCED = "forced", "强制重算", "forced"
    RECORD_UNREADABLE = "record_unreadable", "运行记录无法读取", "its record cannot be read"
    CODE_CHANGED = "code_changed", "程序已更新", "the program has changed"
    SETTINGS_CHANGED = "settings_changed", "参数已改变", "settings have changed"
    INPUT_CHANGED = "input_changed", "输入已改变", "an input has changed"
    OUTPUT_MISSING = "output_missing", "结果缺失", "a result is missing"
    OUTPUT_ALTERED = "output_altered", "结果被改动", "a result was altered"
    UPSTREAM_RUNS = "upstream_runs", "前一步要先运行", "an earlier stage runs first"


@dataclass(frozen=True)
class Decision:
    """Whether a stage of a flight runs, and why; ``detail`` names the setting, input or result.

    ``before`` is the earlier flight that a comparison is with.
    """

    flight: str
    stage: Stage
    run: bool
    reason: Reason
    detail: str = ""
    before: str = ""

    def sentence(self, language: Literal["zh", "en"]) -> str:
        """The reason in words.

        >>> Decision("a", Stage.GRADE, False, Reason.UP_TO_DATE).sentence("en")
        'up to date'
        """
        words = self.reason.zh if language == "zh" else self.reason.en
        return f"{words}: {self.detail}" if self.detail else words


@dataclass(frozen=True)
class Task:
    """What a stage of a flight depends on: its settings (as JSON) and its inputs (name to file or address).

    ``others`` are inputs that are no files: name to what tells their content apart, asked for when it is needed.
    """

    flight: str
    stage: Stage
    paths: FlightPaths
    settings: Mapping[str, object]
    inputs: Mapping[str, str]
    others: Mapping[str, Callable[[], str]] = field(default_factory=dict)


class Record(BaseModel):
    """What is remembered of a stage's last complete run. Only here do times appear."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    flight: str
    stage: Stage
    code: str
    settings: dict[str, object]
    inputs: dict[str, Fingerprint]
    outputs: dict[str, Fingerprint]
    started: str
    finished: str


def decide(task: Task, force: bool = False) -> Decision:
    """Whether a stage must run, from its record and what it depends on now."""
    if force:
        return _decision(task, Reason.FORCED)
    if not task.paths.record(task.stage).exists():
        return _decision(task, Reason.NEVER_RUN)
    record = read_record(task)
    if record is None:
        return _decision(task, Reason.RECORD_UNREADABLE, task.paths.record(task.stage).name)
    if record.code != code_of(task.stage):
        return _decision(task, Reason.CODE_CHANGED)
    if setting := _changed_setting(record.settings, task.settings):
        return _decision(task, Reason.SETTINGS_CHANGED, setting)
    now = fingerprints(task, record)
    changed = sorted(name for name in now.keys() | record.inputs.keys() if not _same(now, record.inputs, name))
    if changed:
        return _decision(task, Reason.INPUT_CHANGED, changed[0])
    return _decide_outputs(task, record)


def _decide_outputs(task: Task, record: Record) -> Decision:
    folder = task.paths.folder(task.stage)
    for name, known in sorted(record.outputs.items()):
        found = fingerprint(str(folder / name), known)
        if found.missing:
            return _decision(task, Reason.OUTPUT_MISSING, name)
        if found.content != known.content:
            return _decision(task, Reason.OUTPUT_ALTERED, name)
    return _decision(task, Reason.UP_TO_DATE)


def _decision(task: Task, reason: Reason, detail: str = "") -> Decision:
    return Decision(task.flight, task.stage, reason is not Reason.UP_TO_DATE, reason, detail, task.paths.before)


def _same(now: Mapping[str, Fingerprint], then: Mapping[str, Fingerprint], name: str) -> bool:
    return name in now and name in then and now[name].content == then[name].content


def _changed_setting(then: Mapping[str, object], now: Mapping[str, object]) -> str:
    for key in sorted(then.keys() | now.keys()):
        before, after = then.get(key), now.get(key)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            return f"{key}.{_changed_setting(before, after)}"
        return f"{key} ({_short(before)} → {_short(after)})"
    return ""


def _short(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 40 else "…" + text[-39:]


def read_record(task: Task) -> Record | None:
    """The record of a stage's last complete run; None where there is none that can be read."""
    try:
        return Record.model_validate(read_json(task.paths.record(task.stage)))
    except (ArtifactError, ValidationError):
        return None


def fingerprints(task: Task, known: Record | None) -> dict[str, Fingerprint]:
    """What the inputs hold now; contents are not read again where size and time are as recorded."""
    before = known.inputs if known else {}
    found = {name: fingerprint(address, before.get(name)) for name, address in sorted(task.inputs.items())}
    return found | {name: Fingerprint(content=ask()) for name, ask in sorted(task.others.items())}


def key_of(task: Task, inputs: Mapping[str, Fingerprint]) -> str:
    """A name for all that a stage is made from: work that was kept under it may be used, other work may not."""
    facts = [code_of(task.stage), task.settings, {name: found.content for name, found in inputs.items()}]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def fresh_folder(task: Task, key: str = "") -> FlightPaths:
    """An empty temporary folder for the stage to write into; leftovers of a killed run are removed.

    What such a run kept of finished windows stays if it was made from the same, which ``key`` names; without a key
    nothing is kept.
    """
    paths = task.paths.writing_to(task.stage, key)
    folder = paths.folder(task.stage)
    with disk_troubles(folder):
        for leftover in (folder, _old(task), *(s for s in _spools(task) if s != paths.spool)):
            remove(leftover)
        folder.mkdir(parents=True)
    return paths


def remove(leftover: Path) -> None:
    """Remove a folder or file, if it can be removed."""
    if leftover.is_dir():
        shutil.rmtree(leftover, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            leftover.unlink(missing_ok=True)


def leftovers(tasks: Iterable[Task], idle: Container[tuple[str, Stage]] = ()) -> list[Path]:
    """What a killed run left behind and nothing will use: folders, and windows kept for a stage that is ``idle``."""
    found = list[Path]()
    for t in tasks:
        found += [p for p in (t.paths.writing_to(t.stage).folder(t.stage), _old(t)) if p.exists()]
        found += _spools(t) if (t.flight, t.stage) in idle else []
    return found


def drop_folder(task: Task) -> None:
    """Remove what an unfinished stage wrote; the results of its last complete run stay."""
    shutil.rmtree(task.paths.writing_to(task.stage).folder(task.stage), ignore_errors=True)


def drop_kept(task: Task) -> None:
    """Remove what unfinished runs of a stage kept: all of it is to be made again."""
    for spool in _spools(task):
        remove(spool)


def settle(task: Task, inputs: Mapping[str, Fingerprint], started: str, finished: str) -> Record:
    """Put the stage's folder in its place and write its record, last."""
    folder, fresh, old = task.paths.folder(task.stage), task.paths.writing_to(task.stage).folder(task.stage), _old(task)
    with disk_troubles(folder):
        task.paths.record(task.stage).unlink(missing_ok=True)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        remove(old)
        drop_kept(task)
    record = Record(
        version=VERSION,
        flight=task.flight,
        stage=task.stage,
        code=code_of(task.stage),
        settings=dict(task.settings),
        inputs=dict(inputs),
        outputs={name: fingerprint(str(folder / name)) for name in _files(folder)},
        started=started,
        finished=finished,
    )
    write_json(task.paths.record(task.stage), record.model_dump(mode="json"))
    return record


def _spools(task: Task) -> list[Path]:
    return sorted(task.paths.root.glob(f".{task.stage}.*.spool"))


def _old(task: Task) -> Path:
    place = task.paths.place(task.stage)
    return place.with_name(f".{place.name}.old")


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@functools.cache
def code_of(module: str) -> str:
    """A hash of the package's files that a module (a stage's, say) imports, directly or not, with their data files."""
    digest = hashlib.sha256()
    for path in sorted(_closure(f"pipeline.{module}")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _closure(module: str) -> set[Path]:
    seen: dict[str, Path] = {}
    ahead = [module]
    while ahead:
        name = ahead.pop()
        path = _source(name)
        if path is None or name in seen:
            continue
        seen[name] = path
        ahead.extend(_imports(path))
    data = {p for path in seen.values() if path.parent != _PACKAGE for p in path.parent.iterdir() if p.suffix in _DATA}
    return set(seen.values()) | data


def _source(module: str) -> Path | None:
    path = _PACKAGE.parent.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            yield from (name for name in names if name.startswith("pipeline"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline"):
            yield str(node.module)
            yield from (f"{node.module}.{name}" for name in names)
