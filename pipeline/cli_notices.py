"""``wuse notices``: the notice of a case (督促整改通知书), of a block or of a party, as Word files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli_cases import act
from pipeline.cli_register import (
    After,
    As,
    At,
    Limit,
    Numbers,
    block_named,
    clock,
    desk,
    moment,
    need_name,
    put_table,
    say_more,
)
from pipeline.core.ledger import CaseAct
from pipeline.options import ConfigFile, Json, Quiet, make_talk
from pipeline.talk import Talk, put_json, told

if TYPE_CHECKING:
    from pipeline.casework.notices import Made

notice_commands = typer.Typer(no_args_is_help=True, help="Notices (督促整改通知书): made, served, answered.")
SomeNumbers = Annotated[
    list[str] | None, typer.Argument(metavar="NUMBER...", help="Numbers of cases; or --block or --party.")
]
Block = Annotated[str, typer.Option("--block", metavar="BLOCK", help="All cases of a block.")]
Party = Annotated[str, typer.Option("--party", metavar="PARTY", help="All cases of a party.")]
Inspectors = Annotated[
    list[str] | None, typer.Option("--inspector", metavar="NAME", help="Who saw it; twice, for two people.")
]

_OPTIONS = {"inspectors": "inspector", "approved_by": "approved-by"}


def _text(option: str, words: str) -> Any:
    return typer.Option(option, metavar="TEXT", help=words)


@notice_commands.command()
@told
def template(out: Annotated[Path, typer.Argument(metavar="FILE", help="The Word file to write.")]) -> None:
    """Write the default template, to be edited in Word; then set [register.notices] template."""
    from pipeline.artifacts import write_bytes
    from pipeline.casework.notice_template import default_template
    from pipeline.errors import RegisterError

    talk = make_talk()
    if out.exists():
        raise RegisterError(
            f"{out} exists already",
            "a new file",
            "choose another name",
            zh=f"{out} 已存在；应为新文件；处理：换个文件名",
        )
    write_bytes(out, default_template(talk.language.value))
    typer.echo(str(out))


@notice_commands.command()
@told
def make(
    config: ConfigFile,
    numbers: SomeNumbers = None,
    block: Block = "",
    party: Party = "",
    problem: Annotated[str, _text("--problem", "What is wrong; default: what was put on record.")] = "",
    clause: Annotated[str, _text("--clause", "The clause; typed, never generated.")] = "",
    todo: Annotated[str, _text("--todo", "What is to be done; default: by the kind of problem.")] = "",
    consequence: Annotated[str, _text("--consequence", "What follows where nothing is mended.")] = "",
    term: Annotated[
        str, typer.Option("--term", metavar="TERM", help="Like '3 working days' or 3个工作日, from service.")
    ] = "",
    inspectors: Inspectors = None,
    inspected: Annotated[str, typer.Option("--inspected", metavar="DAY", help="Default: when it was opened.")] = "",
    approver: Annotated[str, typer.Option("--approved-by", metavar="NAME")] = "",
    again: Annotated[bool, typer.Option("--again", help="Write all files anew, as things stand now.")] = False,
    by: As = "",
    at: At = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Issue notices that are lacking, and write Word files: for cases that are named always, else where missing."""
    from pipeline.casework.notice_files import Paper
    from pipeline.casework.notices import chosen, make_notices
    from pipeline.shown import shown_progress

    talk = make_talk()
    with desk(config, by, at, must_exist=True) as place, shown_progress(quiet) as progress:
        seen = moment(inspected, place.config, "--inspected DAY") if inspected else ""
        words = {
            **{"problem": problem, "clause": clause, "todo": todo, "consequence": consequence, "term": term},
            **{"approved_by": approver, "inspected": seen},
            "inspectors": inspectors or list(place.config.casework.notices.inspectors) or [need_name(place.by)],
        }
        typed = [
            f"--{_OPTIONS.get(name, name)}" for name, given in {**words, "inspectors": inspectors}.items() if given
        ]
        paper = Paper.of(place.register, place.config)
        if not (wanted := chosen(place.register, numbers or (), block=block, party=party)):
            block_named(place, block)
        acting, anew = (need_name(place.by), place.at), again or bool(numbers)
        made = make_notices(place.register, wanted, paper, words, acting=acting, again=anew, progress=progress)
    kept = len(made.files) - made.issued
    if typed and kept:
        zh = f"{kept} 份通知书此前已发：{'、'.join(typed)} 没有写入"
        talk.say(talk.words(zh, f"{kept} notices had been issued before: {', '.join(typed)} not taken"))
    _put_made(made, talk, json=json, named=bool(numbers))


def _put_made(made: Made, talk: Talk, *, json: bool, named: bool) -> None:
    if json:
        put_json({"issued": made.issued, "written": made.written, "files": [str(path) for path in made.files]})
        return
    for path in made.files if named else ():
        typer.echo(str(path))
    kept = len(made.files) - made.issued
    talk.say(
        talk.words(
            f"新发 {made.issued} 份，写出 {made.written} 份；{kept} 份此前已发，其文字不变",
            f"{made.issued} issued, {made.written} written; {kept} had been issued before and keep their words",
        )
    )


@notice_commands.command("list")
@told
def list_notices(
    config: ConfigFile,
    block: Block = "",
    party: Party = "",
    after: After = "",
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Show the notices of a block, a party or all, by case: served, due, second inspection."""
    from itertools import islice

    from pipeline.casework.listing import known_party
    from pipeline.casework.notices import noticed

    talk = make_talk()
    names = ("notice", "number", "block_id", "party", "state", "served_at", "deadline", "result")
    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = list(islice(noticed(connection, block, party, after=after, most=limit), limit + 1))
        if not found:
            block_named(place, block)
            known_party(connection, party)
    rows = [{name: getattr(case, name) for name in names} for case in found[:limit]]
    if json:
        put_json([{**row, "state": row["state"].value} for row in rows])
        return
    heads = talk.words(
        "通知书 案件 区块 责任 状态 送达 期限 督查", "notice case block party state served deadline result"
    ).split()
    for row in rows:
        row |= {"state": talk.words(row["state"].zh, row["state"].en)}
        row |= {name: clock(row[name], place.config) for name in ("served_at", "deadline")}
    put_table(heads, [list(row.values()) for row in rows])
    if len(found) > limit:
        say_more(limit, found[limit - 1].number)


@notice_commands.command()
@told
def answer(
    config: ConfigFile,
    numbers: Numbers,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="What the party answered.")] = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Put on record what a party answered to its notice (反馈)."""
    act(config, numbers, CaseAct.ANSWER, by=by, at=at, json=json, answer=text)
