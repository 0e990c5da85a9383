"""Acting on blocks: what the guards need to know is looked up, then the core decides and the book records."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select

from pipeline.casework.book import Book
from pipeline.casework.cases import future, listed_people, refused
from pipeline.casework.schema import Stream, block_cases
from pipeline.casework.schema import blocks as blocks_table
from pipeline.core.blockflow import LISTED_GRADES, BlockFacts, BlockKnown, decide_block, good_enough
from pipeline.core.ledger import MACHINE, BlockAct, BlockState, Entry, Moment, Refusal


def act_on_block(book: Book, block_id: str, act: Entry) -> BlockFacts:
    """Do something to a block, by all its guards.

    Raises
    ------
    Refused : a guard does not allow it
    """
    if act.at > book.clock():
        raise refused(block_id, future(book, act.at))
    book.flush()
    severe = book.connection.execute(select(block_cases.c.severe).where(block_cases.c.block_id == block_id)).scalar()
    people, zone = listed_people(book, (act.by,)), ZoneInfo(book.settings.timezone)
    known = BlockKnown(people, severe or 0, book.settings.watch_days, zone)
    answer = decide_block(book.block(block_id), act, known)
    if isinstance(answer, Refusal):
        raise refused(block_id, answer)
    for event in answer:
        book.record(Stream.BLOCK, block_id, event)
    facts = book.block(block_id)
    assert facts is not None
    return facts


def follow_grades(
    book: Book, grades: Mapping[str, str], *, flight: str, acquired: Moment, at: Moment
) -> dict[BlockAct, int]:
    """List what a flight shows as red or orange, note relapses, and let watches end; gives how often each happened.

    A block that is on its way already is left to the people who work on it. Of a block that was closed, only a flight
    that was flown after the closing can tell: what an earlier one shows is what was mended since.
    """
    done = dict.fromkeys((BlockAct.LIST, BlockAct.RELAPSE, BlockAct.SETTLE), 0)
    for block_id in settled_by(book, at):
        act_on_block(book, block_id, Entry(BlockAct.SETTLE, MACHINE, at))
        done[BlockAct.SETTLE] += 1
    wanted = [g.value for g in LISTED_GRADES]
    for block_id, grade in grades.items():
        facts = book.block(block_id)
        if facts is not None and acquired <= facts.closed_at:
            continue
        data = {"block_id": block_id, "grade": grade, "flight": flight}
        if facts is not None and facts.state is BlockState.WATCH:
            if grade in wanted and not good_enough(facts.grade_listed, grade):
                act_on_block(book, block_id, Entry(BlockAct.RELAPSE, MACHINE, at, data=data))
                done[BlockAct.RELAPSE] += 1
        elif grade in wanted and (facts is None or facts.state is BlockState.SETTLED):
            act_on_block(book, block_id, Entry(BlockAct.LIST, MACHINE, at, data=data))
            done[BlockAct.LIST] += 1
    return done


def settled_by(book: Book, at: Moment) -> list[str]:
    """Blocks whose watch has ended by a moment."""
    book.flush()
    c = blocks_table.c
    query = select(c.block_id).where(c.state == BlockState.WATCH.value, c.watch_until <= at).order_by(c.block_id)
    return [row.block_id for row in book.connection.execute(query)]
