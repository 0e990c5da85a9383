"""Who answers for a place: the most specific geometry that holds it; exactly one party, never a charity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from sqlalchemy import Connection, select

from pipeline.casework.book import Book
from pipeline.casework.cases import case_or_error
from pipeline.casework.schema import Stream, parties
from pipeline.casework.tables import responsibilities
from pipeline.core.ledger import DUTY_COLUMNS, Duty, Entry, Moment, PartyKind, RecordAct
from pipeline.errors import BlocksError, RegisterError, Unsuitable
from pipeline.io.vectors import read_vector

_DIMENSION = {Duty.FRONTAGE: (0, 1, 2), Duty.FACILITY: (0, 2), Duty.SECTION: (1, 2), Duty.AREA: (2,)}
_NEAR_M = {Duty.FACILITY: 5.0, Duty.SECTION: 5.0, Duty.AREA: 0.0}


@dataclass(frozen=True)
class Answerable:
    """A party that answers for a place, and by what."""

    party: str
    duty: Duty
    label: str = ""


def who_answers(connection: Connection, x: float, y: float, *, frontage_m: float) -> tuple[Answerable, ...]:
    """Everyone who could answer for a place, the most specific first; the community committees come last.

    Parameters
    ----------
    x, y : the place in the blocks' metric CRS
    frontage_m : how far a frontage pledge reaches, in metres

    Notes
    -----
    Of two geometries of one duty the nearer one goes first, then the smaller one, then the older id.
    """
    r, reach = responsibilities.c, max(frontage_m, *_NEAR_M.values())
    query = select(responsibilities, parties.c.kind).join(parties, parties.c.id == r.party)
    query = query.where(r.active, parties.c.active, r.left <= x + reach, r.right >= x - reach)
    query = query.where(r.bottom <= y + reach, r.top >= y - reach)
    spot = shapely.Point(x, y)
    found = []
    for row in connection.execute(query):
        shape, duty = shapely.from_wkt(row.shape), Duty.of(row.duty)
        gap = float(shape.distance(spot))
        if gap <= (frontage_m if duty is Duty.FRONTAGE else _NEAR_M[duty]) and PartyKind.of(row.kind).liable:
            found.append((duty.order, gap, float(shape.area), row.id, Answerable(row.party, duty, row.label)))
    ordered = [item[-1] for item in sorted(found, key=lambda item: item[:-1])]
    return _once([*ordered, *_by_default(connection)])


def _by_default(connection: Connection) -> list[Answerable]:
    query = select(parties.c.id).where(parties.c.kind == PartyKind.COMMITTEE.value, parties.c.active)
    return [Answerable(row.id, Duty.DEFAULT) for row in connection.execute(query.order_by(parties.c.id))]


def _once(found: Iterable[Answerable]) -> tuple[Answerable, ...]:
    kept: dict[str, Answerable] = {}
    for item in found:
        kept.setdefault(item.party, item)
    return tuple(kept.values())


def next_party(book: Book, number: str) -> Answerable:
    """Who is to answer for a case now: the most specific party that has not returned it.

    Raises
    ------
    RegisterError : there is no such case, or nobody is left
    """
    facts = case_or_error(book, number)
    book.flush()
    for answerable in who_answers(book.connection, facts.x, facts.y, frontage_m=book.settings.frontage_m):
        if answerable.party not in facts.tried:
            return answerable
    mend = "wuse parties add CONFIG ID --kind committee --name TEXT --as NAME"
    raise RegisterError(
        f"{number}: nobody answers for this place",
        "a party of the kind committee, by default",
        mend,
        zh=f"{number}：此处没有责任主体；应有 committee 类的责任主体兜底；处理：{mend}",
    )


def duty_of(book: Book, number: str, party: str) -> dict[str, str]:
    """By what a named party answers for a case's place; empty where it does not by any geometry."""
    facts = book.case(number)
    if facts is None:
        return {}
    book.flush()
    found = who_answers(book.connection, facts.x, facts.y, frontage_m=book.settings.frontage_m)
    return next(({"duty": a.duty.value, "label": a.label} for a in found if a.party == party), {})


def take_responsibilities(book: Book, path: Path, crs: pyproj.CRS, entry: tuple[str, Moment]) -> int:
    """Put a layer of points, lines and areas on record; what the register holds from an earlier layer is replaced.

    Parameters
    ----------
    path : a vector layer with the columns ``party`` (id), ``duty`` (frontage, facility, section, area), ``label``
    crs : the blocks' metric CRS
    entry : who does it, and when

    Returns
    -------
    How many places were added, changed or withdrawn.

    Raises
    ------
    BlocksError : a column is missing, a party unknown, a duty not understood or of the wrong shape; names the row
    """
    mend, mend_zh = "name a layer that exists", "指定存在的图层"
    if path == Path(book.settings.responsibilities):
        mend, mend_zh = "set register.responsibilities", "设置 register.responsibilities"
    frame = read_vector(path, mend, mend_zh=mend_zh, columns=DUTY_COLUMNS).to_crs(crs)
    by, at = entry
    known = {row.id: row for row in book.connection.execute(select(responsibilities))}
    told = {row["id"]: row for row in _rows(frame, path)}
    for row in told.values():
        if book.row(Stream.PARTY, row["party"]) is None:
            zh = f"{path}：没有责任主体“{row['party']}”；应为责任主体的编号；处理：wuse parties list CONFIG"
            raise BlocksError(
                f"{path}: there is no party '{row['party']}'", "the id of a party", "wuse parties list CONFIG", zh=zh
            )
    done = 0
    for key in sorted(told.keys() | {k for k, row in known.items() if row.active}):
        what = RecordAct.ADD if key not in known else RecordAct.CHANGE if key in told else RecordAct.WITHDRAW
        same = what is RecordAct.CHANGE and known[key].active and told[key].items() <= known[key]._asdict().items()
        if not same:
            book.record(Stream.DUTY, key, Entry(what, by, at, data=told.get(key, {})))
            done += 1
    return done


def _rows(frame: gpd.GeoDataFrame, path: Path) -> list[dict[str, Any]]:
    rows = []
    seen: dict[str, int] = {}
    for number, (_, row) in enumerate(frame.iterrows(), start=1):
        where, zh, shape = f"{path}, row {number}", f"{path} 第 {number} 行", row.geometry
        try:
            duty = _duty(str(row["duty"]).strip())
        except Unsuitable as e:
            raise BlocksError(f"{where}: {e}", zh=f"{zh}：{e.zh}") from None
        if shape is None or shape.is_empty or shapely.get_dimensions(shape) not in _DIMENSION[duty]:
            zh += f"：没有与责任依据 {duty.value} 相符的图形；应为点、线或面"
            raise BlocksError(f"{where}: no shape that fits the duty {duty.value}", "point, line or area", zh=zh)
        label = "" if pd.isna(row.get("label")) else str(row.get("label"))
        base = f"{duty.value}:{row['party']}:{label}"
        seen[base] = seen.get(base, 0) + 1
        left, bottom, right, top = (round(v, 3) for v in shape.bounds)
        box = {"left": left, "bottom": bottom, "right": right, "top": top}
        text = shapely.to_wkt(shapely.force_2d(shape), rounding_precision=3)
        rows.append(
            {"id": f"{base}:{seen[base]}", "party": str(row["party"]), "duty": duty.value, "label": label}
            | {"shape": text, **box}
        )
    return rows


def _duty(text: str) -> Duty:
    """A duty by its id or Chinese name; nobody is given a place by default."""
    for duty in _DIMENSION:
        if text in (duty.value, duty.zh):
            return duty
    raise Unsuitable(
        f"“{text}”不是责任依据：{'、'.join(_DIMENSION)}",
        f"'{text}' is no duty: {', '.join(d.value for d in _DIMENSION)}",
    )
