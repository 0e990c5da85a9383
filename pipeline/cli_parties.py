"""``wuse parties`` and ``wuse people``: who there is (八社联动), and who answers for which place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_register import After, As, At, Limit, choices, desk, need_name, put_counts, put_page, put_rows
from pipeline.core.ledger import PartyKind
from pipeline.options import ConfigFile, Json, make_talk
from pipeline.talk import told

party_commands = typer.Typer(no_args_is_help=True, help="Parties (八社联动) and what each answers for.")
people_commands = typer.Typer(no_args_is_help=True, help="People who act, each of a party or of none.")


@party_commands.command("add")
@told
def add_party(
    config: ConfigFile,
    party: Annotated[str, typer.Argument(metavar="ID", help="A short id that stays.")],
    kind: Annotated[PartyKind, typer.Option("--kind", help=f"One of the eight: {choices(PartyKind)}.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT")],
    name_en: Annotated[str, typer.Option("--name-en", metavar="TEXT")] = "",
    contact: Annotated[str, typer.Option("--contact", metavar="TEXT")] = "",
    by: As = "",
    at: At = "",
) -> None:
    """Add a party."""
    from pipeline.casework.records import add, adding
    from pipeline.casework.schema import Stream

    with desk(config, by, at) as place:
        data = {"id": party, "kind": kind.value, "name": name, "name_en": name_en, "contact": contact}
        place.write(lambda book: add(book, Stream.PARTY, party, adding(need_name(place.by), place.at, data)))


@party_commands.command("list")
@told
def list_parties(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the parties."""
    put_page(config, "parties", ("id", "kind", "name", "contact"), after=after, limit=limit, json=json)


@party_commands.command("places")
@told
def places(
    config: ConfigFile,
    layer: Annotated[Path | None, typer.Argument(metavar="LAYER", help="Default: [register] responsibilities.")] = None,
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Take a layer of points, lines and areas with columns party, duty and label: who answers for what."""
    from pipeline.casework.places import take_responsibilities
    from pipeline.casework.spots import community_blocks
    from pipeline.errors import ConfigError

    with desk(config, by, at) as place:
        named = str(layer or place.config.casework.responsibilities)
        if not named:
            zh = "没有指明图层；应为矢量图层；处理：设置 [register] 的 responsibilities"
            raise ConfigError("no layer is named", "a vector layer", "set [register] responsibilities", zh=zh)
        crs, acting = community_blocks(place.config).crs, (need_name(place.by), place.at)
        count = place.write(lambda book: take_responsibilities(book, Path(named), crs, acting))
    put_counts({"changed": count}, make_talk(), json=json)


@party_commands.command()
@told
def answers(
    config: ConfigFile,
    x: Annotated[float, typer.Option("--x")],
    y: Annotated[float, typer.Option("--y")],
    json: Json = False,
) -> None:
    """Say who answers for a place, the most specific first."""
    from pipeline.casework.places import who_answers

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = who_answers(connection, x, y, frontage_m=place.config.casework.frontage_m)
    rows = [{"party": a.party, "duty": a.duty.value, "label": a.label} for a in found]
    put_rows(rows, "answers", ("party", "duty", "label"), json=json)


@people_commands.command("add")
@told
def add_person(
    config: ConfigFile,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    party: Annotated[str, typer.Option("--party", metavar="PARTY", help="Whose they are; none for partners.")] = "",
    office: Annotated[str, typer.Option("--office", metavar="TEXT", help="Their office or post.")] = "",
    by: As = "",
    at: At = "",
) -> None:
    """Put a person on the list of those who may inspect, close and confirm."""
    from pipeline.casework.records import add, adding
    from pipeline.casework.schema import Stream

    with desk(config, by, at) as place:
        data = {"name": name, "party": party or None, "office": office}
        place.write(lambda book: add(book, Stream.PERSON, name, adding(need_name(place.by), place.at, data)))


@people_commands.command("list")
@told
def list_people(config: ConfigFile, after: After = "", limit: Limit = 50, json: Json = False) -> None:
    """Show the people."""
    put_page(config, "people", ("name", "party", "office"), after=after, limit=limit, json=json)
