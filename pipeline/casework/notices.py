"""Notices (督促整改通知书) of one case, a block or a party: issued in chunks, then written as Word files.

A number is drawn once, in the step that puts the notice on record; its file follows. So a batch that was killed or
found the disk full goes on where it stopped: cases that have a notice keep it, files that are missing are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pipeline.artifacts import write_bytes
from pipeline.casework.batch import in_chunks
from pipeline.casework.cases import issue_notice, refused
from pipeline.casework.listing import MOST, Wanted, history, known_party, one_case, page
from pipeline.casework.notice_files import Paper
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import CaseAct, CaseState, Entry, Moment
from pipeline.core.notice import ill_worded
from pipeline.core.reasons import Text
from pipeline.engine import Progress, silent
from pipeline.errors import RegisterError

FOLDER = "notices"
NOTICED = (*(s for s in CaseState if s.live and s is not CaseState.OPENED), CaseState.CLOSED)
"""States in which a case can have a notice."""


@dataclass(frozen=True)
class Made:
    """What a batch came to: notices issued now, files written now, and all files of the cases that were asked for."""

    issued: int
    written: int
    files: tuple[Path, ...] = field(default=())


def chosen(register: Register, numbers: Sequence[str], *, block: str = "", party: str = "") -> list[str]:
    """The cases a batch is about: those named, or those of a block or a party that await or have a notice.

    Raises
    ------
    RegisterError : nothing is named, or a case is not there
    """
    if not (numbers or block or party):
        raise RegisterError(
            "no case is named",
            "numbers of cases, or a block, or a party",
            "--block or --party",
            zh="没有指明案件；应给出案件编号，或区块、责任主体；处理：--block 或 --party",
        )
    with register.reading() as connection:
        if numbers:
            return [one_case(connection, number).number for number in dict.fromkeys(numbers)]
        return [case.number for case in noticed(connection, block, known_party(connection, party), due=True)]


def noticed(
    connection: Connection, block: str, party: str, *, due: bool = False, after: str = "", most: int = MOST
) -> Iterator[CaseFacts]:
    """Cases of a block, a party or all that have a notice, by number; with ``due`` also those that still await one.

    ``after`` is the case after which to begin; ``most`` are read at a time.
    """
    while found := page(connection, Wanted(NOTICED, block, party, after=after, limit=most)):
        yield from (c for c in found if c.notice or (due and c.state is CaseState.ASSIGNED))
        after = found[-1].number


def make_notices(
    register: Register,
    numbers: Sequence[str],
    paper: Paper,
    words: Mapping[str, Any],
    *,
    acting: tuple[str, Moment],
    again: bool = False,
    progress: Progress = silent,
) -> Made:
    """Issue the notices that are lacking, and write the files that are; with ``again`` all files anew.

    Parameters
    ----------
    words : what the notices say: ``clause``, ``todo``, ``problem``, ``consequence``, ``term``, ``inspectors``,
        ``approved_by``
    acting : who issues them, and when

    Raises
    ------
    Refused : a guard does not allow it, or a notice would order or punish; earlier chunks and files are kept
    WorkdirError : the disk is full; what was issued and written is kept
    """
    if refusal := ill_worded(words):
        raise refused("", refusal)
    entry = Entry(CaseAct.ISSUE, *acting, data={name: value for name, value in words.items() if value})
    issued = in_chunks(
        register,
        numbers,
        lambda book, number: issue_notice(book, number, entry),
        done=lambda case: bool(case.notice),
        what=Text("通知书", "notices"),
        progress=progress,
    )
    written, files = 0, []
    for done, number in enumerate(numbers, start=1):
        with register.reading() as connection:
            case = one_case(connection, number)
            path = paper.workdir / FOLDER / f"{case.notice}.docx"
            if again or not path.exists():
                write_bytes(path, paper.filled(case, told(connection, number)))
                written += 1
        files.append(path)
        progress(done, len(numbers), Text("文件", "files"))
    return Made(issued, written, tuple(files))


def told(connection: Connection, number: str) -> dict[str, Entry]:
    """What was last done to a case, by the act's id, without what belongs to a notice that was returned."""
    found: dict[str, Entry] = {}
    for entry in history(connection, Stream.CASE, number):
        if entry.what is CaseAct.RETURN:
            for stale in (CaseAct.ASSIGN, CaseAct.ISSUE, CaseAct.SERVE, CaseAct.ANSWER):
                found.pop(stale.value, None)
        found[entry.what.value] = entry
    return found
