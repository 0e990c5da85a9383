"""``export`` and ``import``: the register as a workbook for the office, its cases as a layer for the field."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_cases import case_commands
from pipeline.cli_lists import list_commands
from pipeline.cli_register import As, At, Desk, State, desk, need_name, put_counts, put_table, states_named
from pipeline.errors import CheckFailed, RegisterError
from pipeline.options import ConfigFile, Json, Quiet, make_talk
from pipeline.talk import Language, Talk, put_json, told

if TYPE_CHECKING:
    from pipeline.casework.office.changes import Problem
    from pipeline.casework.office.take import Taken

OnlyLook = Annotated[bool, typer.Option("--check", help="Say what would be changed; write nothing.")]
_MOST_TOLD = 100


def add_office_commands() -> None:
    """Add the commands that carry the register out to files and back in."""
    list_commands.command("export")(told(export_workbook))
    list_commands.command("import")(told(import_workbook))
    case_commands.command("export")(told(export_cases))
    case_commands.command("import")(told(import_field))


def export_workbook(
    config: ConfigFile,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The workbook to write, .xlsx.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the three lists, cases, blocks and points as one workbook (Excel, WPS)."""
    from pipeline.casework.office.export import export_workbook as export
    from pipeline.shown import shown_progress

    talk = make_talk(quiet=quiet)
    if out.suffix.lower() != ".xlsx":
        raise RegisterError(
            f"{out} is no name of a workbook",
            "a name that ends in .xlsx",
            zh=f"{out} 不是工作簿的文件名；应以 .xlsx 结尾",
        )
    with desk(config, must_exist=True) as place, shown_progress(quiet) as progress:
        chinese = talk.language is Language.ZH
        counts = export(place.register, out, chinese=chinese, blocks=_blocks(place), progress=progress)
    if json:
        put_json(counts)
        return
    from pipeline.core.sheets import SHEETS

    put_table(talk.words("表 条数", "sheet entries").split(), [(s.title(chinese), counts[s.name]) for s in SHEETS])
    then = f"wuse lists import {quote(str(config))} {quote(str(out))}"
    talk.say(
        talk.words(
            f"绿色表头的列可以改。改完：{then} --as 姓名",
            f"Columns with a green header may be changed. Then: {then} --as NAME",
        )
    )


def import_workbook(
    config: ConfigFile,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook that 'wuse lists export' wrote.")],
    only_look: OnlyLook = False,
    by: As = "",
    at: At = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take in what was changed in a workbook, by all guards; where one row is wrong, nothing is written."""
    from pipeline.casework.office.take import import_workbook as take
    from pipeline.shown import shown_progress

    talk = make_talk(quiet=quiet)
    with desk(config, by, at, must_exist=True) as place, shown_progress(quiet) as progress:
        found = take(
            place.register,
            file,
            (need_name(place.by), place.at),
            chinese=talk.language is Language.ZH,
            blocks=_blocks(place),
            only_look=only_look,
            progress=progress,
        )
    put_json(asdict(found)) if json else _put(found, talk, only_look=only_look)
    if found.problems:
        zh = f"{file}：{len(found.problems)} 处有误，没有写入；处理：改好这些单元格再导入"
        raise RegisterError(
            f"{file}: {_wrong(found)}; nothing was written", "", "mend these cells and import it again", zh=zh
        )


def export_cases(
    config: ConfigFile,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A .gpkg for the field, or a .json for other systems.")],
    state: State = "open",
    block: Annotated[str, typer.Option("--block", metavar="BLOCK")] = "",
    party: Annotated[str, typer.Option("--party", metavar="PARTY")] = "",
    media: Annotated[str, typer.Option("--media", metavar="URL", help="Where others can read the workdir.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write cases and blocks for QGIS and QField (.gpkg), or all cases for other systems (.json, Open311)."""
    talk = make_talk(quiet=quiet)
    kind = out.suffix.lower()
    if kind not in (".gpkg", ".json"):
        zh = f"没有写明 {out} 导出成什么；文件名应以 .gpkg 或 .json 结尾"
        raise RegisterError(f"what to write into {out} is not said", "a name that ends in .gpkg or .json", zh=zh)
    if kind == ".json" and (state, block, party) != ("open", "", ""):
        zh = "给其他系统的是全部案件；--state、--block、--party 只能用于 .gpkg"
        raise RegisterError("other systems get all cases", "--state, --block and --party with a .gpkg only", zh=zh)
    with desk(config, must_exist=True) as place:
        if kind == ".json":
            from pipeline.casework.open311 import write_requests

            count = write_requests(place.register, out, media=media, english=talk.language is Language.EN)
            put_json({"file": str(out), "requests": count}) if json else typer.echo(f"{out}  {count}")
        else:
            _export_field(config, place, out, (state, block, party), talk, json=json)


def _export_field(config: Path, place: Desk, out: Path, asked: tuple[str, str, str], talk: Talk, *, json: bool) -> None:
    from pipeline.casework.listing import Wanted
    from pipeline.casework.office.field import export_field
    from pipeline.casework.spots import community_blocks
    from pipeline.shown import shown_progress

    state, block, party = asked
    wanted, blocks = Wanted(states_named(state), block, party), community_blocks(place.config)
    chinese = talk.language is Language.ZH
    with shown_progress(talk.quiet) as progress:
        carried = export_field(
            place.register, out, wanted, blocks, workdir=place.workdir, chinese=chinese, progress=progress
        )
    put_counts(asdict(carried), talk, json=json)
    if not json:
        back = f"wuse cases import {quote(str(config))} {quote(str(out))}"
        talk.say(talk.words(f"带回后：{back} --as 姓名", f"When it is back: {back} --as NAME"))


def import_field(
    config: ConfigFile,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A GeoPackage that 'wuse cases export' wrote.")],
    by: As = "",
    at: At = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take in what was filled in outdoors, case by case and by all guards; what is refused stays in a report."""
    from pipeline.casework.office.fieldtake import import_field as take
    from pipeline.casework.spots import community_blocks
    from pipeline.shown import shown_progress

    talk = make_talk(quiet=quiet)
    with desk(config, by, at, must_exist=True) as place, shown_progress(quiet) as progress:
        blocks, acting = community_blocks(place.config), (need_name(place.by), place.at)
        found = take(place.register, file, acting, blocks, workdir=place.workdir, progress=progress)
    if json:
        put_json(asdict(found))
    else:
        put_counts({"changed": found.changed, "opened": found.opened, "known": found.known}, talk, json=False)
        heads = talk.words("编号 列 原因", "number column reason").split()
        if found.rejected:
            put_table(
                heads,
                [
                    (r.number or talk.words("新点", "new spot"), r.column, talk.words(r.zh, r.en))
                    for r in found.rejected[:_MOST_TOLD]
                ],
            )
    if found.rejected:
        zh = f"填写的内容有 {len(found.rejected)} 处不能导入；处理：见 {found.report}"
        raise CheckFailed(
            f"{len(found.rejected)} of what was filled in cannot be taken", "", f"see {found.report}", zh=zh
        )


def _blocks(place: Desk) -> tuple[str, ...]:
    from pipeline.casework.spots import community_blocks

    return community_blocks(place.config).ids


def _wrong(found: Taken) -> str:
    return f"{len(found.problems)} thing{'s are' if len(found.problems) > 1 else ' is'} wrong"


def _put(found: Taken, talk: Talk, *, only_look: bool) -> None:
    for sheet, column in found.passed_over:
        if column:
            talk.say(talk.words(f"{sheet}：没有导入“{column}”列", f"{sheet}: column '{column}' is not imported"))
        else:
            talk.say(talk.words(f"没有“{sheet}”表，保持原样", f"no sheet '{sheet}': left as it is"))
    if found.problems:
        _put_problems(found.problems, talk)
    elif found.changed or found.added:
        titles = dict.fromkeys([*found.changed, *found.added])
        rows = [(title, found.changed.get(title, 0), found.added.get(title, 0)) for title in titles]
        put_table(talk.words("表 改动 新增", "sheet changed added").split(), rows)
        if only_look:
            talk.say(talk.words("只是查看，没有写入。", "Only a look: nothing was written."))
    else:
        talk.say(talk.words("没有改动，没有写入。", "Nothing was changed; nothing was written."))


def _put_problems(problems: tuple[Problem, ...], talk: Talk) -> None:
    heads = talk.words("表 行 列 写的是 应为", "sheet row column found expected").split()
    rows = [(p.sheet, p.row, p.column, _short(p.found), talk.words(p.zh, p.en)) for p in problems[:_MOST_TOLD]]
    put_table(heads, rows)
    more = len(problems) - _MOST_TOLD
    if more > 0:
        talk.say(talk.words(f"还有 {more} 处", f"and {more} more"))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"
