"""How long a newcomer waits: `wuse --help` against its own libraries, and the first `wuse demo` against the second.

    python tests/benchmarks/firstrun.py [--repeats 5]

CPU time of processes of their own, medians. The first demo finds no compiled loop, the second those of the first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HELP_MAX, DEMO_MAX = 2.0, 1.5
_WUSE = (sys.executable, "-m", "pipeline")


def cpu_s(*command: str, **environment: str) -> float:
    """CPU time of a command that must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    libraries, helped = [], []
    for _ in range(args.repeats + 1):  # the first fills the disk cache
        libraries.append(cpu_s(sys.executable, "-c", "import typer, rich"))
        helped.append(cpu_s(*_WUSE, "--help"))
    ratio = median(helped[1:]) / median(libraries[1:])
    print(f"wuse --help {median(helped[1:]):.2f} s, import typer, rich {median(libraries[1:]):.2f} s: {ratio:.2f} x")
    with tempfile.TemporaryDirectory() as folder:
        kept = str(Path(folder) / "compiled")
        first, second = (
            cpu_s(*_WUSE, "demo", "--quiet", "--out", str(Path(folder) / name), NUMBA_CACHE_DIR=kept) for name in "12"
        )
    print(f"wuse demo first {first:.0f} s, second {second:.0f} s: {first / second:.2f} x")
    raise SystemExit(ratio > HELP_MAX or first > DEMO_MAX * second)


if __name__ == "__main__":
    main()
