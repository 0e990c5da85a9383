"""The database behind a register: SQLite in a file, or PostgreSQL by address; troubles told in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import NullPool

from pipeline.casework.schema import HEAD
from pipeline.casework.upgrade import upgrade, version_of
from pipeline.errors import RegisterError, WorkdirError

_WAIT_S = 120
_UPGRADING = 5_202_111
WRITES = {"wuse_writes": True}


def connect(address: str | Path) -> Engine:
    """An engine for an address or a file; nothing is opened yet.

    Raises
    ------
    RegisterError : PostgreSQL is asked for and its driver is not installed
    """
    where = str(address)
    if "://" not in where:
        engine = create_engine(f"sqlite:///{where}", poolclass=NullPool, connect_args={"timeout": _WAIT_S})
        event.listen(engine, "connect", _ready_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    scheme, _, rest = where.partition("://")
    try:
        return create_engine(f"{'postgresql+psycopg' if scheme == 'postgresql' else scheme}://{rest}", pool_size=1)
    except ImportError:
        raise RegisterError(
            "PostgreSQL's driver is not installed",
            "the extra postgres",
            "pip install 'wuse[postgres]'",
            zh="未安装 PostgreSQL 驱动；需要扩展 postgres；处理：pip install 'wuse[postgres]'",
        ) from None


def _ready_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "cache_size = -16000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once where something will be written: then waiting is sure to help."""
    writes = connection.get_execution_options().get("wuse_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextlib.contextmanager
def troubles(where: str) -> Iterator[None]:
    """Tell a database's trouble in one line.

    Raises
    ------
    WorkdirError : the disk is full, read-only or broken
    RegisterError : the database cannot be reached, is locked, or is none
    """
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as e:
        said = " ".join(str(e.orig).split())
        if any(words in said for words in ("is full", "No space left", "readonly", "disk I/O", "unable to open")):
            raise WorkdirError(
                f"the register {where} cannot be written: {said}",
                "a folder with free space that you may write",
                "nothing of this step was kept: free some space, then the same command again",
                zh=f"台账 {where} 无法写入（{said}）；应在有剩余空间、可写的目录；"
                "处理：这一步没有保存，腾出空间后再次运行同一命令",
            ) from e
        if any(words in said for words in ("locked", "not a database", "connect", "refused", "does not exist", "auth")):
            raise RegisterError(
                f"the register {where} cannot be opened: {said}",
                "a register that can be reached",
                "see [register] address",
                zh=f"台账 {where} 无法打开（{said}）；应为能连上的台账；处理：核对 [register] 的 address",
            ) from e
        raise


def bring_up(engine: Engine) -> None:
    """Make the tables, or bring them to the newest version; quick where they are up to date."""
    with engine.connect() as connection:
        if version_of(connection) == HEAD:
            return
    with engine.connect().execution_options(**WRITES) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADING})"))
        upgrade(connection)
