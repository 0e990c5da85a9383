"""Several at once, and sudden ends: nothing is lost, nothing is half, no number is given twice; on both databases."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgres import server
from registers import NOW, act, add_people, spot, walk
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DatabaseError

from pipeline.casework import schema
from pipeline.casework.batch import CHUNK, in_chunks
from pipeline.casework.cases import act_on_case, open_case, serve_case
from pipeline.casework.database import WRITES, connect
from pipeline.casework.flights import Spot, open_from_flight
from pipeline.casework.listing import everything
from pipeline.casework.register import Register
from pipeline.casework.summary import page_summary
from pipeline.casework.upgrade import upgrade, version_of
from pipeline.casework.verify import verify
from pipeline.core.ledger import CaseAct, Entry
from pipeline.errors import RegisterError, WorkdirError

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    """An empty register with people, in a file and on a server."""
    address = str(tmp_path / "register.sqlite")
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres")
        engine = connect(address)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    with Register.open(address, clock=lambda: NOW) as found:
        add_people(found)
        yield found
        with found.reading() as connection:
            assert verify(connection).problems == ()


OPEN_MANY = """
import sys
sys.path.insert(0, {here!r})
from registers import NOW, act, spot
from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.register import Register
from pipeline.core.ledger import CaseAct
with Register.open(sys.argv[1], clock=lambda: NOW) as register:
    for i in range(40):
        with register.writing() as book:
            facts = open_case(book, act(CaseAct.OPEN, **spot(block_id="B" + sys.argv[2])))
            act_on_case(book, facts.number, act(CaseAct.ASSIGN, party="wuye"))
"""
SERVE_MANY = """
import os, signal, sys
sys.path.insert(0, {here!r})
from registers import NOW, act
from pipeline.casework import batch
from pipeline.casework.cases import serve_case
from pipeline.casework.listing import everything
from pipeline.casework.register import Register
from pipeline.core.ledger import CaseAct
batch.CHUNK = 50
with Register.open(sys.argv[1], clock=lambda: NOW) as register:
    with register.reading() as connection:
        numbers = [c.number for c in everything(connection)]
    served = []
    def serve(book, number):
        serve_case(book, number, act(CaseAct.SERVE, way="x"), {{}})
        served.append(number)
        if len(served) == int(sys.argv[2]):
            book.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    batch.in_chunks(register, numbers, serve, done=lambda c: bool(c.notice))
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", code.format(here=str(HERE)), *arguments]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)


def test_two_processes_write_at_once(register: Register) -> None:
    both = [started(OPEN_MANY, register.where, name) for name in "12"]
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode == 0
    with register.reading() as connection:
        found = list(everything(connection))
        tallies = {r.block_id: r.live for r in connection.execute(select(schema.block_cases))}
    assert [c.number for c in found] == [f"2021-{i:06d}" for i in range(1, 81)]
    assert {c.state.value for c in found} == {"assigned"}, "no half case"
    assert tallies == {"B1": 40, "B2": 40}


def test_two_processes_make_the_same_new_register(tmp_path: Path) -> None:
    code = "import sys; from pipeline.casework.register import Register; Register.open(sys.argv[1]).close()"
    both = [started(code.replace("{", "{{"), str(tmp_path / "new.sqlite")) for _ in range(2)]
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode == 0


def test_a_batch_that_was_killed_resumes_without_double_numbers(register: Register) -> None:
    with register.writing() as book:
        for i in range(1000):
            number = open_case(book, act(CaseAct.OPEN, **spot(x=float(i)))).number
            act_on_case(book, number, act(CaseAct.ASSIGN, party="wuye"))
    process = started(SERVE_MANY, register.where, "333")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    with register.reading() as connection:
        assert verify(connection).problems == ()
        before = [c.notice for c in everything(connection) if c.notice]
    assert len(before) == 300, "a chunk is whole or not there"
    again = started(SERVE_MANY, register.where, "0")
    again.communicate(timeout=120)
    assert again.returncode == 0
    with register.reading() as connection:
        found = list(everything(connection))
    assert sorted(c.notice for c in found) == [f"2021-{i:06d}" for i in range(1, 1001)]
    assert {c.notice for c in found} >= set(before)


def test_the_database_itself_keeps_events_wherever_it_is(register: Register) -> None:
    walk(register, CaseAct.CLOSE)
    for statement in ("UPDATE events SET actor = 'x'", "DELETE FROM events WHERE seq = 1"):
        with pytest.raises(DatabaseError, match="never changed"), register.engine.begin() as connection:
            connection.execute(text(statement))
    if register.engine.dialect.name == "postgresql":
        with pytest.raises(DatabaseError, match="never changed"), register.engine.begin() as connection:
            connection.execute(text("TRUNCATE events"))


def test_both_databases_have_the_same_tables_and_say_the_same(register: Register, tmp_path: Path) -> None:
    number = walk(register, CaseAct.CLOSE)
    with register.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    with Register.open(tmp_path / "twin.sqlite", clock=lambda: NOW) as twin:
        add_people(twin)
        assert walk(twin, CaseAct.CLOSE) == number
        assert page_summary(twin) == page_summary(register)
        with twin.reading() as one, register.reading() as other:
            assert verify(one).head == verify(other).head, "the same events have the same hashes"


def test_a_batch_of_openings_is_one_step_for_each_chunk_and_tells_its_progress(register: Register) -> None:
    commits: list[int] = []
    event.listen(register.engine, "commit", lambda connection: commits.append(1))
    spots = [Spot(spot(x=i * 10.0, flight="f", hotspot_id=str(i)), i * 10.0, 20.0) for i in range(1100)]
    told: list[tuple[int, int]] = []
    open_from_flight(register, spots, "督查员", "2021-01-15T01:00:00Z", progress=lambda d, t, w: told.append((d, t)))
    assert told == [(500, 1100), (1000, 1100), (1100, 1100)]
    assert len(commits) == 3


def test_a_full_disk_is_one_line_and_nothing_is_lost(tmp_path: Path) -> None:
    with Register.open(tmp_path / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        kept = walk(register, CaseAct.CLOSE)
        pages: list[int] = []

        @event.listens_for(register.engine, "connect")
        def small(connection: object, record: object) -> None:
            if pages:
                connection.execute(f"PRAGMA max_page_count = {pages[0]}")  # type: ignore[attr-defined]

        with register.reading() as connection:
            pages.append(int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0) + 2)
        with pytest.raises(WorkdirError, match="is full") as told, register.writing() as book:
            for i in range(2000):
                open_case(book, act(CaseAct.OPEN, **spot(x=float(i))))
        assert "\n" not in str(told.value)
        pages.clear()
        with register.reading() as connection:
            assert verify(connection).problems == ()
            assert [c.number for c in everything(connection)] == [kept]


def test_a_chunk_is_not_done_twice(tmp_path: Path) -> None:
    with Register.open(tmp_path / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        numbers = [walk(register, CaseAct.ASSIGN, x=i * 9.0) for i in range(3)]
        entry = act(CaseAct.SERVE, way="当面")

        def once() -> int:
            return in_chunks(
                register, numbers, lambda book, n: serve_case(book, n, entry, {}), done=lambda c: bool(c.notice)
            )

        assert CHUNK > 1
        assert (once(), once()) == (3, 0)


def test_a_register_of_the_first_version_is_brought_up_with_all_it_holds(register: Register) -> None:
    """Made by the first migration alone, filled as the first version did, then opened by today's."""
    where = register.where if "://" in register.where else str(Path(register.where).with_name("first.sqlite"))
    engine = connect(where)
    with engine.connect().execution_options(**WRITES) as connection, connection.begin():
        if "://" in where:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        upgrade(connection, "0001")
        assert version_of(connection) == "0001"
    first = Register(engine, register.settings, where=where, clock=lambda: NOW)
    add_people(first)
    number = walk(first, CaseAct.CLOSE)
    first.close()
    with Register.open(where, clock=lambda: NOW) as found:
        with found.reading() as connection:
            assert version_of(connection) == schema.HEAD
            assert verify(connection).problems == ()
            assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        with found.writing() as book:
            act_on_case(book, number, Entry(CaseAct.NOTE, "督查员", NOW))
            assert open_case(book, act(CaseAct.OPEN, **spot())).number == "2021-000002"


def test_an_address_that_cannot_be_reached_is_one_line() -> None:
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    with pytest.raises(RegisterError, match="cannot be opened") as told:
        Register.open("postgresql://nobody@/none?host=/nowhere")
    assert "\n" not in str(told.value)


def test_nothing_is_counted_twice(register: Register) -> None:
    walk(register, CaseAct.CLOSE)
    with register.reading() as connection:
        events = connection.execute(select(func.count()).select_from(schema.events)).scalar()
        last = connection.execute(select(schema.head.c.seq)).scalar()
    assert events == last
