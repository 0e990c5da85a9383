"""Taking part: campaigns (集中整治), pledges (承诺书) and points (积分), each by its rules."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, case, func, select

from pipeline.casework.book import Book
from pipeline.casework.cases import case_or_error, refused
from pipeline.casework.records import adding, change, changing, check_actor, day_of, enter, held
from pipeline.casework.rows import Row
from pipeline.casework.schema import Stream
from pipeline.casework.tables import points
from pipeline.core.ledger import CaseState, Earned, Moment, PledgeKind, Refusal, Why
from pipeline.core.refusals import refuse

Acting = tuple[str, Moment]
YES, NO = "yes", "no"


def plan_campaign(book: Book, day: str, title: str, acting: Acting, *, block_id: str = "") -> Row:
    """Plan a campaign for a day."""
    data = {"day": day, "title": title, "block_id": block_id, "organiser": acting[0]}
    return enter(book, Stream.CAMPAIGN, acting, data, day=day)


def hold_campaign(book: Book, number: str, acting: Acting, *, people: int, truckloads: int) -> Row:
    """Say that a campaign was held, with how many people and truckloads.

    Raises
    ------
    Refused : it was said before, nobody came, a count is negative, or the day has not come
    """
    by, at = acting
    row = held(book, Stream.CAMPAIGN, number)
    act = changing(by, at, {"held_at": at, "people": people, "truckloads": truckloads})
    check_actor(book, act, listed=True)
    if row["held_at"]:
        raise refused("", refuse(Why.TWICE, number))
    if people < 1 or truckloads < 0:
        raise refused(number, refuse(Why.AMOUNT, f"{people}, {truckloads}"))
    if day_of(book, at) < row["day"]:
        raise refused(number, refuse(Why.FUTURE, row["day"]))
    return change(book, Stream.CAMPAIGN, number, act)


def sign_pledge(book: Book, kind: PledgeKind, name: str, acting: Acting, **about: str) -> Row:
    """Put a signed pledge on record; ``about``: ``place``, ``block_id``, ``note``."""
    data = {"kind": kind.value, "name": name, "signed": day_of(book, acting[1]), **about}
    return enter(book, Stream.PLEDGE, acting, data)


def check_pledge(book: Book, number: str, acting: Acting, *, kept: bool) -> Row:
    """Put on record whether a pledge was found kept.

    Raises
    ------
    Refused : the signatory checks their own, or the checker is not listed
    """
    by, at = acting
    row = held(book, Stream.PLEDGE, number)
    act = changing(by, at, {"checked_at": at, "kept": YES if kept else NO, "checked_by": by})
    if by == row["name"]:
        raise refused(number, refuse(Why.OWN_ACT))
    check_actor(book, act, listed=True)
    return change(book, Stream.PLEDGE, number, act)


def award(book: Book, resident: str, earned: Earned, ref: str, *, acting: Acting, mark: str = "") -> Row:
    """Credit a resident for a confirmed act, within the cap of the day.

    Parameters
    ----------
    ref : the case that was reported, the campaign, or the pledge
    mark : names the row of a file that it comes from

    Raises
    ------
    Refused : the act is not confirmed, or was credited before; the cap is reached; someone confirms their own
    RegisterError : there is no such case, campaign or pledge
    """
    by, at = acting
    check_actor(book, adding(by, at, {}), listed=True)
    if by == resident:
        raise refused(resident, refuse(Why.OWN_ACT))
    book.flush()
    confirmed = _CONFIRMED[earned](book, resident, ref) if earned in _CONFIRMED else refuse(Why.UNCONFIRMED, ref)
    if isinstance(confirmed, Refusal):
        raise refused(resident, confirmed)
    if _credited(book, resident, earned, confirmed):
        raise refused(resident, refuse(Why.TWICE, confirmed))
    day, cap = day_of(book, at), book.settings.points.daily_cap
    worth = min(int(getattr(book.settings.points, earned.value)), cap - _of_day(book, resident, day))
    if worth <= 0:
        raise refused(resident, refuse(Why.CAP, resident, cap))
    about = {"mark": mark} if mark else {}
    return _enter(book, acting, resident=resident, act=earned.value, ref=confirmed, day=day, points=worth, **about)


def reverse(book: Book, number: str, acting: Acting, why: str) -> Row:
    """Take an entry back by an entry of its own.

    Raises
    ------
    Refused : no reason is given, it was taken back before, is a reversal itself, or is one's own
    """
    by, at = acting
    row = held(book, Stream.POINTS, number)
    check_actor(book, adding(by, at, {}), listed=True)
    if not why.strip():
        raise refused(number, refuse(Why.NO_REASON))
    if by == row["resident"]:
        raise refused(number, refuse(Why.OWN_ACT))
    book.flush()
    done = book.connection.execute(select(points.c.id).where(points.c.reverses == number)).first()
    if done is not None or row["reverses"]:
        raise refused("", refuse(Why.TWICE, number))
    same = {name: row[name] for name in ("resident", "ref", "day")}
    return _enter(book, acting, why=why, act=Earned.REVERSAL.value, reverses=number, points=-row["points"], **same)


def _enter(book: Book, acting: Acting, why: str = "", **data: Any) -> Row:
    return enter(book, Stream.POINTS, acting, {**data, "confirmed_by": acting[0]}, why=why)


def _report(book: Book, resident: str, ref: str) -> str | Refusal:
    facts = case_or_error(book, ref)
    if facts.opened_by == resident:
        return refuse(Why.OWN_ACT)
    true = facts.state.live or facts.state is CaseState.CLOSED
    return ref if true else refuse(Why.UNCONFIRMED, ref)


def _campaign(book: Book, resident: str, ref: str) -> str | Refusal:
    row = held(book, Stream.CAMPAIGN, ref)
    c = points.c
    query = select(func.sum(case((c.points > 0, 1), else_=-1))).where(c.ref == ref, c.act.in_(["campaign", "reversal"]))
    credited = book.connection.execute(query).scalar() or 0
    return ref if row["held_at"] and credited < row["people"] else refuse(Why.UNCONFIRMED, ref)


def _frontage(book: Book, resident: str, ref: str) -> str | Refusal:
    row = held(book, Stream.PLEDGE, ref)
    kept = row["kept"] == YES and row["kind"] == PledgeKind.FRONTAGE.value and row["name"] == resident
    return f"{ref}@{row['checked_at']}" if kept else refuse(Why.UNCONFIRMED, ref)


_CONFIRMED = {Earned.REPORT: _report, Earned.CAMPAIGN: _campaign, Earned.FRONTAGE: _frontage}


def _credited(book: Book, resident: str, earned: Earned, ref: str) -> bool:
    c, again = points.c, points.alias()
    taken_back = select(again.c.id).where(again.c.reverses == c.id).exists()
    query = select(c.id).where(c.act == earned.value, c.ref == ref, c.resident == resident, ~taken_back)
    return book.connection.execute(query).first() is not None


def _of_day(book: Book, resident: str, day: str) -> int:
    query = select(func.sum(points.c.points)).where(points.c.resident == resident, points.c.day == day)
    return int(book.connection.execute(query).scalar() or 0)


def balance(connection: Connection, resident: str) -> int:
    """A resident's points."""
    query = select(func.sum(points.c.points)).where(points.c.resident == resident)
    return int(connection.execute(query).scalar() or 0)
