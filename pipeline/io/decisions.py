"""What people decided about hotspots: one append-only file for each flight, a JSON object a line.

A changed mind is a new line; of a spot's lines the newest holds. Nobody edits or deletes lines: whoever asks later who
said what, and when, finds it here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import geopandas as gpd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.core.answers import Answer, Asked, Problem, Severity
from pipeline.io.lines import add_lines, read_lines

VERSION: Final = 1
LONGEST_NOTE: Final = 20_000
_SAME = ("flight", "hotspot_id", "answer", "kind", "severity", "note", "by", "at")


def _moment(text: str) -> str:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("a time with its zone")
    return text


Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]


class Decision(BaseModel):
    """One answer about one spot.

    ``x, y`` and ``area_m2`` are the spot's place and size in the blocks' metric CRS when it was answered for;
    ``scoring`` names the table of hotspots it belongs to, ``file`` is the SHA-256 of the file that brought it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    flight: str
    hotspot_id: str
    block_id: str
    x: float
    y: float
    area_m2: float
    rank: int
    score: float
    answer: Answer
    kind: Problem | None
    severity: Severity | None
    note: str = Field(max_length=LONGEST_NOTE)
    by: str = Field(min_length=1, max_length=200)
    at: Moment
    asked: Asked
    rubric: str
    scoring: str
    file: str

    @model_validator(mode="after")
    def _severity_is_of_confirmed_spots(self) -> Self:
        if (self.severity is not None) != (self.answer is Answer.CONFIRMED):
            raise ValueError("a severity for confirmed spots, none for others")
        return self

    @property
    def key(self) -> str:
        """A name for this very answer: the same answer in another file has the same."""
        facts = self.model_dump(mode="json", include=set(_SAME))
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def moment(self) -> datetime:
        """When the person answered."""
        return datetime.fromisoformat(self.at)


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Every answer on record for a flight, in the order in which they were taken; none where there is no file.

    Raises
    ------
    ArtifactError : the file is damaged; names the line
    """
    return tuple(read_lines(path, Decision, "wuse review take"))


def standing(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The answer that holds for each spot: the newest, and of equally new ones the one taken last."""
    found: dict[str, Decision] = {}
    for decision in decisions:
        known = found.get(decision.hotspot_id)
        if known is None or decision.moment >= known.moment:
            found[decision.hotspot_id] = decision
    return {spot: found[spot] for spot in sorted(found)}


def add_decisions(path: Path, given: Sequence[Decision]) -> tuple[Decision, ...]:
    """Append the answers that are not on record yet, all or none of them, and return those.

    Raises
    ------
    ArtifactError : what is on record is damaged
    WorkdirError : the disk cannot be written
    """
    known = {d.key for d in read_decisions(path)}
    new = tuple({d.key: d for d in given if d.key not in known}.values())
    add_lines(path, new)
    return new


def scoring_of(hotspots: gpd.GeoDataFrame) -> str:
    """A name for a flight's table of hotspots, by which an answer knows the question it belongs to.

    Two tables have the same name where spots, blocks, strengths and outlines (to the centimetre) are the same.
    """
    digest = hashlib.sha256()
    shapes = hotspots.geometry.set_precision(0.01).normalize().to_wkb()
    for spot, block, score, shape in zip(
        hotspots["hotspot_id"], hotspots["block_id"], hotspots["score"], shapes, strict=True
    ):
        digest.update(f"{spot}|{block}|{score:.2f}|".encode() + shape)
    return digest.hexdigest()[:16]
