"""Memory that does not depend on how threads happen to meet."""

from __future__ import annotations

import ctypes
import functools
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's <malloc.h>
_GIVEN_BACK_BYTES = 4 << 20


@functools.cache
def steady_memory() -> None:
    """Keep the C library from holding on to large freed arrays, where it is glibc; once for each process.

    By itself it raises the size from which an array is given back to the system up to 32 MB, and keeps what is
    smaller in a heap for each thread, so the peak of one and the same run varied by a quarter. A fixed size and one
    heap for all keep the planes of a strip at hand for the next strip and give back everything larger.
    """
    if sys.platform != "linux":
        return
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust is not None:
        adjust(_M_MMAP_THRESHOLD, _GIVEN_BACK_BYTES)
        adjust(_M_TRIM_THRESHOLD, 8 * _GIVEN_BACK_BYTES)
        adjust(_M_ARENA_MAX, 1)
