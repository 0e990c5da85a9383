"""Random histories: whatever people try, counts add up, no event disappears, and replaying gives the same state."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from registers import NOW, PHOTO, act, add_people, spot
from sqlalchemy import func, select

from pipeline.casework import schema
from pipeline.casework.blocks import act_on_block, follow_grades
from pipeline.casework.cases import act_on_case, open_case, serve_case
from pipeline.casework.listing import everything, history
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.summary import page_summary, progress
from pipeline.casework.taking_part import award, balance, hold_campaign, plan_campaign, reverse
from pipeline.casework.verify import verify
from pipeline.core.blockflow import later
from pipeline.core.casefold import fold_all
from pipeline.core.ledger import BlockAct, CaseAct, CaseState, Earned, Entry
from pipeline.core.vocabulary import Grade
from pipeline.errors import Refused

NAMES = st.sampled_from(["督查员", "书记", "物业的人", "路人", " "])
ACTS = st.sampled_from([a for a in CaseAct if a not in (CaseAct.OPEN, CaseAct.SUSPECT, CaseAct.ISSUE)])
DATA: dict[CaseAct, dict[str, Any]] = {
    CaseAct.ASSIGN: {"party": "wuye"},
    CaseAct.HELP: {"party": "cishan"},
    CaseAct.MOVE: {"x": 5.0, "y": 6.0, "lon": 120.6, "lat": 27.7, "block_id": "B2"},
    CaseAct.SERVE: {"way": "当面"},
    CaseAct.INSPECT: {"photo": PHOTO},
    CaseAct.EXTEND: {"approved_by": "书记"},
    CaseAct.DEFER: {"approved_by": "书记", "until": "2021-06-01"},
    CaseAct.PROPOSE: {"found": "gone", "flight": "b", "comparable": True, "acquired": "2021-12-01T00:00:00Z"},
}
BLOCKS = st.sampled_from(["B1", "B2"])
RESIDENTS = st.sampled_from(["甲", "乙"])


class Histories(RuleBasedStateMachine):
    """A register, and beside it the events that were let through."""

    numbers = Bundle("numbers")
    campaigns = Bundle("campaigns")
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.register = Register.open(Path(self.folder.name) / "r.sqlite", clock=lambda: NOW)
        add_people(self.register)
        self.now = "2021-01-15T01:00:00Z"
        self.seen = self._last()[0]

    def _last(self) -> tuple[int, str]:
        with self.register.reading() as connection:
            row = connection.execute(select(schema.head)).one()
        return row.seq, row.hash

    def _tried(self, step: Any) -> Any:
        """Carry out a step; where it is refused, nothing may have changed."""
        before = self._last()
        try:
            with self.register.writing() as book:
                return step(book)
        except Refused:
            assert self._last() == before
            return None

    @rule(days=st.floats(0.0, 6.0))
    def wait(self, days: float) -> None:
        self.now = min(later(self.now, days), NOW)

    @rule(target=numbers, block=BLOCKS, severe=st.booleans(), suspected=st.booleans())
    def open(self, block: str, severe: bool, suspected: bool) -> Any:
        data = spot(block_id=block, severity="severe" if severe else "minor")
        what = CaseAct.SUSPECT if suspected else CaseAct.OPEN
        return self._tried(lambda book: open_case(book, act(what, at=self.now, **data))).number

    @rule(number=numbers, what=ACTS, by=NAMES, passed=st.booleans())
    def do(self, number: str, what: CaseAct, by: str, passed: bool) -> None:
        data = DATA.get(what, {}) | ({"result": "passed" if passed else "failed"} if what is CaseAct.INSPECT else {})
        entry = act(what, by=by, at=self.now, **data)
        if what is CaseAct.SERVE:
            self._tried(lambda book: serve_case(book, number, entry, {}))
        else:
            self._tried(lambda book: act_on_case(book, number, entry))

    @rule(number=numbers)
    def work_off(self, number: str) -> None:
        """Take a case the straight way as far as it goes."""
        for what in (CaseAct.ASSIGN, CaseAct.SERVE, CaseAct.INSPECT, CaseAct.CLOSE):
            data = DATA.get(what, {}) | ({"result": "passed"} if what is CaseAct.INSPECT else {})
            entry = act(what, at=self.now, **data)
            serving = what is CaseAct.SERVE
            self._tried(
                lambda book, e=entry, s=serving: serve_case(book, number, e, {}) if s else act_on_case(book, number, e)
            )

    @rule(block=BLOCKS, grade=st.sampled_from([g.value for g in Grade]))
    def fly(self, block: str, grade: str) -> None:
        self._tried(lambda book: follow_grades(book, {block: grade}, flight="f", acquired=self.now, at=self.now))

    @rule(block=BLOCKS, what=st.sampled_from([a for a in BlockAct if a is not BlockAct.LIST]), by=NAMES)
    def on_block(self, block: str, what: BlockAct, by: str) -> None:
        data = {"plan": "清运", "result": "passed", "grade": Grade.YELLOW.value}
        self._tried(lambda book: act_on_block(book, block, Entry(what, by, self.now, data=data)))

    @rule(target=campaigns, people=st.integers(0, 2))
    def campaign(self, people: int) -> Any:
        acting = "督查员", self.now

        def step(book: Any) -> str:
            number = str(plan_campaign(book, self.now[:10], "清运", acting)["id"])
            hold_campaign(book, number, acting, people=people, truckloads=1)
            return number

        return self._tried(step) or multiple()

    @rule(target=entries, resident=RESIDENTS, campaign=campaigns)
    def credit(self, resident: str, campaign: str) -> Any:
        acting = "督查员", self.now
        row = self._tried(lambda book: award(book, resident, Earned.CAMPAIGN, campaign, acting=acting))
        return row["id"] if row else multiple()

    @rule(entry=entries)
    def take_back(self, entry: str) -> None:
        self._tried(lambda book: reverse(book, entry, ("督查员", self.now), "记错"))

    @invariant()
    def no_event_disappears(self) -> None:
        seq, _ = self._last()
        assert seq >= self.seen
        self.seen = seq

    @invariant()
    def points_stay_within_bounds(self) -> None:
        with self.register.reading() as connection:
            assert all(balance(connection, name) >= 0 for name in ("甲", "乙"))

    def teardown(self) -> None:
        with self.register.reading() as connection:
            told = verify(connection)
            assert told.problems == ()
            assert told.events == connection.execute(select(func.count()).select_from(schema.events)).scalar()
            cases = list(everything(connection))
            for case in cases:
                assert fold_all(history(connection, Stream.CASE, case.number)) == case
                if case.state is CaseState.CLOSED:
                    assert case.closed_by in ("督查员", "书记")
                    assert case.photo or case.gone_flight
                if case.handed_at:
                    assert case.served_at < case.handed_at
            live = Counter(c.block_id for c in cases if c.state.live)
            shown = page_summary(self.register)
            assert {b: d["open"] for b, d in shown["blocks"].items() if d["open"]} == dict(live)
            opened = sum(m["opened"] for m in shown["months"])
            assert opened == sum(bool(c.opened_at) for c in cases)
            assert progress(connection)["listed"] <= 2
        self.register.close()
        self.folder.cleanup()


Histories.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TestHistories = Histories.TestCase
