"""One idea: map a function over windows, in order, with progress. Memory is bounded by what is in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Protocol, TypeVar

from pipeline.core.reasons import Text
from pipeline.errors import interrupted
from pipeline.memory import give_back, steady_memory
from pipeline.neighbours import runs

T = TypeVar("T")
R = TypeVar("R")
_UNNAMED = Text("", "")


class Progress(Protocol):
    """Told how far a piece of work is."""

    def __call__(self, done: int, total: int, what: Text) -> None:
        """``done`` of ``total`` steps of ``what``."""


def silent(done: int, total: int, what: Text) -> None:
    """Say nothing."""


def worker_count(asked: int) -> int:
    """How many threads to use: as asked; for 0 one for each core that this process may use.

    >>> worker_count(3)
    3
    """
    if asked:
        return asked
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Kept(Protocol[R]):
    """Results of earlier runs by their place in the order of items, and where new ones are kept."""

    def __contains__(self, place: int) -> bool:
        """Whether there is a result for this place."""

    def get(self, place: int) -> R:
        """The result for this place."""

    def put(self, place: int, result: R) -> None:
        """Keep a result."""


def map_windows(
    function: Callable[[T], R],
    items: Iterable[T],
    workers: int,
    progress: Progress = silent,
    *,
    what: Text = _UNNAMED,
    scheduler: str = "",
    kept: Kept[R] | None = None,
) -> Iterator[R]:
    """Results of ``function`` in the order of ``items``, made by ``workers`` threads (0: one for each core).

    A worker takes a few neighbours at a time, for windows side by side share tiles that are decoded once. At most two
    such runs for each worker are in flight, so memory does not grow with the number of items. The first error, in the
    order of the items, ends the work: what has not begun is dropped.

    Parameters
    ----------
    scheduler : address of a Dask scheduler whose workers do it instead; function, items and results must pickle
    kept : results that need not be made again; new ones are added as they come

    >>> list(map_windows(lambda x: x * x, [3, 1, 2], workers=2))
    [9, 1, 4]

    Raises
    ------
    Interrupted : the user stopped it
    EngineError : the cluster is not there, or went away
    """
    steady_memory()
    work = list(items)
    known = {place for place in range(len(work)) if kept is not None and place in kept}
    fresh = _spread(function, [item for place, item in enumerate(work) if place not in known], workers, scheduler)
    progress(0, len(work), what)
    try:
        for place in range(len(work)):
            if kept is not None and place in known:
                yield kept.get(place)
            else:
                result = next(fresh)
                if kept is not None:
                    kept.put(place, result)
                yield result
            progress(place + 1, len(work), what)
    except KeyboardInterrupt:
        raise interrupted() from None
    finally:
        fresh.close()


def _spread(function: Callable[[T], R], items: list[T], workers: int, scheduler: str) -> Generator[R, None, None]:
    if scheduler and items:
        from pipeline.cluster import map_cluster

        yield from map_cluster(function, items, scheduler)
        return
    count = min(worker_count(workers), max(1, len(items)))
    yield from _one_by_one(function, items) if count == 1 else _in_threads(function, items, count)


def _one_by_one(function: Callable[[T], R], items: list[T]) -> Iterator[R]:
    for item in items:
        yield function(item)


def _in_threads(function: Callable[[T], R], items: list[T], workers: int) -> Iterator[R]:
    waiting = runs(items, lambda: workers)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="window")
    ahead: deque[list[Future[R]]] = deque()
    try:
        ahead.extend(_promised(pool, function, run) for run in islice(waiting, 2 * workers))
        while ahead:
            for future in ahead[0]:
                yield future.result()
            ahead.popleft()
            ahead.extend(_promised(pool, function, run) for run in islice(waiting, 1))
    finally:
        for future in chain.from_iterable(ahead):
            future.cancel()
        pool.shutdown(wait=True, cancel_futures=True)


def _promised(pool: ThreadPoolExecutor, function: Callable[[T], R], run: Sequence[T]) -> list[Future[R]]:
    """Results to come, one for each item of a run that one thread does in order, up to its first error."""
    futures: list[Future[R]] = [Future() for _ in run]

    def keep_promises() -> None:
        for item, future in zip(run, futures, strict=True):
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(function(item))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
                future.set_exception(error)
                return
        give_back()

    pool.submit(keep_promises)
    return futures
