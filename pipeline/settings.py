"""What a section of the configuration is, and the sections of the engine, of comparing and of the register."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.core.answers import Problem
from pipeline.core.comparability import PairLimits
from pipeline.core.wording import forbidden_word
from pipeline.core.worktime import Hours, Term
from pipeline.errors import Unsuitable

_SCHEDULER = re.compile(r"(tcp|tls|ws|wss)://[^/\s]+:\d+/?")


class Section(BaseModel):
    """A part of the configuration: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _scheduler(value: str) -> str:
    if value and not _SCHEDULER.fullmatch(value):
        raise Unsuitable(
            "应为 Dask 调度器的地址，如 tcp://host:8786",
            "must be the address of a Dask scheduler, as tcp://host:8786",
        )
    return value


class EngineSection(Section):
    """Who does the work."""

    workers: int = Field(default=0, ge=0, le=512, description="0: one for each core")
    scheduler: Annotated[str, AfterValidator(_scheduler)] = ""


class CompareSection(Section):
    """When two flights can be compared, and what is shown of it.

    The limits of blur and ground size are where clutter of one scene, measured twice, begins to differ by more than
    flights do by themselves.
    """

    min_overlap_pct: float = Field(default=80.0, ge=0, le=100)
    max_shadow_pct: float = Field(default=25.0, ge=0, le=100)
    max_clipped_pct: float = Field(default=2.0, ge=0, le=100)
    max_blur_m: float = Field(default=0.15, gt=0, le=10)
    max_gsd_ratio: float = Field(default=1.5, ge=1, le=100)
    max_shift_m: float = Field(default=0.5, gt=0, le=100)
    max_object_shift_m: float = Field(default=0.15, gt=0, le=100)
    season_days: int = Field(default=45, ge=0, le=183)
    chips: int = Field(default=60, ge=0, le=20_000)
    chip_m: float = Field(default=24.0, gt=0, le=500)

    @property
    def limits(self) -> PairLimits:
        """The limits as the core takes them."""
        return PairLimits(**self.model_dump(exclude={"chips", "chip_m"}))


TERMS: dict[Problem, str] = {
    Problem.RUBBISH: "1 working day",
    Problem.CLEANING: "5 working hours",
    Problem.RUBBLE: "3 working days",
    Problem.GREENERY: "5 working days",
    Problem.SHED: "15 working days",
    Problem.GOODS: "24 hours",
    Problem.OTHER: "5 working days",
}
"""How long a party has from the service of a notice, by the kind of problem, unless the office says otherwise."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise Unsuitable("应为时区，如 'Asia/Shanghai'", "must be a time zone like 'Asia/Shanghai'") from None
    return value


def _hours(value: list[str]) -> list[str]:
    Hours.of(value)
    return value


def _terms(given: dict[Problem, str]) -> dict[Problem, str]:
    for kind, text in given.items():
        try:
            Term.of(text)
        except Unsuitable as e:
            raise Unsuitable(f"{kind} {e.zh}，现为 '{text}'", f"{kind} {e}, found '{text}'") from None
    return {kind: given.get(kind, term) for kind, term in TERMS.items()}


def _no_password(value: str) -> str:
    scheme, found, rest = value.partition("://")
    if not found:
        return value
    if not scheme.startswith("postgresql"):
        raise Unsuitable("应为文件或 postgresql:// 地址", "must be a file or a postgresql:// address")
    if ":" in rest.rpartition("@")[0]:
        raise Unsuitable(
            "不能写密码：请放进 ~/.pgpass 或 PGPASSWORD", "must hold no password: put it into ~/.pgpass or PGPASSWORD"
        )
    return value


class PointsSection(Section):
    """What a confirmed act earns a resident, and how much one can earn in a day."""

    report: int = Field(default=5, ge=0, le=1000)
    campaign: int = Field(default=10, ge=0, le=1000)
    frontage: int = Field(default=3, ge=0, le=1000)
    daily_cap: int = Field(default=20, ge=1, le=10_000)


def _urging(value: str) -> str:
    if word := forbidden_word(value):
        raise Unsuitable(
            f"不能出现“{word}”：社区的通知书只是督促", f"must not say '{word}': a community's notice urges"
        )
    return value


Urging = Annotated[str, AfterValidator(_urging)]


class NoticeSection(Section):
    """The notice (督促整改通知书) as an office issues it."""

    template: str = Field(default="", description="an own Word template; default: the one that comes with Wuse")
    prefix: Urging = Field(default="督整", max_length=40, description="stands before year and number")
    issuer: Urging = Field(default="", max_length=200, description="who issues; default: the community")
    inspectors: list[str] = Field(
        default=[], max_length=2, description="who inspects unless --inspector says otherwise"
    )
    consequence: Urging = Field(default="", max_length=1000, description="what follows where nothing is mended")


class RegisterSection(Section):
    """The register of cases, blocks, parties, lists and points."""

    address: Annotated[str, AfterValidator(_no_password)] = Field(
        default="", description="postgresql://user@host/name, or a file; default: <workdir>/register.sqlite"
    )
    operator: str = Field(default="", max_length=200, description="who acts unless --as says otherwise")
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    hours: Annotated[list[str], AfterValidator(_hours)] = ["08:30-12:00", "14:00-17:30"]
    days_off: list[date] = []
    days_on: list[date] = []
    relapse_m: float = Field(default=3.0, gt=0, le=100)
    relapse_days: float = Field(default=90.0, gt=0, le=3650)
    watch_days: float = Field(default=90.0, gt=0, le=3650)
    frontage_m: float = Field(default=5.0, ge=0, le=100)
    responsibilities: str = Field(default="", description="a layer of points, lines and areas")
    terms: Annotated[dict[Problem, str], AfterValidator(_terms)] = Field(default_factory=lambda: dict(TERMS))
    points: PointsSection = PointsSection()
    notices: NoticeSection = NoticeSection()

    @model_validator(mode="after")
    def _days_differ(self) -> Self:
        both = set(self.days_off) & set(self.days_on)
        if both:
            raise Unsuitable(f"{min(both)} 既是休息日又是工作日", f"{min(both)} is both a day off and a day of work")
        return self
