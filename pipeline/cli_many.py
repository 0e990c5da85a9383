"""``wuse run`` of many communities: what each says while it runs, and at the end what came of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from pipeline.talk import Summary, Talk, put_json, summary_table


def run_many(
    configs: Sequence[Path],
    talk: Talk,
    *,
    flights: Sequence[str],
    force: bool,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Run communities side by side, as many at once as there are workers; all are run, whatever becomes of one.

    Raises
    ------
    typer.Exit : with the exit code of the first that failed, in the order given, after all have ended
    """
    from pipeline.engine import worker_count
    from pipeline.together import Ended, run_together

    count = worker_count(workers or 0)
    at_once = min(count, len(configs))
    options = ["--lang", talk.language.value, "--workers", str(count // at_once)]
    options += ["--scheduler", scheduler] if scheduler is not None else []
    options += [*(word for flight in flights for word in ("--flight", flight)), *(["--force"] if force else [])]
    options += [*(["--quiet"] if talk.quiet else []), *(["--verbose"] if talk.verbose else [])]
    ended = list[Ended]()
    for each in run_together(configs, options, at_once=at_once, tell=lambda c, line: talk.say(f"{c}: {line}")):
        ended.append(each)
        if not talk.machine and each.exit_code == 0:
            _show(each.result, talk)
    if talk.machine:
        put_json([{"config": str(e.config), "exit_code": e.exit_code, "error": e.error, **e.result} for e in ended])
    failed = [e for e in ended if e.exit_code]
    if failed:
        for e in failed:
            typer.echo(f"wuse: {e.config}: {e.error}", err=True)
        tally = f"{len(failed)} / {len(ended)}"
        typer.echo(f"wuse: {talk.words(f'{tally} 个社区未完成', f'{tally} communities did not finish')}", err=True)
        raise typer.Exit(failed[0].exit_code if failed[0].exit_code > 0 else 1)


def _show(result: Mapping[str, Any], talk: Talk) -> None:
    rows = [Summary.of(facts) for facts in result["flights"]]
    if rows:
        typer.echo(summary_table(result["name"], rows, talk))
