"""The tables of the three lists and of taking part: plain records, each with its events as all others."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text

from pipeline.casework.schema import metadata


def _texts(names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names.split()]


def _floats(names: str) -> list[Column[float]]:
    return [Column(name, Float, nullable=False) for name in names.split()]


def _counts(names: str) -> list[Column[int]]:
    return [Column(name, Integer, nullable=False) for name in names.split()]


def _kept() -> list[Column[bool] | Column[int]]:
    return [Column("active", Boolean, nullable=False), Column("version", Integer, nullable=False)]


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _party(*, nullable: bool) -> Column[str]:
    return Column("party", Text, ForeignKey("parties.id"), nullable=nullable)


responsibilities = Table(
    "responsibilities",
    metadata,
    _id(),
    _party(nullable=False),
    *_texts("duty label shape"),
    *_floats("left bottom right top"),
    *_kept(),
    Index("responsibilities_by_place", "left", "right"),
)
"""Places and who answers for them; ``shape`` is WKT in the blocks' metric CRS, ``left … top`` its bounds."""

resources = Table(
    "resources",
    metadata,
    _id(),
    _party(nullable=False),
    *_texts("name serves kit"),
    *_counts("people jobs"),
    *_floats("hours_week"),
    *_texts("note"),
    *_kept(),
)
"""共治资源清单: what a party brings; ``serves`` are kinds of need, ``jobs`` how many needs it takes on at once."""

needs = Table(
    "needs",
    metadata,
    _id(),
    *_texts("source block_id kind title due met_at note"),
    *_floats("effort_h weight"),
    *_kept(),
    Index("needs_by_block", "block_id", "id"),
)
"""治理需求清单 beside the open cases: unmet gates of blocks, and what people put down."""

projects = Table(
    "projects",
    metadata,
    _id(),
    _party(nullable=True),
    *_texts("need resource title block_id prepare_by start_by finish_by check_by due item"),
    *_counts("quantity"),
    *_texts("result done_at note"),
    *_kept(),
    Index("projects_by_need", "need"),
    Index("projects_by_end", "done_at", "item"),
    Index("projects_by_resource", "resource", "done_at"),
)
"""服务项目清单: which resource meets which need, by when; ``quantity`` of ``item`` is what was made."""

campaigns = Table(
    "campaigns",
    metadata,
    _id(),
    *_texts("day title block_id"),
    *_counts("people truckloads"),
    *_texts("organiser held_at note"),
    *_kept(),
    Index("campaigns_by_day", "day"),
)
"""集中整治: planned for a day, then held with so many people and truckloads."""

pledges = Table(
    "pledges",
    metadata,
    _id(),
    *_texts("kind name place block_id signed checked_at kept checked_by note"),
    *_kept(),
    Index("pledges_by_name", "name"),
)
"""门前三包 and waste-sorting pledges, and how the last check found them."""

flights = Table(
    "flights",
    metadata,
    _id(),
    *_texts("acquired"),
    *_counts("blocks red orange yellow blue green ungraded"),
    *_kept(),
)
"""Flights that were carried into the register: how many blocks each showed in each colour."""

points = Table(
    "points",
    metadata,
    _id(),
    *_texts("resident act ref day confirmed_by reverses"),
    *_counts("points"),
    *_kept(),
    Index("points_by_resident", "resident", "day"),
    Index("points_by_ref", "act", "ref", "resident"),
    Index("points_by_day", "day"),
    Index("points_by_reversal", "reverses"),
)
"""积分: entries that are never changed; a reversal is an entry of its own."""
