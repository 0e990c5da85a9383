"""One idea: a worker takes a few neighbouring windows at a time, for they share tiles that are then decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
RUN: Final = 4


def runs(items: Sequence[T], workers: Callable[[], int]) -> Iterator[Sequence[T]]:
    """Items in their order, cut into what a worker takes at a time: fewer towards the end, so that all end together.

    ``workers`` is asked before each run, for a cluster may grow or shrink meanwhile.

    >>> [len(run) for run in runs(range(20), lambda: 2)]
    [4, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1]
    """
    start = 0
    while start < len(items):
        size = min(RUN, max(1, (len(items) - start) // (2 * workers())))
        yield items[start : start + size]
        start += size
