"""The register's tables: events, which are never changed, and what follows from them.

``events`` is the truth. Every other table but ``head`` and ``counters`` is what its events amount to, kept so that
lists are quick; ``Register.verify`` replays the events and finds any row that says something else.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0003"
"""The newest migration; a register of another version is brought up when it is opened."""

metadata = MetaData()


class Stream(StrEnum):
    """What an event is about."""

    CASE = "case"
    BLOCK = "block"
    PERSON = "person"
    PARTY = "party"
    DUTY = "duty"
    RESOURCE = "resource"
    NEED = "need"
    PROJECT = "project"
    CAMPAIGN = "campaign"
    PLEDGE = "pledge"
    POINTS = "points"
    FLIGHT = "flight"


events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("recorded", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("stream", "subject", "ordinal", name="events_of_a_subject"),
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)

parties = Table(
    "parties",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("name", Text, primary_key=True),
    Column("party", Text, ForeignKey("parties.id")),
    Column("office", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)


def _texts(names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names.split()]


def _counts(names: str) -> list[Column[int]]:
    return [Column(name, Integer, nullable=False) for name in names.split()]


cases = Table(
    "cases",
    metadata,
    Column("number", Text, primary_key=True),
    *_texts("state kind severity block_id"),
    *(Column(name, Float, nullable=False) for name in ("x", "y", "lon", "lat")),
    *_texts("place problem source flight hotspot_id picture"),
    *_texts("opened_at opened_by"),
    Column("relapse_of", Text, ForeignKey("cases.number")),
    Column("party", Text, ForeignKey("parties.id")),
    *_texts("duty helpers tried notice clause todo"),
    *_texts("served_at deadline"),
    Column("extended", Boolean, nullable=False),
    *_texts("inspected_at inspected_by result"),
    Column("late_fail", Boolean, nullable=False),
    *_texts("photo gone_flight proposal proposal_flight proposal_chip"),
    *_texts("handed_at closed_at closed_by until state_before"),
    Column("last_at", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index("cases_by_block", "block_id", "state", "number"),
    Index("cases_by_state", "state", "number"),
    Index("cases_by_party", "party", "state", "number"),
    Index("cases_by_deadline", "state", "deadline", "number"),
    Index("cases_by_due", "deadline"),
    Index("cases_by_opening", "opened_at"),
    Index("cases_by_closing", "closed_at"),
    Index("cases_by_place", "x", "y"),
    Index("cases_by_spot", "flight", "hotspot_id"),
    Index("cases_by_notice", "notice"),
)

block_cases = Table(
    "block_cases",
    metadata,
    Column("block_id", Text, primary_key=True),
    *_counts("live closed severe"),
)

blocks = Table(
    "blocks",
    metadata,
    Column("block_id", Text, primary_key=True),
    *_texts("state grade_listed grade_now flight listed_at"),
    *_texts("plan plan_by due checked_at result"),
    *_texts("closed_at closed_by watch_until"),
    *_counts("closings relapses"),
    Column("last_at", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
