"""``wuse blocks``: a red or orange block from its listing to its closing, and where all commands join."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline import cli_acts
from pipeline.cli_office import add_office_commands
from pipeline.cli_register import (
    As,
    At,
    Desk,
    Passed,
    Reason,
    clock,
    day,
    desk,
    need_name,
    outcome,
    put_cases,
    put_events,
    put_table,
)
from pipeline.core.ledger import BlockAct, Entry
from pipeline.core.vocabulary import Grade
from pipeline.options import ConfigFile, Json, make_talk
from pipeline.talk import put_json, told

cli_acts.add_plain_acts()
add_office_commands()
block_commands = typer.Typer(no_args_is_help=True, help="Blocks: from red or orange to closed (销号) and watched.")
Blocks = Annotated[list[str], typer.Argument(metavar="BLOCK...", help="Ids of blocks.")]
OneFlight = Annotated[str, typer.Option("--flight", metavar="ID", help="Whose grade counts; default: the newest.")]


def _act(
    config: Path, blocks: list[str], what: BlockAct, *, by: str, at: str, why: str, json: bool, **data: Any
) -> None:
    """Carry out one act on some blocks, all or none; a listing may be the first thing that a register holds."""
    from pipeline.casework.blocks import act_on_block
    from pipeline.casework.community import grade_of

    with desk(config, by, at, must_exist=what is not BlockAct.LIST) as place:
        flight = data.pop("flight", None)
        name = need_name(place.by)

        def entry(block: str) -> Entry:
            own = {"block_id": block} if what is BlockAct.LIST else {}
            if flight is not None:
                seen = flight or place.config.by_date[-1].id
                own |= {"flight": seen, "grade": grade_of(place.workdir, seen, block)}
            return Entry(what, name, place.at, why, {**data, **own})

        entries = [(block, entry(block)) for block in blocks]
        done = place.write(lambda book: [act_on_block(book, block, act) for block, act in entries])
        _put(done, place, json=json)


def _put(found: list[Any], place: Desk, *, json: bool) -> None:
    if json:
        put_json([asdict(b) for b in found])
        return
    words = make_talk().words
    heads = words("区块 状态 列入 现在 方案 限期 销号 观察到", "block state listed now plan due closed watched").split()

    def colour(grade: str) -> str:
        found = Grade(grade or Grade.UNGRADED.value)
        return words(found.facts.zh, found.facts.en) if grade else ""

    rows = [
        (
            b.block_id,
            words(b.state.zh, b.state.en),
            colour(b.grade_listed),
            colour(b.grade_now),
            b.plan,
            b.due,
            clock(b.closed_at, place.config),
            clock(b.watch_until, place.config),
        )
        for b in found
    ]
    put_table(heads, rows)


@block_commands.command("list")
@told
def list_blocks(config: ConfigFile, json: Json = False) -> None:
    """Show all blocks that were ever listed, with where they stand."""
    from sqlalchemy import select

    from pipeline.casework.rows import block_of
    from pipeline.casework.schema import blocks as table

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        rows = connection.execute(select(table).order_by(table.c.block_id))
        _put([block_of(row._asdict()) for row in rows], place, json=json)


@block_commands.command()
@told
def show(config: ConfigFile, block: str, json: Json = False) -> None:
    """Show a block's card: its way, its open cases, how many are closed."""
    from pipeline.casework.listing import block_card, history
    from pipeline.casework.schema import Stream

    talk = make_talk()
    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        card = block_card(connection, block)
        events = history(connection, Stream.BLOCK, block)
        if json:
            told_events = [{"what": e.what.value, "by": e.by, "at": e.at, "data": dict(e.data)} for e in events]
            cases = [c.number for c in card.cases]
            put_json(
                {"open": card.live, "closed": card.closed, "severe": card.severe, "cases": cases, "events": told_events}
            )
            return
        typer.echo(
            talk.words(
                f"{block}：未结 {card.live}（严重 {card.severe}），销号 {card.closed}",
                f"{block}: {card.live} open ({card.severe} severe), {card.closed} closed",
            )
        )
        put_cases(card.cases, place.config, talk, json=False)
        put_events(events, place.config, talk)


@block_commands.command("enlist")
@told
def enlist(
    config: ConfigFile,
    blocks: Blocks,
    flight: OneFlight = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """List blocks (列入) that a flight shows as red or orange."""
    _act(config, blocks, BlockAct.LIST, by=by, at=at, why=why, json=json, flight=flight)


@block_commands.command()
@told
def plan(
    config: ConfigFile,
    blocks: Blocks,
    text: Annotated[str, typer.Option("--plan", metavar="TEXT", help="What is to be done.")] = "",
    due: Annotated[str, typer.Option("--due", metavar="DAY", help="By when.")] = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Put the plan that a consultation came to (会诊方案) on record."""
    _act(config, blocks, BlockAct.PLAN, by=by, at=at, why="", json=json, plan=text, due=day(due, "--due DAY"))


@block_commands.command()
@told
def work(config: ConfigFile, blocks: Blocks, why: Reason = "", by: As = "", at: At = "", json: Json = False) -> None:
    """Say that work has begun (攻坚)."""
    _act(config, blocks, BlockAct.WORK, by=by, at=at, why=why, json=json)


@block_commands.command()
@told
def check(
    config: ConfigFile,
    blocks: Blocks,
    passed: Passed = None,
    flight: OneFlight = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Put a check (检查) on record, with the grade that a flight gives."""
    _act(config, blocks, BlockAct.CHECK, by=by, at=at, why=why, json=json, result=outcome(passed), flight=flight)


@block_commands.command()
@told
def close(
    config: ConfigFile,
    blocks: Blocks,
    flight: OneFlight = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Close blocks (销号): checked, better by a colour's rule, no severe case open; they are watched from then on."""
    _act(config, blocks, BlockAct.CLOSE, by=by, at=at, why=why, json=json, flight=flight)


@block_commands.command()
@told
def note(config: ConfigFile, blocks: Blocks, why: Reason = "", by: As = "", at: At = "", json: Json = False) -> None:
    """Put a remark on record; --why holds it."""
    _act(config, blocks, BlockAct.NOTE, by=by, at=at, why=why, json=json)
