"""What is wrong with a file that people name, and with a configuration: its keys, its values; in both languages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from pipeline.core.reasons import Text
from pipeline.errors import ConfigError, Unsuitable

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_PLACE = re.compile(r"line (\d+), column (\d+)")
_WIDE = frozenset("“”‘’：＝，【】")
_NUMBER = Text("应为数字", "must be a number")
_WHOLE = Text("应为整数", "must be a whole number")
_FLAG = Text("应为 true 或 false", "must be true or false")
_DAY = Text("应为日期，如 2021-03-01", "must be a day like 2021-03-01")
_MOMENT = Text("应为时间，如 2021-03-01T10:30:00", "must be a time like 2021-03-01T10:30:00")
_TABLE = Text("应为一节（表）", "must be a section (a table)")
_CHOICE = Text("应为 {expected}", "must be {expected}")
_SHOULD = {
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "dict_type": _TABLE,
    "enum": _CHOICE,
    "finite_number": Text("应为有限的数", "must be a finite number"),
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": Text("应大于 {gt}", "must be above {gt}"),
    "greater_than_equal": Text("应不小于 {ge}", "must be at least {ge}"),
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "less_than": Text("应小于 {lt}", "must be below {lt}"),
    "less_than_equal": Text("应不大于 {le}", "must be at most {le}"),
    "list_type": Text("应为列表 [ ]", "must be a list [ ]"),
    "literal_error": _CHOICE,
    "model_type": _TABLE,
    "multiple_of": Text("应为 {multiple_of} 的倍数", "must be a multiple of {multiple_of}"),
    "string_too_long": Text("最多 {max_length} 个字", "must have at most {max_length} characters"),
    "string_too_short": Text("至少 {min_length} 个字", "must have at least {min_length} characters"),
    "string_type": Text("应为文字，加引号", "must be text, in quotes"),
    "too_long": Text("最多 {max_length} 项", "must have at most {max_length} items"),
}
"""What a value must be, by the type of the error of the library that checks the models."""


def unread(error: OSError) -> Text:
    """Why a file was not read: it is not there, or what the system says."""
    if isinstance(error, FileNotFoundError):
        return Text("不存在", "does not exist")
    return Text(f"无法读取（{error.strerror}）", f"cannot be read ({error.strerror})")


def read_toml(path: Path, form: int) -> dict[str, Any]:
    """Everything in a TOML file whose key ``format`` is ``form``.

    Raises
    ------
    ConfigError : it is missing, is not TOML, or has another format
    """
    text = _text_of(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        mend = _mend_of(e, text)
        raise ConfigError(
            f"{path} is not TOML ({e})",
            "a TOML file",
            mend.en,
            zh=f"{path} 不是合法的 TOML：{_place_of(e)}；处理：{mend.zh}",
        ) from None
    if raw.get("format") != form:
        found, found_zh = (f"format = {raw['format']!r}",) * 2 if "format" in raw else ("no format", "没有 format")
        raise ConfigError(
            f"{path} has {found}",
            f"format = {form}",
            "set it in the first line",
            zh=f"{path}：{found_zh}；应为 format = {form}；处理：写在第一行",
        )
    return raw


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist",
            "a config file",
            "wuse new BLOCKS ORTHOPHOTO writes one",
            zh=f"{path} 不存在；应为配置文件；处理：用 wuse new BLOCKS ORTHOPHOTO 生成",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path} is not UTF-8 text",
            "a TOML file in UTF-8",
            "save it as UTF-8",
            zh=f"{path} 不是 UTF-8 文本；应为 UTF-8 编码的 TOML 文件；处理：另存为 UTF-8",
        ) from None
    except OSError as e:
        why = Text("是文件夹", "is a folder") if path.is_dir() else unread(e)
        raise ConfigError(
            f"{path} {why.en}",
            "a TOML file that you may read",
            "name the file",
            zh=f"{path} {why.zh}；应为可读的 TOML 文件",
        ) from None


def _place_of(error: tomllib.TOMLDecodeError) -> str:
    """Where a file is not TOML, in Chinese; what the library says where it names no place."""
    found = _PLACE.search(str(error))
    if found:
        return f"第 {found[1]} 行第 {found[2]} 列写法有误"
    return "文件末尾写法有误" if "end of document" in str(error) else str(error)


def _mend_of(error: tomllib.TOMLDecodeError, text: str) -> Text:
    """What mends the slips that people make: backslashes in paths, and quotes and signs of Chinese typing."""
    found = _PLACE.search(str(error))
    line = text.split("\n")[int(found[1]) - 1] if found else ""
    if "\\" in line:
        return Text("路径用 / 分隔，或放在单引号里", "write paths with /, or in single quotes")
    if _WIDE & set(line):
        return Text("引号、等号、逗号、冒号用英文半角", "type quotes and signs in their plain form")
    return Text("参见 configs/default.toml", "see configs/default.toml")


def first_problem(error: ValidationError, model: type[BaseModel]) -> Text:
    """The first thing that is wrong with the values given for a model: its key, what was found, and how many more.

    A key that is not known comes first: it may be the one that is missing, misspelt.
    """
    problems, count = error.errors(), error.error_count() - 1
    told = _told(next((p for p in problems if p["type"] == "extra_forbidden"), problems[0]), model)
    return Text(f"{told.zh}（另有 {count} 处）", f"{told.en} (and {count} more)") if count else told


def _told(problem: ErrorDetails, model: type[BaseModel]) -> Text:
    place = tuple(part for part in problem["loc"] if part != "[key]")
    key = _dotted(place)
    if problem["type"] == "extra_forbidden":
        near = _nearest(place, model)
        unknown = Text(f"没有这个键：{key.zh}", f"unknown key '{key.en}'")
        return Text(f"{unknown.zh}（是否应为 {near}？）", f"{unknown.en} (did you mean {near}?)") if near else unknown
    if problem["type"] == "missing":
        return Text(f"缺少键 {key.zh}", f"key '{key.en}' is missing")
    why, found = _why(problem), _found(problem["input"])
    return Text(f"{key.zh}：{why.zh}{found.zh}", f"{key.en}: {why.en}{found.en}") if key.en else why


def _why(problem: Mapping[str, Any]) -> Text:
    """What a value must be; as the library says it where that was not foreseen."""
    facts = problem.get("ctx", {})
    own = facts.get("error")
    if isinstance(own, Unsuitable):
        return Text(own.zh, own.en)
    if problem["type"] not in _SHOULD:
        return Text(problem["msg"], problem["msg"])
    should = _SHOULD[problem["type"]]
    return Text(should.zh.format(**facts).replace(", ", "、").replace(" or ", " 或 "), should.en.format(**facts))


def _found(value: object) -> Text:
    """What stands there, where it is short enough to be told at all."""
    if isinstance(value, dict):
        return Text("", "")
    text = str(value) if isinstance(value, date) else repr(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return Text(f"，现为 {text}", f", found {text}")


def _dotted(place: Sequence[str | int]) -> Text:
    """A key as TOML has it; what stands in a list is counted as people count.

    >>> _dotted(("grade", "clutter_max")).en, _dotted(("flights", 0, "acquired")).en
    ('grade.clutter_max', 'flights[1].acquired (counted from 1)')
    """
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    listed = any(isinstance(part, int) for part in place)
    return Text(f"{key}（从 1 数起）", f"{key} (counted from 1)") if listed else Text(key, key)


def _nearest(place: Sequence[str | int], model: type[BaseModel]) -> str:
    """The known key that an unknown one was probably meant to be; empty where none is near."""
    *above, last = (part for part in place if isinstance(part, str))
    for name in above:
        field = next(f for own, f in model.model_fields.items() if name in (own, f.alias))
        kinds = (field.annotation, *get_args(field.annotation))
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    near = get_close_matches(last, [field.alias or own for own, field in model.model_fields.items()], n=1, cutoff=0.7)
    return near[0] if near else ""
