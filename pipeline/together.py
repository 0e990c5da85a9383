"""Many communities at once: each is run by a process of its own, so that one that fails cannot harm the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pipeline.errors import interrupted

_COMMAND = ("-P", "-c", "from pipeline.cli import main; main()", "run")
_LAST_WORD = "wuse: "


@dataclass(frozen=True)
class Ended:
    """How a community's run ended: its exit code, what it told (as ``wuse run --json`` does), or its error's line."""

    config: Path
    exit_code: int
    result: Mapping[str, object]
    error: str


class _Crew:
    """The processes that run, so that all of them can be ended."""

    def __init__(self) -> None:
        self._lock, self._running, self._stopped = threading.Lock(), set[subprocess.Popen[str]](), False

    @contextmanager
    def running(self, command: Sequence[str], out: TextIO) -> Iterator[subprocess.Popen[str] | None]:
        """A process in a group of its own, as an interrupt is passed on by :meth:`stop`; None once stopped."""
        with self._lock:
            process = None if self._stopped else _start(command, out)
            self._running.update([process] if process else [])
        if process is None:
            yield None
            return
        with process:
            yield process
        with self._lock:
            self._running.discard(process)

    def stop(self) -> None:
        """Ask all to save their work and end; nothing is started any more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()


def _start(command: Sequence[str], out: TextIO) -> subprocess.Popen[str]:
    places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONUTF8": "1"}
    return subprocess.Popen(
        command, stdout=out, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=env, process_group=0
    )


def run_together(
    configs: Sequence[Path], options: Sequence[str], *, at_once: int, tell: Callable[[Path, str], None]
) -> Iterator[Ended]:
    """Run communities, ``at_once`` at a time, each with ``wuse run CONFIG`` and ``options``; ends in their order.

    Parameters
    ----------
    tell : is told what a community's run says, line by line, while it runs

    Raises
    ------
    Interrupted : the user stopped it; every run was asked to save its work, and has ended
    """
    crew = _Crew()
    with ThreadPoolExecutor(max(1, at_once), thread_name_prefix="community") as pool:
        runs: list[Future[Ended]] = [pool.submit(_run, crew, config, options, tell) for config in configs]
        try:
            for run in runs:
                yield run.result()
        except (KeyboardInterrupt, GeneratorExit):
            crew.stop()
            raise interrupted() from None


def _run(crew: _Crew, config: Path, options: Sequence[str], tell: Callable[[Path, str], None]) -> Ended:
    command = [sys.executable, *_COMMAND, str(config), "--json", *options]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        with crew.running(command, out) as process:
            if process is None or process.stderr is None:
                return Ended(config, 5, {}, "")
            last = ""
            for line in process.stderr:
                last = line.rstrip("\n")
                if not last.startswith(_LAST_WORD):
                    tell(config, last)
        code = process.returncode
        out.seek(0)
        return Ended(config, code, json.loads(out.read()) if code == 0 else {}, _error(code, last))


def _error(code: int, last: str) -> str:
    if code == 0:
        return ""
    if last.startswith(_LAST_WORD):
        return last.removeprefix(_LAST_WORD)
    return last or (f"ended by signal {-code}" if code < 0 else f"ended with {code}")
