"""Memory that does not depend on how threads happen to meet."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's <malloc.h>
_GIVEN_BACK_BYTES = 4 << 20


@functools.cache
def steady_memory() -> None:
    """Keep the C library from holding on to large freed arrays, where it is glibc; once for each process.

    By itself it raises the size from which an array is given back to the system up to 32 MB, and keeps what is
    smaller in a heap for each thread, so the peak of one and the same run varied by a quarter. A fixed size and one
    heap for all keep the planes of a strip at hand for the next strip and give back everything larger.
    """
    adjust = _from_glibc("mallopt")
    if adjust is not None:
        adjust(_M_MMAP_THRESHOLD, _GIVEN_BACK_BYTES)
        adjust(_M_TRIM_THRESHOLD, 8 * _GIVEN_BACK_BYTES)
        adjust(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give the system what was freed, where the C library is glibc.

    What lies below a piece still in use stays with the process otherwise, so that it grew with every new way in which
    windows happened to meet.
    """
    trim = _from_glibc("malloc_trim")
    if trim is not None:
        trim(0)


@functools.cache
def _from_glibc(name: str) -> Any:
    """A function of the C library; None where it is another."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
