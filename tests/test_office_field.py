"""The field file: carried out, filled in as QField would, taken back by the guards; nothing that was typed is lost."""

from __future__ import annotations

import csv
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from registers import NOW, act, add_people, walk

from pipeline.casework.cases import act_on_case
from pipeline.casework.evidence import find
from pipeline.casework.listing import Wanted, history, one_case
from pipeline.casework.office.field import Carried, export_field
from pipeline.casework.office.fieldtake import Brought, import_field
from pipeline.casework.office.views import stamp_of
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.verify import verify
from pipeline.core.casefacts import PASSED
from pipeline.core.field import COLUMNS, TYPED
from pipeline.core.ledger import CaseAct, CaseState
from pipeline.errors import RegisterError
from pipeline.io.photos import jpeg
from pipeline.io.tables import Blocks

ACTING = ("督查员", "2021-03-01T01:00:00Z")
CRS = pyproj.CRS("EPSG:4549")
EAST, NORTH = 562000.0, 3074000.0


def blocks() -> Blocks:
    shapes = [shapely.box(EAST + i * 100, NORTH, EAST + i * 100 + 100, NORTH + 100) for i in range(2)]
    frame = gpd.GeoDataFrame({"block_id": ["B1", "B2"], "name": ["一", "二"], "name_en": ""}, geometry=shapes, crs=CRS)
    return Blocks(frame, CRS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with a served case, an open one and a closed one."""
    folder = tmp_path_factory.mktemp("made")
    with Register.open(folder / "r.sqlite", clock=lambda: NOW) as found:
        add_people(found)
        for i, last in enumerate((CaseAct.SERVE, CaseAct.OPEN, CaseAct.CLOSE)):
            walk(found, last, x=EAST + 10.0 + i, y=NORTH + 20.0, problem="=堆物\x00", picture="f/chips/a.webp")
    (folder / "f" / "chips").mkdir(parents=True)
    photo(folder / "f" / "chips" / "a.webp")
    return folder


@pytest.fixture
def register(made: Path, tmp_path: Path) -> Iterator[Register]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with Register.open(tmp_path / "r.sqlite", clock=lambda: NOW) as found:
        yield found
        with found.reading() as connection:
            assert verify(connection).problems == ()


@pytest.fixture
def field(register: Register, tmp_path: Path) -> Path:
    path = tmp_path / "out" / "外业.gpkg"
    path.parent.mkdir()
    assert carry(register, path) == Carried(3, 2, 3)
    return path


def photo(path: Path) -> None:
    """A small picture; that it is kept whole is what counts."""
    path.write_bytes(jpeg(np.full((8, 8, 3), 90, np.uint8)))


def carry(register: Register, path: Path, states: tuple[CaseState, ...] = tuple(CaseState)) -> Carried:
    return export_field(register, path, Wanted(states), blocks(), workdir=Path(register.where).parent)


def take(register: Register, path: Path, by: str = ACTING[0]) -> Brought:
    return import_field(register, path, (by, ACTING[1]), blocks(), workdir=Path(register.where).parent)


def edit(path: Path, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    """Change the layer as another program would: the rest of the file stays."""
    frame = change(pyogrio.read_dataframe(path, layer="cases"))
    pyogrio.write_dataframe(frame, path, driver="GPKG", layer="cases")


def fill(path: Path, number: str, /, **cells: object) -> None:
    def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        for name, value in cells.items():
            if name == "geometry":
                frame.loc[frame["number"] == number, "geometry"] = gpd.GeoSeries([value], crs=CRS).iloc[0]
            else:
                frame.loc[frame["number"] == number, name] = value
        return frame

    edit(path, change)


def seq(register: Register) -> int:
    with register.reading() as connection:
        return stamp_of(connection).seq


def case(register: Register, number: str):  # type: ignore[no-untyped-def]
    with register.reading() as connection:
        return one_case(connection, number), history(connection, Stream.CASE, number)


def test_it_opens_with_its_style_and_form(field: Path) -> None:
    names = {str(name) for name, _ in pyogrio.list_layers(field)}
    assert {"cases", "blocks", "wuse"} <= names
    frame = pyogrio.read_dataframe(field, layer="cases")
    assert [c.name for c in COLUMNS] == [c for c in frame.columns if c != "geometry"]
    assert frame.crs == CRS
    assert (frame.set_index("number").picture.map(lambda p: (field.parent / p).is_file())).all()
    base = sqlite3.connect(field)
    styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1"))
    base.close()
    assert styles.keys() == {"cases", "blocks"}
    form = ET.fromstring(styles["cases"].split("\n", 1)[1])
    editable = {f.get("name") for f in form.iter("field") if f.get("editable") == "1"}
    assert editable == {c.name for c in TYPED} | {"kind", "severity", "place", "problem"}
    widgets = {f.get("name"): f.find("editWidget").get("type") for f in form.find("fieldConfiguration")}  # type: ignore[union-attr]
    assert (widgets["photo"], widgets["result"], widgets["version"]) == ("ExternalResource", "ValueMap", "Hidden")
    offered = {o.get("value") for o in form.find(".//field[@name='result']").iter("Option") if o.get("value")}  # type: ignore[union-attr]
    assert {"passed", "failed"} <= offered


def test_an_unchanged_file_writes_nothing(register: Register, field: Path) -> None:
    before = seq(register)
    assert take(register, field) == Brought()
    edit(field, lambda frame: frame.to_crs("EPSG:4326").to_crs(CRS))
    with register.writing() as book:
        act_on_case(book, "2021-000002", act(CaseAct.ASSIGN, party="xuexiao", at=ACTING[1]))
        act_on_case(book, "2021-000002", act(CaseAct.MOVE, x=1.0, y=2.0, lon=0, lat=0, block_id="B2", at=ACTING[1]))
    assert take(register, field) == Brought(), "moved and assigned in the office, left alone outdoors"
    assert seq(register) == before + 2


def test_an_inspection_with_a_photo_is_taken_once(register: Register, field: Path, tmp_path: Path) -> None:
    (field.parent / "DCIM").mkdir()
    photo(field.parent / "DCIM" / "p.jpg")
    filled = {"result": "passed", "seen_at": "2021-02-01 15:30", "note": "已清理", "photo": "DCIM/p.jpg"}
    fill(field, "2021-000001", **filled, inspector="书记")
    fill(field, "2021-000002", note="门口还有一堆", geometry=shapely.Point(EAST + 150, NORTH + 50))
    assert take(register, field) == Brought(changed=2)
    facts, events = case(register, "2021-000001")
    assert (facts.state, facts.result, facts.inspected_by) == (CaseState.INSPECTION, PASSED, "督查员")
    assert (facts.inspected_at, events[-1].why) == ("2021-02-01T07:30:00Z", "已清理")
    assert events[-1].data["inspector"] == "书记"
    assert find(tmp_path, facts.photo) is not None
    moved, events = case(register, "2021-000002")
    assert (moved.block_id, moved.x, moved.y) == ("B2", EAST + 150, NORTH + 50)
    assert 120 < moved.lon < 121 and [e.what for e in events[-2:]] == [CaseAct.MOVE, CaseAct.NOTE]
    before = seq(register)
    assert take(register, field) == Brought(known=2)
    assert seq(register) == before


@pytest.mark.parametrize(
    ("number", "cells", "by", "reason"),
    [
        ("2021-000001", {"result": "passed"}, "物业的人", "responsible party"),
        ("2021-000001", {"result": "passed"}, "路人", "list of people"),
        ("2021-000002", {"result": "passed"}, "督查员", "cannot inspect"),
        ("2021-000003", {"geometry": shapely.Point(EAST + 50, NORTH + 50)}, "督查员", "cannot move"),
        ("2021-000001", {"geometry": shapely.Point(0, 0)}, "督查员", "no block holds"),
        ("2021-000001", {"result": "也许"}, "督查员", "expected passed, failed"),
        ("2021-000001", {"result": "passed", "seen_at": "昨天"}, "督查员", "a time like"),
        ("2021-000001", {"result": "passed", "seen_at": "2022-06-01 10:00"}, "督查员", "future"),
        ("2021-000001", {"result": "passed", "photo": "none.jpg"}, "督查员", "does not exist"),
        ("2021-000001", {"result": "passed", "photo": "外业.gpkg"}, "督查员", "is no photo"),
        ("2021-000001", {"result": "passed", "photo": "../r.sqlite"}, "督查员", "beside the field file"),
        ("2021-000001", {"inspector": "书记"}, "督查员", "an inspection, a note"),
        ("2021-000001", {"state": "closed"}, "督查员", "cannot be changed in the field"),
        ("2021-000001", {"note": "x", "number": "2021-000099"}, "督查员", "no such case"),
        ("2021-000001", {"version": 99, "note": "x"}, "督查员", "not a version"),
    ],
)
def test_what_is_refused_stays_in_a_report(
    register: Register, field: Path, *, number: str, cells: dict[str, object], by: str, reason: str
) -> None:
    fill(field, "2021-000002", note="其他的照收")
    fill(field, number, **cells)
    found = take(register, field, by)
    assert [reason in r.en for r in found.rejected] == [True], found.rejected
    assert all(r.zh for r in found.rejected)
    kept = Path(found.report).read_text(encoding="utf-8-sig").splitlines()
    told = next(iter(csv.DictReader(kept)))
    for name, value in cells.items():
        assert name == "geometry" or told[name].lstrip("'") == str(value)
    assert found.changed == (0 if number == "2021-000002" else 1)
    assert take(register, field, by).report == found.report, "the same again"


def test_a_case_changed_in_both_places_is_shown(register: Register, field: Path, tmp_path: Path) -> None:
    photo(field.parent / "p.jpg")
    with register.writing() as book:
        act_on_case(book, "2021-000001", act(CaseAct.INSPECT, by="书记", result="failed", at="2021-02-10T01:00:00Z"))
        act_on_case(book, "2021-000002", act(CaseAct.NOTE, at="2021-02-10T01:00:00Z"))
    fill(field, "2021-000001", result="passed", photo="p.jpg")
    fill(field, "2021-000002", note="补充")
    found = take(register, field)
    assert (found.changed, [r.number for r in found.rejected]) == (1, ["2021-000001"])
    assert "result=failed" in found.rejected[0].en
    kept = str(found.rejected[0].typed["kept"])
    assert find(tmp_path, kept) is not None, "the photo is kept though the inspection is not"
    assert case(register, "2021-000001")[0].result == "failed"


def test_a_new_spot_becomes_a_case_once(register: Register, field: Path) -> None:
    def draw(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        new = {
            "kind": ["rubble", None],
            "severity": ["severe", None],
            "problem": ["砖堆", None],
            "note": [None, "树枝"],
        }
        shapes = [shapely.Point(EAST + 120, NORTH + 30), shapely.Point(EAST + 20, NORTH + 70)]
        return gpd.pd.concat([frame, gpd.GeoDataFrame(new, geometry=shapes, crs=CRS)], ignore_index=True)

    edit(field, draw)
    assert take(register, field) == Brought(opened=2)
    facts, _ = case(register, "2021-000004")
    assert (facts.block_id, facts.kind, facts.severity, facts.problem) == ("B2", "rubble", "severe", "砖堆")
    assert case(register, "2021-000005")[0].problem == "树枝"
    before = seq(register)
    assert take(register, field) == Brought(known=2)
    assert seq(register) == before


def test_a_new_spot_that_cannot_be_is_told_with_its_place(register: Register, field: Path) -> None:
    def draw(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        new = {"problem": ["外面", "已查"], "result": ["", "passed"]}
        shapes = [shapely.Point(0, 0), shapely.Point(EAST + 20, NORTH + 70)]
        return gpd.pd.concat([frame, gpd.GeoDataFrame(new, geometry=shapes, crs=CRS)], ignore_index=True)

    edit(field, draw)
    found = take(register, field)
    assert ["no block holds" in found.rejected[0].en, "only now opened" in found.rejected[1].en] == [True, True]
    rows = list(csv.DictReader(Path(found.report).read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["x"], row["problem"]) for row in rows] == [("0.0", "外面"), (f"{EAST + 20}", "已查")]


def test_a_row_deleted_outdoors_deletes_nothing(register: Register, field: Path) -> None:
    edit(field, lambda frame: frame[frame["number"] != "2021-000001"])
    assert take(register, field) == Brought()
    assert case(register, "2021-000001")[0].state is CaseState.NOTICED


def test_only_open_cases_are_carried_when_asked(register: Register, tmp_path: Path) -> None:
    path = tmp_path / "open.gpkg"
    assert carry(register, path, tuple(s for s in CaseState if s.live)).cases == 2
    assert carry(register, path, (CaseState.VOID,)).cases == 0
    assert take(register, path) == Brought()


def test_other_files_are_refused_in_one_line(register: Register, field: Path, made: Path, tmp_path: Path) -> None:
    with Register.open(tmp_path / "other.sqlite", clock=lambda: NOW) as other:
        add_people(other)
        with pytest.raises(RegisterError, match="another register"):
            take(other, field)
    with pytest.raises(RegisterError, match="does not exist"):
        take(register, tmp_path / "none.gpkg")
    for bad in (Path(register.where), made / "f" / "chips" / "a.webp"):
        with pytest.raises(RegisterError, match="cannot be read as a field file"):
            take(register, bad)
    edit(field, lambda frame: frame.drop(columns="note"))
    with pytest.raises(RegisterError, match="no column note"):
        take(register, field)
