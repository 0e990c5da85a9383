"""``wuse campaigns``, ``wuse pledges`` and ``wuse points``: who took part, who keeps a pledge, who earned what."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipeline.cli_register import (
    After,
    As,
    At,
    Limit,
    Reason,
    block_named,
    choices,
    day,
    desk,
    need_name,
    put_page,
    put_rows,
)
from pipeline.core.ledger import Earned, PledgeKind
from pipeline.errors import ConfigError
from pipeline.options import ConfigFile, Json
from pipeline.talk import put_json, told

campaign_commands = typer.Typer(no_args_is_help=True, help="Campaigns (集中整治): planned, held, counted.")
pledge_commands = typer.Typer(no_args_is_help=True, help="Pledges (门前三包, 垃圾分类) and how they are kept.")
points_commands = typer.Typer(no_args_is_help=True, help="Residents' points (积分), for confirmed acts only.")


Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="Its id, like J-2021-000001.")]
Resident = Annotated[str, typer.Argument(metavar="NAME", help="The resident.")]


@campaign_commands.command("plan")
@told
def plan_campaign(
    config: ConfigFile,
    when: Annotated[str, typer.Argument(metavar="DAY", help="Like 2021-03-01.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT")] = "集中整治",
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    by: As = "",
    at: At = "",
) -> None:
    """Plan a campaign for a day."""
    from pipeline.casework.taking_part import plan_campaign as plan

    on = day(when, "DAY")
    with desk(config, by, at) as place:
        acting, where = (need_name(place.by), place.at), block_named(place, block)
        typer.echo(place.write(lambda book: plan(book, on, title, acting, block_id=where))["id"])


@campaign_commands.command("hold")
@told
def hold_campaign(
    config: ConfigFile,
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id, like C-2021-000001.")],
    people: Annotated[int, typer.Option("--people", help="How many took part.")],
    truckloads: Annotated[int, typer.Option("--truckloads", help="Truckloads of rubbish taken away.")] = 0,
    by: As = "",
    at: At = "",
) -> None:
    """Say that a campaign was held."""
    from pipeline.casework.taking_part import hold_campaign as hold

    with desk(config, by, at, must_exist=True) as place:
        acting = need_name(place.by), place.at
        place.write(lambda book: hold(book, campaign, acting, people=people, truckloads=truckloads))


@campaign_commands.command("list")
@told
def list_campaigns(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the campaigns."""
    columns = ("id", "day", "title", "block_id", "people", "truckloads", "organiser")
    put_page(config, "campaigns", columns, after=after, limit=limit, json=json)


@pledge_commands.command()
@told
def sign(
    config: ConfigFile,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who signs.")],
    kind: Annotated[PledgeKind, typer.Option("--kind", help=f"{choices(PledgeKind)}.")] = PledgeKind.FRONTAGE,
    where: Annotated[str, typer.Option("--place", metavar="TEXT")] = "",
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    by: As = "",
    at: At = "",
) -> None:
    """Put a signed pledge on record."""
    from pipeline.casework.taking_part import sign_pledge

    with desk(config, by, at) as place:
        acting, own = (need_name(place.by), place.at), block_named(place, block)
        row = place.write(lambda book: sign_pledge(book, kind, name, acting, place=where, block_id=own))
    typer.echo(row["id"])


@pledge_commands.command()
@told
def check(
    config: ConfigFile,
    pledge: Annotated[str, typer.Argument(metavar="PLEDGE", help="Its id, like Q-2021-000001.")],
    kept: Annotated[bool | None, typer.Option("--kept/--broken")] = None,
    by: As = "",
    at: At = "",
) -> None:
    """Put on record whether a pledge was found kept."""
    from pipeline.casework.taking_part import check_pledge

    if kept is None:
        raise ConfigError(
            "what the check found is not said", "--kept or --broken", zh="没有写明检查结果；应为 --kept 或 --broken"
        )
    with desk(config, by, at, must_exist=True) as place:
        acting = need_name(place.by), place.at
        place.write(lambda book: check_pledge(book, pledge, acting, kept=kept))


@pledge_commands.command("list")
@told
def list_pledges(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the pledges."""
    columns = ("id", "kind", "name", "place", "block_id", "signed", "kept", "checked_by")
    put_page(config, "pledges", columns, after=after, limit=limit, json=json)


@points_commands.command("award")
@told
def award_points(
    config: ConfigFile,
    resident: Resident,
    earned: Annotated[Earned, typer.Option("--for", help=f"{choices(Earned)}.")],
    ref: Annotated[str, typer.Option("--ref", metavar="ID", help="The case, campaign or pledge.")],
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Credit a resident for a confirmed act, within the day's cap; nobody confirms their own."""
    from pipeline.casework.taking_part import award

    with desk(config, by, at, must_exist=True) as place:
        row = place.write(lambda book: award(book, resident, earned, ref, acting=(need_name(place.by), place.at)))
    put_json(row) if json else typer.echo(f"{row['id']} {row['points']}")


@points_commands.command("reverse")
@told
def reverse_points(
    config: ConfigFile, entry: Entry, why: Reason = "", by: As = "", at: At = "", json: Json = False
) -> None:
    """Take an entry back by an entry of its own."""
    from pipeline.casework.taking_part import reverse

    with desk(config, by, at, must_exist=True) as place:
        row = place.write(lambda book: reverse(book, entry, (need_name(place.by), place.at), why))
    put_json(row) if json else typer.echo(f"{row['id']} {row['points']}")


@points_commands.command("show")
@told
def show_points(config: ConfigFile, resident: Resident, json: Json = False) -> None:
    """Show one resident's points; there is no list of all residents."""
    from sqlalchemy import select

    from pipeline.casework.tables import points
    from pipeline.casework.taking_part import balance

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        query = select(points).where(points.c.resident == resident).order_by(points.c.id)
        rows: list[dict[str, Any]] = [row._asdict() for row in connection.execute(query)]
        total = balance(connection, resident)
    if json:
        put_json({"resident": resident, "points": total, "entries": rows})
        return
    put_rows(rows, "points", ("id", "day", "act", "ref", "points", "confirmed_by"), json=False)
    typer.echo(total)
