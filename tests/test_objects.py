"""Spots of two flights: swapping mirrors, a flight against itself changes nothing, near things are told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from pipeline.core.objects import Fate, Past, Spots, Thing, back_again, match_objects
from pipeline.core.registration import FlightShift
from pipeline.io.objects import Known, object_table

CUT = 50.0


def spots(places: list[tuple[float, float]], score: float = 80.0, *, sure: bool = True, radius: float = 0.5) -> Spots:
    n = len(places)
    xy = np.array(places, float).reshape(n, 2)
    return Spots(xy, np.full(n, score), np.full(n, radius), np.full(n, sure))


def drawn(seed: int, n: int) -> Spots:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0, 100, n)
    return Spots(rng.uniform(0, 15, (n, 2)), scores, rng.uniform(0.2, 1.5, n), rng.random(n) > 0.2)


@settings(max_examples=60, deadline=None)
@given(one=st.integers(0, 999), other=st.integers(0, 999), n=st.integers(0, 30), m=st.integers(0, 30))
def test_swapping_the_flights_turns_new_into_gone(one: int, other: int, n: int, m: int) -> None:
    before, after = drawn(one, n), drawn(other + 1000, m)
    there, back = match_objects(before, after, cut=CUT), match_objects(after, before, cut=CUT)
    turned = {Fate.NEW: Fate.GONE, Fate.GONE: Fate.NEW, Fate.STILL: Fate.STILL}
    assert {(turned[t.fate], t.after, t.before) for t in there} == {(t.fate, t.before, t.after) for t in back}


def listed(places: np.ndarray) -> gpd.GeoDataFrame:
    names = [f"H{i}" for i in range(len(places))]
    shapes = [Point(xy).buffer(0.5) for xy in places]
    columns = {"hotspot_id": names, "block_id": "B1", "score": 80.0}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4549")


@pytest.mark.parametrize("dx", [0.35, -0.35])
def test_swapping_two_shifted_flights_mirrors_what_lies_at_the_edge_of_what_is_known(dx: float) -> None:
    places = np.stack([np.linspace(9.0, 11.0, 9), np.arange(9) * 5.0], axis=1)
    known = Known({"B1"}, {("B1", 0, row) for row in range(9)})
    now = datetime(2021, 9, 1, tzinfo=UTC)
    before, after = listed(places), listed(places + np.array([dx, 0.0]))

    def told(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame, dx: float) -> list[set[str]]:
        shift = FlightShift(dx, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9, (), ())
        table = object_table(one, other, known, shift, past=(), now=now)
        return [set(table[f"hotspot_{end}"]) for end in ("before", "after")]

    there = told(before, after, dx)
    assert there == told(after, before, -dx)[::-1]
    assert 0 < len(there[0]) < len(places)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), n=st.integers(0, 40))
def test_a_flight_against_itself_changes_nothing(seed: int, n: int) -> None:
    flight = drawn(seed, n)
    found = match_objects(flight, flight, cut=CUT)
    assert all(t.fate is Fate.STILL and t.before == t.after for t in found)
    assert len(found) == int(((flight.score > CUT) & flight.sure).sum())


@settings(max_examples=30, deadline=None)
@given(one=st.integers(0, 999), n=st.integers(0, 40), m=st.integers(0, 40))
def test_no_spot_is_told_of_twice(one: int, n: int, m: int) -> None:
    found = match_objects(drawn(one, n), drawn(one + 5000, m), cut=CUT)
    for side in ("before", "after"):
        told = [getattr(t, side) for t in found if getattr(t, side) is not None]
        assert len(told) == len(set(told))


def test_two_things_side_by_side_keep_apart() -> None:
    before, after = spots([(0, 0), (1.2, 0)]), spots([(0.7, 0), (1.9, 0)])
    assert match_objects(before, after, cut=CUT) == [Thing(Fate.STILL, 0, 0), Thing(Fate.STILL, 1, 1)]


def test_a_spot_that_was_only_weaker_is_neither_new_nor_gone() -> None:
    strong, weak, faint = (spots([(0, 0)], s) for s in (60.0, 40.0, 10.0))
    assert [t.fate for t in match_objects(weak, strong, cut=CUT)] == [Fate.STILL]
    assert [t.fate for t in match_objects(spots([(0.9, 0.2)], 40.0, radius=0.1), strong, cut=CUT)] == []
    assert [t.fate for t in match_objects(spots([(0.9, 0.2)], 10.0, radius=0.1), strong, cut=CUT)] == [Fate.NEW]
    assert match_objects(weak, faint, cut=CUT) == []


def test_nothing_is_said_where_the_flights_cannot_be_laid_on_each_other() -> None:
    assert match_objects(spots([(0, 0)], sure=False), spots([]), cut=CUT) == []
    assert match_objects(spots([]), spots([(0, 0)], sure=False), cut=CUT) == []


@pytest.mark.parametrize(
    ("away", "days", "back"), [(2.9, 89, True), (3.1, 89, False), (2.9, 91, False), (0.0, -1, False)]
)
def test_back_again_is_within_three_metres_and_ninety_days(away: float, days: int, back: bool) -> None:
    now = datetime(2021, 9, 1, tzinfo=UTC)
    gone = [Past(50.0, 50.0, now - timedelta(days=5)), Past(0.0, 0.0, now - timedelta(days=days))]
    assert back_again({0: (away, 0.0)}, gone, now) == ({0: 1} if back else {})
