"""Who answers for which place, the three lists, campaigns, pledges and points; cases by block and state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the lists, and indexes by which a page of cases costs the same however many there are."""
    _make_responsibilities()
    _make_lists()
    _make_participation()
    for name in ("cases_by_block", "cases_by_party", "cases_by_deadline"):
        op.drop_index(name, "cases")
    op.create_index("cases_by_block", "cases", ["block_id", "state", "number"])
    op.create_index("cases_by_party", "cases", ["party", "state", "number"])
    op.create_index("cases_by_deadline", "cases", ["state", "deadline", "number"])


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def _floats(names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Float, nullable=False) for name in names.split()]


def _counts(names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names.split()]


def _kept() -> list[sa.Column[bool] | sa.Column[int]]:
    return [sa.Column("active", sa.Boolean, nullable=False), sa.Column("version", sa.Integer, nullable=False)]


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.Text, primary_key=True)


def _party(nullable: bool) -> sa.Column[str]:
    return sa.Column("party", sa.Text, sa.ForeignKey("parties.id"), nullable=nullable)


def _make_responsibilities() -> None:
    op.create_table(
        "responsibilities",
        _id(),
        _party(nullable=False),
        *_texts("duty label shape"),
        *_floats("left bottom right top"),
        *_kept(),
    )
    op.create_index("responsibilities_by_place", "responsibilities", ["left", "right"])


def _make_lists() -> None:
    op.create_table(
        "resources",
        _id(),
        _party(nullable=False),
        *_texts("name serves kit"),
        *_counts("people jobs"),
        *_floats("hours_week"),
        *_texts("note"),
        *_kept(),
    )
    op.create_table(
        "needs", _id(), *_texts("source block_id kind title due met_at note"), *_floats("effort_h weight"), *_kept()
    )
    op.create_index("needs_by_block", "needs", ["block_id", "id"])
    op.create_table(
        "projects",
        _id(),
        _party(nullable=True),
        *_texts("need resource title block_id prepare_by start_by finish_by check_by due item"),
        *_counts("quantity"),
        *_texts("result done_at note"),
        *_kept(),
    )
    op.create_index("projects_by_need", "projects", ["need"])
    op.create_index("projects_by_end", "projects", ["done_at", "item"])
    op.create_index("projects_by_resource", "projects", ["resource", "done_at"])


def _make_participation() -> None:
    op.create_table(
        "campaigns",
        _id(),
        *_texts("day title block_id"),
        *_counts("people truckloads"),
        *_texts("organiser held_at note"),
        *_kept(),
    )
    op.create_index("campaigns_by_day", "campaigns", ["day"])
    op.create_table(
        "pledges", _id(), *_texts("kind name place block_id signed checked_at kept checked_by note"), *_kept()
    )
    op.create_index("pledges_by_name", "pledges", ["name"])
    op.create_table(
        "points", _id(), *_texts("resident act ref day confirmed_by reverses"), *_counts("points"), *_kept()
    )
    op.create_index("points_by_resident", "points", ["resident", "day"])
    op.create_index("points_by_ref", "points", ["act", "ref", "resident"])
    op.create_index("points_by_day", "points", ["day"])
    op.create_index("points_by_reversal", "points", ["reverses"])
