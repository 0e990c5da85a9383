"""How a proposed change of colour stands, from the lines of its ledger, and which lines a comparison adds; pure.

The machine proposes, repeats and withdraws; only a person confirms or refuses. A proposal is official once a person
confirmed it, or once a further flight proposes the same way against the same earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.core.change import Change
from pipeline.core.comparison import ProposalAct, ProposalState
from pipeline.core.ledger import MACHINE, Moment
from pipeline.core.vocabulary import Grade

Pair = tuple[str, str]


@dataclass(frozen=True)
class ProposalLine:
    """A line of the ledger: what happened to the proposal for a block between two flights.

    ``flight`` is the further flight of a repetition; ``old`` and ``new`` are the colours that the proposal names.
    """

    act: ProposalAct
    before: str
    after: str
    block_id: str
    old: Grade
    new: Grade
    by: str
    at: Moment
    flight: str = ""
    note: str = ""


@dataclass(frozen=True)
class Proposal:
    """A block's proposal between two flights as it stands."""

    old: Grade
    new: Grade
    state: ProposalState
    by: str = ""
    at: Moment = ""
    repeated: frozenset[str] = field(default_factory=frozenset)

    @property
    def better(self) -> bool:
        """Whether the new colour is the better one."""
        return self.new.rung > self.old.rung


def fold(lines: Iterable[ProposalLine]) -> dict[tuple[str, str, str], Proposal]:
    """Every proposal as it stands, by its two flights and its block; ``lines`` in the order in which they were written.

    A proposal of other colours begins anew: what people said was said of the former.
    """
    found: dict[tuple[str, str, str], Proposal] = {}
    for line in lines:
        key = line.before, line.after, line.block_id
        known = found.get(key)
        if line.act is ProposalAct.PROPOSE:
            kept = known.repeated if known is not None else frozenset[str]()
            found[key] = Proposal(line.old, line.new, _by_flights(kept), line.by, line.at, kept)
        elif known is not None:
            found[key] = _after(known, line)
    return found


def _after(known: Proposal, line: ProposalLine) -> Proposal:
    by_person = known.state in (ProposalState.OFFICIAL, ProposalState.REFUSED) and known.by != MACHINE
    if line.flight:
        again = line.act is ProposalAct.REPEAT
        flights = known.repeated | {line.flight} if again else known.repeated - {line.flight}
        settled = by_person or known.state is ProposalState.WITHDRAWN
        state = known.state if settled else _by_flights(flights)
        return Proposal(known.old, known.new, state, known.by, known.at, flights)
    if line.act is ProposalAct.WITHDRAW:
        state = known.state if by_person else ProposalState.WITHDRAWN
        return Proposal(known.old, known.new, state, known.by, known.at, known.repeated)
    state = ProposalState.OFFICIAL if line.act is ProposalAct.CONFIRM else ProposalState.REFUSED
    return Proposal(known.old, known.new, state, line.by, line.at, known.repeated)


def _by_flights(flights: frozenset[str]) -> ProposalState:
    return ProposalState.OFFICIAL if flights else ProposalState.PROPOSED


def lines_owed(
    known: Iterable[ProposalLine], pair: Pair, changes: Mapping[str, Change], at: Moment
) -> list[ProposalLine]:
    """What a comparison adds to the ledger: proposals that are new, and those that it no longer makes."""
    held = fold(known)
    owed = []
    for block, change in changes.items():
        mine = held.get((*pair, block))
        stands = mine is not None and mine.state is not ProposalState.WITHDRAWN
        if change.proposed:
            if mine is None or not stands or (mine.old, mine.new) != (change.before, change.held):
                line = ProposalLine(ProposalAct.PROPOSE, *pair, block, change.before, change.held, MACHINE, at)
                owed.append(line)
        elif mine is not None and stands and mine.by == MACHINE:
            owed.append(ProposalLine(ProposalAct.WITHDRAW, *pair, block, mine.old, mine.new, MACHINE, at))
    return owed


def repeats_owed(
    known: Iterable[ProposalLine], pair: Pair, changes: Mapping[str, Change], at: Moment
) -> list[ProposalLine]:
    """What a comparison says of earlier proposals against the same old flight: repeated, or no longer so.

    ``pair`` is the old flight and the further one; proposals that end at the further flight are its own, not repeated.
    """
    old, further = pair
    owed = []
    for (before, after, block), mine in fold(known).items():
        gone = mine.state is ProposalState.WITHDRAWN
        if before != old or after == further or block not in changes or gone:
            continue
        change = changes[block]
        agrees = change.proposed and (change.direction > 0) is mine.better
        if agrees is not (further in mine.repeated):
            act = ProposalAct.REPEAT if agrees else ProposalAct.WITHDRAW
            owed.append(ProposalLine(act, before, after, block, mine.old, mine.new, MACHINE, at, further))
    return owed
