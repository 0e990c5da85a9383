"""A scheduler and workers of Dask as processes of their own, that can be killed one by one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from distributed import Client

_ROOT = Path(__file__).parents[1]
_PATIENCE_S = 60.0


class Crew:
    """Processes of one cluster; all die when it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._announced()

    def _start(self, role: str, *options: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(_ROOT), str(_ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
        log = (self._folder / f"{role}.log").open("ab")
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *options]
        with log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._folder, env=os.environ | {"PYTHONPATH": path}
            )

    def _announced(self) -> str:
        ends = time.monotonic() + _PATIENCE_S
        while time.monotonic() < ends:
            found = re.search(r"Scheduler at:\s+(tcp://\S+)", (self._folder / "scheduler.log").read_text())
            if found:
                return found[1]
            time.sleep(0.1)
        raise TimeoutError((self._folder / "scheduler.log").read_text())

    def hire(self, count: int, threads: int = 1) -> None:
        """Start workers and wait until the scheduler knows them."""
        options = ("--no-nanny", "--nthreads", str(threads), "--no-dashboard", "--local-directory", str(self._folder))
        self.workers += [self._start("worker", self.address, *options) for _ in range(count)]
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=_PATIENCE_S)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process as a power cut would."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End what is left of it."""
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                self.kill(process)


@contextlib.contextmanager
def hired(folder: Path, workers: int, threads: int = 1) -> Iterator[Crew]:
    """A cluster of worker processes."""
    folder.mkdir(parents=True, exist_ok=True)
    crew = Crew(folder)
    try:
        if workers:
            crew.hire(workers, threads)
        yield crew
    finally:
        crew.close()


def slow_square(x: int) -> int:
    """Takes a moment, so that there is time to kill whoever computes it."""
    time.sleep(0.1)
    return x * x


def where(x: int) -> tuple[int, int]:
    """What it got, and which process it was."""
    time.sleep(0.05)
    return x, os.getpid()


def fails(x: int) -> int:
    """As a window whose imagery is gone, or with a fault of its own."""
    from pipeline.errors import ImageryError

    if x == 2:
        raise ImageryError("a.tif cannot be read", "the imagery", "restore it", zh="a.tif 无法读取")
    if x == 5:
        raise ZeroDivisionError("a fault")
    return x
