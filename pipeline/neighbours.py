"""One idea: a worker takes a few neighbouring windows at a time, for they share tiles that are then decoded once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
RUN: Final = 4


def run_length(left: int, workers: int) -> int:
    """How many of the ``left`` items the next worker takes: fewer towards the end, so that all end together.

    >>> run_length(100, 2), run_length(9, 2), run_length(1, 2)
    (4, 2, 1)
    """
    return min(RUN, max(1, left // (2 * workers)))


def runs(items: Sequence[T], workers: int) -> Iterator[Sequence[T]]:
    """Items in their order, cut into what a worker takes at a time.

    >>> [len(run) for run in runs(range(20), 2)]
    [4, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1]
    """
    start = 0
    while start < len(items):
        size = run_length(len(items) - start, workers)
        yield items[start : start + size]
        start += size
