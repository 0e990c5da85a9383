"""``wuse cases``, the rest of its acts: notice, second inspection, extension, handing over, closing, flights."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipeline.cli_cases import Approver, Blur, Photo, act, case_commands, put_found
from pipeline.cli_register import As, At, Numbers, Passed, Reason, day, desk, need_name, outcome, put_counts
from pipeline.core.ledger import CaseAct, Entry
from pipeline.errors import CheckFailed, ConfigError
from pipeline.options import ConfigFile, Json, Quiet, make_talk
from pipeline.talk import put_json, told

Deadline = Annotated[
    str, typer.Option("--deadline", metavar="TIME", help="Instead of the term of its kind; a day ends with work.")
]


def _plain(what: CaseAct, text: str) -> None:
    def command(
        config: ConfigFile, numbers: Numbers, why: Reason = "", by: As = "", at: At = "", json: Json = False
    ) -> None:
        act(config, numbers, what, by=by, at=at, why=why, json=json)

    command.__doc__ = text
    case_commands.command(what.value)(told(command))


_PLAIN = {
    CaseAct.REJECT: "Reject suspected cases (误报).",
    CaseAct.RETURN: "Return cases (回退): the party does not answer for the place; needs --why.",
    CaseAct.START: "Say that mending has begun (整改中).",
    CaseAct.HANDOVER: "Hand cases over to enforcement (移交执法): overdue, and found unmended after that.",
    CaseAct.HANDLE: "Say that enforcement has handled cases (处置); --why says how.",
    CaseAct.RESUME: "Go on with deferred cases.",
    CaseAct.VOID: "Void cases (作废); needs --why.",
    CaseAct.NOTE: "Put a remark on record; --why holds it.",
}


def add_plain_acts() -> None:
    """Add the acts that need no more than a number, a name and perhaps a reason."""
    for what, text in _PLAIN.items():
        _plain(what, text)


@case_commands.command()
@told
def serve(
    config: ConfigFile,
    numbers: Numbers,
    way: Annotated[str, typer.Option("--way", metavar="TEXT", help="How it was served.")] = "当面送达",
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Who received it.")] = "",
    clause: Annotated[str, typer.Option("--clause", metavar="TEXT", help="The clause; typed, never generated.")] = "",
    todo: Annotated[str, typer.Option("--todo", metavar="TEXT", help="What is to be done.")] = "",
    signed: Annotated[bool, typer.Option("--signed/--refused", help="Whether the receiver signed.")] = True,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why the receiver refused; needed then.")] = "",
    deadline: Deadline = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Serve notices (送达): a case without one gets its number here; the deadline runs from now."""
    from pipeline.casework.cases import serve_case
    from pipeline.cli_register import moment

    with desk(config, by, at, must_exist=True) as place:
        data: dict[str, Any] = {"way": way, "to": to, "signed": signed}
        if deadline:
            data["deadline"] = moment(deadline, place.config, "--deadline TIME", due=True)
        entry = Entry(CaseAct.SERVE, need_name(place.by), place.at, why, data)
        words = {"clause": clause, "todo": todo}
        put_found(place.write(lambda book: [serve_case(book, n, entry, words) for n in numbers]), place, json=json)


@case_commands.command()
@told
def inspect(
    config: ConfigFile,
    numbers: Numbers,
    passed: Passed = None,
    photo: Photo = None,
    blur: Blur = None,
    with_: Annotated[str, typer.Option("--with", metavar="NAME", help="The second inspector.")] = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Put a second inspection (二次督查) on record; nobody inspects their own party's case."""
    found = {"result": outcome(passed), "photo": photo, "blur": blur, "inspector": with_}
    act(config, numbers, CaseAct.INSPECT, by=by, at=at, why=why, json=json, **found)


@case_commands.command()
@told
def extend(
    config: ConfigFile,
    numbers: Numbers,
    approver: Approver = "",
    term: Annotated[str, typer.Option("--term", metavar="TERM", help="Like '3 working days' or 3个工作日.")] = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Extend a deadline (延期), once, after a failed inspection, with someone's approval."""
    act(config, numbers, CaseAct.EXTEND, by=by, at=at, why=why, json=json, approved_by=approver, term=term)


@case_commands.command()
@told
def defer(
    config: ConfigFile,
    numbers: Numbers,
    until: Annotated[str, typer.Option("--until", metavar="DAY")] = "",
    approver: Approver = "",
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Defer cases (缓办) until a day, with someone's approval; needs --why."""
    till = day(until, "--until DAY")
    act(config, numbers, CaseAct.DEFER, by=by, at=at, why=why, json=json, approved_by=approver, until=till)


@case_commands.command()
@told
def close(
    config: ConfigFile,
    numbers: Numbers,
    photo: Photo = None,
    blur: Blur = None,
    why: Reason = "",
    by: As = "",
    at: At = "",
    json: Json = False,
) -> None:
    """Close cases (销号): inspected, with a photo or a later flight to show for it, by someone of another party."""
    act(config, numbers, CaseAct.CLOSE, by=by, at=at, why=why, json=json, photo=photo, blur=blur)


@case_commands.command()
@told
def verify(
    config: ConfigFile,
    head: Annotated[str, typer.Option("--head", metavar="HASH", help="A hash noted earlier.")] = "",
    json: Json = False,
) -> None:
    """Check that no event was changed or taken away, and that every row follows from its events."""
    from pipeline.casework.verify import verify as check

    talk = make_talk()
    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = check(connection, head)
    if json:
        put_json({"events": found.events, "head": found.head, "problems": list(found.problems)})
    else:
        for fault in found.faults:
            typer.echo(talk.words(*fault))
        zh, en = f"{found.events} 条记录", f"{found.events} records"
        if not found.faults:
            zh, en = f"台账完好：{zh}均未改动", f"The register is whole: {en} unchanged"
        typer.echo(talk.words(f"{zh}，末条 {found.head}", f"{en}, last {found.head}"))
    if found.faults:
        fault = found.faults[0]
        zh = f"台账核验不符：{fault.zh}；处理：恢复备份"
        raise CheckFailed(f"the register does not verify: {fault.en}", "", "restore a backup", zh=zh)


@case_commands.command("from-flight")
@told
def from_flight(
    config: ConfigFile,
    flight: Annotated[str | None, typer.Option("--flight", metavar="ID", help="Default: the newest.")] = None,
    by: As = "",
    at: At = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Open a case for each confirmed spot, list red and orange blocks, note what the flight says of open cases."""
    from pipeline.casework.community import follow_flight
    from pipeline.shown import shown_progress

    talk = make_talk()
    with desk(config, by, at) as place, shown_progress(quiet) as progress:
        done = follow_flight(place.register, place.config, flight, (need_name(place.by), place.at), progress=progress)
    put_counts(dict(sorted(done.items())), talk, json=json)


@case_commands.command()
@told
def month(
    config: ConfigFile,
    name: Annotated[str, typer.Argument(metavar="MONTH", help="Like 2021-09.")],
    json: Json = False,
) -> None:
    """Show a month: opened, closed, overdue, points, truckloads, people, campaigns."""
    from zoneinfo import ZoneInfo

    from pipeline.casework.summary import month_figures

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        try:
            found = month_figures(connection, name, ZoneInfo(place.config.casework.timezone))
        except ValueError:
            raise ConfigError(
                f"'{name}' is not a month", "one like 2021-09", zh=f"“{name}”不是月份；应如 2021-09"
            ) from None
    put_counts(found, make_talk(), json=json)


@case_commands.command()
@told
def figures(config: ConfigFile, json: Json = False) -> None:
    """Show the whole time in figures, each computed from the register."""
    from pipeline.casework.summary import figures as count

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = count(connection)
    put_counts(found, make_talk(), json=json)
