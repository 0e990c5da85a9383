"""The register: a database of events that are never changed, written in whole steps by any number of people at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, select

from pipeline.artifacts import REGISTER_NAME, disk_troubles
from pipeline.casework import schema
from pipeline.casework.book import Book
from pipeline.casework.database import WRITES, bring_up, connect, troubles
from pipeline.config import Config
from pipeline.core.ledger import Moment
from pipeline.core.worktime import utc
from pipeline.errors import RegisterError
from pipeline.settings import RegisterSection


def _now() -> Moment:
    return utc(datetime.now(UTC))


class Register:
    """An opened register.

    ``reading()`` gives a connection that sees one moment of the register; ``writing()`` a ``Book``, in which events are
    put on record all together or not at all. ``settings`` holds terms, calendar and rules.
    """

    def __init__(
        self, engine: Engine, settings: RegisterSection, *, where: str, clock: Callable[[], Moment] = _now
    ) -> None:
        self.engine, self.settings, self.where, self.clock = engine, settings, where, clock

    @classmethod
    def open(
        cls,
        address: str | Path,
        settings: RegisterSection | None = None,
        *,
        must_exist: bool = False,
        clock: Callable[[], Moment] = _now,
    ) -> Self:
        """Open a register by its file or address; a new one is made, an older one is brought up.

        Raises
        ------
        RegisterError : it cannot be reached, is no register, is of a newer Wuse, or must exist and does not
        WorkdirError : the disk is full, read-only or closed to us
        """
        where = str(address)
        if "://" not in where:
            if must_exist and not Path(where).exists():
                raise RegisterError(
                    f"there is no register {where}",
                    "cases on record",
                    "wuse cases from-flight CONFIG --as NAME",
                    zh=f"没有台账 {where}；应为已有案件的台账；处理：wuse cases from-flight CONFIG --as NAME",
                )
            with disk_troubles(Path(where)):
                Path(where).parent.mkdir(parents=True, exist_ok=True)
        engine = connect(address)
        with troubles(where):
            bring_up(engine)
        return cls(engine, settings or RegisterSection(), where=where, clock=clock)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with; what others write meanwhile is not seen."""
        with troubles(self.where), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Book]:
        """A step: whatever is put on record in it is kept whole, or nothing of it is.

        Others who write wait for their turn, so what a step has read stays true until it ends.
        """
        with (
            troubles(self.where),
            self.engine.connect().execution_options(**WRITES) as connection,
            connection.begin(),
        ):
            row = connection.execute(select(schema.head).with_for_update()).one()
            book = Book(connection, self.settings, clock=self.clock, head=(row.seq, row.hash))
            yield book
            book.flush()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def register_head(config: Config) -> str:
    """What tells a register's content apart: the hash of its last event; nothing is written.

    Raises
    ------
    RegisterError : it cannot be reached or read
    """
    where = register_address(config)
    engine = connect(where)
    try:
        with troubles(where), engine.connect() as connection:
            return str(connection.execute(select(schema.head.c.hash)).scalar() or "")
    finally:
        engine.dispose()


def register_address(config: Config) -> str:
    """Where a community's register is: by the config, else a file in its working folder."""
    return config.casework.address or str(Path(config.community.workdir) / REGISTER_NAME)


def open_register(config: Config, *, must_exist: bool = False) -> Register:
    """Open a community's register."""
    return Register.open(register_address(config), config.casework, must_exist=must_exist)
