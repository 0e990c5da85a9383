"""A PostgreSQL server of the tests' own, in a temporary folder, reached by a socket; a skip where none is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    at_hand = shutil.which("pg_ctl")
    return Path(at_hand).parent if at_hand else None


@contextmanager
def server() -> Iterator[str]:
    """The address of a fresh server's empty database; a clean skip where there can be none."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="wuse-pg-"))
    try:
        if user:
            try:
                shutil.chown(folder, user)
            except LookupError:
                pytest.skip("PostgreSQL does not run as root, and there is no user postgres")

        def run(*words: str) -> None:
            subprocess.run(
                [str(programs / words[0]), *words[1:]], user=user, check=True, capture_output=True, timeout=120
            )

        data = str(folder / "data")
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
