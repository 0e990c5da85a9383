"""``wuse lists``: resources, needs and service projects (三张清单)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.cli_register import (
    After,
    As,
    At,
    Limit,
    Reason,
    block_named,
    choices,
    clock,
    day,
    desk,
    need_name,
    put_page,
    put_rows,
    put_table,
    say_more,
)
from pipeline.core.answers import Problem
from pipeline.core.ledger import Made
from pipeline.core.vocabulary import Gate
from pipeline.options import ConfigFile, Json, make_talk
from pipeline.talk import put_json, told

KINDS = f"{choices(Problem)}, {choices(Gate)}"
list_commands = typer.Typer(no_args_is_help=True, help="Resources, needs and service projects (三张清单).")


@list_commands.command("add-resource")
@told
def add_resource(
    config: ConfigFile,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Whose it is.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT")],
    serves: Annotated[list[str], typer.Option("--serves", metavar="KIND", help=f"May be repeated. {KINDS}.")],
    people: Annotated[int, typer.Option("--people", min=0)] = 1,
    hours: Annotated[float, typer.Option("--hours", min=0, help="Hours a week, of all its people.")] = 40.0,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="How many needs at once.")] = 1,
    kit: Annotated[str, typer.Option("--kit", metavar="TEXT")] = "",
    by: As = "",
    at: At = "",
) -> None:
    """Add a resource (共治资源) that a party brings."""
    from pipeline.casework.lists import serves as kinds
    from pipeline.casework.records import enter
    from pipeline.casework.schema import Stream

    with desk(config, by, at) as place:
        acting = need_name(place.by), place.at
        data = {"party": party, "name": name, "serves": kinds(serves), "people": people, "hours_week": hours}
        data |= {"jobs": jobs, "kit": kit}
        typer.echo(place.write(lambda book: enter(book, Stream.RESOURCE, acting, data))["id"])


@list_commands.command()
@told
def resources(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the list of resources (共治资源清单)."""
    columns = ("id", "party", "name", "serves", "people", "hours_week", "jobs", "kit")
    put_page(config, "resources", columns, after=after, limit=limit, json=json)


@list_commands.command()
@told
def needs(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the list of needs (治理需求清单): open cases, unmet gates, and what people put down."""
    from pipeline.casework.lists import open_needs

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = open_needs(connection, place.config.casework, limit=limit, after=after)
        full = len(found) == limit and not json
        more = full and open_needs(connection, place.config.casework, limit=1, after=found[-1].id)
    columns = ("id", "block_id", "kind", "title", "due", "effort_h")
    put_rows([asdict(n) for n in found], "needs", columns, json=json)
    if more:
        say_more(limit, found[-1].id)


@list_commands.command("add-need")
@told
def add_need(
    config: ConfigFile,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is needed.")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help=f"{KINDS}.")],
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    due: Annotated[str, typer.Option("--due", metavar="DAY")] = "",
    effort: Annotated[float, typer.Option("--hours", min=0.1, help="Hours of work it takes.")] = 8.0,
    weight: Annotated[float, typer.Option("--weight", min=0.1, max=100)] = 1.0,
    by: As = "",
    at: At = "",
) -> None:
    """Put down a need that no case and no gate shows."""
    from pipeline.casework.lists import serves as kinds
    from pipeline.casework.records import enter
    from pipeline.casework.schema import Stream

    with desk(config, by, at) as place:
        acting = need_name(place.by), place.at
        about = {
            "source": "person",
            "block_id": block_named(place, block),
            "kind": kinds([kind]),
            "title": title,
            "due": day(due, "--due DAY"),
        }
        data = {**about, "effort_h": effort, "weight": weight}
        typer.echo(place.write(lambda book: enter(book, Stream.NEED, acting, data))["id"])


@list_commands.command()
@told
def projects(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the list of service projects (服务项目清单) with the schedule counted back from each deadline."""
    columns = ("id", "need", "resource", "title", "prepare_by", "start_by", "finish_by", "check_by", "due", "result")
    put_page(config, "projects", columns, after=after, limit=limit, json=json)


@list_commands.command()
@told
def propose(config: ConfigFile, at: At = "", json: Json = False) -> None:
    """Propose which resource meets which need, within capacity and deadline; nothing is written."""
    from datetime import date

    from pipeline.casework.lists import proposals

    with desk(config, at=at, must_exist=True) as place, place.register.reading() as connection:
        today = date.fromisoformat(clock(place.at, place.config)[:10])
        found = proposals(connection, place.config.casework, today)
    put_rows([asdict(m) for m in found], "matches", ("need", "resource"), json=json)


@list_commands.command()
@told
def accept(
    config: ConfigFile,
    need: Annotated[str, typer.Argument(metavar="NEED", help="The id of a need.")],
    resource: Annotated[str, typer.Argument(metavar="RESOURCE", help="The id of a resource.")],
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Accept that a resource meets a need: it becomes a service project."""
    from pipeline.casework.lists import accept as take

    with desk(config, by, at, must_exist=True) as place:
        row = place.write(lambda book: take(book, need, resource, (need_name(place.by), place.at)))
    columns = ("id", "need", "resource", "prepare_by", "start_by", "finish_by", "check_by", "due")
    put_rows([row], "projects", columns, json=json)


@list_commands.command("add-project")
@told
def add_project(
    config: ConfigFile,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is to be done.")],
    party: Annotated[str, typer.Option("--party", metavar="PARTY")] = "",
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    need: Annotated[str, typer.Option("--need", metavar="NEED")] = "",
    due: Annotated[str, typer.Option("--due", metavar="DAY")] = "",
    by: As = "",
    at: At = "",
) -> None:
    """Add a service project that comes from elsewhere."""
    from pipeline.casework.lists import start_project

    with desk(config, by, at) as place:
        data = {"title": title, "party": party or None, "block_id": block_named(place, block), "need": need}
        data |= {"due": day(due, "--due DAY")}
        typer.echo(place.write(lambda book: start_project(book, data, (need_name(place.by), place.at)))["id"])


@list_commands.command()
@told
def finish(
    config: ConfigFile,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The id of a project.")],
    result: Annotated[str, typer.Option("--result", metavar="TEXT")] = "",
    item: Annotated[Made, typer.Option("--item", help=f"What was made: {choices(Made)}.")] = Made.OTHER,
    quantity: Annotated[int, typer.Option("--quantity", help="How many of it.")] = 0,
    by: As = "",
    at: At = "",
) -> None:
    """Say that a service project is done, with its result."""
    from pipeline.casework.lists import finish_project

    with desk(config, by, at, must_exist=True) as place:
        acting = need_name(place.by), place.at
        place.write(lambda book: finish_project(book, project, acting, result=result, item=item, quantity=quantity))


@list_commands.command()
@told
def withdraw(
    config: ConfigFile,
    entry: Annotated[str, typer.Argument(metavar="ID", help="The id of a resource, a need or a project under way.")],
    why: Reason = "",
    by: As = "",
    at: At = "",
) -> None:
    """Take an entry off its list, for a reason; it stays on record."""
    from pipeline.casework.lists import withdraw as take_off

    with desk(config, by, at, must_exist=True) as place:
        acting = need_name(place.by), place.at
        place.write(lambda book: take_off(book, entry, acting, why))


@list_commands.command()
@told
def made(config: ConfigFile, json: Json = False) -> None:
    """Say how many of what the finished projects made."""
    from pipeline.casework.lists import made as count

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = count(connection)
    words = make_talk().words
    rows = [(words(m.zh, m.en), found[m.value]) for m in Made if m.value in found]
    put_json(found) if json else put_table(words("内容 数量", "what count").split(), rows)
