"""Bringing a register to the newest version of its tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pipeline.casework.schema import HEAD
from pipeline.errors import RegisterError

_FOLDER = Path(__file__).parent / "migrations"


def version_of(connection: Connection) -> str:
    """The version of a register's tables; empty where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def upgrade(connection: Connection, target: str = HEAD) -> None:
    """Bring the tables up, inside the connection's transaction; does nothing where they are up to date.

    Raises
    ------
    RegisterError : the register was made by a newer Wuse, or the database is not a register
    """
    found = version_of(connection)
    if found == target:
        return
    if not found and (strangers := inspect(connection).get_table_names()):
        zh = f"数据库里有别的表（{strangers[0]}）；应为台账或空数据库"
        raise RegisterError(
            f"the database holds other tables ({strangers[0]})", "a register or an empty database", zh=zh
        )

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_FOLDER))
    if found and found not in {s.revision for s in scripts.walk_revisions()}:
        zh = f"台账的版本是 {found}；最高应为 {HEAD}；处理：安装新版 Wuse"
        raise RegisterError(f"the register is of version {found}", f"at most {HEAD}", "install the newer Wuse", zh=zh)
    steps = lambda revision, context: scripts._upgrade_revs(target, revision)  # noqa: E731
    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
