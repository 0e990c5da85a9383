"""Groups of commands by name: one is only imported and built when it is asked for, so that ``wuse`` answers at once."""

from __future__ import annotations

from importlib import import_module

import typer

GROUPS = {
    "review": ("pipeline.cli_review", "review_commands", "Let people confirm or reject hotspots, and learn from it."),
    "cases": ("pipeline.cli_cases", "case_commands", "Cases: from a spot to its closing (立案 … 销号)."),
    "blocks": ("pipeline.cli_blocks", "block_commands", "Blocks: from red or orange to closed (销号) and watched."),
    "notices": ("pipeline.cli_notices", "notice_commands", "Notices (督促整改通知书): made, served, answered."),
    "lists": ("pipeline.cli_lists", "list_commands", "Resources, needs and service projects (三张清单)."),
    "parties": ("pipeline.cli_parties", "party_commands", "Parties (八社联动) and what each answers for."),
    "people": ("pipeline.cli_parties", "people_commands", "People who act, each of a party or of none."),
    "campaigns": ("pipeline.cli_taking_part", "campaign_commands", "Campaigns (集中整治): planned, held, counted."),
    "pledges": ("pipeline.cli_taking_part", "pledge_commands", "Pledges (门前三包, 垃圾分类) and how they are kept."),
    "points": ("pipeline.cli_taking_part", "points_commands", "Residents' points (积分), for confirmed acts only."),
}
_ALL_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


def add_groups(app: typer.Typer) -> None:
    """Add every group to the command line, as a name and a line of help."""
    for name, (_, _, about) in GROUPS.items():
        app.command(name, help=about, add_help_option=False, context_settings=_ALL_ARGUMENTS)(_pass_on)


def group(name: str) -> typer.Typer:
    """The group's commands, imported now; its help is plain, as the whole command line's."""
    module, commands, _ = GROUPS[name]
    import_module("pipeline.cli_blocks")  # where acts of several groups are added
    found: typer.Typer = getattr(import_module(module), commands)
    found.rich_markup_mode = None
    found.pretty_exceptions_enable = False
    return found


def _pass_on(ctx: typer.Context) -> None:
    name = str(ctx.info_name)
    typer.main.get_group(group(name)).main(ctx.args, prog_name=ctx.command_path)
