"""Fixtures for everyone: where the sample community lies, and, where it is at hand, real imagery with marks."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the sample community."""
    return ROOT / "sample_tiles"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real imagery, marks and evaluation scripts; a clean skip where it is not at hand."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real imagery is not on this machine")
    return SHARED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="write the golden run anew instead of comparing")
