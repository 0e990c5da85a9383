"""What the register's commands share: who acts and when, tables on the terminal, JSON for machines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import ConfigError, RegisterError
from pipeline.options import load_config, make_talk
from pipeline.talk import Language, Talk, pad, put_json, width

if TYPE_CHECKING:
    from pipeline.casework.book import Book
    from pipeline.casework.register import Register
    from pipeline.config import Config
    from pipeline.core.casefacts import CaseFacts
    from pipeline.core.ledger import CaseState, Entry
    from pipeline.core.vocabulary import Named

As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who acts; default: the config's operator.")]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="When it happened, as 2021-01-15T09:30; default: now.")]
Reason = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason.")]
Numbers = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Numbers of cases, like 2021-000001.")]
After = Annotated[str, typer.Option("--after", metavar="ID", help="Go on after this one.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000)]
State = Annotated[str, typer.Option("--state", help="A state by id or name, or: all (全部), open (未结).")]
Passed = Annotated[bool | None, typer.Option("--passed/--failed", help="What was found on the spot.")]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Desk:
    """An opened register, who acts on it and when."""

    config: Config
    register: Register
    by: str
    at: str

    @property
    def workdir(self) -> Path:
        """The community's working folder, where evidence is kept."""
        return Path(self.config.community.workdir)

    def write(self, act: Callable[[Book], Any]) -> Any:
        """Carry out one step."""
        with self.register.writing() as book:
            return act(book)


@contextmanager
def desk(config: Path, by: str = "", at: str = "", *, must_exist: bool = False) -> Iterator[Desk]:
    """Open a community's register for a command.

    Raises
    ------
    ConfigError : the time is not understood
    RegisterError : the register cannot be opened
    """
    from pipeline.casework.register import open_register

    loaded = load_config(config)
    with open_register(loaded, must_exist=must_exist) as register:
        yield Desk(loaded, register, by or loaded.casework.operator, moment(at, loaded))


def moment(text: str, config: Config, option: str = "--at TIME", *, due: bool = False) -> str:
    """A moment as the register keeps it; no text means now.

    A day alone means when work begins, or with ``due``, as for every deadline, when the day's hours of work end.

    Raises
    ------
    ConfigError : it is no moment; ``option`` is what gave it
    """
    from zoneinfo import ZoneInfo

    from pipeline.core.worktime import Hours, utc

    if not text:
        return utc(datetime.now(UTC))
    settings = config.casework
    try:
        if _DAY.fullmatch(text):
            spans = Hours.of(settings.hours).spans
            text = f"{text}T{(spans[-1][1] if due else spans[0][0]).isoformat()}"
        found = datetime.fromisoformat(text)
    except ValueError:
        zh = f"“{text}”不是时间；应如 2021-01-15T09:30；处理：{option}"
        raise ConfigError(f"'{text}' is not a time", "one like 2021-01-15T09:30", option, zh=zh) from None
    return utc(found if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings.timezone)))


def clock(text: str, config: Config) -> str:
    """A moment on the community's clocks, for people; empty for none."""
    from zoneinfo import ZoneInfo

    from pipeline.core.worktime import on_the_clock

    return on_the_clock(text, ZoneInfo(config.casework.timezone)) if text else ""


def need_name(by: str) -> str:
    """Who acts.

    Raises
    ------
    ConfigError : nobody is named
    """
    if not by.strip():
        zh = "没有写明经办人；应有姓名；处理：--as NAME，或 [register] 的 operator"
        raise ConfigError("nobody is named who acts", "a name", "--as NAME, or operator under [register]", zh=zh)
    return by


def day(text: str, option: str) -> str:
    """A day as the register keeps it; empty for none.

    Raises
    ------
    ConfigError : it is no day
    """
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        zh = f"“{text}”不是日期；应如 2021-03-01；处理：{option}"
        raise ConfigError(f"'{text}' is not a day", "one like 2021-03-01", option, zh=zh) from None


def block_named(place: Desk, block: str) -> str:
    """A block of the community's; none stays none.

    Raises
    ------
    RegisterError : there is no such block
    """
    if block:
        from pipeline.casework.spots import community_blocks, known_block

        known_block(community_blocks(place.config), block)
    return block


def choices(named: type[Named]) -> str:
    """What the ids of a closed list mean, for the help of an option."""
    return ", ".join(f"{member.value} {member.zh}" for member in named)


def outcome(passed: bool | None) -> str:
    """What an inspection or a check found, as it is put on record.

    Raises
    ------
    ConfigError : it is not said
    """
    from pipeline.core.casefacts import FAILED, PASSED

    if passed is None:
        zh = "没有写明检查结果；应为 --passed 或 --failed"
        raise ConfigError("what was found is not said", "--passed or --failed", zh=zh)
    return PASSED if passed else FAILED


def states_named(text: str) -> tuple[CaseState, ...]:
    """The states that a word stands for.

    Raises
    ------
    RegisterError : it is no state, by its id or name, nor all or open
    """
    from pipeline.core.ledger import CaseState

    live = tuple(s for s in CaseState if s.live)
    several = {"all": tuple(CaseState), "全部": tuple(CaseState), "open": live, "未结": live}
    found = several.get(text) or tuple(s for s in CaseState if text in (s.value, s.zh, s.en))
    if not found:
        zh = f"“{text}”不是案件状态；应为 {'、'.join(s.zh for s in CaseState)}，或 全部、未结；处理：--state"
        states = f"{', '.join(s.en for s in CaseState)}, or all, open"
        raise RegisterError(f"'{text}' is no state of a case", states, "--state", zh=zh)
    return found


def put_counts(found: Mapping[str, object], talk: Talk, *, json: bool) -> None:
    """Figures by name, as a table or for machines."""
    if json:
        put_json(found)
    else:
        from pipeline.core.listed import counted

        chinese = talk.language is Language.ZH
        rows = [(counted(name, chinese), value) for name, value in found.items()]
        put_table(talk.words("事项 数量", "what count").split(), rows)


def put_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table on stdout: columns as wide as they need be."""
    cells = [list(map(str, row)) for row in (heads, *rows)]
    wide = [max(width(row[i]) for row in cells) for i in range(len(heads))]
    for row in cells:
        typer.echo("  ".join(pad(cell, w) for cell, w in zip(row, wide, strict=True)).rstrip())


def case_json(facts: CaseFacts) -> dict[str, Any]:
    """A case for machines."""
    return asdict(facts)


def put_cases(found: Sequence[CaseFacts], place: Config, talk: Talk, *, json: bool) -> None:
    """Cases as a table, or for machines."""
    if json:
        put_json([case_json(c) for c in found])
        return
    from pipeline.core.listed import Seen

    words, seen = talk.words, {named.value: talk.words(named.zh, named.en) for named in Seen}
    heads = words(
        "编号 状态 类型 程度 区块 责任 期限 提示", "number state kind severity block party deadline flight"
    ).split()
    put_table(
        heads,
        [
            (
                c.number,
                words(c.state.zh, c.state.en),
                words(c.kind.zh, c.kind.en),
                words(c.severity.zh, c.severity.en),
                c.block_id,
                c.party,
                clock(c.deadline, place),
                seen.get(c.proposal, c.proposal),
            )
            for c in found
        ],
    )


def put_events(events: Sequence[Entry], place: Config, talk: Talk) -> None:
    """What happened to a case or a block, a line for each event."""
    from zoneinfo import ZoneInfo

    from pipeline.core.cells import Around
    from pipeline.core.listed import particulars

    around = Around(ZoneInfo(place.casework.timezone), talk.language is Language.ZH)
    rows = [
        (clock(e.at, place), talk.words(e.what.zh, e.what.en), e.by, e.why, particulars(e.data, around)) for e in events
    ]
    put_table(talk.words("时间 事项 经办人 理由 内容", "time event by why particulars").split(), rows)


def put_rows(rows: list[dict[str, Any]], table: str, names: tuple[str, ...], *, json: bool) -> None:
    """Records of a table by some columns, in the words of people; whole for machines."""
    if json:
        put_json(rows)
        return
    from pipeline.core.cells import Around, shown, text_of
    from pipeline.core.listed import LISTED

    talk = make_talk()
    around = Around(UTC, talk.language is Language.ZH)
    known = {column.name: column for column in LISTED[table]}
    columns = [known[name] for name in names]
    heads = [talk.words(column.zh, column.en) for column in columns]
    put_table(heads, [[text_of(shown(c, row[c.name], around)) for c in columns] for row in rows])


def put_page(config: Path, table: str, columns: tuple[str, ...], *, after: str, limit: int, json: bool) -> None:
    """A page of a table's records by id, those that were not withdrawn."""
    from sqlalchemy import select

    from pipeline.casework.schema import metadata

    with desk(config, must_exist=True) as place, place.register.reading() as connection:
        found = metadata.tables[table]
        key = next(iter(found.primary_key.columns))
        query = select(found).where(found.c.active, key > after).order_by(key).limit(limit + 1)
        rows = [row._asdict() for row in connection.execute(query)]
    put_rows(rows[:limit], table, columns, json=json)
    if len(rows) > limit and not json:
        say_more(limit, str(rows[limit - 1][key.name]))


def say_more(shown: int, last: str) -> None:
    """Say that a list goes on after its last line."""
    talk = make_talk()
    talk.say(
        talk.words(
            f"只显示 {shown} 条；其余用 --after {quote(last)} 或 --limit N",
            f"{shown} shown; more: --after {quote(last)} or --limit N",
        )
    )
