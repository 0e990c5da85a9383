"""What someone typed into a cell of a workbook, as the register keeps it, or why it cannot be that; pure."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.core.cells import Around, Cell, Column, Kind, Odd, Unfit, escaped, plain, shown, text_of, unescaped

_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(61, 110_000)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+00:00(?::00)?)?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_SEVERAL = re.compile(r"[、,，;；\n]+")
_MOST = 2**31 - 1


def same(column: Column, cell: Cell | Odd, raw: Any, around: Around) -> bool:
    """Whether a cell still says what the register holds, however it is spelt."""
    if isinstance(cell, Odd):
        return False
    told = text_of(cell)
    there = text_of(shown(column, raw, around))
    if told == there or told == unescaped(escaped(there)).strip():
        return True
    try:
        return bool(meant(column, cell, around) == raw)
    except Unfit:
        return False


def meant(column: Column, cell: Cell | Odd, around: Around) -> Any:
    """The value of the register that a cell stands for.

    Raises
    ------
    Unfit : it stands for none; says what is expected
    """
    if isinstance(cell, Odd):
        raise Unfit("值，不要公式或错误值", "a value, not a formula or an error")
    text = text_of(cell)
    if not text:
        empty = _EMPTY.get(column.kind, "")
        if column.needed or (column.least is not None and empty < column.least):
            raise Unfit("不能为空", "something; it cannot be empty")
        return empty
    value = _MEAN.get(column.kind, _mean_text)(column, cell, around)
    if column.least is not None and value < column.least:
        raise Unfit(f"至少 {column.least:g}", f"at least {column.least:g}")
    return value


_EMPTY: Mapping[Kind, Any] = {Kind.WHOLE: 0, Kind.NUMBER: 0.0, Kind.PARTY: None, Kind.PARTIES: "[]"}


def _mean_text(column: Column, cell: Cell, around: Around) -> str:
    return text_of(cell)


def _mean_number(column: Column, cell: Cell, around: Around) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    text = unicodedata.normalize("NFKC", text_of(cell)).replace(",", "").replace(" ", "")
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise Unfit("数字", "a number")
    return float(text)


def _mean_whole(column: Column, cell: Cell, around: Around) -> int:
    number = _mean_number(column, cell, around)
    if not number.is_integer() or abs(number) > _MOST:
        raise Unfit("整数", "a whole number")
    return int(number)


def _mean_day(column: Column, cell: Cell, around: Around) -> str:
    text = unicodedata.normalize("NFKC", text_of(cell))
    found = _DAY.fullmatch(text)
    try:
        if found:
            return date(*(int(part) for part in found.groups())).isoformat()
        if text.isdecimal() and len(text) == 8:
            return datetime.strptime(text, "%Y%m%d").date().isoformat()
        if text.isdecimal() and int(text) in _SERIALS:
            return (_SERIAL_ZERO + timedelta(days=int(text))).isoformat()
    except ValueError:
        pass
    raise Unfit("日期，如 2021-03-01", "a day like 2021-03-01")


def _mean_choice(column: Column, cell: Cell, around: Around) -> str:
    return _one_of(column, text_of(cell), around)


def _one_of(column: Column, text: str, around: Around) -> str:
    word = plain(text)
    for named in column.choices:
        if word in (plain(named.value), plain(named.zh), plain(named.en)):
            return named.value
    raise Unfit("、".join(n.zh for n in column.choices), ", ".join(n.en for n in column.choices))


def _mean_choices(column: Column, cell: Cell, around: Around) -> str:
    parts = [part for part in _SEVERAL.split(text_of(cell)) if part.strip()]
    return " ".join(sorted({_one_of(column, part, around) for part in parts}))


def _mean_party(column: Column, cell: Cell, around: Around) -> str:
    return _one_party(text_of(cell), around)


def _one_party(text: str, around: Around) -> str:
    text = text.strip()
    if text in around.parties:
        return text
    led = [party for party in around.parties if text.startswith(f"{party} ")]
    called = [party for party, name in around.parties.items() if plain(name) == plain(text)]
    if led:
        return max(led, key=len)
    if len(called) == 1:
        return called[0]
    raise Unfit("名录里的责任主体", "a party on record: its id or its name")


def _mean_parties(column: Column, cell: Cell, around: Around) -> str:
    parts = [part for part in _SEVERAL.split(text_of(cell)) if part.strip()]
    return json.dumps([_one_party(part, around) for part in parts], ensure_ascii=False, separators=(",", ":"))


def _mean_block(column: Column, cell: Cell, around: Around) -> str:
    text = text_of(cell)
    if around.blocks and text not in around.blocks:
        some = around.blocks[:3]
        raise Unfit(f"区块编号（{'、'.join(some)} …）", f"the id of a block ({', '.join(some)} …)")
    return text


_MEAN: Mapping[Kind, Callable[[Column, Cell, Around], Any]] = {
    Kind.WHOLE: _mean_whole,
    Kind.NUMBER: _mean_number,
    Kind.DAY: _mean_day,
    Kind.CHOICE: _mean_choice,
    Kind.CHOICES: _mean_choices,
    Kind.PARTY: _mean_party,
    Kind.PARTIES: _mean_parties,
    Kind.BLOCK: _mean_block,
}
