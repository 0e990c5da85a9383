"""Compiled functions, kept on the disk of the user: what is beside a package's code would outlive the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numba
from platformdirs import user_cache_dir


def compiled(function: Callable[..., Any], *, error_model: Literal["python", "numpy"] = "python") -> Any:
    """Compile a function for plain numbers and arrays at its first use; it runs beside other threads.

    The machine code is kept in numba's own folder if one is set (NUMBA_CACHE_DIR), else in the user's cache.
    """
    settings: Any = numba.config
    given = settings.CACHE_DIR
    settings.CACHE_DIR = given or user_cache_dir("wuse")
    try:
        return numba.njit(nogil=True, cache=True, error_model=error_model)(function)
    finally:
        settings.CACHE_DIR = given
