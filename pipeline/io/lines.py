"""Append-only ledgers: a JSON object a line, each checked against its model; nobody edits or deletes a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.artifacts import write_text
from pipeline.errors import ArtifactError

M = TypeVar("M", bound=BaseModel)


def read_lines(path: Path, model: type[M], writer: str) -> list[M]:
    """Every line of a ledger, in the order in which they were written; none where there is no file.

    ``writer`` is the command that writes it.

    Raises
    ------
    ArtifactError : the file is damaged; names the line
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as e:
        raise ArtifactError(
            f"{path} cannot be read ({e})",
            f"what {writer} wrote",
            "restore the file",
            zh=f"{path} 无法读取（{e}）；应为 {writer} 写出的内容；处理：恢复该文件",
        ) from None
    found = []
    for number, line in enumerate(lines, start=1):
        if line:
            try:
                found.append(model.model_validate_json(line))
            except ValidationError as e:
                why = e.errors()[0]["msg"]
                raise ArtifactError(
                    f"{path}, line {number} is damaged ({why})",
                    f"what {writer} wrote",
                    "restore the file",
                    zh=f"{path} 第 {number} 行已损坏（{why}）；应为 {writer} 写出的内容；处理：恢复该文件",
                ) from None
    return found


def add_lines(path: Path, lines: Sequence[BaseModel]) -> None:
    """Append lines to a ledger, all or none of them.

    Raises
    ------
    WorkdirError : the disk cannot be written
    """
    if lines:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        write_text(path, before + "".join(_text(line) for line in lines))


def _text(line: BaseModel) -> str:
    return json.dumps(line.model_dump(mode="json"), ensure_ascii=False, sort_keys=True) + "\n"
