"""The configuration: TOML in, one frozen, closed model out. Every key has its section; unknown keys are errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlparse

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipeline.core.case import UNKNOWN_RULES, Rubric, UnknownRule
from pipeline.core.vocabulary import Gate
from pipeline.errors import ConfigError, Unsuitable
from pipeline.problems import first_problem, read_toml
from pipeline.settings import CompareSection, EngineSection, RegisterSection, Section

FORMAT = 1
AnySection = TypeVar("AnySection", bound=Section)
_FLIGHT_ID = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]{0,63}")


def _flight_id(value: str) -> str:
    if not _FLIGHT_ID.fullmatch(value):
        raise Unsuitable(
            "只能用字母、数字、汉字、“.”“_”“-”，最多 64 个，因为它也是文件夹名",
            "must be letters, digits, '.', '_' or '-', at most 64, as it names a folder",
        )
    return value


def _address(value: str) -> str:
    scheme = urlparse(value).scheme if "://" in value else ""
    if scheme not in ("", "http", "https") or value.startswith("/vsi"):
        raise Unsuitable("应为文件或 http(s) 地址", "must be a file or an http(s) address")
    return value


Address = Annotated[str, AfterValidator(_address)]
Percent = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Metres = Annotated[float, Field(gt=0)]


class CommunitySection(Section):
    """The community: its name, its blocks, and where results go."""

    name: str = Field(min_length=1)
    name_en: str = ""
    blocks: Address
    block_id: str = Field(default="block_id", min_length=1, description="the column that names the blocks")
    workdir: str
    crs: str | None = None
    buildings: Address | None = None
    evidence: str | None = None


class FlightSection(Section):
    """One flight over the community."""

    id: Annotated[str, AfterValidator(_flight_id)]
    acquired: datetime
    orthophoto: Address | list[Address]
    dsm: Address | None = None
    nir_band: int | None = Field(default=None, ge=1)

    @property
    def sources(self) -> tuple[str, ...]:
        """The orthophoto's files or address, one or more."""
        return (self.orthophoto,) if isinstance(self.orthophoto, str) else tuple(self.orthophoto)

    @model_validator(mode="after")
    def _has_sources(self) -> Self:
        if not self.sources:
            raise Unsuitable("orthophoto 至少要有一个文件", "orthophoto must name at least one file")
        return self


class IngestSection(Section):
    """How imagery is taken in."""

    scale_low_percentile: Percent = 0.1
    scale_high_percentile: Percent = 99.9
    max_mosaic_gigapixels: float = Field(default=200.0, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.scale_low_percentile >= self.scale_high_percentile:
            raise Unsuitable(
                "scale_low_percentile 应小于 scale_high_percentile",
                "scale_low_percentile must be below scale_high_percentile",
            )
        return self


class TileSection(Section):
    """Which windows are read."""

    size_px: int = Field(default=2048, ge=256, le=8192, multiple_of=256)
    halo_m: Metres = 9.0


class ScoreSection(Section):
    """How a flight is measured."""

    hotspots_per_block: int = Field(default=8, ge=0, le=200)
    chips: int = Field(default=400, ge=0, le=20_000)
    chip_m: Metres = 12.0
    edge_m: float = Field(default=1.0, ge=0)
    min_ground_pct: Percent = 15.0
    min_ground_m2: float = Field(default=100.0, ge=0)
    min_valid_pct: Percent = 50.0
    max_shadow_pct: Percent = 60.0
    max_gsd_m: Metres = 0.3
    max_blur_m: Metres = 0.25


def _rules(given: dict[Gate, UnknownRule]) -> dict[Gate, UnknownRule]:
    for gate, rule in given.items():
        if gate is Gate.CLEAN:
            raise Unsuitable(
                "clean 没有规则：看不清的区块不定级", "clean has no rule: a block nobody could see stays ungraded"
            )
        if rule == "proxy" and UNKNOWN_RULES[gate] != "proxy":
            raise Unsuitable(
                f"{gate} 影像上看不出，只能用 pass 或 fail", f"{gate} has no image proxy; use pass or fail"
            )
    return {gate: given.get(gate, rule) for gate, rule in UNKNOWN_RULES.items()}


class GradeSection(Section):
    """The rubric: cuts, what an unknown gate does to the suggestion, and how much flights differ by themselves.

    ``clutter_max`` is where two raters of 76 real blocks (mess 5 of 10) and the score part equal shares: 7 (for mess
    4.5 it would be 5.5). ``clutter_p90_max`` would be 17 by the same rule; 19 keeps clean blocks of the sample clean.
    ``facilities_proxy_share`` of it is where they part equal shares of what the raters call orderly (5 of 10): 5.1.
    """

    rubric: str = Field(default="2026-1", min_length=1)
    clutter_max: Percent = 7.0
    clutter_p90_max: Percent = 19.0
    ground_green_min: Percent = 12.0
    bare_max: Percent = 25.0
    facilities_proxy_share: Share = 0.7
    beautified_proxy_green_min: Percent = 20.0
    culture_proxy_green_min: Percent = 35.0
    when_unknown: Annotated[dict[Gate, UnknownRule], AfterValidator(_rules)] = Field(
        default_factory=lambda: dict(UNKNOWN_RULES)
    )
    bootstrap: int = Field(default=400, ge=50, le=20_000)
    clutter_sigma_flight: float = Field(default=1.0, ge=0, le=50)
    green_sigma_flight: float = Field(default=1.0, ge=0, le=50)

    @property
    def ladder(self) -> Rubric:
        """The cuts and rules as the ladder takes them."""
        return Rubric(
            clutter_max=self.clutter_max,
            clutter_p90_max=self.clutter_p90_max,
            ground_green_min=self.ground_green_min,
            bare_max=self.bare_max,
            facilities_proxy_share=self.facilities_proxy_share,
            beautified_proxy_green_min=self.beautified_proxy_green_min,
            culture_proxy_green_min=self.culture_proxy_green_min,
            when_unknown=self.when_unknown,
        )


class RenderSection(Section):
    """The map and the report."""

    overview_px: int = Field(default=2048, ge=256, le=8192)
    overview_quality: int = Field(default=70, ge=10, le=100)
    chips_in_map: int = Field(default=172, ge=0, le=5000)
    pairs_in_map: int = Field(default=40, ge=0, le=5000)
    language: Literal["zh", "en"] = "zh"
    basemaps: list[Literal["osm", "tianditu", "amap"]] = Field(default_factory=list)
    tianditu_key: str = Field(default="", pattern="^[0-9A-Za-z]*$")

    @model_validator(mode="after")
    def _tianditu_has_a_key(self) -> Self:
        if "tianditu" in self.basemaps and not self.tianditu_key:
            raise Unsuitable("底图 tianditu 需要 tianditu_key", "the base map tianditu needs tianditu_key")
        return self


class Config(Section):
    """The whole configuration of one community."""

    format: Literal[1]
    community: CommunitySection
    flights: list[FlightSection] = Field(min_length=1)
    ingest: IngestSection = IngestSection()
    tile: TileSection = TileSection()
    score: ScoreSection = ScoreSection()
    grade: GradeSection = GradeSection()
    compare: CompareSection = CompareSection()
    render: RenderSection = RenderSection()
    engine: EngineSection = EngineSection()
    casework: RegisterSection = Field(default=RegisterSection(), alias="register")

    @model_validator(mode="after")
    def _flights_differ(self) -> Self:
        ids = [f.id for f in self.flights]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise Unsuitable(f"航次的 id 重复：{'、'.join(twice)}", f"flights share an id: {', '.join(twice)}")
        if len({f.acquired.tzinfo is None for f in self.flights}) > 1:
            raise Unsuitable(
                "acquired 的时区要么每个航次都写，要么都不写",
                "acquired must have a time zone in every flight or in none",
            )
        return self

    @property
    def by_date(self) -> tuple[FlightSection, ...]:
        """The flights, oldest first."""
        return tuple(sorted(self.flights, key=lambda f: (f.acquired, f.id)))

    def flight(self, flight_id: str) -> FlightSection:
        """The flight of an id.

        Raises
        ------
        ConfigError : there is no such flight
        """
        known = {f.id: f for f in self.by_date}
        if flight_id not in known:
            zh = f"没有航次“{flight_id}”；应为其中之一：{'、'.join(known)}"
            raise ConfigError(f"there is no flight '{flight_id}'", f"one of {', '.join(known)}", zh=zh)
        return known[flight_id]


def load_config(path: Path) -> Config:
    """Read and check a configuration; paths in it become absolute, relative to the file's folder.

    Raises
    ------
    ConfigError : the file is missing, is not TOML, or holds a key or value that cannot be; names the key
    """
    raw = read_toml(path, FORMAT)
    try:
        config = Config.model_validate(raw)
    except ValidationError as e:
        problem = first_problem(e, Config)
        raise ConfigError(
            f"{path}: {problem.en}",
            "",
            "configs/default.toml lists every key",
            zh=f"{path}：{problem.zh}；所有的键见 configs/default.toml",
        ) from None
    return _absolute(config, path.resolve().parent)


def _resolved(section: AnySection, resolve: Callable[[str], str], *names: str) -> AnySection:
    return section.model_copy(update={n: resolve(value) for n in names if (value := str(getattr(section, n)))})


def _absolute(config: Config, base: Path) -> Config:
    def resolve(address: str) -> str:
        return address if "://" in address else str((base / Path(address).expanduser()).resolve())

    def optional(address: str | None) -> str | None:
        return None if address is None else resolve(address)

    c = config.community
    community = c.model_copy(
        update={
            "blocks": resolve(c.blocks),
            "workdir": resolve(c.workdir),
            "buildings": optional(c.buildings),
            "evidence": optional(c.evidence),
        }
    )
    flights = [
        f.model_copy(
            update={
                "orthophoto": resolve(f.orthophoto)
                if isinstance(f.orthophoto, str)
                else [resolve(s) for s in f.orthophoto],
                "dsm": optional(f.dsm),
            }
        )
        for f in config.flights
    ]
    register = _resolved(config.casework, resolve, "address", "responsibilities")
    register = register.model_copy(update={"notices": _resolved(register.notices, resolve, "template")})
    return config.model_copy(update={"community": community, "flights": flights, "casework": register})
