"""The ledger of proposed changes of colour: one append-only file for each flight that ends a comparison.

A JSON object a line. Nobody edits or deletes lines: a proposal that no longer stands is withdrawn by a further line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.artifacts import FlightPaths
from pipeline.core.comparison import ProposalAct, ProposalState
from pipeline.core.ledger import Moment
from pipeline.core.proposals import Pair, ProposalLine, fold
from pipeline.core.vocabulary import Grade
from pipeline.core.worktime import utc
from pipeline.errors import ReviewError
from pipeline.io.lines import add_lines, read_lines


def _moment(text: str) -> str:
    from datetime import datetime

    if utc(datetime.fromisoformat(text)) != text:
        raise ValueError("a moment in UTC")
    return text


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    act: ProposalAct
    before: str
    after: str
    block_id: str
    old: Grade
    new: Grade
    by: str = Field(min_length=1, max_length=200)
    at: Annotated[str, AfterValidator(_moment)]
    flight: str = ""
    note: str = Field(default="", max_length=20_000)


def ledger_of(flight: FlightPaths) -> Path:
    """The ledger of the changes that a flight brought; no stage's folder holds it, and it is only ever added to."""
    return flight.root / "review" / "proposals.jsonl"


def read_proposals(paths: Iterable[Path]) -> tuple[ProposalLine, ...]:
    """Every line of the given ledgers, one after the other; a ledger that is not there has none.

    Raises
    ------
    ArtifactError : a ledger is damaged; names the line
    """
    return tuple(line for path in paths for line in _read(path))


def _read(path: Path) -> list[ProposalLine]:
    lines = read_lines(path, _Line, "wuse compare")
    return [ProposalLine(**{name: getattr(line, name) for name in _FIELDS}) for line in lines]


def add_proposals(path: Path, lines: Sequence[ProposalLine]) -> None:
    """Append lines to a ledger, all or none of them.

    Raises
    ------
    WorkdirError : the disk cannot be written
    """
    add_lines(path, [_Line(**{name: getattr(line, name) for name in _FIELDS}) for line in lines])


def settle(path: Path, pair: Pair, acts: Mapping[str, ProposalAct], signed: tuple[str, Moment, str]) -> None:
    """Put on record what a person says of proposed changes: for each block, confirmed or refused.

    Parameters
    ----------
    path : the ledger of the later flight of ``pair``
    signed : who says so, when, and a note

    Raises
    ------
    ReviewError : nothing is proposed for a block; then nothing is written
    """
    held = fold(read_proposals([path]))
    by, at, note = signed
    lines = []
    for block, act in acts.items():
        found = held.get((*pair, block))
        if found is None or found.state is ProposalState.WITHDRAWN:
            open_ones = [
                key[2] for key, p in held.items() if key[:2] == pair and p.state is not ProposalState.WITHDRAWN
            ]
            expected = f"one of {', '.join(open_ones)}" if open_ones else "a proposed change"
            expected_zh = f"应为 {'、'.join(open_ones)} 之一" if open_ones else "应为有拟变颜色的区块"
            raise ReviewError(
                f"no change is proposed for block {block} from {pair[0]} to {pair[1]}",
                expected,
                zh=f"区块 {block} 从 {pair[0]} 到 {pair[1]} 没有拟变颜色；{expected_zh}",
            )
        lines.append(ProposalLine(act, *pair, block, found.old, found.new, by, at, note=note))
    add_proposals(path, lines)


_FIELDS = tuple(name for name in _Line.model_fields if name != "version")
