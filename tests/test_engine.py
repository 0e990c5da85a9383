"""Results in order, memory bounded, the first error ends it, and progress that counts every item."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.reasons import Text
from pipeline.engine import map_windows, worker_count
from pipeline.errors import Interrupted
from pipeline.neighbours import RUN


@given(items=st.lists(st.integers(), max_size=40), workers=st.integers(1, 6))
def test_it_is_map(items: list[int], workers: int) -> None:
    assert list(map_windows(lambda x: x * 2, items, workers)) == [x * 2 for x in items]


def test_order_holds_when_later_items_are_quicker() -> None:
    def slow_first(x: int) -> int:
        time.sleep(0.03 if x == 0 else 0)
        return x

    assert list(map_windows(slow_first, range(20), 4)) == list(range(20))


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_than_two_runs_for_each_worker_are_begun_ahead(workers: int) -> None:
    begun: list[int] = []
    for taken, _ in enumerate(map_windows(begun.append, range(200), workers), start=1):
        assert len(begun) <= taken + 2 * workers * RUN


def test_a_thread_takes_neighbours() -> None:
    """Windows side by side share tiles, which a thread that reads both decodes once."""
    took: dict[int, int] = {}

    def where(item: int) -> None:
        time.sleep(0.002)
        took[item] = threading.get_ident()

    list(map_windows(where, range(80), 2))
    assert sum(took[i] == took[i + 1] for i in range(40)) >= 40 * (RUN - 1) // RUN


@pytest.mark.parametrize("workers", [1, 3])
def test_first_error_in_order_ends_the_work(workers: int) -> None:
    begun: set[int] = set()
    lock = threading.Lock()

    def fails_at_4(x: int) -> int:
        with lock:
            begun.add(x)
        if x >= 4:
            raise ValueError(str(x))
        return x

    results: list[int] = []
    with pytest.raises(ValueError, match=r"^4$"):
        results.extend(map_windows(fails_at_4, range(1000), workers))
    assert len(begun) < 20


def test_interrupt_is_told_and_the_pool_ends() -> None:
    def interrupt(x: int) -> int:
        if x == 2:
            raise KeyboardInterrupt
        return x

    with pytest.raises(Interrupted) as told:
        list(map_windows(interrupt, range(9), 2))
    assert told.value.exit_code == 5
    assert not [t for t in threading.enumerate() if t.name.startswith("window")]


def test_leaving_early_ends_the_pool() -> None:
    results = map_windows(lambda x: x, range(100), 3)
    assert isinstance(results, Iterator)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("window")]


def test_progress_counts_every_item() -> None:
    seen: list[tuple[int, int, Text]] = []
    list(map_windows(abs, [1, 2, 3], 2, lambda *p: seen.append(p), what=Text("评分", "score")))
    assert seen == [(n, 3, ("评分", "score")) for n in range(4)]


def test_zero_workers_means_one_for_each_core() -> None:
    assert worker_count(0) >= 1
