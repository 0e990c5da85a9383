"""``wuse compare``: two flights held against each other, and what a person says of the changes that it proposes."""

from __future__ import annotations

from collections.abc import Iterator
from json import loads as from_json
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.artifacts import flight_paths
from pipeline.cli_register import As, At, moment, need_name
from pipeline.core.comparison import ChangeReason, Condition, Transition
from pipeline.core.vocabulary import Grade, Indicator, Stage
from pipeline.errors import ArtifactError, ConfigError
from pipeline.options import ConfigFile, Force, Json, Quiet, Verbose, Workers, load_config, make_talk, with_engine
from pipeline.talk import Talk, pad, put_json, told, width

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.core.proposals import Proposal
    from pipeline.io.comparisons import Told

Blocks = Annotated[list[str] | None, typer.Option("--confirm", metavar="BLOCK", help="Make its change official.")]
Refused = Annotated[list[str] | None, typer.Option("--refuse", metavar="BLOCK", help="Say that it has not changed.")]


@told
def compare_command(
    config: ConfigFile,
    before: Annotated[str, typer.Argument(metavar="A", help="The earlier flight.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The later flight.")],
    confirm: Blocks = None,
    refuse: Refused = None,
    by: As = "",
    at: At = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why.")] = "",
    force: Force = False,
    workers: Workers = None,
    json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Say what truly changed from flight A to flight B, what may be noise, and what cannot be compared."""
    from pipeline.core.comparison import ProposalAct
    from pipeline.core.proposals import fold
    from pipeline.io.comparisons import read_comparison
    from pipeline.io.proposals import ledger_of, read_proposals, settle
    from pipeline.run import compare_flights
    from pipeline.shown import shown_progress

    if before == after:
        zh = f"航次 {before} 写了两次；应为两个航次；处理：wuse compare CONFIG A B"
        raise ConfigError(f"flight {before} is named twice", "two flights", "wuse compare CONFIG A B", zh=zh)
    talk = make_talk(quiet=quiet, verbose=verbose, machine=json)
    loaded = with_engine(load_config(config), workers, None)
    with shown_progress(talk.quiet) as progress:
        paths = compare_flights(loaded, before, after, force=force, progress=progress, tell=talk.decided)
    acts = dict.fromkeys(confirm or [], ProposalAct.CONFIRM) | dict.fromkeys(refuse or [], ProposalAct.REFUSE)
    if acts:
        who = need_name(by or loaded.casework.operator)
        settle(ledger_of(paths), (before, after), acts, (who, moment(at, loaded), note))
    found = read_comparison(paths.folder(Stage.COMPARE))
    if found is None:
        zh = f"缺少 {paths.folder(Stage.COMPARE)}；处理：wuse compare CONFIG A B --force"
        raise ArtifactError(f"{paths.folder(Stage.COMPARE)} is missing", "", "wuse compare CONFIG A B --force", zh=zh)
    ledgers = [ledger_of(flight_paths(Path(loaded.community.workdir), f.id)) for f in loaded.by_date]
    states = {key[2]: p for key, p in fold(read_proposals(ledgers)).items() if key[:2] == (before, after)}
    if json:
        put_json(_facts(found, states))
    else:
        typer.echo("\n".join(_lines(loaded.community.name, found, states, talk)))


def _facts(found: Told, states: Mapping[str, Proposal]) -> dict[str, Any]:
    """The comparison for machines: the pair as a whole, and every block with how its proposal stands."""
    table = found.blocks.drop(columns="geometry").astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    blocks = []
    for row in rows:
        held = states.get(row["block_id"])
        blocks.append(row | {"gates": from_json(row["gates"]), "state": held.state.value if held else None})
    return {**found.record, "blocks": blocks, "folder": str(found.files.folder)}


def _lines(name: str, found: Told, states: Mapping[str, Proposal], talk: Talk) -> Iterator[str]:
    """The comparison for people."""
    record = found.record
    days = (record[end]["acquired"][:10] for end in ("before", "after"))
    yield f"{name}  {record['before']['id']} → {record['after']['id']}  ({' → '.join(days)})"
    why = talk.words(record["why_zh"], record["why_en"])
    yield talk.words("可比", "comparable") if record["comparable"] else talk.words("不可比：", "not comparable: ") + why
    for check in record["checks"]:
        sign = "✓" if check["met"] else "✕" if Condition.of(check["condition"]).decides else "!"
        yield f"  {sign} {talk.words(check['zh'], check['en'])}"
    yield from _errors(record, talk)
    yield from _counts(record, talk)
    yield from _changes(found, states, talk)


def _errors(record: Mapping[str, Any], talk: Talk) -> Iterator[str]:
    if record["indicators"]:
        yield talk.words(
            "  中等区块的误差 σ，及 95 % 把握下自何差值起算变化：",
            "  Of a middling block, its error σ, and from which difference it counts as a change, at 95 %:",
        )
    for kind in Indicator:
        if spread := record["indicators"].get(kind.value):
            figures = f"σ {spread['sigma_flight']:.1f}, MDC95 {spread['mdc95']:.1f}"
            yield f"    {pad(talk.words(kind.zh, kind.en), 24)} {figures}"


def _counts(record: Mapping[str, Any], talk: Talk) -> Iterator[str]:
    aims = [f"{talk.words(aim.zh, aim.en)} {record['aims'][aim.value]}" for aim in Transition]
    closed = talk.words(f"可销号 {record['closed']}", f"ready to close {record['closed']}")
    worse = talk.words(f"退步 {record['worse']}", f"worse {record['worse']}")
    yield "  ".join([closed, *aims, worse])


def _changes(found: Told, states: Mapping[str, Proposal], talk: Talk) -> Iterator[str]:
    """A line for each block whose colours differ."""
    table = found.blocks[found.blocks["grade_before"] != found.blocks["grade_after"]]
    wide = max((width(str(b)) for b in table["block_id"]), default=0)
    for row in table.to_dict("records"):
        ends = [Grade(row[f"grade_{end}"]).facts for end in ("before", "after")]
        colours = " → ".join(talk.words(g.zh, g.en.lower()) for g in ends)
        clutter = " → ".join("-" if isnan(v) else f"{v:.1f}" for v in (row["clutter_before"], row["clutter_after"]))
        held = states.get(str(row["block_id"]))
        state = talk.words(held.state.zh, held.state.en) if held else "-"
        why = talk.words(row["reason_zh"], row["reason_en"])
        if row["reason"] == ChangeReason.NOT_COMPARABLE.value:
            why += talk.words("：", ": ") + talk.words(row["why_zh"], row["why_en"])
        yield f"{pad(str(row['block_id']), wide)}  {pad(colours, 16)} {pad(clutter, 13)} {pad(state, 9)} {why}"
