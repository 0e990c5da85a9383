"""Options that commands share: the same words, wherever they are given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.talk import Talk, language_here

if TYPE_CHECKING:
    from pipeline.config import Config

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="The community's TOML file.")]
ConfigFiles = Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="One TOML file for each community.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", min=0, help="Threads; 0: one for each core.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers measure.")
]
Flights = Annotated[list[str] | None, typer.Option("--flight", metavar="ID", help="Only this flight; may be repeated.")]
Force = Annotated[bool, typer.Option("--force", help="Make it again even if it is up to date.")]
Json = Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")]


def make_talk(*, quiet: bool = False, verbose: bool = False, machine: bool = False) -> Talk:
    """How a command speaks, by its options."""
    return Talk(language_here(), quiet, verbose, machine)


def load_config(path: Path) -> Config:
    """Read and check a configuration; its model is built only now, so that ``--help`` need not wait for it.

    Raises
    ------
    ConfigError : the file is missing, is not TOML, or holds a key or value that cannot be; names the key
    """
    from pipeline import config

    return config.load_config(path)


def with_engine(config: Config, workers: int | None, scheduler: str | None) -> Config:
    """The configuration with other workers than its own, where they are given.

    Raises
    ------
    typer.BadParameter : what is given cannot be
    """
    from pydantic import ValidationError

    given = {key: value for key, value in (("workers", workers), ("scheduler", scheduler)) if value is not None}
    try:
        engine = type(config.engine)(**{**config.engine.model_dump(), **given})
    except ValidationError as e:
        wrong = e.errors()[0]
        raise typer.BadParameter(f"--{wrong['loc'][0]} {wrong['msg'].removeprefix('Value error, ')}") from None
    return config.model_copy(update={"engine": engine})
