"""``wuse review``: a page on which a person answers for hotspots, and taking the answers back in."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from pipeline.options import ConfigFile, Json, Quiet, load_config, make_talk
from pipeline.talk import put_json, told

review_commands = typer.Typer(no_args_is_help=True, help="Let people confirm or reject hotspots, and learn from it.")
OneFlight = Annotated[str | None, typer.Option("--flight", metavar="ID", help="The flight; default: the newest.")]


@review_commands.command()
@told
def make(
    config: ConfigFile,
    flight: OneFlight = None,
    spots: Annotated[int, typer.Option("--spots", metavar="N", min=1, help="Ask about at most so many.")] = 100,
    json: Json = False,
) -> None:
    """Write review.html, one file that works offline, for spots that nobody answered for yet."""
    from pipeline.core.answers import Asked
    from pipeline.review.make import make_review

    talk = make_talk(machine=json)
    made = make_review(load_config(config), flight, most=spots)
    counts = {asked: sum(q.asked is asked for q in made.questions) for asked in Asked}
    if json:
        asked_for = {asked.value: count for asked, count in counts.items()}
        put_json({"flight": made.flight, "page": str(made.path), "spots": len(made.questions), "asked": asked_for})
        return
    typer.echo(str(made.path))
    kinds = "，".join(f"{a.zh} {n}" for a, n in counts.items()), ", ".join(f"{a.en} {n}" for a, n in counts.items())
    talk.say(
        talk.words(
            f"{made.flight}：{len(made.questions)} 处待核查（{kinds[0]}）。看完后：",
            f"{made.flight}: {len(made.questions)} spots to look at ({kinds[1]}). Then: ",
        )
        + f"wuse review take {quote(str(config))} decisions.json"
    )


@review_commands.command()
@told
def take(
    config: ConfigFile,
    decisions: Annotated[Path, typer.Argument(metavar="DECISIONS", help="decisions.json that the page exported.")],
    flight: Annotated[str | None, typer.Option("--flight", metavar="ID", help="Refuse answers for another.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put the answers on record; from then on grading uses confirmed spots and ignores rejected ones."""
    from pipeline.review.learn import learn as learn_order
    from pipeline.review.take import take_review
    from pipeline.shown import shown_progress

    talk = make_talk(quiet=quiet, machine=json)
    loaded = load_config(config)
    taken = take_review(loaded, decisions, flight=flight)
    counts = taken.counts()
    with shown_progress(quiet) as progress:
        lesson = learn_order(loaded, progress=progress)
    if json:
        new = {answer.value: count for answer, count in counts.items()}
        facts = {"flight": taken.flight, "given": taken.given, "new": new, "answered": taken.answered}
        put_json(facts | {"ranker": lesson.facts()})
        return
    zh = "，".join(f"{a.zh} {n}" for a, n in counts.items())
    en = ", ".join(f"{a.en} {n}" for a, n in counts.items())
    typer.echo(
        talk.words(
            f"{taken.flight}：{taken.given} 条结论，新增 {len(taken.new)} 条（{zh}）；共 {taken.answered} 处有结论。",
            f"{taken.flight}: {taken.given} answers, {len(taken.new)} of them new ({en}); "
            f"{taken.answered} spots are answered for.",
        )
    )
    typer.echo(lesson.sentence(talk.language.value))
    if taken.new:
        then = f"wuse run {quote(str(config))}"
        talk.say(talk.words(f"重新定级：{then}", f"To grade again: {then}"))


@review_commands.command()
@told
def learn(config: ConfigFile, json: Json = False, quiet: Quiet = False) -> None:
    """Learn an order of hotspots from all answers; it is used only where it beats the unlearned one."""
    from pipeline.review.learn import learn as learn_order
    from pipeline.shown import shown_progress

    talk = make_talk(quiet=quiet, machine=json)
    with shown_progress(quiet) as progress:
        lesson = learn_order(load_config(config), progress=progress)
    if json:
        put_json(lesson.facts())
    else:
        typer.echo(lesson.sentence(talk.language.value))
