"""What is known of a case, and what a decision about it needs to know besides; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from pipeline.core.answers import Problem, Severity
from pipeline.core.ledger import CaseState, Moment, PartyKind

PASSED, FAILED = "passed", "failed"
GONE, STILL = "gone", "still"


@dataclass(frozen=True)
class CaseFacts:
    """All that is known of a case; it follows from its events alone. ``x, y`` in the blocks' metric CRS."""

    number: str
    state: CaseState
    kind: Problem
    severity: Severity
    block_id: str
    x: float
    y: float
    lon: float = 0.0
    lat: float = 0.0
    place: str = ""
    problem: str = ""
    source: str = ""
    flight: str = ""
    hotspot_id: str = ""
    picture: str = ""
    opened_at: Moment = ""
    opened_by: str = ""
    relapse_of: str = ""
    party: str = ""
    duty: str = ""
    helpers: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    notice: str = ""
    clause: str = ""
    todo: str = ""
    served_at: Moment = ""
    deadline: Moment = ""
    extended: bool = False
    inspected_at: Moment = ""
    inspected_by: str = ""
    result: str = ""
    late_fail: bool = False
    photo: str = ""
    gone_flight: str = ""
    proposal: str = ""
    proposal_flight: str = ""
    proposal_chip: str = ""
    handed_at: Moment = ""
    closed_at: Moment = ""
    closed_by: str = ""
    until: str = ""
    state_before: str = ""
    last_at: Moment = ""
    version: int = 0


@dataclass(frozen=True)
class Known:
    """What a decision needs to know beside the case itself.

    ``people`` are the listed people who take part, each with the id of their party, empty for none; ``parties`` the
    parties that are named, each with its kind; ``deadline`` what a term that starts now gives; ``zone`` that of the
    community's clocks; ``old`` the case that a new one is said to repeat.
    """

    people: Mapping[str, str] = field(default_factory=dict)
    parties: Mapping[str, PartyKind] = field(default_factory=dict)
    deadline: Moment = ""
    old: CaseFacts | None = None
    relapse_m: float = 3.0
    relapse_days: float = 90.0
    zone: tzinfo = UTC


def is_hash(value: Any) -> bool:
    """Whether a value is a SHA-256 in hexadecimal, as evidence is named.

    >>> is_hash("0" * 64), is_hash("photo.jpg"), is_hash(None)
    (True, False, False)
    """
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def days_between(earlier: Moment, later: Moment) -> float:
    """Days from one moment to another; negative where the order is the other way round.

    >>> days_between("2021-01-14T00:00:00Z", "2021-01-15T12:00:00Z")
    1.5
    """
    first, second = (datetime.fromisoformat(m) for m in (earlier, later))
    return (second - first).total_seconds() / 86_400
