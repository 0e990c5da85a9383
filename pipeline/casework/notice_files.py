"""A notice as a Word file: the office's template or the default one, filled in with words and pictures.

Only crops and a small map go into a notice, never a whole frame (see ``pipeline.io.placing`` for how fine they are);
a photo that a person took is shown no larger than ``PHOTO_PX``, and should have been blurred when it was taken in.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select

from pipeline.artifacts import flight_paths
from pipeline.casework.cases import refused
from pipeline.casework.evidence import find
from pipeline.casework.notice_template import FIELDS, PICTURES, default_template, need_word, same_bytes
from pipeline.casework.notice_words import Told, Words
from pipeline.casework.register import Register
from pipeline.casework.schema import parties
from pipeline.casework.spots import community_blocks
from pipeline.config import Config, FlightSection
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseAct, Why
from pipeline.core.notice import ill_worded
from pipeline.core.refusals import refuse
from pipeline.core.wording import forbidden_word
from pipeline.core.worktime import utc
from pipeline.errors import RegisterError
from pipeline.io.imagery import Imagery
from pipeline.io.photos import longer_side, small
from pipeline.io.placing import around, crop_picture, map_picture
from pipeline.io.reviewed import read_hotspots
from pipeline.io.stac import read_flight
from pipeline.io.tables import Blocks
from pipeline.problems import unread

PHOTO_PX = 320
_SIDE_MM = 52.0


@dataclass(frozen=True)
class Paper:
    """What a community's notices are written with: its template, its layers and its imagery, each opened once."""

    config: Config
    parties: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, register: Register, config: Config) -> Paper:
        """For a community's register.

        Raises
        ------
        RegisterError : the extra ``office`` is not installed
        """
        need_word()
        with register.reading() as connection:
            return cls(config, {row.id: row._asdict() for row in connection.execute(select(parties))})

    @property
    def workdir(self) -> Path:
        """The community's working folder."""
        return Path(self.config.community.workdir)

    @cached_property
    def template(self) -> bytes:
        """The template's bytes.

        Raises
        ------
        RegisterError : it cannot be read
        """
        own = self.config.casework.notices.template
        if not own:
            return default_template(self.config.render.language)
        try:
            return Path(own).read_bytes()
        except OSError as e:
            why = unread(e)
            raise RegisterError(
                f"{own} {why.en}",
                "a Word template",
                "set [register.notices] template",
                zh=f"{own} {why.zh}；应为 Word 模板；处理：设置 [register.notices] 的 template",
            ) from None

    @cached_property
    def words(self) -> Words:
        """The texts."""
        frame = self.blocks.frame
        column = "name_en" if self.config.render.language == "en" and "name_en" in frame else "name"
        names = frame[column].fillna("").astype(str) if column in frame else [""] * len(frame)
        return Words(self.config, self.parties, dict(zip(self.blocks.ids, names, strict=True)))

    @cached_property
    def blocks(self) -> Blocks:
        """The community's blocks."""
        return community_blocks(self.config)

    @cached_property
    def land(self) -> _Land:
        """The flights' imagery and spots."""
        return _Land(self.config, self.blocks)

    def filled(self, case: CaseFacts, told: Told) -> bytes:
        """A case's notice as a Word file; the same bytes for the same case.

        Parameters
        ----------
        told : what was last done to the case, by the act's id

        Raises
        ------
        Refused : it would say what a community's notice must not say
        RegisterError : the template cannot be filled in
        ImageryError : the flight's imagery is gone
        """
        texts = {name: _clean(text) for name, text in self.words.of(case, told).items()}
        if refusal := ill_worded(texts):
            raise refused(case.number, refusal)
        pictures = self.land.pictures(case) | self._photo(told)
        texts |= self.words.captions(pictures)
        return _fill(self.template, texts, pictures, self.config.casework.notices.template or "the template")

    def _photo(self, told: Told) -> dict[str, bytes]:
        first = [told[what.value].data for what in (CaseAct.OPEN, CaseAct.SUSPECT) if what.value in told]
        digest = next((str(data["before"]) for data in first if data.get("before")), "")
        kept = find(self.workdir, digest) if digest else None
        picture = small(kept.read_bytes(), PHOTO_PX) if kept else None
        return {"photo": picture} if picture else {}


class _Land:
    """A case's place in the imagery of its flight, else of the last flight before it was opened."""

    def __init__(self, config: Config, blocks: Blocks) -> None:
        self.config, self.blocks = config, blocks
        self.shapes = dict(zip(blocks.ids, blocks.frame.geometry, strict=True))
        self.imagery = lru_cache(maxsize=4)(self._imagery)
        self.spots = lru_cache(maxsize=4)(self._spots)

    def pictures(self, case: CaseFacts) -> dict[str, bytes]:
        """Map and crop as JPEG; none where no flight was taken in."""
        flight = self._flight(case)
        if flight is None:
            return {}
        imagery, turn = self.imagery(flight)
        block = self.shapes.get(case.block_id, around(case.x, case.y, 30.0))
        x, y = turn.transform(case.x, case.y)
        spot = self.spots(flight).get(case.hotspot_id) if case.flight == flight else None
        return {
            "map": map_picture(imagery, _turned(block, turn), x, y),
            "crop": crop_picture(imagery, _turned(spot or around(case.x, case.y), turn)),
        }

    def _flight(self, case: CaseFacts) -> str | None:
        workdir = Path(self.config.community.workdir)
        held = [f for f in self.config.by_date if flight_paths(workdir, f.id).flight_json.exists()]
        if case.flight in [f.id for f in held]:
            return case.flight
        before = [f for f in held if _moment(f) <= case.opened_at]
        chosen = before[-1:] or held[:1]
        return chosen[0].id if chosen else None

    def _imagery(self, flight: str) -> tuple[Imagery, pyproj.Transformer]:
        imagery = Imagery.of(read_flight(flight_paths(Path(self.config.community.workdir), flight).flight_json))
        return imagery, pyproj.Transformer.from_crs(self.blocks.crs, imagery.grid.crs_wkt, always_xy=True)

    def _spots(self, flight: str) -> Mapping[str, BaseGeometry]:
        path = flight_paths(Path(self.config.community.workdir), flight).hotspots
        table: gpd.GeoDataFrame | None = read_hotspots(path) if path.exists() else None
        return {} if table is None else dict(zip(table["hotspot_id"], table.geometry, strict=True))


def _turned(shape: BaseGeometry, turn: pyproj.Transformer) -> BaseGeometry:
    def place(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(turn.transform(points[:, 0], points[:, 1]))

    found: BaseGeometry = shapely.transform(shape, place)
    return found


def _moment(flight: FlightSection) -> str:
    from datetime import UTC

    return utc(flight.acquired if flight.acquired.tzinfo else flight.acquired.replace(tzinfo=UTC))


def _clean(text: str) -> str:
    r"""A text without what XML cannot hold.

    >>> _clean("a\x00b\x0bc" + chr(0xD800))
    'abc?'
    """
    kept = "".join(c for c in text if c >= " " or c in "\n\t")
    return "".join(c for c in kept if c not in "\ufffe\uffff").encode("utf-8", "replace").decode("utf-8")


def _fill(template: bytes, texts: Mapping[str, str], pictures: Mapping[str, bytes], name: str) -> bytes:
    """The template with its names filled in; it can compute nothing else, and unknown names are errors."""
    from docx.shared import Mm
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    word = need_word()
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    try:
        document = word.DocxTemplate(io.BytesIO(template))
        shown = {
            part: word.InlineImage(document, io.BytesIO(pictures[part]), **{longer_side(pictures[part]): Mm(_SIDE_MM)})
            if part in pictures
            else ""
            for part in PICTURES
        }
        document.render({**texts, **shown}, environment, autoescape=True)
    except TemplateError as e:
        raise RegisterError(
            f"{name} cannot be filled in: {e.message}",
            f"names among {', '.join(FIELDS)}",
            "wuse notices template FILE writes one",
            zh=f"{name} 无法填写（{e.message}）；可用的名称：{'、'.join(FIELDS)}；"
            "处理：用 wuse notices template FILE 生成",
        ) from None
    except Exception as e:
        raise RegisterError(
            f"{name} is no Word template ({type(e).__name__})",
            "a .docx file",
            "wuse notices template FILE writes one",
            zh=f"{name} 不是 Word 模板（{type(e).__name__}）；应为 .docx 文件；"
            "处理：用 wuse notices template FILE 生成",
        ) from e
    stream = io.BytesIO()
    document.save(stream)
    _check(stream.getvalue(), name)
    return same_bytes(stream.getvalue())


def _check(docx: bytes, name: str) -> None:
    """See that no paragraph of the finished file, headers and notes and the template's own words included, orders."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    with zipfile.ZipFile(io.BytesIO(docx)) as packed:
        parts = [packed.read(n) for n in packed.namelist() if n.startswith("word/") and n.endswith(".xml")]
    for part in parts:
        for paragraph in parse_xml(part).iter(qn("w:p")):
            text = "".join(run.text or "" for run in paragraph.iter(qn("w:t")))
            if found := forbidden_word(text):
                raise refused("", refuse(Why.WORDING, found, name, name))
