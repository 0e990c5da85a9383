"""Every name that Wuse uses, once, with all its facts: id, Chinese and English, order, colour, unit, direction.

The terms come from the account of Hongbei Community (虹北社区) and from city-management practice in China; the
palette keeps a CIEDE2000 distance of at least 13 between grades for each of the three colour-vision deficiencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Self


class Named(StrEnum):
    """A closed list of ids, each with a Chinese and an English name and a place in the order."""

    zh: str
    en: str
    order: int

    def __new__(cls, value: str, zh: str, en: str) -> Named:
        """Attach the names to the member; its order is that of its definition."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en = zh, en
        member.order = len(cls.__members__)
        return member

    @classmethod
    def of(cls, value: str) -> Self:
        """The member of an id.

        >>> Gate.of("clean").zh
        '洁化'

        Raises
        ------
        ValueError : there is no such id
        """
        for member in cls:
            if member.value == value:
                return member
        raise ValueError(f"'{value}' is none of {', '.join(m.value for m in cls)}")


class Stage(Named):
    """The steps of the line, in the order in which they run; comparing stands beside it, before the map is drawn."""

    INGEST = "ingest", "导入", "Ingest"
    TILE = "tile", "切分", "Tile"
    SCORE = "score", "评分", "Score"
    GRADE = "grade", "定级", "Grade"
    COMPARE = "compare", "比对", "Compare"
    RENDER = "render", "成图", "Render"


@dataclass(frozen=True)
class GradeFacts:
    """What a grade means and how it is drawn: names, meaning in the article's words, colour, pattern, number."""

    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    colour: str
    ink: str
    number: int
    pattern: str


class Grade(Enum):
    """The five colours from worst to best; ``UNGRADED`` stands outside the ladder."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    GREEN = "green"
    UNGRADED = "ungraded"

    @property
    def facts(self) -> GradeFacts:
        """Names, meaning and colours of this grade."""
        return _GRADE_FACTS[self]

    @property
    def rung(self) -> int:
        """0 (red) to 4 (green); -1 for ungraded.

        >>> Grade.RED.rung, Grade.GREEN.rung, Grade.UNGRADED.rung
        (0, 4, -1)
        """
        return self.facts.number - 1

    @staticmethod
    def ladder() -> tuple[Grade, ...]:
        """The five grades from worst to best, without ``UNGRADED``."""
        return tuple(g for g in Grade if g is not Grade.UNGRADED)

    @staticmethod
    def at(rung: int) -> Grade:
        """The grade of a rung 0 to 4.

        >>> Grade.at(1)
        <Grade.ORANGE: 'orange'>
        """
        return Grade.ladder()[rung]


_GRADE_FACTS = {
    Grade.RED: GradeFacts("红", "Red", "处于脏乱差阶段", "dirty, disorderly, poor", "#9e0b1b", "#ffffff", 1, "cross"),
    Grade.ORANGE: GradeFacts(
        "橙",
        "Orange",
        "基本达到洁化但配套设施不齐全",
        "basically clean, facilities incomplete",
        "#f58a1f",
        "#1c1206",
        2,
        "diagonal",
    ),
    Grade.YELLOW: GradeFacts(
        "黄",
        "Yellow",
        "达到洁化净化序化及配套设施齐全",
        "clean, pure and orderly, facilities complete",
        "#fff380",
        "#1c1a06",
        3,
        "dots",
    ),
    Grade.BLUE: GradeFacts("蓝", "Blue", "达到美化", "beautified", "#1d4fa8", "#ffffff", 4, "horizontal"),
    Grade.GREEN: GradeFacts(
        "绿",
        "Green",
        "美化与文化相融",
        "beautified, and joined with culture",
        "#3fb88f",
        "#06140f",
        5,
        "plain",
    ),
    Grade.UNGRADED: GradeFacts(
        "未定级",
        "Ungraded",
        "影像不足以判断",
        "the imagery does not allow a judgement",
        "#9aa0a6",
        "#111111",
        0,
        "hatch",
    ),
}


class Gate(Named):
    """What a block must pass to climb the ladder; one for each quality the article names."""

    CLEAN = "clean", "洁化", "Clean"
    PURE = "pure", "净化", "Pure"
    ORDERLY = "orderly", "序化", "Orderly"
    FACILITIES = "facilities", "设施齐全", "Facilities"
    BEAUTIFIED = "beautified", "美化", "Beautified"
    CULTURE = "culture", "文化", "Culture"


class Verdict(Named):
    """A gate's answer: three-valued, because the picture cannot answer everything."""

    PASS = "pass", "通过", "pass"
    FAIL = "fail", "未通过", "fail"
    UNKNOWN = "unknown", "未知", "unknown"


class Source(Named):
    """Who answered for a gate."""

    PERSON = "person", "现场检查", "inspection"
    RECORD = "record", "台账", "record"
    IMAGERY = "imagery", "影像", "imagery"
    NONE = "none", "无", "none"


class Unusable(Named):
    """Why the picture cannot say whether a block is clean."""

    NO_IMAGERY = "no_imagery", "没有影像", "no imagery"
    LITTLE_GROUND = "little_ground", "露出的地面太少", "too little open ground"
    DARK = "dark", "影像太暗", "too dark"
    BLURRED = "blurred", "影像太模糊", "too blurred"
    COARSE = "coarse", "影像太粗", "too coarse"


class Facility(Named):
    """The checklist of the facilities gate."""

    BINS = "bins", "垃圾桶或分类点", "bins or a sorting point"
    TOILET = "toilet", "公厕可及", "access to a toilet"
    PARKING = "parking", "停车", "parking"
    EBIKE_CHARGING = "ebike_charging", "电动车充电", "e-bike charging"
    LIGHTING = "lighting", "照明", "lighting"
    FITNESS = "fitness", "健身设施", "fitness equipment"


class SpotKind(Named):
    """What a hotspot looks like; ``UNTOLD`` where the picture does not say."""

    LITTER = "litter", "散落垃圾", "scattered litter"
    HEAP = "heap", "堆积物", "heap"
    DARK = "dark", "深色杂物", "dark mess"
    UNTOLD = "untold", "待确认", "to be confirmed"


class Level(Named):
    """How much a finding of ``wuse check`` matters; ``BAD`` would spoil the result."""

    GOOD = "good", "正常", "good"
    NOTE = "note", "提示", "note"
    WARNING = "warning", "注意", "warning"
    BAD = "bad", "错误", "bad"

    def words(self, language: str) -> str:
        """The level's name in a language, ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


class Direction(StrEnum):
    """Whether a higher value of an indicator is better or worse."""

    HIGHER_IS_BETTER = "better"
    HIGHER_IS_WORSE = "worse"
    NEUTRAL = "neutral"


class Indicator(Named):
    """A figure per block that is written to tables and shown on the map."""

    CLUTTER = "clutter", "杂物指数", "Clutter"
    CLUTTER_P90 = "clutter_p90", "最差一角杂物", "Clutter, worst corner"
    GREEN_PCT = "green_pct", "绿色覆盖", "Green cover"
    GROUND_GREEN_PCT = "ground_green_pct", "地面绿化", "Green on the ground"
    CANOPY_PCT = "canopy_pct", "树冠", "Tree canopy"
    BARE_PCT = "bare_pct", "裸土", "Bare soil"
    SHADOW_PCT = "shadow_pct", "阴影", "Shadow"
    ROOF_PCT = "roof_pct", "屋顶", "Roof"
    VALID_PCT = "valid_pct", "影像有效", "Imagery valid"

    @property
    def unit(self) -> str:
        """Unit of the figure: an index from 0 to 100, or per cent of the block's area."""
        return "0–100" if self in (Indicator.CLUTTER, Indicator.CLUTTER_P90) else "%"

    @property
    def error_column(self) -> str:
        """The column that holds the figure's standard error.

        >>> Indicator.GREEN_PCT.error_column, Indicator.CLUTTER_P90.error_column
        ('green_se', 'clutter_p90_se')
        """
        return f"{self.value.removesuffix('_pct')}_se"

    @property
    def direction(self) -> Direction:
        """Whether more of it is better, worse or neither."""
        if self in (Indicator.CLUTTER, Indicator.CLUTTER_P90, Indicator.BARE_PCT):
            return Direction.HIGHER_IS_WORSE
        if self in (Indicator.GREEN_PCT, Indicator.GROUND_GREEN_PCT, Indicator.CANOPY_PCT):
            return Direction.HIGHER_IS_BETTER
        return Direction.NEUTRAL
