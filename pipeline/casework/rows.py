"""Rows of tables and values of the core: one becomes the other and back without loss."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from pipeline.core.answers import Problem, Severity
from pipeline.core.blockflow import BlockFacts
from pipeline.core.casefacts import CaseFacts
from pipeline.core.ledger import BlockState, CaseState
from pipeline.errors import RegisterError

Row = dict[str, Any]
_LINKS = frozenset({"party", "relapse_of"})
_LISTS = frozenset({"helpers", "tried"})
NO_HASH = "0" * 64


def canonical(value: Any) -> str:
    """A JSON value as text: the same text for the same value.

    >>> canonical({"b": 1, "a": "红"})
    '{"a":"红","b":1}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def event_hash(row: Mapping[str, Any]) -> str:
    """The hash of an event: over all that it says, where it stands, and the hash of the event before it."""
    said = [row[name] for name in ("seq", "prev", "stream", "subject", "ordinal", "what", "actor", "at", "why")]
    return hashlib.sha256(canonical([*said, row["data"], row["recorded"]]).encode("utf-8", "surrogatepass")).hexdigest()


def row_of(facts: CaseFacts | BlockFacts) -> Row:
    """Facts as a row: names of enums, lists as JSON, an empty link as NULL."""
    return {f.name: _cell(f.name, getattr(facts, f.name)) for f in fields(facts)}


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if name in _LISTS:
        return canonical(list(value))
    return None if name in _LINKS and not value else value


def case_of(row: Mapping[str, Any]) -> CaseFacts:
    """A case from its row."""
    values = dict(row)
    values |= {name: tuple(json.loads(values[name])) for name in _LISTS}
    values |= {name: values[name] or "" for name in _LINKS}
    values["state"], values["kind"] = CaseState.of(values["state"]), Problem.of(values["kind"])
    values["severity"] = Severity.of(values["severity"])
    return CaseFacts(**values)


def block_of(row: Mapping[str, Any]) -> BlockFacts:
    """A block from its row."""
    return BlockFacts(**{**row, "state": BlockState.of(row["state"])})


def no_case(number: str) -> RegisterError:
    """That there is no case of this number."""
    zh = f"没有案件 {number}；编号应如 2021-000001；处理：wuse cases list CONFIG"
    return RegisterError(f"there is no case {number}", "a number like 2021-000001", "wuse cases list CONFIG", zh=zh)


def no_party(party: str) -> RegisterError:
    """That there is no party of this id."""
    zh = f"没有责任主体“{party}”；应为责任主体的编号；处理：wuse parties list CONFIG"
    return RegisterError(f"there is no party '{party}'", "the id of a party", "wuse parties list CONFIG", zh=zh)
