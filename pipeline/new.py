"""A first configuration for a community, from its blocks and its imagery."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.artifacts import write_text
from pipeline.config import GradeSection
from pipeline.errors import ConfigError
from pipeline.io.sources import Source, look, probe
from pipeline.io.tables import read_blocks

_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])(?:[-_.]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_DAY, _MONTH = "%Y-%m-%d", "%Y-%m"
_PATCHES = 16
_HEAD = """\
format = 1

[community]
name = {name}  # 社区名称 / the community's name
# name_en = ""                     # 英文名 / its English name
blocks = {blocks}  # 管理区块，每块一个编号 / polygons, each with an id of its own
{block_id}  # 区块编号所在的列 / the column that names the blocks
workdir = {workdir}  # 结果目录 / where results go
# crs = "EPSG:4549"                # 米制坐标系，缺省自动选择 / metric CRS; chosen by itself where left out
# buildings = "buildings.gpkg"     # 建筑轮廓：屋顶不算地面 / footprints: roofs are not ground
# evidence = "evidence.xlsx"       # 设施、文化、检查记录 / facilities, culture, inspections
"""
_FLIGHT = """
[[flights]]
id = {id}
acquired = {acquired}  # 飞行时间，{source} / time of the flight, {source_en}: please check
orthophoto = {orthophoto}
# dsm = "dsm.tif"                  # 数字表面模型 / surface model
"""
_TAIL = """
# 其余参数均有缺省值，见 configs/default.toml / everything else has a default: configs/default.toml
# [grade]
# clutter_max = {clutter_max:<17g} # 杂物指数上限（洁化） / most clutter of a clean block
# ground_green_min = {ground_green_min:<12g} # 地面绿化下限（美化），% / least green on the ground of a beautified block
"""


@dataclass(frozen=True)
class Dated:
    """A flight as the new configuration names it, and from what its date was told."""

    id: str
    zh: str
    en: str


def new_config(
    blocks: str, orthophotos: Sequence[str], out: Path, *, name: str = "", block_id: str = ""
) -> tuple[Dated, ...]:
    """Write a commented configuration; the blocks and the imagery are looked at first.

    Gives the flights, oldest first, with what their dates were told from.

    Parameters
    ----------
    blocks, orthophotos : files or http(s) addresses; one orthophoto for each flight
    out : the file to write
    name : the community's; where left out, that of the file's folder
    block_id : the column that names the blocks; where left out, block_id

    Raises
    ------
    WuseError : the file exists already, or blocks or imagery cannot be used
    """
    if out.exists():
        raise ConfigError(
            f"{out} exists already",
            "a new file",
            "--out FILE",
            zh=f"{out} 已存在；应为新文件；处理：用 --out FILE 指定",
        )
    inputs = [(blocks, "区块图层", "a layer of blocks"), *((o, "正射影像", "an orthophoto") for o in orthophotos)]
    for address, zh, en in inputs:
        if "://" not in address and not Path(address).exists():
            raise ConfigError(
                f"{address} does not exist",
                en,
                "wuse new BLOCKS ORTHOPHOTO..., the blocks first",
                zh=f"{address} 不存在；应为{zh}；处理：wuse new BLOCKS ORTHOPHOTO...，区块图层在前",
            )
    read_blocks(blocks, None, block_id or "block_id")
    base = out.resolve().parent
    flights = sorted((_flight(_seen(o), o, base) for o in orthophotos), key=lambda f: f["acquired"])
    text = _HEAD.format(
        name=_quoted(name or base.name or "community"),
        blocks=_quoted(_relative(blocks, base)),
        workdir=_quoted(f"runs/{out.stem}"),
        block_id=f"block_id = {_quoted(block_id)}" if block_id else '# block_id = "block_id"          ',
    )
    tail = _TAIL.format(**GradeSection().model_dump())
    named = _distinct(flights)
    write_text(out, text + "".join(_FLIGHT.format(**f) for f in named) + tail)
    return tuple(Dated(json.loads(f["id"]), f["source"], f["source_en"]) for f in named)


def _seen(orthophoto: str) -> Source:
    """The facts of a picture that opens and can be read in its corners too: one that is cut off still opens."""
    source = look(orthophoto)
    probe(source, _PATCHES)
    return source


def _flight(source: Source, address: str, base: Path) -> dict[str, str]:
    when, day, zh, en = taken(source, address)
    return {
        "id": when.strftime(day),
        "acquired": when.isoformat(),
        "source": zh,
        "source_en": en,
        "orthophoto": _quoted(_relative(address, base)),
    }


def _distinct(flights: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Give flights of one day or month numbers, and quote the ids."""
    ids = [f["id"] for f in flights]
    named = [i if ids.count(i) == 1 else f"{i}-{ids[:k].count(i) + 1}" for k, i in enumerate(ids)]
    return [{**f, "id": _quoted(i)} for f, i in zip(flights, named, strict=True)]


def taken(source: Source, address: str) -> tuple[datetime, str, str, str]:
    """When the imagery was taken as far as can be told, and from what: its tags, its name, or the file's date.

    Gives the time, the form in which it names a flight (to the day, or to the month where no day is known), and from
    what in Chinese and English.
    """
    try:
        when = datetime.strptime(source.taken, "%Y:%m:%d %H:%M:%S")
        return when, _DAY, "取自影像标签", "from the image's tags"
    except ValueError:
        pass
    if found := _DATE.search(address.rsplit("/", 1)[-1]):
        year, month, day = (int(part or 1) for part in found.groups())
        try:
            form = _DAY if found[3] else _MONTH
            return datetime(year, month, day, 12), form, "取自文件名", "from the file's name"
        except ValueError:
            pass
    when = datetime.now(UTC) if "://" in address else datetime.fromtimestamp(Path(address).stat().st_mtime, UTC)
    return when.replace(tzinfo=None, microsecond=0), _DAY, "取自文件日期", "from the file's date"


def _relative(address: str, base: Path) -> str:
    return address if "://" in address else Path(os.path.relpath(Path(address).resolve(), base)).as_posix()


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
