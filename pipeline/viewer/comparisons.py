"""What the page knows of comparisons: how each block's change stands, pictures of the same ground, and trends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import geopandas as gpd
import pandas as pd

from pipeline.core.comparison import ChangeReason, Condition, ProposalState
from pipeline.core.proposals import Proposal, ProposalLine, fold
from pipeline.core.trend import trend
from pipeline.core.vocabulary import Grade, Indicator
from pipeline.io.comparisons import Told
from pipeline.viewer.page import data_uri

TRENDS = (Indicator.CLUTTER, Indicator.GREEN_PCT)
_GRADES = {g.value: i for i, g in enumerate(Grade)}
_REASONS = {r.value: i for i, r in enumerate(ChangeReason)}
_STATES = {s: i for i, s in enumerate(ProposalState)}
_APART = (ChangeReason.NOT_COMPARABLE.value, ChangeReason.UNGRADED.value)
_DAY_S = 86_400.0

States = Mapping[tuple[str, str, str], Proposal]


class Shown(Protocol):
    """A flight of the page: when it was, its grades, its comparisons with those before it, and its ledger's lines."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def acquired(self) -> datetime:
        """When it was flown."""

    @property
    def blocks(self) -> gpd.GeoDataFrame:
        """The grade stage's table."""

    @property
    def comparisons(self) -> Sequence[Told]:
        """Its comparisons, with the flight before it last."""

    @property
    def proposals(self) -> Sequence[ProposalLine]:
        """The lines of its ledger."""


def compared_tables(
    flights: Sequence[Shown], ids: Sequence[str], most: int, *, small: Callable[[bytes], bytes]
) -> dict[str, Any]:
    """Each comparison as ``compare-<after>-<before>``, its pictures as ``pairs-…``, and the ``trends``.

    The newest comparison has at most ``most`` pairs of pictures, made ``small``; the others have none.
    """
    states = fold(line for flight in flights for line in flight.proposals)
    places = {flight.id: i for i, flight in enumerate(flights)}
    told = [(i, t) for i, f in enumerate(flights) for t in f.comparisons if t.pair[0] in places]
    tables: dict[str, Any] = {}
    for i, found in told:
        name, newest = f"{i}-{places[found.pair[0]]}", found is told[-1][1] and i == len(flights) - 1
        tables[f"compare-{name}"] = comparison_table(found, states, ids)
        tables[f"pairs-{name}"] = {
            block: [data_uri(small((found.files.folder / picture).read_bytes())) for picture in pair]
            for block, pair in pictured(found, ids, most if newest else 0).items()
        }
    tables["trends"] = trend_table([(f.acquired.timestamp(), f.blocks) for f in flights], ids)
    return tables


def comparison_table(told: Told, states: States, ids: Sequence[str]) -> dict[str, Any]:
    """A comparison in the order of the page's blocks; ``step`` is 1 better, -1 worse, 0 no change, None not comparable.

    ``was`` and ``now`` are places in the vocabulary's grades, ``reason`` and ``state`` in its lists; -1 for none.
    """
    record = told.record
    frame = told.blocks.assign(block_id=told.blocks["block_id"].astype(str)).set_index("block_id").reindex(list(ids))
    rows = frame.to_dict("records")
    held = [states.get((*told.pair, block)) for block in ids]
    strings: dict[str, int] = {"": 0}
    return {
        "before": {"id": record["before"]["id"], "acquired": record["before"]["acquired"]},
        "comparable": bool(record["comparable"]),
        "why": [record["why_zh"], record["why_en"]],
        "checks": [_check(c) for c in record["checks"]],
        "errors": [[kind, e["sigma_flight"], e["mdc95"]] for kind, e in sorted(record["indicators"].items())],
        "rest_m": record["shift"]["rmse_m"],
        "closed": record["closed"],
        "was": [_GRADES.get(str(row["grade_before"]), -1) for row in rows],
        "now": [_GRADES.get(str(row["grade_after"]), -1) for row in rows],
        "step": [None if _apart(row) else int(row["direction"]) for row in rows],
        "reason": [_REASONS.get(str(row["reason"]), -1) for row in rows],
        "state": [-1 if p is None else _STATES[p.state] for p in held],
        "by": [strings.setdefault("" if p is None else p.by, len(strings)) for p in held],
        "apart_zh": [strings.setdefault(_words(row["why_zh"]), len(strings)) for row in rows],
        "apart_en": [strings.setdefault(_words(row["why_en"]), len(strings)) for row in rows],
        "off": [_rounded(row["rest_m"], 2) for row in rows],
        "clutter": [_rounded(row["clutter_change"], 1) for row in rows],
        "changed": [int(row["clutter_changed"] is True) for row in rows],
        "strings": list(strings),
    }


def _check(check: Mapping[str, Any]) -> list[Any]:
    decides = Condition.of(check["condition"]).decides
    return [0 if check["met"] else 2 if decides else 1, check["zh"], check["en"]]


def _apart(row: Mapping[Any, Any]) -> bool:
    return not isinstance(row["reason"], str) or row["reason"] in _APART


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _rounded(value: Any, digits: int) -> float | None:
    number = float(value)
    return round(number, digits) if math.isfinite(number) else None


def pictured(told: Told, ids: Sequence[str], most: int) -> dict[str, tuple[str, str]]:
    """Names of the pictures before and after, by the block's place on the page: proposals first, at most ``most``."""
    places = {block: i for i, block in enumerate(ids)}
    rows = told.blocks[told.blocks["chip_before"] != ""].to_dict("records")
    rows = sorted(rows, key=lambda row: (not row["proposed"], row["reason"] == ChangeReason.SAME.value))[:most]
    return {str(places[row["block_id"]]): (row["chip_before"], row["chip_after"]) for row in rows}


def trend_table(flights: Sequence[tuple[float, pd.DataFrame]], ids: Sequence[str]) -> dict[str, Any]:
    """For each indicator and block: change per year, its standard error, and 1, -1 or 0 for which way; None too few.

    ``flights`` are the time in seconds and the grade table of each flight, oldest first.
    """
    days = [seconds / _DAY_S for seconds, _ in flights]
    frames = [f.assign(block_id=f["block_id"].astype(str)).set_index("block_id").reindex(list(ids)) for _, f in flights]
    found: dict[str, Any] = {}
    for kind in TRENDS:
        columns = [(frame[kind.value].tolist(), frame[kind.error_column].tolist()) for frame in frames]
        lines = [trend(days, [c[0][b] for c in columns], [c[1][b] for c in columns]) for b in range(len(ids))]
        found[kind.value] = [None if t is None else [round(t.per_year, 2), round(t.se, 2), t.direction] for t in lines]
    return found
