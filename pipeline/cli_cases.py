"""``wuse cases``: a spot from opening to closing, every act by a named person and on record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli_register import (
    As,
    At,
    Desk,
    Numbers,
    Reason,
    block_named,
    case_json,
    choices,
    desk,
    need_name,
    put_cases,
    put_events,
    say_more,
    states_named,
)
from pipeline.core.answers import Problem, Severity
from pipeline.core.ledger import CaseAct, Entry
from pipeline.errors import RegisterError
from pipeline.options import ConfigFile, Json, make_talk
from pipeline.talk import put_json, told

if TYPE_CHECKING:
    from pipeline.core.casefacts import CaseFacts

case_commands = typer.Typer(no_args_is_help=True, help="Cases: from a spot to its closing (立案 … 销号).")
OVERDUE = ("overdue", "超期")
Photo = Annotated[Path | None, typer.Option("--photo", metavar="FILE", help="A photo that shows it.")]
Blur = Annotated[
    list[str] | None,
    typer.Option("--blur", metavar="L,T,R,B", help="A part of the photo with a face or a plate, in percent; repeated."),
]
Approver = Annotated[str, typer.Option("--approved-by", metavar="NAME", help="Who approves; another listed person.")]


def act(
    config: Path, numbers: list[str], what: CaseAct, *, by: str, at: str, why: str = "", json: bool = False, **data: Any
) -> None:
    """Carry out one act on some cases, all or none."""
    from pipeline.casework.cases import act_on_case

    with desk(config, by, at, must_exist=True) as place:
        photo, blur = data.pop("photo", None), data.pop("blur", None)
        if photo is not None:
            data["photo"] = kept(place, photo, blur)
        entry = Entry(what, need_name(place.by), place.at, why, {k: v for k, v in data.items() if v not in ("", None)})
        found = place.write(lambda book: [act_on_case(book, number, entry) for number in numbers])
        put_found(found, place, json=json)


def kept(place: Desk, photo: Path, blur: list[str] | None) -> str:
    """Keep a photo as evidence, its named parts unreadable; gives its hash."""
    from pipeline.casework.evidence import keep
    from pipeline.io.photos import Part

    return keep(place.workdir, photo, [Part.of(text) for text in blur or ()])


def put_found(found: list[CaseFacts], place: Desk, *, json: bool) -> None:
    """Show cases as they stand now."""
    put_cases(found, place.config, make_talk(), json=json)


Relapse = Annotated[str, typer.Option("--relapse-of", metavar="NUMBER", help="The closed case that it repeats.")]
PartyId = Annotated[str, typer.Argument(metavar="PARTY", help="The id of a party.")]


@case_commands.command("list")
@told
def list_cases(
    config: ConfigFile,
    state: Annotated[str, typer.Option("--state", help="A state, or: all, open, overdue; in Chinese too.")] = "open",
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    party: Annotated[str, typer.Option("--party", metavar="PARTY")] = "",
    after: Annotated[str, typer.Option("--after", metavar="NUMBER", help="Go on after this case.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 50,
    at: At = "",
    json: Json = False,
) -> None:
    """Show a page of cases, by number; overdue ones by deadline."""
    from pipeline.casework.listing import Wanted, known_party, overdue, page

    late = state in OVERDUE
    with desk(config, at=at, must_exist=True) as place, place.register.reading() as connection:
        wanted = Wanted(states_named("open" if late else state), block, party, after, limit + 1)
        found = overdue(connection, place.at, wanted) if late else page(connection, wanted)
        if not found:
            block_named(place, block)
            known_party(connection, party)
        put_cases(found[:limit], place.config, make_talk(), json=json)
    if len(found) > limit and not json:
        say_more(limit, found[limit - 1].number)


@case_commands.command()
@told
def show(config: ConfigFile, number: str, json: Json = False) -> None:
    """Show a case and all that happened to it."""
    from pipeline.casework.listing import history, one_case
    from pipeline.casework.schema import Stream

    talk = make_talk()
    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        facts, events = one_case(connection, number), history(connection, Stream.CASE, number)
    if json:
        told_events = [
            {"what": e.what.value, "by": e.by, "at": e.at, "why": e.why, "data": dict(e.data)} for e in events
        ]
        put_json(case_json(facts) | {"events": told_events})
        return
    put_cases([facts], place.config, talk, json=False)
    put_events(events, place.config, talk)


@case_commands.command("open")
@told
def open_command(
    config: ConfigFile,
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    x: Annotated[float | None, typer.Option("--x", help="East, in the blocks' metric CRS.")] = None,
    y: Annotated[float | None, typer.Option("--y", help="North, in the blocks' metric CRS.")] = None,
    kind: Annotated[Problem, typer.Option("--kind", help=f"{choices(Problem)}.")] = Problem.OTHER,
    severity: Annotated[Severity, typer.Option("--severity", help=f"{choices(Severity)}.")] = Severity.MODERATE,
    place: Annotated[str, typer.Option("--place", metavar="TEXT")] = "",
    problem: Annotated[str, typer.Option("--problem", metavar="TEXT")] = "",
    relapse_of: Relapse = "",
    suspected: Annotated[bool, typer.Option("--suspected", help="Only suspected: someone has to look.")] = False,
    photo: Photo = None,
    blur: Blur = None,
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Open a case for a spot that someone saw; its block is found by its place."""
    from pipeline.casework.spots import spot_data

    if x is None or y is None:
        raise RegisterError(
            "the spot has no place",
            "--x EAST --y NORTH in the blocks' metric CRS",
            zh="没有给出位置；应为 --x EAST --y NORTH，用区块的米制坐标系",
        )
    with desk(config, by, at) as found:
        from pipeline.casework.cases import open_case

        data = spot_data(found.config, x, y, block) | {"kind": kind.value, "severity": severity.value}
        data |= {"place": place, "problem": problem, "relapse_of": relapse_of, "source": "patrol"}
        if photo is not None:
            data["before"] = kept(found, photo, blur)
        what = CaseAct.SUSPECT if suspected else CaseAct.OPEN
        entry = Entry(what, need_name(found.by), found.at, data=data)
        put_found([found.write(lambda book: open_case(book, entry))], found, json=json)


@case_commands.command()
@told
def confirm(
    config: ConfigFile, numbers: Numbers, relapse_of: Relapse = "", by: As = "", at: At = "", json: Json = False
) -> None:
    """Open suspected cases (立案) after someone looked."""
    act(config, numbers, CaseAct.OPEN, by=by, at=at, json=json, relapse_of=relapse_of)


@case_commands.command()
@told
def assign(
    config: ConfigFile,
    numbers: Numbers,
    party: Annotated[
        str, typer.Option("--party", metavar="PARTY", help="Default: whoever answers for the place.")
    ] = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Assign cases (派遣) to the one party that answers for the place, or to a given one."""
    from pipeline.casework.cases import act_on_case

    with desk(config, by, at, must_exist=True) as place:
        name = need_name(place.by)

        def carry_out(book: Any) -> list[CaseFacts]:
            from pipeline.casework.places import duty_of, next_party

            found = []
            for number in numbers:
                data = {"party": party, **duty_of(book, number, party)}
                if not party:
                    answers = next_party(book, number)
                    data = {"party": answers.party, "duty": answers.duty.value, "label": answers.label}
                found.append(act_on_case(book, number, Entry(CaseAct.ASSIGN, name, place.at, data=data)))
            return found

        put_found(place.write(carry_out), place, json=json)


@case_commands.command()
@told
def move(
    config: ConfigFile,
    number: str,
    x: Annotated[float, typer.Option("--x", help="East, in the blocks' metric CRS.")],
    y: Annotated[float, typer.Option("--y", help="North, in the blocks' metric CRS.")],
    block: Annotated[str, typer.Option("--block", metavar="BLOCK", help="Default: the one that holds the place.")] = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Put right where a case lies (更正位置); nobody moves their own party's case."""
    from pipeline.casework.cases import act_on_case
    from pipeline.casework.spots import spot_data

    with desk(config, by, at, must_exist=True) as place:
        entry = Entry(CaseAct.MOVE, need_name(place.by), place.at, why, spot_data(place.config, x, y, block))
        put_found([place.write(lambda book: act_on_case(book, number, entry))], place, json=json)


@case_commands.command("help")
@told
def help_command(
    config: ConfigFile, numbers: Numbers, party: PartyId, by: As = "", at: At = "", json: Json = False
) -> None:
    """Add a party that helps; the accountable one stays the only one."""
    act(config, numbers, CaseAct.HELP, by=by, at=at, json=json, party=party)
