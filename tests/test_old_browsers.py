"""The pages' scripts and styles hold nothing that Chromium 80 cannot read: offices keep a browser for years.

What a list of words can find is found here; ``WUSE_CHROMIUM=…/chrome pytest -m browser`` runs the browser's tests in an
old program itself.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

VIEWER = Path(__file__).parents[1] / "pipeline" / "viewer"
SCRIPTS, STYLES = sorted(VIEWER.glob("*.js")), sorted(VIEWER.glob("*.css"))
# What came with a later Chromium than 80, by version.
SCRIPT_WORDS = {
    r"(\?\?|\|\||&&)=": 85,
    r"\.at\(-": 92,
    r"\.replaceAll\(": 85,
    r"\.replaceChildren\(": 86,
    r"\bstructuredClone\b": 98,
    r"\bObject\.(hasOwn|groupBy)\b": 93,
    r"\.(findLast|findLastIndex|toSorted|toReversed|toSpliced|with)\(": 97,
    r"\b(WeakRef|FinalizationRegistry|AggregateError)\b": 84,
    r"\bPromise\.(any|withResolvers|try)\b": 85,
    r"\b(De)?[Cc]ompressionStream\b": 103,
    r"\bthis\.#|^\s*#\w+\s*[=(;]|\bstatic\s*\{": 84,
    r"^\s*await\b|^(const|let) .*= await\b": 89,
    r"\d_\d": 75,
    r"\bcrypto\.randomUUID\b": 92,
    r"\bimport\s*\(|^\s*(import|export)\b": 0,
}
STYLE_WORDS = {
    r":(has|is|where|focus-visible|not\([^)]*,)\b": 88,
    r"(^|[;{\s])(inset|inset-\w+)\s*:": 87,
    r"(^|[;{\s])(gap|row-gap|column-gap)\s*:": 84,
    r"\baspect-ratio\s*:": 88,
    r"@(container|layer|property|scope|supports)\b": 85,
    r"\bcontent-visibility\b|\baccent-color\b|\bcolor-mix\(|\bsubgrid\b|\btext-wrap\b": 85,
    r"\d(dvh|svh|lvh|dvw|cqw|cqi)\b": 108,
    r"(^|[;{\s])(translate|rotate|scale)\s*:": 104,
    r"\boverflow\s*:[^;}]*\bclip\b": 90,
    r"(^|[;{\s])&": 112,
}


def found(text: str, words: dict[str, int]) -> list[str]:
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return [m.group(0) for word in words for m in re.finditer(word, bare, re.MULTILINE)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_scripts_are_read_by_an_old_chromium(path: Path) -> None:
    assert found(path.read_text(encoding="utf-8"), SCRIPT_WORDS) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda p: p.name)
def test_styles_are_read_by_an_old_chromium(path: Path) -> None:
    assert found(path.read_text(encoding="utf-8"), STYLE_WORDS) == []


@pytest.mark.parametrize(
    "text", ["a ??= b", "x.at(-1)", "const y = await z", "new DecompressionStream('deflate')", "s.replaceAll('a', 'b')"]
)
def test_later_scripts_are_noticed(text: str) -> None:
    assert found(text, SCRIPT_WORDS)


@pytest.mark.parametrize("text", ["a { gap: 3px }", "a:has(b) { }", "a { top: 0; inset: 0 }", "a { aspect-ratio: 1 }"])
def test_later_styles_are_noticed(text: str) -> None:
    assert found(text, STYLE_WORDS)
