"""Does the register stay quick? The same questions to 1,000 and to 100,000 cases, in one run.

    python tests/benchmarks/register.py [SMALL LARGE]

Every case goes through openings, assignments, notices, inspections and closings as commands do it; nine of ten are
closed; three blocks hold them, so that every page and card is full in both. Times are processor time, the median of
many, asked of both registers by turns. Ends with code 1 where a page or a card takes more than twice as long, or a
month's report grows faster than its month.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from registers import STEPS, act, add_people, spot
from sqlalchemy import Connection

from pipeline.casework.cases import act_on_case, open_case, serve_case
from pipeline.casework.flights import Spot, open_from_flight
from pipeline.casework.listing import LIVE, Wanted, block_card, history, overdue, page
from pipeline.casework.lists import open_needs
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.summary import month_figures
from pipeline.casework.verify import verify
from pipeline.core.blockflow import later
from pipeline.core.ledger import CaseAct, CaseState

NOW, START, MONTHS, BLOCKS = "2021-12-31T00:00:00Z", "2021-01-01T02:00:00Z", 10, 3
SHANGHAI = ZoneInfo("Asia/Shanghai")
REPEATS = 41


def filled(path: Path, count: int) -> Register:
    """A register of so many cases, nine of ten closed."""
    register = Register.open(path, clock=lambda: NOW)
    add_people(register)
    began = time.perf_counter()
    for first in range(0, count, 500):
        with register.writing() as book:
            for i in range(first, min(first + 500, count)):
                at = later(START, 30.0 * MONTHS * i / count)
                data = spot(block_id=f"B{i % BLOCKS + 1:02d}", x=float(i % 1000) * 7, y=float(i // 1000) * 7)
                number = open_case(book, replace(act(CaseAct.OPEN, at=at), data=data)).number
                for what in list(STEPS)[1 : len(STEPS) if i % 10 else 4]:
                    doing = act(what, at=at, **STEPS[what])
                    if what is CaseAct.SERVE:
                        serve_case(book, number, doing, {})
                    elif what is not CaseAct.ISSUE:
                        act_on_case(book, number, doing)
        print(f"\r{min(first + 500, count):,} of {count:,} cases", end="", flush=True)
    print(f"\r{count:,} cases in {time.perf_counter() - began:.0f} s", flush=True)
    return register


def questions(count: int) -> dict[str, Callable[[Connection], object]]:
    """What is asked of a register, by name."""
    middle = f"2021-{count // 2:06d}"
    return {
        "list, first page": lambda c: page(c, Wanted()),
        "list, page in the middle": lambda c: page(c, Wanted(after=middle)),
        "open cases, first page": lambda c: page(c, Wanted(LIVE)),
        "open cases, middle": lambda c: page(c, Wanted(LIVE, after=middle)),
        "closed cases, middle": lambda c: page(c, Wanted((CaseState.CLOSED,), after=middle)),
        "cases of a block, middle": lambda c: page(c, Wanted(block_id="B02", after=middle)),
        "cases of a party, middle": lambda c: page(c, Wanted(party="wuye", after=middle)),
        "overdue, first page": lambda c: overdue(c, NOW, Wanted()),
        "overdue, next page": lambda c: overdue(c, NOW, Wanted(after=middle)),
        "a block's card": lambda c: block_card(c, "B02"),
        "a case's history": lambda c: history(c, Stream.CASE, middle),
    }


Ask = Callable[[Connection], object]


def medians_ms(few: tuple[Register, Ask], many: tuple[Register, Ask]) -> tuple[float, float]:
    """How long a question takes in either register, asked by turns, as the median of many."""
    times: tuple[list[float], list[float]] = [], []
    with few[0].reading() as one, many[0].reading() as other:
        for i in range(REPEATS + 1):
            for ask, connection, found in ((few[1], one, times[0]), (many[1], other, times[1])):
                began = time.process_time()
                ask(connection)
                if i:
                    found.append(time.process_time() - began)
    return statistics.median(times[0]) * 1000, statistics.median(times[1]) * 1000


def main(small: int, large: int) -> int:
    """Print the table; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (filled(Path(folder) / f"{n}.sqlite", n) for n in (small, large))
        bad = 0
        print(f"{'':34}{small:>12,}{large:>12,}   ratio   allowed")
        asked = questions(small).items()
        rows = [(name, ask, questions(large)[name], 2.0) for name, ask in asked]
        needs = lambda c: open_needs(c, few.settings)  # noqa: E731
        rows.append(("needs, first page", needs, needs, 2.0))
        month = lambda c: month_figures(c, "2021-06", SHANGHAI)  # noqa: E731
        rows.append(("a month's report", month, month, large / small))
        for name, one, other, allowed in rows:
            fast, slow = medians_ms((few, one), (many, other))
            bad += slow / fast > allowed
            print(f"{name:34}{fast:9.2f} ms{slow:9.2f} ms{slow / fast:8.2f}{allowed:10.0f}")
        spots = [Spot(spot(x=1e6 + i * 9, flight="f", hotspot_id=str(i)), 1e6 + i * 9, 20.0) for i in range(10_000)]
        told: list[int] = []
        began = time.perf_counter()
        open_from_flight(many, spots, "督查员", NOW, progress=lambda done, total, what: told.append(done))
        print(f"10,000 openings: {time.perf_counter() - began:.1f} s, {len(told)} chunks, each one transaction")
        began = time.perf_counter()
        with many.reading() as connection:
            found = verify(connection)
        print(f"verify: {found.events:,} events in {time.perf_counter() - began:.1f} s, {len(found.problems)} problems")
        print(f"size: {Path(many.where).stat().st_size / 1e6:.0f} MB")
    return int(bad > 0 or bool(found.problems))


if __name__ == "__main__":
    sizes = [int(a) for a in sys.argv[1:]] or [1000, 100_000]
    sys.exit(main(*sizes))
