"""No question that grows: every page, card and month walks an index over what it shows, and sorts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres import server
from registers import NOW
from sqlalchemy import Connection, select, text

from pipeline.casework.capacity import under_way_query
from pipeline.casework.listing import Wanted, overdue_query, page_query
from pipeline.casework.register import Register
from pipeline.casework.schema import block_cases, cases, events, head
from pipeline.casework.summary import month_queries
from pipeline.casework.tables import campaigns, points, projects
from pipeline.core.ledger import CaseState

OPENED = CaseState.OPENED
START, END = "2021-01-31T16:00:00Z", "2021-02-28T16:00:00Z"
QUERIES: dict[str, Any] = {
    "page": page_query(Wanted(after="2021-000500"), OPENED, 50),
    "page of a block": page_query(Wanted(block_id="B1", after="2021-000500"), OPENED, 50),
    "page of a party": page_query(Wanted(party="wuye", after="2021-000500"), OPENED, 50),
    "overdue": overdue_query(Wanted(), OPENED, NOW, ""),
    "overdue, next page": overdue_query(Wanted(after="2021-000001"), OPENED, NOW, "2021-01-18T09:30:00Z"),
    "opened in a month": month_queries(START, END, NOW)[0],
    "closed in a month": month_queries(START, END, NOW)[1],
    "overdue in a month": month_queries(START, END, NOW)[2],
    "a block's counts": select(block_cases).where(block_cases.c.block_id == "B1"),
    "a case": select(cases).where(cases.c.number == "2021-000001"),
    "its events": select(events).where(events.c.stream == "case", events.c.subject == "1").order_by(events.c.ordinal),
    "a spot": select(cases.c.number).where(cases.c.flight == "2021-01", cases.c.hotspot_id == "h"),
    "a notice": select(cases.c.number).where(cases.c.notice == "2021-000001"),
    "what lies near": select(cases.c.number).where(cases.c.x.between(1.0, 7.0), cases.c.y.between(1.0, 7.0)),
    "a month's campaigns": select(campaigns.c.people).where(
        campaigns.c.day >= "2021-02-01", campaigns.c.day < "2021-03-01"
    ),
    "a month's points": select(points.c.points).where(points.c.day >= "2021-02-01", points.c.day < "2021-03-01"),
    "a resident's day": select(points.c.points).where(points.c.resident == "甲", points.c.day == "2021-02-01"),
    "projects under way": select(projects.c.need).where(projects.c.done_at == ""),
    "what projects under way take": under_way_query(),
    "the last event": select(events.c.at).join(head, head.c.seq == events.c.seq).where(head.c.id == 1),
}


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path = tmp_path_factory.mktemp("plans") / "register.sqlite"
    with Register.open(path, clock=lambda: NOW) as register, register.reading() as connection:
        yield connection


@pytest.fixture(scope="module")
def postgres() -> Iterator[Connection]:
    with server() as address, Register.open(address, clock=lambda: NOW) as register, register.reading() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        yield connection


def compiled(query: Any, connection: Connection) -> str:
    return str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize("name", list(QUERIES))
def test_sqlite_walks_an_index_and_sorts_nothing(sqlite: Connection, name: str) -> None:
    plan = [str(row[3]) for row in sqlite.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled(QUERIES[name], sqlite)}")]
    assert all(line.startswith("SEARCH") for line in plan), plan
    assert not any("TEMP B-TREE" in line for line in plan), plan


@pytest.mark.parametrize("name", list(QUERIES))
def test_postgresql_can_walk_an_index(postgres: Connection, name: str) -> None:
    statement = compiled(QUERIES[name], postgres).replace("%", "%%")
    plan = "\n".join(str(row[0]) for row in postgres.exec_driver_sql(f"EXPLAIN {statement}"))
    assert "Seq Scan" not in plan, plan
    assert "Index" in plan, plan


def test_the_plans_of_what_is_asked_are_those_of_the_register(tmp_path: Path) -> None:
    """The test itself can fail: a question without an index is told apart."""
    with Register.open(tmp_path / "r.sqlite", clock=lambda: NOW) as register, register.reading() as connection:
        query = select(cases).where(cases.c.problem == "x").order_by(cases.c.place)
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled(query, connection)}")]
    assert plan[0].startswith("SCAN")
    assert any("TEMP B-TREE" in line for line in plan)
