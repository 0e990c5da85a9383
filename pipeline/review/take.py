"""Take in what a person decided: check it against the flight's spots, then keep what is new."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.artifacts import locked
from pipeline.config import Config
from pipeline.core.answers import Answer, Asked, Problem, Severity
from pipeline.errors import ReviewError
from pipeline.io.decisions import LONGEST_NOTE, Decision, Moment, add_decisions
from pipeline.problems import first_problem, unread
from pipeline.review.spots import FlightSpots, read_spots

_LARGEST: Final = 64 << 20


class Given(BaseModel):
    """One answer as the page exports it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hotspot_id: str
    answer: Answer
    kind: Problem | None = None
    severity: Severity | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)
    by: str = Field(min_length=1, max_length=200)
    at: Moment
    asked: Asked


class Answers(BaseModel):
    """The file that the page exports."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    what: Literal["wuse decisions"]
    community: str
    flight: str
    rubric: Annotated[str, Field(min_length=1)]
    scoring: str
    decisions: tuple[Given, ...]


@dataclass(frozen=True)
class Taken:
    """What came of a file: how many answers it held, which of them are new, and how many spots are answered for."""

    flight: str
    given: int
    new: tuple[Decision, ...]
    answered: int

    def counts(self) -> dict[Answer, int]:
        """New answers of each kind."""
        found = Counter(d.answer for d in self.new)
        return {answer: found[answer] for answer in Answer}


def take_review(config: Config, file: Path, *, flight: str | None = None) -> Taken:
    """Put a file's answers on record; a file that was taken before changes nothing.

    Parameters
    ----------
    flight : the flight that the answers must be for; None for whichever the file names

    Raises
    ------
    ReviewError : the file is not a review's, is for another flight or scoring, or names a spot that there is not
    WorkdirError : the working folder is in use or cannot be written
    """
    content, answers = _read(file)
    known = [f for f in config.by_date if f.id == answers.flight]
    if not known or (flight is not None and answers.flight != flight):
        wanted = [flight] if flight else [f.id for f in config.by_date]
        zh = f"{file} 是航次 {answers.flight!r} 的；应为航次 {'、'.join(wanted)}；处理：选用该航次的文件"
        raise ReviewError(
            f"{file} is for flight {answers.flight!r}", f"flight {', '.join(wanted)}", "choose its file", zh=zh
        )
    with locked(Path(config.community.workdir)):
        spots = read_spots(config, known[0])
        decisions = _decisions(file, answers, spots, hashlib.sha256(content).hexdigest())
        new = add_decisions(spots.paths.decisions, decisions)
        now = read_spots(config, known[0])
    return Taken(answers.flight, len(decisions), new, len(now.answers))


def _read(file: Path) -> tuple[bytes, Answers]:
    try:
        content = file.read_bytes()
    except OSError as e:
        why = unread(e)
        zh = f"{file} {why.zh}；应为核查页导出的 decisions.json"
        raise ReviewError(f"{file} {why.en}", "decisions.json of a review page", zh=zh) from None
    if len(content) > _LARGEST:
        zh = f"{file} 有 {len(content) >> 20} MB；应为核查页导出的 decisions.json"
        raise ReviewError(f"{file} has {len(content) >> 20} MB", "decisions.json of a review page", zh=zh)
    try:
        raw = _whole(json.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        zh = f"{file} 不是 JSON；应为核查页导出的 decisions.json；处理：重新导出"
        raise ReviewError(f"{file} is not JSON", "decisions.json of a review page", "export it again", zh=zh) from None
    return content, _answers(file, raw)


def _answers(file: Path, raw: object) -> Answers:
    if not isinstance(raw, dict):
        zh = f"{file} 不是核查页导出的文件；应为 decisions.json；处理：重新导出"
        raise ReviewError(f"{file} is no file of a review page", "decisions.json", "export it again", zh=zh)
    try:
        return Answers.model_validate(raw)
    except ValidationError as e:
        problem = first_problem(e, Answers)
        zh = f"{file}：{problem.zh}；应为核查页导出的 decisions.json"
        raise ReviewError(f"{file}: {problem.en}", "decisions.json of a review page", zh=zh) from None


def _whole(value: Any) -> Any:
    """Half a surrogate pair is no character and cannot be written: it becomes the sign for one that is lost."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(v) for v in value]
    return {_whole(k): _whole(v) for k, v in value.items()} if isinstance(value, dict) else value


def _decisions(file: Path, answers: Answers, spots: FlightSpots, digest: str) -> list[Decision]:
    if answers.scoring != spots.scoring:
        raise ReviewError(
            f"{file} answers for scoring {answers.scoring[:40]} of {answers.flight}, which was scored anew since",
            f"answers for {spots.scoring}",
            f"wuse review make CONFIG --flight {answers.flight}",
            zh=f"{file} 针对 {answers.flight} 的评分 {answers.scoring[:40]}，此后已重新评分；"
            f"应针对 {spots.scoring}；处理：wuse review make CONFIG --flight {answers.flight}",
        )
    rows = spots.frame.set_index("hotspot_id")
    strange = [g.hotspot_id for g in answers.decisions if g.hotspot_id not in rows.index]
    if strange:
        zh = f"{file}：航次 {answers.flight} 没有疑似点 {strange[0][:40]!r}；应为该航次的疑似点"
        raise ReviewError(
            f"{file}: flight {answers.flight} has no spot {strange[0][:40]!r}", "one of its hotspots", zh=zh
        )
    return [_decision(given, rows.loc[given.hotspot_id], answers, digest) for given in answers.decisions]


def _decision(given: Given, row: Any, answers: Answers, digest: str) -> Decision:
    place = row.geometry.representative_point()
    real = given.answer is Answer.CONFIRMED
    return Decision(
        flight=answers.flight,
        hotspot_id=given.hotspot_id,
        block_id=str(row["block_id"]),
        x=round(place.x, 2),
        y=round(place.y, 2),
        area_m2=float(row["area_m2"]),
        rank=int(row["rank"]),
        score=float(row["score"]),
        answer=given.answer,
        kind=given.kind if real else None,
        severity=(given.severity or Severity.MODERATE) if real else None,
        note=given.note,
        by=given.by,
        at=given.at,
        asked=given.asked,
        rubric=answers.rubric,
        scoring=answers.scoring,
        file=digest,
    )
