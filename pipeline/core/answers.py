"""Names for what people say of a hotspot; the vocabulary's part for review and casework."""

from __future__ import annotations

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
