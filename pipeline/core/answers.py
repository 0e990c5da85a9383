"""What people say of a hotspot: the vocabulary's part for review and casework, and what it amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from pipeline.core.vocabulary import Named


class Answer(Named):
    """What a person says of a hotspot after a look at its pictures."""

    CONFIRMED = "confirmed", "确认", "confirmed"
    REJECTED = "rejected", "误报", "false alarm"
    UNCLEAR = "unclear", "看不清", "cannot tell"


class Severity(Named):
    """How bad a confirmed spot is; while a severe one is open, its block does not count as clean."""

    MINOR = "minor", "轻", "minor"
    MODERATE = "moderate", "中", "moderate"
    SEVERE = "severe", "重", "severe"


class Problem(Named):
    """What is wrong at a confirmed spot, as deadlines are set by it."""

    RUBBISH = "rubbish", "暴露垃圾", "exposed rubbish"
    CLEANING = "cleaning", "保洁不到位", "street not swept"
    RUBBLE = "rubble", "建筑垃圾", "building rubble"
    GREENERY = "greenery", "绿化失管", "untended greenery"
    SHED = "shed", "私搭乱建", "unlawful shed"
    GOODS = "goods", "店外堆物", "goods outside a shop"
    OTHER = "other", "其他", "other"


class Asked(Named):
    """Why a spot was put before a person; only the randomly drawn ones tell how many of all spots are real."""

    UNCERTAIN = "uncertain", "拿不准的", "uncertain"
    TOP = "top", "排在前面的", "top of the list"
    RANDOM = "random", "随机抽的", "drawn at random"


@dataclass(frozen=True)
class SpotTally:
    """A block's spots by what people said: all that are listed, and how many of them in which way.

    ``grave`` counts confirmed spots that are at least moderate, ``severe`` those that are severe.
    """

    listed: int = 0
    confirmed: int = 0
    grave: int = 0
    severe: int = 0
    rejected: int = 0

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Self:
        """From a row of the grade table."""
        return cls(**{f.name: int(row[f"spots_{f.name}"]) for f in fields(cls)})

    def columns(self) -> dict[str, int]:
        """As columns of the grade table.

        >>> SpotTally.of(SpotTally(3, 1, 1, 0, 2).columns())
        SpotTally(listed=3, confirmed=1, grave=1, severe=0, rejected=2)
        """
        return {f"spots_{name}": count for name, count in asdict(self).items()}

    @property
    def all_rejected(self) -> bool:
        """Whether people looked at every listed spot and found nothing.

        >>> SpotTally(2, rejected=2).all_rejected, SpotTally(2, rejected=1).all_rejected, SpotTally().all_rejected
        (True, False, False)
        """
        return 0 < self.listed == self.rejected
