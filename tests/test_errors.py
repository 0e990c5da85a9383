"""What a person reads when something is wrong: the same line in Chinese and in English, wherever it was met."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import errors
from pipeline.cli import app
from pipeline.errors import ImageryError, Refused, WuseError

PACKAGE = Path(__file__).parents[1] / "pipeline"
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, WuseError)}


def chinese(text: str) -> bool:
    return any("\u3000" <= c <= "\u9fff" or c >= "\uff00" for c in text)


def lines_in_chinese() -> Iterator[tuple[str, ast.expr]]:
    """Where an error is made, and its line in Chinese where that is written right there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                said = next(k.value for k in node.keywords if k.arg == "zh")
                if isinstance(said, ast.Constant | ast.JoinedStr):
                    yield f"{path.name}:{node.lineno}", said


def test_every_error_is_told_in_chinese() -> None:
    found = dict(lines_in_chinese())
    assert len(found) > 100
    assert not [place for place, said in found.items() if not chinese(ast.unparse(said))]


def test_an_error_crosses_to_another_process_whole() -> None:
    error = ImageryError("a.tif has no CRS", "a projected CRS", "gdalwarp", zh="a.tif 没有坐标系；应为投影坐标系")
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), there.zh) == (ImageryError, str(error), error.zh)
    refusal = Refused("2021-000001", zh="只能延期一次", en="a deadline is extended once", why="extended_once")
    there = pickle.loads(pickle.dumps(refusal))
    assert (type(there), str(there), vars(there)) == (Refused, str(refusal), vars(refusal))


@pytest.mark.parametrize(
    ("locale", "options", "words"),
    [
        ("zh_CN.UTF-8", [], "不存在；应为配置文件；处理：用 wuse new BLOCKS ORTHOPHOTO 生成"),
        ("en_GB.UTF-8", [], "does not exist; expected a config file; to mend: wuse new BLOCKS ORTHOPHOTO writes one"),
        ("en_GB.UTF-8", ["--lang", "zh"], "不存在；应为配置文件；处理：用 wuse new BLOCKS ORTHOPHOTO 生成"),
        ("zh_CN.UTF-8", ["--lang", "en"], "does not exist; expected a config file;"),
    ],
)
def test_an_error_is_told_in_the_language_of_the_talk(
    tmp_path: Path, locale: str, options: list[str], words: str
) -> None:
    run = CliRunner(env={"LC_ALL": locale}).invoke(app, ["run", str(tmp_path / "c.toml"), *options])
    assert (run.exit_code, words in run.stderr, run.stderr.count("\n")) == (3, True, 1)
