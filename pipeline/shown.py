"""How far a piece of work is, as people see it: a bar on a terminal, seldom lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pipeline.core.reasons import Text
from pipeline.engine import Progress, silent
from pipeline.talk import spoken

_LINE_EVERY_S, _LINE_AT_LEAST_EVERY_S, _LINE_SHARE = 5.0, 60.0, 0.10


class Lines:
    """Progress as plain lines, for logs: seldom, and never more often than every five seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._what, self._share, self._when = Text("", ""), 0.0, 0.0

    def __call__(self, done: int, total: int, what: Text) -> None:
        """Write a line when a tenth more is done, or a minute has gone by."""
        now, share = self._clock(), done / total if total else 1.0
        if what != self._what:
            self._what, self._share, self._when = what, share, now
            return
        waited = now - self._when
        if waited >= _LINE_EVERY_S and (share - self._share >= _LINE_SHARE or waited >= _LINE_AT_LEAST_EVERY_S):
            self._share, self._when = share, now
            far, pct = f"{done} / {total}", f"{100 * share:.0f} %"
            self._stream.write(spoken(f"{what.zh}：{far}（{pct}）", f"{what.en}: {far} ({pct})") + "\n")
            self._stream.flush()


@contextmanager
def shown_progress(quiet: bool) -> Iterator[Progress]:
    """Progress for people: a bar on a terminal, plain lines elsewhere, nothing when ``quiet``; always on stderr."""
    if quiet:
        yield silent
    elif not sys.stderr.isatty():
        yield Lines(sys.stderr)
    else:
        with _bar() as progress:
            yield progress


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def progress(done: int, total: int, what: Text) -> None:
            words = spoken(*what)
            if bar.tasks[0].description != words:
                bar.reset(task, description=words, total=total, visible=True)
            bar.update(task, completed=done, total=total, visible=done < total)

        yield progress
