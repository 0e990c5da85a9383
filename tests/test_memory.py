"""Memory that windows freed goes back to the system, also from below what is still in use."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
from pathlib import Path
from pipeline.engine import map_windows

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def window(place):
    planes = [b"x" * (1 << 20) for _ in range(120)]
    pinned.append(b"x" * (1 << 16))  # lies above all of them
    return len(planes)

pinned = []
list(map_windows(float, range(4), workers=2))
before = resident_mib()
assert sum(map_windows(window, range(16), workers=2)) == 16 * 120
print(resident_mib() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc says what it gives back")
def test_what_windows_freed_is_given_back_though_something_above_it_stays() -> None:
    run = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120, check=True)
    assert float(run.stdout) < 30
