"""Events that cannot be changed, cases, blocks, people and parties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE = """
CREATE TRIGGER events_keep_{verb} BEFORE {verb} ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END
"""
_POSTGRES = (
    """
CREATE FUNCTION events_keep() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events are never changed'; END $$
""",
    "CREATE TRIGGER events_keep BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_keep()",
    "CREATE TRIGGER events_keep_all BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION events_keep()",
)
_CASE_TEXTS = """state kind severity block_id | place problem source flight hotspot_id picture opened_at opened_by |
duty helpers tried notice clause todo served_at deadline | inspected_at inspected_by result |
photo gone_flight proposal proposal_flight proposal_chip handed_at closed_at closed_by until state_before last_at"""


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def upgrade() -> None:
    """Make the first tables."""
    _make_events()
    _make_parties()
    _make_cases()
    _make_blocks()


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        *_texts("stream subject"),
        sa.Column("ordinal", sa.Integer, nullable=False),
        *_texts("what actor at why data recorded prev hash"),
        sa.UniqueConstraint("stream", "subject", "ordinal", name="events_of_a_subject"),
    )
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        for statement in _POSTGRES:
            op.execute(statement)
    op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    op.execute(f"INSERT INTO head (id, seq, hash) VALUES (1, 0, '{'0' * 64}')")


def _make_parties() -> None:
    op.create_table(
        "parties",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("kind name name_en contact"),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("party", sa.Text, sa.ForeignKey("parties.id")),
        *_texts("office"),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _make_cases() -> None:
    one, two, three, four, five = _CASE_TEXTS.split("|")
    op.create_table(
        "cases",
        sa.Column("number", sa.Text, primary_key=True),
        *_texts(one),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("x", "y", "lon", "lat")),
        *_texts(two),
        sa.Column("relapse_of", sa.Text, sa.ForeignKey("cases.number")),
        sa.Column("party", sa.Text, sa.ForeignKey("parties.id")),
        *_texts(three),
        sa.Column("extended", sa.Boolean, nullable=False),
        *_texts(four),
        sa.Column("late_fail", sa.Boolean, nullable=False),
        *_texts(five),
        sa.Column("version", sa.Integer, nullable=False),
    )
    for name, columns in {
        "cases_by_block": ["block_id", "number"],
        "cases_by_state": ["state", "number"],
        "cases_by_party": ["party", "number"],
        "cases_by_deadline": ["state", "deadline"],
        "cases_by_due": ["deadline"],
        "cases_by_opening": ["opened_at"],
        "cases_by_closing": ["closed_at"],
        "cases_by_place": ["x", "y"],
        "cases_by_spot": ["flight", "hotspot_id"],
        "cases_by_notice": ["notice"],
    }.items():
        op.create_index(name, "cases", columns)


def _make_blocks() -> None:
    op.create_table(
        "block_cases",
        sa.Column("block_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("live", "closed", "severe")),
    )
    op.create_table(
        "blocks",
        sa.Column("block_id", sa.Text, primary_key=True),
        *_texts("state grade_listed grade_now flight listed_at plan plan_by due checked_at result"),
        *_texts("closed_at closed_by watch_until"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("closings", "relapses")),
        *_texts("last_at"),
        sa.Column("version", sa.Integer, nullable=False),
    )
