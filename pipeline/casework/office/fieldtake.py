"""Taking a field file back: each case by its guards, in a step of its own; what cannot be taken is told and kept."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipeline.artifacts import write_bytes
from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.evidence import keep
from pipeline.casework.listing import spot_of
from pipeline.casework.office.field import field_text
from pipeline.casework.office.views import Stamp, around_of, as_of, marked, of_this_register, some
from pipeline.casework.register import Register
from pipeline.casework.rows import Row, canonical
from pipeline.casework.schema import Stream
from pipeline.casework.spots import located
from pipeline.core.answers import Problem, Severity
from pipeline.core.cells import Around, Column, Unfit, shown, starts_formula, text_of
from pipeline.core.field import COLUMNS, SHOWN, TYPED
from pipeline.core.ledger import CaseAct, Entry, Moment
from pipeline.core.reasons import Text
from pipeline.core.sheets import CASES, VERSION
from pipeline.core.typed import meant, same
from pipeline.core.worktime import utc
from pipeline.engine import Progress, silent
from pipeline.errors import Refused, RegisterError
from pipeline.io.fieldwork import read_about, read_cases
from pipeline.io.tables import Blocks

_AT_ONCE = 500
_STILL_M = 0.0015
_TOUCHES: Mapping[str, tuple[str, ...]] = {
    "result": ("state", "result", "inspected_at", "party"),
    "x": ("x", "y", "block_id"),
}
"""What must not have changed since for what someone typed to be taken."""
Feature = Mapping[str, Any]


@dataclass(frozen=True)
class Rejected:
    """What someone typed that cannot be taken: of which case, in which column, why in either language, all of it."""

    number: str
    column: str
    zh: str
    en: str
    typed: Mapping[str, Any]


@dataclass
class Brought:
    """What came of a field file: cases changed, spots that became cases, what was taken before, what was rejected."""

    changed: int = 0
    opened: int = 0
    known: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    report: str = ""


def import_field(
    register: Register,
    path: Path,
    acting: tuple[str, Moment],
    blocks: Blocks,
    *,
    workdir: Path,
    progress: Progress = silent,
) -> Brought:
    """Take in what inspectors filled in; a rejected edit stays in a report in the working folder.

    Parameters
    ----------
    acting : who inspected; when it is taken in, which counts where the field file does not say when they did
    workdir : where photos are kept as evidence, and the report

    Raises
    ------
    RegisterError : it is no field file of this register
    WorkdirError : the disk cannot be written; what was taken before stays, and the same file goes on there
    """
    about = read_about(path)
    stamp = Stamp(str(about.get("register", "")), int(about.get("seq", 0)), str(about.get("head", "")))
    with register.reading() as connection:
        of_this_register(connection, stamp, path)
        around = around_of(connection, ZoneInfo(register.settings.timezone))
    taking = _Taking(register, path, acting, blocks, workdir, around, stamp)
    done = 0
    for total, features in read_cases(path, blocks.crs):
        rest = iter(features)
        while some_features := list(islice(rest, _AT_ONCE)):
            taking.take(some_features)
            done += len(some_features)
            progress(done, total, Text("案件", "cases"))
    if taking.brought.rejected:
        taking.brought.report = str(_write_report(workdir, path, taking.brought.rejected))
    return taking.brought


@dataclass
class _Taking:
    register: Register
    path: Path
    acting: tuple[str, Moment]
    blocks: Blocks
    workdir: Path
    around: Around
    stamp: Stamp
    brought: Brought = field(default_factory=Brought)

    def take(self, features: Sequence[Feature]) -> None:
        """Hold features against the register, and take each one that someone edited."""
        with self.register.reading() as connection:
            numbers = [f["number"] for f in features if f["number"]]
            known = some(connection, CASES, numbers, self.around.zone)
            edits = [self._edit(connection, feature, known.get(feature["number"])) for feature in features]
        for act in filter(None, edits):
            act()

    def _edit(self, connection: Connection, feature: Feature, now: Row | None) -> Callable[[], None] | None:
        if not feature["number"]:
            return lambda: self._tried(feature, "", lambda: self._open(feature))
        if now is None:
            return lambda: self._reject(feature, "number", "台账里没有这个编号", "there is no such case")
        version = int(float(feature[VERSION.name] or 0))
        then = now if version == now["version"] else None
        if 0 < version < now["version"]:
            then = as_of(connection, CASES, (feature["number"], version), self.around.zone)
        if then is None:
            return lambda: self._reject(feature, VERSION.name, "版本不对", "not a version of this case")
        typed = {c.name: feature[c.name] for c in TYPED if feature[c.name]}
        moved = feature["x"] is not None and max(abs(feature[n] - then[n]) for n in "xy") > _STILL_M
        if moved:
            typed |= {"x": feature["x"], "y": feature["y"]}
        spoilt = [c for c in SHOWN if not self._same(c, feature, now) and not self._same(c, feature, then)]
        if not typed and not spoilt:
            return None
        mark = self._mark(feature["number"], version, typed)
        if typed and marked(connection, Stream.CASE, mark, feature["number"]):
            self.brought.known += 1
            typed = {}
        return lambda: self._settle(feature, typed, spoilt=spoilt, rows=(then, now), mark=mark)

    def _same(self, column: Column, feature: Feature, row: Row) -> bool:
        told, raw = feature[column.name], row[column.name]
        return told == field_text(text_of(shown(column, raw, self.around))) or same(column, told, raw, self.around)

    def _settle(
        self, feature: Feature, typed: Mapping[str, Any], *, spoilt: Sequence[Column], rows: tuple[Row, Row], mark: str
    ) -> None:
        then, now = rows
        for column in spoilt:
            self._reject(feature, column.name, "这一列不能在外业改", "this cannot be changed in the field")
        for name, touched in _TOUCHES.items():
            if name in typed and any(then[t] != now[t] for t in touched):
                shown_now = "、".join(f"{t}={now[t]}" for t in touched if then[t] != now[t])
                self._reject(feature, name, f"导出后台账已改：{shown_now}", f"changed by others since: {shown_now}")
                return
        if typed:
            self._tried(feature, "", lambda: self._change(feature["number"], typed, mark))

    def _tried(self, feature: Feature, column: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Refused as e:
            self._reject(feature, column, e.why_zh, e.why_en)
        except Unfit as e:
            self._reject(feature, column, f"应为{e.zh}", f"expected {e.en}")
        except RegisterError as e:
            self._reject(feature, column, e.zh, str(e))

    def _reject(self, feature: Feature, column: str, zh: str, en: str) -> None:
        kept = ""
        with suppress(RegisterError, Unfit):
            kept = self._photo(feature["photo"]).get("photo", "")
        self.brought.rejected.append(Rejected(feature["number"], column, zh, en, {**feature, "kept": kept}))

    def _change(self, number: str, typed: Mapping[str, Any], mark: str) -> None:
        by, at = self.acting[0], self._when(typed.get("seen_at", ""))
        data: dict[str, Any] = {"mark": mark} | self._photo(typed.get("photo", ""))
        acts: list[Entry] = []
        if "x" in typed:
            place = located(self.blocks, typed["x"], typed["y"])
            acts.append(Entry(CaseAct.MOVE, by, at, typed.get("note", ""), {"mark": mark, **place}))
        if "result" in typed:
            result = meant(next(c for c in TYPED if c.name == "result"), typed["result"], self.around)
            found = data | {"result": result, "inspector": typed.get("inspector", "")}
            acts.append(Entry(CaseAct.INSPECT, by, at, typed.get("note", ""), {k: v for k, v in found.items() if v}))
        elif "note" in typed or "photo" in typed:
            acts.append(Entry(CaseAct.NOTE, by, at, typed.get("note", ""), data))
        if not acts:
            raise Unfit("督查结果、备注、照片或新的位置", "an inspection, a note, a photo or another place")
        with self.register.writing() as book:
            for act in acts:
                act_on_case(book, number, act)
        self.brought.changed += 1

    def _open(self, feature: Feature) -> None:
        """A spot that someone drew becomes a case, once."""
        if feature["x"] is None:
            raise Unfit("一个点", "a point")
        if feature["result"]:
            raise Unfit("新点不填督查结果，先立案", "no inspection at a new spot, which is only now opened")
        columns = {c.name: c for c in COLUMNS}
        kind = meant(columns["kind"], feature["kind"] or Problem.OTHER.value, self.around)
        severity = meant(columns["severity"], feature["severity"] or Severity.MODERATE.value, self.around)
        typed = {name: feature[name] for name in ("place", "problem", "note", "photo", "seen_at") if feature[name]}
        mark = "field:" + self._mark("", 0, {**typed, "kind": kind, "x": feature["x"], "y": feature["y"]})
        about = located(self.blocks, feature["x"], feature["y"])
        photo = self._photo(feature["photo"]).get("photo", "")
        data = {**about, "kind": kind, "severity": severity, "place": feature["place"], "source": "field"}
        data |= {"problem": feature["problem"] or feature["note"], "hotspot_id": mark}
        data |= {"before": photo} if photo else {}
        entry = Entry(CaseAct.OPEN, self.acting[0], self._when(feature["seen_at"]), feature["note"], data)
        with self.register.writing() as book:
            if spot_of(book.connection, "", mark):
                self.brought.known += 1
                return
            open_case(book, entry)
        self.brought.opened += 1

    def _when(self, text: str) -> Moment:
        if not text:
            return self.acting[1]
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise Unfit("时间，如 2021-03-01 09:30", "a time like 2021-03-01 09:30") from None
        return utc(found if found.tzinfo else found.replace(tzinfo=self.around.zone))

    def _photo(self, name: str) -> dict[str, str]:
        """Keep a photo as evidence; it lies in the field file's folder or below."""
        if not name:
            return {}
        folder = self.path.parent.resolve()
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):
            raise Unfit("照片放在外业文件旁边", "a photo beside the field file")
        return {"photo": keep(self.workdir, file)}

    def _mark(self, number: str, version: int, typed: Mapping[str, Any]) -> str:
        about = canonical([self.stamp.head, number, version, dict(typed)])
        return hashlib.sha256(about.encode()).hexdigest()[:32]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _write_report(workdir: Path, path: Path, rejected: Sequence[Rejected]) -> Path:
    """All that was typed and not taken, as a table for a spreadsheet; the same edits give the same file."""
    out = io.StringIO()
    names = [*(c.name for c in COLUMNS), "x", "y", "kept"]
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["column", "原因", "reason", *names])
    for item in rejected:
        cells = [item.column, item.zh, item.en, *(_plain(item.typed.get(name)) for name in names)]
        lines.writerow([f"'{cell}" if starts_formula(cell) else cell for cell in cells])
    content = out.getvalue().encode("utf-8-sig")
    place = workdir / "field" / f"{path.stem}-{hashlib.sha256(content).hexdigest()[:8]}.csv"
    write_bytes(place, content)
    return place
