"""The ``wuse`` command: a thin skin over the library. Heavy libraries are imported when a command needs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import __version__
from pipeline.cli_calibrate import calibrate_command
from pipeline.cli_compare import compare_command
from pipeline.cli_groups import add_groups
from pipeline.cli_many import run_many
from pipeline.core.vocabulary import Stage
from pipeline.errors import CheckFailed, ConfigError
from pipeline.options import (
    ConfigFile,
    ConfigFiles,
    Flights,
    Force,
    Json,
    Quiet,
    Scheduler,
    Verbose,
    Workers,
    load_config,
    make_talk,
    with_engine,
)
from pipeline.talk import (
    Summary,
    Talk,
    be_unicode,
    change_line,
    decision_facts,
    pad,
    put_json,
    stage_seconds,
    stop_on_terminate,
    summary_table,
    told,
)

if TYPE_CHECKING:
    from pipeline.config import Config

app = typer.Typer(
    name="wuse",
    help="Wuse (五色): five-colour maps of a community's blocks from drone orthophotos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(Stage.COMPARE.value)(compare_command)


@app.command("run")
@told
def run_command(
    configs: ConfigFiles,
    flight: Flights = None,
    force: Force = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Bring all flights up to date, oldest first: ingest, tile, score, grade, render; of many communities, all."""
    talk = make_talk(quiet=quiet, verbose=verbose, machine=json)
    if len(configs) > 1:
        run_many(configs, talk, flights=flight or (), force=force, workers=workers, scheduler=scheduler)
        return
    config = with_engine(load_config(configs[0]), workers, scheduler)
    _run(config, talk, flights=flight, force=tuple(Stage) if force else ())


def _stage_command(stage: Stage) -> Callable[..., None]:
    def command(
        config: ConfigFile,
        flight: Flights = None,
        force: Force = False,
        workers: Workers = None,
        scheduler: Scheduler = None,
        json: Json = False,
        verbose: Verbose = False,
        quiet: Quiet = False,
    ) -> None:
        talk = make_talk(quiet=quiet, verbose=verbose, machine=json)
        _run(
            with_engine(load_config(config), workers, scheduler),
            talk,
            flights=flight,
            last=stage,
            force=(stage,) if force else (),
        )

    command.__doc__ = f"Bring flights up to date as far as {stage} ({stage.zh})."
    return told(command)


for _stage in Stage:
    if _stage is not Stage.COMPARE:
        app.command(_stage.value)(_stage_command(_stage))


def _run(
    config: Config,
    talk: Talk,
    *,
    flights: list[str] | None,
    last: Stage = Stage.RENDER,
    force: tuple[Stage, ...] = (),
) -> None:
    from pipeline.run import run_community, summarise, told_changes
    from pipeline.shown import shown_progress

    with shown_progress(talk.quiet) as progress:
        report = run_community(config, flights or (), last=last, force=force, progress=progress, tell=talk.decided)
    ran = [o for o in report.outcomes if o.decision.run]
    summaries = [Summary(*facts) for facts in summarise(report)]
    changes = list(told_changes(report))
    if talk.machine:
        stages = [{**decision_facts(o.decision), "seconds": round(o.seconds, 3)} for o in report.outcomes]
        put_json(
            {"name": _name(config), "stages": stages, "flights": [s.facts() for s in summaries], "changes": changes}
        )
        return
    if not ran:
        talk.say(talk.words("全部已是最新，无需重算。", "Everything is up to date; nothing was run."))
    elif talk.verbose:
        talk.say(stage_seconds({s: sum(o.seconds for o in ran if o.decision.stage is s) for s in Stage}))
    if summaries:
        lines = [change_line(record, talk) for record in changes]
        typer.echo(summary_table(_name(config), summaries, talk, lines))


def _name(config: Config) -> str:
    return " ".join(dict.fromkeys(name for name in (config.community.name, config.community.name_en) if name))


app.command("calibrate")(calibrate_command)


@app.command()
@told
def explain(config: ConfigFile, flight: Flights = None, json: Json = False) -> None:
    """Say for each flight and stage whether it would run, and why."""
    from pipeline.run import explain_community

    talk = make_talk()
    decisions = explain_community(load_config(config), flight or ())
    if json:
        put_json([decision_facts(d) for d in decisions])
        return
    for decision in decisions:
        typer.echo(talk.line(decision))


@app.command()
@told
def check(config: ConfigFile, flight: Flights = None, json: Json = False) -> None:
    """Say in plain words what is wrong with a flight, before anyone waits for it; exit code 4 if something is."""
    from pipeline.check import check_community
    from pipeline.run import choose_flights

    talk = make_talk()
    loaded = load_config(config)
    findings = check_community(loaded, [f.id for f in choose_flights(loaded, flight or ())])
    bad = [f for f in findings if f.bad]
    if json:
        put_json([f.facts() for f in findings])
    else:
        for found in findings:
            level = talk.words(found.level.zh, found.level.en)
            typer.echo(f"{found.where}  {pad(level, 8)} {talk.words(found.zh, found.en)}")
    if bad:
        raise CheckFailed(
            f"{len(bad)} of {len(findings)} findings would spoil the result",
            zh=f"{len(findings)} 项检查中有 {len(bad)} 项会影响结果",
        )


@app.command()
@told
def demo(
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where results go.")] = None,
    json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Run the sample community that comes with a clone of the repository."""
    config = load_config(_sample_config())
    if out is not None:
        community = config.community.model_copy(update={"workdir": str(out.resolve())})
        config = config.model_copy(update={"community": community})
    _run(config, make_talk(quiet=quiet, verbose=verbose, machine=json), flights=None)


def _sample_config() -> Path:
    places = (Path(__file__).resolve().parents[1], Path.cwd())
    for place in places:
        if (place / "configs" / "hongbei.toml").is_file() and (place / "sample_tiles").is_dir():
            return place / "configs" / "hongbei.toml"
    raise ConfigError(
        "the sample community is not here",
        "configs/hongbei.toml and sample_tiles/",
        "run wuse demo in a clone",
        zh="这里没有示例社区；应有 configs/hongbei.toml 和 sample_tiles/；处理：在源码目录里运行 wuse demo",
    )


@app.command("new")
@told
def new_command(
    blocks: Annotated[str, typer.Argument(help="The layer of management blocks.")],
    orthophotos: Annotated[list[str], typer.Argument(metavar="ORTHOPHOTO...", help="One file for each flight.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The TOML file to write.")] = Path(
        "community.toml"
    ),
    name: Annotated[str, typer.Option("--name", help="The community's name.")] = "",
    block_id: Annotated[
        str, typer.Option("--block-id", metavar="COLUMN", help="The column that names the blocks, if not block_id.")
    ] = "",
) -> None:
    """Write a commented config for a community from its blocks and its imagery."""
    from pipeline.new import new_config

    flights = new_config(blocks, orthophotos, out, name=name, block_id=block_id)
    talk = make_talk()
    typer.echo(str(out))
    for flight in flights:
        talk.say(talk.words(f"航次 {flight.id}：日期{flight.zh}", f"flight {flight.id}: its date is {flight.en}"))
    then = f"wuse check {quote(str(out))}"
    talk.say(talk.words(f"请核对航次日期，然后：{then}", f"Look over the flights' dates, then: {then}"))


@app.command()
@told
def version(json: Json = False) -> None:
    """Tell the versions of Wuse and of what its results depend on."""
    import platform

    import cv2
    import numpy
    import rasterio

    found = {
        "wuse": __version__,
        "python": platform.python_version(),
        "gdal": rasterio.__gdal_version__,
        "numpy": numpy.__version__,
        "opencv": cv2.__version__,
    }
    if json:
        put_json(found)
    else:
        typer.echo("\n".join(f"{name} {number}" for name, number in found.items()))


add_groups(app)


def main() -> None:
    """Entry point of the ``wuse`` command."""
    be_unicode()
    stop_on_terminate()
    app()
