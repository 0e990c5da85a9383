"""The register keeps events whole and for ever: steps, chain, tampering, migrations, calendar."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from registers import NOW, act, add_people, spot, walk
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from pipeline.casework import schema
from pipeline.casework.calendar import work_calendar, working_days
from pipeline.casework.cases import act_on_case, open_case
from pipeline.casework.register import Register
from pipeline.casework.verify import verify
from pipeline.core.ledger import CaseAct, CaseState
from pipeline.core.worktime import Hours, Term, WorkCalendar
from pipeline.errors import ConfigError, Refused, RegisterError, WorkdirError
from pipeline.settings import RegisterSection


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with Register.open(tmp_path / "register.sqlite", clock=lambda: NOW) as found:
        add_people(found)
        yield found


def test_a_case_goes_from_opening_to_closing(register: Register) -> None:
    number = walk(register, CaseAct.CLOSE)
    with register.writing() as book:
        facts = book.case(number)
    assert facts is not None
    assert (facts.state, facts.party, facts.closed_by) == (CaseState.CLOSED, "wuye", "督查员")
    assert facts.deadline == "2021-01-18T09:30:00Z", "one working day after Friday 15 January, 17:30 in Shanghai"
    with register.reading() as connection:
        told = verify(connection)
        assert told.problems == ()
        tally = connection.execute(select(schema.block_cases)).one()
    assert (tally.live, tally.closed, tally.severe) == (0, 1, 0)


def test_numbers_are_those_of_the_year_where_people_live(register: Register) -> None:
    with register.writing() as book:
        one = open_case(book, act(CaseAct.OPEN, at="2020-12-31T15:59:59Z", **spot()))
        two = open_case(book, act(CaseAct.OPEN, at="2020-12-31T16:00:00Z", **spot()))
    assert (one.number, two.number) == ("2020-000001", "2021-000001")


def test_a_step_that_fails_leaves_nothing(register: Register) -> None:
    with register.reading() as connection:
        before = verify(connection)
    with pytest.raises(Refused, match="cannot"), register.writing() as book:
        facts = open_case(book, act(CaseAct.OPEN, **spot()))
        book.flush()
        act_on_case(book, facts.number, act(CaseAct.CLOSE))
    with register.reading() as connection:
        assert verify(connection) == before
        assert connection.execute(select(schema.cases)).first() is None
        assert connection.execute(select(schema.counters)).first() is None


def test_nothing_happens_in_the_future_or_to_a_case_that_is_not_there(register: Register) -> None:
    with register.writing() as book:
        with pytest.raises(Refused) as refusal:
            open_case(book, act(CaseAct.OPEN, at="2999-01-01T00:00:00Z", **spot()))
        assert refusal.value.why == "future"
        with pytest.raises(RegisterError, match="no case 2021-000009"):
            act_on_case(book, "2021-000009", act(CaseAct.NOTE))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET actor = '别人' WHERE seq = 3", "DELETE FROM events WHERE seq = 3", "DELETE FROM events"],
)
def test_the_database_itself_keeps_events(register: Register, statement: str) -> None:
    walk(register, CaseAct.CLOSE)
    with pytest.raises(DatabaseError, match="never changed"), register.engine.begin() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE events SET actor = '别人' WHERE seq = 5", "event 5 was altered"),
        ("UPDATE events SET at = '2020-01-01T00:00:00Z' WHERE seq = 5", "event 5 was altered"),
        ("UPDATE events SET data = '{}' WHERE seq = 5", "event 5 was altered"),
        ("DELETE FROM events WHERE seq = 5", "events 5 to 5 are missing"),
        ("DELETE FROM events WHERE seq > 5", "the register ends at event 5"),
        ("UPDATE events SET seq = seq + 1000 WHERE seq > 5", "are missing"),
        ("UPDATE cases SET state = 'void'", "case 2021-000001 is not what its events say"),
        ("UPDATE people SET party = NULL", "is not what its events say"),
        ("UPDATE block_cases SET closed = 7", "counts of block B1"),
        ("DELETE FROM cases", "case 2021-000001 is not what its events say"),
        ("INSERT INTO parties VALUES ('x', 'school', 'x', '', '', 1, 1)", "have no events"),
    ],
)
def test_tampering_shows_even_where_the_triggers_were_taken_away(
    register: Register, statement: str, words: str
) -> None:
    walk(register, CaseAct.CLOSE)
    _behind_its_back(register, statement)
    with register.reading() as connection:
        told = verify(connection)
    assert any(words in problem for problem in told.problems), told.problems


def test_a_hash_noted_earlier_shows_a_register_that_was_rewritten(register: Register, tmp_path: Path) -> None:
    walk(register, CaseAct.CLOSE)
    with register.reading() as connection:
        noted = verify(connection).head
    walk(register, CaseAct.SERVE)
    with register.reading() as connection:
        assert verify(connection, noted).problems == ()
    with Register.open(tmp_path / "other.sqlite", clock=lambda: NOW) as other, other.reading() as connection:
        assert "rewritten" in verify(connection, noted).problems[0]


def _behind_its_back(register: Register, statement: str) -> None:
    connection = sqlite3.connect(register.where)
    for verb in ("UPDATE", "DELETE"):
        connection.execute(f"DROP TRIGGER events_keep_{verb}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_migrations_and_tables_say_the_same(register: Register) -> None:
    with register.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_what_is_no_register_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("no database" * 100)
    with pytest.raises(RegisterError, match="not a database"):
        Register.open(tmp_path / "text.sqlite")
    connection = sqlite3.connect(tmp_path / "other.sqlite")
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(RegisterError, match="theirs"):
        Register.open(tmp_path / "other.sqlite")
    with pytest.raises(RegisterError, match="no register"):
        Register.open(tmp_path / "none.sqlite", must_exist=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkdirError):
        Register.open(tmp_path / "file" / "register.sqlite")


def test_a_register_of_a_newer_version_is_left_alone(register: Register) -> None:
    _behind_its_back(register, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RegisterError, match="version 9999"):
        Register.open(register.where)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2021-01-15T01:00:00Z", "1 working day", "2021-01-18T09:30:00Z"),
        ("2021-01-15T08:30:00Z", "5 working hours", "2021-01-18T06:30:00Z"),
        ("2021-01-17T08:30:00Z", "2 working hours", "2021-01-18T02:30:00Z"),
        ("2021-01-15T01:00:00Z", "24 hours", "2021-01-16T01:00:00Z"),
        ("2021-01-15T01:00:00Z", "2 days", "2021-01-17T09:30:00Z"),
        ("2021-02-09T01:00:00Z", "3 working days", "2021-02-19T09:30:00Z"),
        ("2021-02-06T01:00:00Z", "1 working day", "2021-02-07T09:30:00Z"),
    ],
)
def test_terms_run_while_people_work(start: str, term: str, end: str) -> None:
    assert work_calendar(RegisterSection()).deadline(start, Term.of(term)) == end


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2021-03-27T12:00:00Z", "24 hours", "2021-03-28T12:00:00Z"),
        ("2021-10-30T12:00:00Z", "24 hours", "2021-10-31T12:00:00Z"),
        ("2021-03-27T23:30:00Z", "2 working hours", "2021-03-28T01:30:00Z"),
        ("2021-10-30T21:00:00Z", "7 working hours", "2021-10-31T05:00:00Z"),
    ],
)
def test_hours_are_as_long_when_the_clocks_change(start: str, term: str, end: str) -> None:
    night = Hours.of(["00:00-06:00"])
    calendar = WorkCalendar(lambda day: day.day in (28, 31), night, ZoneInfo("Europe/Berlin"))
    assert calendar.deadline(start, Term.of(term)) == end


def test_the_offices_own_days_go_first_and_unknown_years_have_weekends() -> None:
    works = working_days(off=[date(2021, 1, 18)], on=[date(2021, 1, 17)])
    assert [works(date(2021, 1, day)) for day in (15, 16, 17, 18)] == [True, False, True, False]
    assert [works(date(2080, 1, day)) for day in (5, 6, 7, 8)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("terms", {"rubbish": "soon"}, "like '3 working days'"),
        ("hours", ["12:00-08:30"], "in order"),
        ("address", "postgresql://me:secret@host/db", "password"),
        ("address", "mysql://host/db", "postgresql"),
        ("timezone", "Mars/Olympus", "time zone"),
    ],
)
def test_settings_that_cannot_be_are_told(key: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RegisterSection.model_validate({key: value})


def test_config_error_is_not_a_refusal() -> None:
    assert not issubclass(ConfigError, Refused)
