"""How the command line speaks: results to stdout, talk to stderr, in Chinese or English, or JSON for machines."""

from __future__ import annotations

import functools
import inspect
import json
import locale
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

from pipeline.core.vocabulary import Grade, Stage
from pipeline.errors import WuseError, interrupted

if TYPE_CHECKING:
    from pipeline.manifest import Decision

P = ParamSpec("P")
R = TypeVar("R")


class Language(StrEnum):
    """The language of what is said."""

    ZH = "zh"
    EN = "en"


Lang = Annotated[Language | None, typer.Option("--lang", help="Language of the talk; default: by locale.")]
_asked_for: ContextVar[Language | None] = ContextVar("language", default=None)


def language_here() -> Language:
    """The language that the command was asked to speak, else that of the locale: Chinese or English.

    Windows has no variables for a locale, and other names.
    """
    if asked := _asked_for.get():
        return asked
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    here = named or locale.getlocale()[0] or ""
    return Language.ZH if here.lower().startswith(("zh", "chinese")) else Language.EN


def spoken(zh: str, en: str) -> str:
    """The words in the language that is spoken here."""
    return zh if language_here() is Language.ZH else en


@dataclass(frozen=True)
class Talk:
    """How much is said, and in which language; ``machine`` for JSON on stdout."""

    language: Language
    quiet: bool = False
    verbose: bool = False
    machine: bool = False

    def words(self, zh: str, en: str) -> str:
        """The words in the language of this talk."""
        return zh if self.language is Language.ZH else en

    def say(self, text: str) -> None:
        """Say something on stderr, unless quiet."""
        if not self.quiet:
            typer.echo(text, err=True)

    def decided(self, decision: Decision) -> None:
        """Say that a stage runs and why; with -v also that it does not."""
        if decision.run or self.verbose:
            self.say(self.line(decision))

    def line(self, decision: Decision) -> str:
        """A decision as one line: flight, stage, whether it runs, why."""
        stage = decision.stage.zh if self.language is Language.ZH else decision.stage.value
        does = self.words("运行", "run") if decision.run else self.words("跳过", "skip")
        why = decision.sentence(self.language.value)
        other = f"{decision.before} → " if decision.before else ""
        return f"{other}{decision.flight}  {pad(stage, 7)} {pad(does, 5)} {why}"


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--lang``, and let it end with one line and its exit code where a person can mend something."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        asked = _asked_for.set(kwargs.pop("lang", None))  # type: ignore[arg-type]
        try:
            return command(*args, **kwargs)
        except WuseError as e:
            raise _ended(e) from None
        except KeyboardInterrupt:
            raise _ended(interrupted()) from None
        finally:
            _asked_for.reset(asked)

    own = inspect.signature(command, eval_str=True)
    lang = inspect.Parameter("lang", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Lang)
    wrapped.__signature__ = own.replace(parameters=[*own.parameters.values(), lang])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {**command.__annotations__, "lang": Lang}
    return wrapped


def _ended(error: WuseError) -> typer.Exit:
    """Say an error in the language of the talk."""
    typer.echo(f"wuse: {spoken(error.zh, str(error))}", err=True)
    return typer.Exit(error.exit_code)


def stop_on_terminate() -> None:
    """Let a polite end (SIGTERM) save work as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def put_json(value: object) -> None:
    """Write a result for machines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False))


def decision_facts(decision: Decision) -> dict[str, object]:
    """A decision for machines."""
    return {
        "flight": decision.flight,
        "stage": decision.stage.value,
        "run": decision.run,
        "reason": decision.reason.value,
        "reason_zh": decision.reason.zh,
        "reason_en": decision.reason.en,
        "detail": decision.detail,
        "before": decision.before,
    }


@dataclass(frozen=True)
class Summary:
    """What came out for a flight: blocks per grade, how many of them are provisional, where the map lies."""

    flight: str
    counts: Mapping[Grade, int]
    provisional: int
    map_html: Path | None

    def facts(self) -> dict[str, object]:
        """The summary for machines."""
        counts = {grade.value: count for grade, count in self.counts.items()}
        return {
            "flight": self.flight,
            "counts": counts,
            "provisional": self.provisional,
            "map": str(self.map_html) if self.map_html and self.map_html.exists() else None,
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Summary:
        """The summary again from its :meth:`facts`."""
        counts = {Grade(grade): count for grade, count in facts["counts"].items()}
        return cls(facts["flight"], counts, facts["provisional"], facts["map"] and Path(facts["map"]))


def change_line(record: Mapping[str, Any], talk: Talk) -> str:
    """What a comparison says, in a line: blocks better, ready to close, and worse, or why that cannot be told."""
    ends = f"{record['before']['id']} → {record['after']['id']}"
    if not record["comparable"]:
        return f"{ends}  {talk.words('不可比：' + record['why_zh'], 'not comparable: ' + record['why_en'])}"
    words = talk.words(
        "拟变好 {better}（其中可销号 {closed}），拟变差 {worse}",
        "proposed: better {better} ({closed} ready to close), worse {worse}",
    )
    return f"{ends}  {words.format(**record)}"


def summary_table(title: str, rows: Sequence[Summary], talk: Talk, changes: Sequence[str] = ()) -> str:
    """The table that ends a run, as plain text: a line for each flight, what changed between them, then the maps."""
    grades = list(Grade)
    heads = [
        f"{g.facts.zh} {g.facts.en}" if g is not Grade.UNGRADED else talk.words("未定级", "ungraded") for g in grades
    ]
    heads.append(talk.words("初评", "provisional"))
    wide = max([len("flight"), *(width(row.flight) for row in rows)])
    lines = [title, "  ".join([pad(talk.words("航次", "flight"), wide), *heads])]
    for row in rows:
        cells = [*(row.counts.get(g, 0) for g in grades), row.provisional]
        figures = [" " * (width(head) - len(str(cell))) + str(cell) for head, cell in zip(heads, cells, strict=True)]
        lines.append("  ".join([pad(row.flight, wide), *figures]))
    lines += changes
    lines += [f"{pad(row.flight, wide)}  {row.map_html}" for row in rows if row.map_html and row.map_html.exists()]
    return "\n".join(lines)


def width(text: str) -> int:
    """Columns that a text takes on a terminal; Chinese characters take two.

    >>> width("红 Red")
    6
    """
    return sum(2 if ord(c) >= 0x1100 else 1 for c in text)


def pad(text: str, columns: int) -> str:
    """Fill a text with blanks on the right."""
    return text + " " * max(0, columns - width(text))


def stage_seconds(seconds: Mapping[Stage, float]) -> str:
    """Seconds for each stage, as one line.

    >>> stage_seconds({Stage.SCORE: 12.34})
    'score 12.3 s'
    """
    return ", ".join(f"{stage} {spent:.1f} s" for stage, spent in seconds.items())


def be_unicode() -> None:
    """Let Chinese pass where the locale does not name an encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            stream.reconfigure(encoding="utf-8")
