"""Flights, with how many blocks each showed in each colour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of flights."""
    counts = ["blocks", "red", "orange", "yellow", "blue", "green", "ungraded"]
    op.create_table(
        "flights",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("acquired", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counts),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
