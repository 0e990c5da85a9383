"""Where each artifact lies, and how it is written: to a neighbour first, then renamed, so what exists is complete.

A stage writes into a neighbour of its folder (``.score.tmp``) and reads from final ones; ``FlightPaths`` knows which.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.vocabulary import Stage
from pipeline.errors import ArtifactError, WorkdirError

CONFIG_NAME = "config.resolved.json"
LOCK_NAME = ".lock"
REGISTER_NAME = "register.sqlite"
_LITTLE_SPACE = 1 << 20
_TROUBLES = {
    errno.ENOSPC: ("磁盘已满", "the disk is full"),
    errno.EDQUOT: ("磁盘配额已用完", "the disk quota is used up"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), ("没有权限", "permission denied")),
    errno.EROFS: ("磁盘只读", "the disk is read-only"),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST), ("路径中有一段是文件", "a part of the path is a file")),
    errno.ENAMETOOLONG: ("名称太长", "the name is too long"),
    errno.EFBIG: ("文件太大，磁盘存不下", "the file is too large for the disk"),
    errno.EIO: ("磁盘报错", "the disk reports an error"),
}


@dataclass(frozen=True)
class FlightPaths:
    """Names of one flight's artifacts under ``root`` = ``<workdir>/<flight id>``.

    ``writing`` is the stage that is being made: its names point into its temporary folder; ``key`` names all that it
    is made from; ``before`` is the flight that this one is compared with: there is a folder for each.

    >>> FlightPaths(Path("runs/a")).score_blocks.as_posix()
    'runs/a/score/blocks.parquet'
    >>> FlightPaths(Path("runs/a")).writing_to(Stage.SCORE).score_blocks.as_posix()
    'runs/a/.score.tmp/blocks.parquet'
    """

    root: Path
    writing: Stage | None = None
    key: str = ""
    before: str = ""

    def writing_to(self, stage: Stage, key: str = "") -> FlightPaths:
        """The same flight while ``stage`` is being made."""
        return replace(self, writing=stage, key=key)

    @property
    def spool(self) -> Path | None:
        """Where the stage that is being made keeps finished windows for a run after this one; None for nowhere."""
        return self.root / f".{self.writing}.{self.key}.spool" if self.writing and self.key else None

    def against(self, before: str) -> FlightPaths:
        """The same flight compared with an earlier one."""
        return replace(self, before=before)

    def place(self, stage: Stage) -> Path:
        """The folder that a stage's finished artifacts lie in."""
        return self.root / stage.value / self.before if stage is Stage.COMPARE else self.root / stage.value

    def folder(self, stage: Stage) -> Path:
        """The folder of a stage's artifacts; the temporary one for the stage that is being made."""
        place = self.place(stage)
        return place.with_name(f".{place.name}.tmp") if stage is self.writing else place

    def record(self, stage: Stage) -> Path:
        """The record of the stage's last complete run."""
        return self.root / f"{f'{stage}.{self.before}' if stage is Stage.COMPARE else stage}.json"

    @property
    def orthophoto(self) -> Path:
        """The imagery as a COG, where ingest had to write one."""
        return self.folder(Stage.INGEST) / "orthophoto.tif"

    @property
    def flight_json(self) -> Path:
        """The flight as a STAC Item."""
        return self.folder(Stage.INGEST) / "flight.json"

    @property
    def quality_json(self) -> Path:
        """What ingest found out about the imagery."""
        return self.folder(Stage.INGEST) / "quality.json"

    @property
    def tiles(self) -> Path:
        """The windows to read."""
        return self.folder(Stage.TILE) / "tiles.parquet"

    @property
    def score_blocks(self) -> Path:
        """Indicators per block."""
        return self.folder(Stage.SCORE) / "blocks.parquet"

    @property
    def cells(self) -> Path:
        """Indicators per 10 m cell."""
        return self.folder(Stage.SCORE) / "cells.parquet"

    @property
    def hotspots(self) -> Path:
        """Spots for a person to confirm, as footprints."""
        return self.folder(Stage.SCORE) / "hotspots.gpkg"

    @property
    def chips(self) -> Path:
        """Folder of the spots' pictures."""
        return self.folder(Stage.SCORE) / "chips"

    @property
    def profile(self) -> Path:
        """The flight's own thresholds, as score found them."""
        return self.folder(Stage.SCORE) / "profile.json"

    @property
    def review_html(self) -> Path:
        """The page on which a person answers for the flight's spots."""
        return self.root / "review" / "review.html"

    @property
    def decisions(self) -> Path:
        """Every answer that was taken in, a JSON object a line; no stage touches it."""
        return self.root / "review" / "decisions.jsonl"

    @property
    def traits(self) -> Path:
        """Figures of each hotspot that the ranker learns from."""
        return self.root / "review" / "traits.parquet"

    @property
    def order(self) -> Path:
        """The hotspots' learned order, where there is one."""
        return self.root / "review" / "order.json"

    @property
    def grade_gpkg(self) -> Path:
        """Grades with geometry, for a GIS."""
        return self.folder(Stage.GRADE) / "blocks.gpkg"

    @property
    def grade_parquet(self) -> Path:
        """Grades with geometry, for programs."""
        return self.folder(Stage.GRADE) / "blocks.parquet"

    @property
    def grade_csv(self) -> Path:
        """Grades without geometry, for a spreadsheet."""
        return self.folder(Stage.GRADE) / "blocks.csv"

    @property
    def map_html(self) -> Path:
        """The map, one self-contained file."""
        return self.folder(Stage.RENDER) / "map.html"

    @property
    def report_html(self) -> Path:
        """The report that prints."""
        return self.folder(Stage.RENDER) / "report.html"

    @property
    def qml(self) -> Path:
        """The QGIS style of the graded blocks."""
        return self.folder(Stage.RENDER) / "blocks.qml"


def flight_paths(workdir: Path, flight_id: str) -> FlightPaths:
    """The names of one flight's artifacts in a working folder."""
    return FlightPaths(workdir / flight_id)


@contextlib.contextmanager
def disk_troubles(path: Path) -> Iterator[None]:
    """Tell a full, read-only or closed disk in one line instead of as whatever the writing library raises.

    Raises
    ------
    WorkdirError : the disk is full, read-only, closed to us or broken
    """
    try:
        yield
    except Exception as e:
        reason = _reason(e, path)
        if reason is None:
            raise
        zh = f"{path} 无法写入：{reason[0]}；应为有剩余空间、有权写入的文件夹；处理：设置 community.workdir"
        found, expected = f"{path} cannot be written: {reason[1]}", "a folder with free space that you may write"
        raise WorkdirError(found, expected, "set community.workdir", zh=zh) from e


def _reason(error: Exception, path: Path) -> tuple[str, str] | None:
    if isinstance(error, FileNotFoundError) and not path.parent.is_dir():
        return "所在文件夹不存在，也无法创建", "its folder is not there and cannot be made"
    if isinstance(error, OSError) and error.errno in _TROUBLES:
        return _TROUBLES[error.errno]
    with contextlib.suppress(OSError):
        if shutil.disk_usage(path.parent).free < _LITTLE_SPACE:
            return _TROUBLES[errno.ENOSPC]
    return None


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary neighbour of the same suffix that becomes ``path`` on success and vanishes on failure.

    Raises
    ------
    WorkdirError : the disk is full, read-only or closed to us
    """
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    with disk_troubles(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _settle(temporary)
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(workdir: Path) -> Iterator[None]:
    """Keep others out of the working folder; the lock dies with the process.

    Raises
    ------
    WorkdirError : another run holds it, or the folder cannot be written
    """
    with disk_troubles(workdir / LOCK_NAME):
        workdir.mkdir(parents=True, exist_ok=True)
        file = (workdir / LOCK_NAME).open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            zh = f"{workdir} 正由另一次运行使用；同一时间只能有一次运行；处理：等它结束，或设置 community.workdir"
            mend = "wait for it, or set community.workdir"
            raise WorkdirError(f"{workdir} is in use by another run", "one run at a time", mend, zh=zh) from None
        yield


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a text file in UTF-8 whole or not at all, newlines as they are."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write JSON with sorted keys, whole or not at all; NaN is refused, as JSON has none.

    Raises
    ------
    ValueError : the value holds NaN or infinity
    """
    write_text(path, json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> object:
    """Read a JSON artifact.

    Raises
    ------
    ArtifactError : the file is missing or is not JSON
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        zh = f"{path} 不存在；应为前面阶段的结果；处理：wuse run CONFIG"
        raise ArtifactError(f"{path} is missing", "a result of an earlier stage", "wuse run CONFIG", zh=zh) from None
    except (OSError, ValueError) as e:
        zh = f"{path} 无法读取（{e}）；应为 wuse 写出的 JSON；处理：wuse run CONFIG --force"
        found, mend = f"{path} cannot be read ({e})", "wuse run CONFIG --force"
        raise ArtifactError(found, "JSON written by wuse", mend, zh=zh) from None
