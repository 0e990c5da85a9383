"""Fixtures for everyone: where the sample community lies, and, where it is at hand, real imagery with marks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pipeline.config import Config

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# Whether the tests pass hangs on the code alone, not on a draw or a busy machine. To search further, by hand:
# pytest --hypothesis-profile=default
settings.register_profile("wuse", derandomize=True, deadline=None)
settings.load_profile("wuse")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the sample community."""
    return ROOT / "sample_tiles"


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Config:
    """The sample's configuration with a working folder of the tests' own, both flights run once for all of them."""
    from pipeline.config import load_config
    from pipeline.run import run_community

    loaded = load_config(sample.parent / "configs" / "hongbei.toml")
    workdir = str(tmp_path_factory.mktemp("hongbei"))
    config = loaded.model_copy(update={"community": loaded.community.model_copy(update={"workdir": workdir})})
    run_community(config)
    return config


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real imagery, marks and evaluation scripts; a clean skip where it is not at hand."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real imagery is not on this machine")
    return SHARED


@pytest.fixture
def little_room(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kilobytes; a test that cannot have one is skipped."""
    room = tmp_path / "room"
    room.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(room)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a small file system")
    yield room
    subprocess.run(["umount", str(room)], check=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="write the golden run anew instead of comparing")
