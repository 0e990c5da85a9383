"""Check: what is wrong with a community's flights, in plain words, before anyone waits for them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import disk_troubles
from pipeline.config import Config, FlightSection
from pipeline.core.grid import RasterGrid, work_grid
from pipeline.core.ledger import DUTY_COLUMNS
from pipeline.core.vocabulary import Level
from pipeline.core.worktime import zoned
from pipeline.errors import RegisterError, WuseError
from pipeline.io.assess import check_overlap, figures, quality_notices
from pipeline.io.evidence import read_evidence
from pipeline.io.mosaic import MosaicReader
from pipeline.io.sources import Source
from pipeline.io.stac import Notice
from pipeline.io.surface_model import check_dsm
from pipeline.io.survey import Survey, pixel_count, survey
from pipeline.io.tables import Blocks, read_blocks, read_footprints
from pipeline.io.vectors import read_vector
from pipeline.problems import unread

_POINTS = 5
_DOT = 4
_NOTES = {"undeclared_alpha", "fourth_band_unused", "nodata_and_alpha", "scaled", "tiles_shifted", "dsm_partly"}
_LOSSY = {"JPEG", "JPEG2000", "WEBP", "LERC_DEFLATE", "LERC_ZSTD", "JXL"}


@dataclass(frozen=True)
class Finding:
    """One thing found: how much it matters, where (a flight's id or a key of the config), in both languages."""

    level: Level
    code: str
    where: str
    zh: str
    en: str
    mend: str = ""

    @property
    def bad(self) -> bool:
        """Whether it would spoil the result."""
        return self.level is Level.BAD

    def facts(self) -> dict[str, str]:
        """The finding as plain values."""
        return {
            "level": self.level.value,
            "code": self.code,
            "where": self.where,
            "zh": self.zh,
            "en": self.en,
            "mend": self.mend,
        }


def check_community(config: Config, flights: Sequence[str] = ()) -> list[Finding]:
    """Look at all files of a community, of its flights at the named ones (all where none is named).

    Never raises for bad input.
    """
    community = config.community
    found = list(_workdir(Path(community.workdir)))
    try:
        blocks = read_blocks(community.blocks, community.crs, community.block_id)
    except WuseError as e:
        return [*found, _told("community.blocks", e)]
    zh, en = f"{len(blocks)} 个区块，{blocks.crs.name}", f"{len(blocks)} blocks, {blocks.crs.name}"
    found.append(Finding(Level.GOOD, "blocks", "community.blocks", zh, en))
    found += _files_beside(config, blocks)
    for flight in config.by_date:
        if not flights or flight.id in flights:
            found += check_flight(flight, blocks, config)
    return found


def _workdir(path: Path) -> Iterator[Finding]:
    """A finding where the working folder cannot be made or written; nothing is left in it."""
    try:
        with disk_troubles(path):
            there = next(p for p in (path, *path.absolute().parents) if p.exists())
            tempfile.TemporaryFile(dir=there).close()
    except WuseError as e:
        yield _told("community.workdir", e)


def _files_beside(config: Config, blocks: Blocks) -> Iterator[Finding]:
    """The files that the configuration names beside blocks and flights, each looked at where it is named."""
    community, register = config.community, config.casework
    if community.buildings is not None:
        yield _tried("community.buildings", community.buildings, lambda path: _buildings(path, blocks))
    if community.evidence is not None:
        flights = [f.id for f in config.by_date]
        yield _tried("community.evidence", community.evidence, lambda path: _evidence(path, flights, blocks))
    if register.responsibilities:
        yield _tried("register.responsibilities", register.responsibilities, _responsibilities)
    if register.notices.template:
        yield _tried("register.notices.template", register.notices.template, _template)


def _tried(where: str, path: str, look: Callable[[str], tuple[Level, str, str]]) -> Finding:
    try:
        level, zh, en = look(path)
    except WuseError as e:
        return _told(where, e)
    return Finding(level, where.rpartition(".")[2], where, zh, en)


def _buildings(path: str, blocks: Blocks) -> tuple[Level, str, str]:
    shapes, repaired = read_footprints(path, blocks.crs)
    level = Level.NOTE if repaired else Level.GOOD
    return (
        level,
        f"{len(shapes)} 个建筑轮廓，修复 {repaired} 个",
        f"{len(shapes)} footprints, {repaired} of them repaired",
    )


def _evidence(path: str, flights: Sequence[str], blocks: Blocks) -> tuple[Level, str, str]:
    evidence = read_evidence(Path(path), flights)
    evidence.require_blocks(blocks.ids)
    return Level.GOOD, f"{len(evidence.rows)} 行记录", f"{len(evidence.rows)} rows of evidence"


def _responsibilities(path: str) -> tuple[Level, str, str]:
    zh = "设置 register.responsibilities，或删去这一项"
    frame = read_vector(path, "set register.responsibilities, or leave it out", mend_zh=zh, columns=DUTY_COLUMNS)
    return Level.GOOD, f"{len(frame)} 处责任范围", f"{len(frame)} places that somebody answers for"


def _template(path: str) -> tuple[Level, str, str]:
    try:
        with zipfile.ZipFile(path) as packed:
            packed.getinfo("word/document.xml")
    except OSError as e:
        why, key = unread(e), "register.notices.template"
        zh = f"{path} {why.zh}；应为 Word 模板；处理：设置 {key}"
        raise RegisterError(f"{path} {why.en}", "a Word template", f"set {key}", zh=zh) from None
    except (zipfile.BadZipFile, KeyError):
        raise RegisterError(
            f"{path} is no Word template",
            "a .docx file",
            "wuse notices template writes one",
            zh=f"{path} 不是 Word 模板；应为 .docx 文件；处理：用 wuse notices template 生成",
        ) from None
    return Level.GOOD, "通知书模板可以打开", "the template of the notice opens"


def check_flight(flight: FlightSection, blocks: Blocks, config: Config) -> list[Finding]:
    """Look at one flight: date, bands, CRS, GSD, tiling, encoding, blocks under it, blur and light, surface model."""
    findings = list(_dated(flight))
    try:
        found = survey(flight, config.ingest, lambda done, total: None)
        polygons = list(blocks.frame.geometry.to_crs(found.mosaic.grid.crs_wkt))
        check_overlap(polygons, found.mosaic.grid, flight.id)
        notices = (*found.notices, *_seen(found, polygons, blocks.ids))
    except WuseError as e:
        return [*findings, _told(flight.id, e)]
    findings += [_grid(flight.id, found.mosaic.grid), *_files(flight.id, found)]
    too_coarse = list(_too_coarse(flight.id, found.mosaic.grid.gsd_m, config.score.max_gsd_m))
    findings += too_coarse
    findings += [_from_notice(flight.id, n, len(blocks)) for n in notices if not (too_coarse and n.code == "coarse")]
    if flight.dsm is not None:
        findings += _dsm(flight.id, flight.dsm, found.mosaic.grid, polygons)
    return findings


def _dated(flight: FlightSection) -> Iterator[Finding]:
    """A note where a flight's time is still to come; a day is allowed for zones that are not given."""
    if zoned(flight.acquired) > datetime.now(UTC) + timedelta(days=0 if flight.acquired.tzinfo else 1):
        day = flight.acquired.date()
        zh, en = f"拍摄日期 {day} 在将来", f"it is dated in the future ({day})"
        yield Finding(Level.NOTE, "future", flight.id, zh, en)


def _too_coarse(where: str, gsd_m: float, limit_m: float) -> Iterator[Finding]:
    """A finding where pixels are so large that no picture tells what is clean."""
    if gsd_m > limit_m:
        cm, most = f"{100 * gsd_m:.2f}", f"{100 * limit_m:g}"
        zh = f"地面分辨率 {cm} 厘米，超过 {most} 厘米（score.max_gsd_m）：看不出是否干净，未经现场检查的区块将不定级"
        en = (
            f"ground sampling distance {cm} cm is beyond {most} cm (score.max_gsd_m): it can't show whether blocks are "
            "clean, so those that nobody inspected stay ungraded"
        )
        yield Finding(Level.BAD, "too_coarse", where, zh, en)


def _told(where: str, error: WuseError) -> Finding:
    return Finding(Level.BAD, type(error).__name__, where, error.zh, str(error), error.mend)


def _from_notice(where: str, notice: Notice, blocks: int) -> Finding:
    level = Level.NOTE if notice.code in _NOTES else Level.WARNING
    if notice.code == "blocks_not_covered" and f"({blocks})" in notice.en:
        level = Level.BAD
    return Finding(level, notice.code, where, notice.zh, notice.en)


def _grid(where: str, grid: RasterGrid) -> Finding:
    crs, work = CRS.from_wkt(grid.crs_wkt), work_grid(grid.gsd_m)
    cm, working = f"{100 * grid.gsd_m:.2f}", f"{100 * work.gsd_m:.1f}"
    stretch = grid.dx * (crs.axis_info[0].unit_conversion_factor or 1.0) / grid.gsd_m
    zh = f"{crs.name}，真实地面分辨率 {cm} 厘米，按 {working} 厘米量算"
    en = f"{crs.name}, true ground sampling distance {cm} cm, measured at {working} cm"
    if abs(stretch - 1) > 0.02:
        zh += f"；坐标系中的像素偏长 {100 * (stretch - 1):.0f}%，已按真实地面尺寸计算"
        en += f"; its pixels are {100 * (stretch - 1):.0f} % too long in the CRS, which is allowed for"
    return Finding(Level.GOOD, "grid", where, zh, en)


def _files(where: str, found: Survey) -> Iterator[Finding]:
    first, parts = found.mosaic.parts[0].source, found.mosaic.parts
    size_zh, size = pixel_count(sum(p.source.grid.width * p.source.grid.height for p in parts))
    if found.linked:
        zh, en = "分块且有金字塔，直接使用，不复制", "tiled with overviews: used in place, not copied"
        yield Finding(Level.GOOD, "tiling", where, zh, en)
    else:
        why_zh, why_en = _why_written(first, len(parts))
        zh, en = (
            f"{why_zh}，将另存一份 COG（{size_zh}）",
            f"{why_en}: a COG will be written once ({size})",
        )
        yield Finding(Level.NOTE, "tiling", where, zh, en)
    lossy = sorted({p.source.compression.upper() for p in parts} & _LOSSY)
    if lossy:
        zh, en = (
            f"有损压缩（{lossy[0]}）：小件杂物可能模糊",
            f"lossy compression ({lossy[0]}): small litter may be smeared",
        )
        yield Finding(Level.NOTE, "encoding", where, zh, en)


def _why_written(source: Source, count: int) -> tuple[str, str]:
    if count > 1:
        return f"由 {count} 个文件组成", f"made of {count} files"
    if source.driver != "GTiff":
        return f"{source.driver} 格式", f"of format {source.driver}"
    if source.dtype != "uint8":
        return f"{source.dtype} 像素", f"pixels of type {source.dtype}"
    if not source.tiled:
        return "按行存储（条带）", "stored in strips"
    return ("没有金字塔", "without overviews") if not source.overviews else ("有效范围需整理", "validity to be tidied")


def _seen(found: Survey, polygons: Sequence[BaseGeometry], ids: Sequence[str]) -> tuple[Notice, ...]:
    """Notices from a look at a few places: dots in every block, and patches all over."""
    with MosaicReader(found.mosaic) as reader:

        def valid_at(x: float, y: float) -> float:
            col, row = found.mosaic.grid.colrow(x, y)
            return float(reader.read((int(row) - _DOT // 2, int(col) - _DOT // 2, _DOT, _DOT)).valid.mean())

        coverage = {
            name: round(100 * float(np.mean([valid_at(p.x, p.y) for p in _dots(polygon)])), 1)
            for name, polygon in zip(ids, polygons, strict=True)
        }

        def patch(box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
            piece = reader.read(box)
            return piece.rgb, piece.valid

        photo = figures(polygons, found.mosaic.grid, patch, lambda done, total: None)
    return quality_notices(photo, coverage)


def _dots(polygon: BaseGeometry) -> list[shapely.Point]:
    """Points on a grid inside a polygon, at least one."""
    west, south, east, north = polygon.bounds
    steps = (np.arange(_POINTS) + 0.5) / _POINTS
    grid = [shapely.Point(west + u * (east - west), south + v * (north - south)) for v in steps for u in steps]
    return [p for p in grid if polygon.contains(p)] or [polygon.representative_point()]


def _dsm(where: str, href: str, grid: RasterGrid, polygons: Sequence[BaseGeometry]) -> list[Finding]:
    try:
        bounds = shapely.total_bounds(polygons)
        notices = check_dsm(href, grid.crs_wkt, (bounds[0], bounds[1], bounds[2], bounds[3]))
    except WuseError as e:
        return [_told(where, e)]
    if not notices:
        return [Finding(Level.GOOD, "dsm", where, "表面模型（DSM）覆盖全部区块", "the surface model covers all blocks")]
    return [_from_notice(where, n, 0) for n in notices]
