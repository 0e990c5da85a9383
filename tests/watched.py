"""What each part of scoring costs: its CPU time, while a flight is measured by one worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from unittest import mock

from pipeline import score
from pipeline.core import clutter, measure
from pipeline.io.imagery import Imagery

PARTS: dict[str, tuple[ModuleType | type, str]] = {
    "read and average": (Imagery, "read"),
    "colours, green, shade": (measure, "colours"),
    "specks and lines": (measure, "speck_planes"),
    "directions": (clutter, "edge_planes"),
    "vehicles": (measure, "vehicles"),
    "roofs": (measure, "_roof"),
    "labels": (score, "label_core"),
    "sums": (score, "cell_sums"),
    "peaks": (score, "peaks"),
}


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Seconds of each of ``PARTS``, growing while the context lasts."""
    spent = dict.fromkeys(PARTS, 0.0)

    def watch(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            start = time.thread_time()
            try:
                return function(*args, **options)
            finally:
                spent[name] += time.thread_time() - start

        return run

    with ExitStack() as stack:
        for name, (owner, attribute) in PARTS.items():
            stack.enter_context(mock.patch.object(owner, attribute, watch(name, getattr(owner, attribute))))
        yield spent
