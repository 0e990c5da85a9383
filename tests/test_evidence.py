"""The evidence table as people have it, and errors that say where to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.core.vocabulary import Facility, Gate
from pipeline.errors import EvidenceError
from pipeline.io.evidence import read_evidence

FLIGHTS = ("2021-01", "2021-05", "2021-09")
Table = Sequence[Sequence[Any]]


def workbook(path: Path, **sheets: Table) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def test_a_workbook_gives_checks_and_facilities(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "台账.xlsx",
        facilities=[("block_id", "flight", "bins", "parking", "note"), ("B1", None, "yes", "no", "车位不够")],
        culture=[("block_id", "culture"), ("B1", True), ("B2", 0)],
        inspections=[("block_id", "flight", "clean", "pure"), ("B1", "2021-01", "是", None)],
    )
    known = read_evidence(path, FLIGHTS).at("2021-01")
    assert known["B1"].facilities == {Facility.BINS: True, Facility.PARKING: False}
    assert known["B1"].checks == {Gate.CULTURE: True, Gate.CLEAN: True}
    assert known["B2"].checks == {Gate.CULTURE: False}


def test_chinese_sheets_and_headers_are_read(tmp_path: Path) -> None:
    rows = [("区块编号", "航次", "垃圾桶或分类点", "照明", "备注"), (7.0, "", "有", "无", "")]
    path = workbook(tmp_path / "e.xlsx", 设施=rows, 说明=[("随便写",)])
    known = read_evidence(path, FLIGHTS).at("2021-09")
    assert known["7"].facilities == {Facility.BINS: True, Facility.LIGHTING: False}


def test_the_headers_of_tables_that_people_keep_stay_known(tmp_path: Path) -> None:
    heads = ("垃圾桶或分类点", "公厕可及", "停车", "电动车充电", "照明", "健身设施")
    path = workbook(tmp_path / "e.xlsx", 设施=[("区块编号", *heads), ("B1", *["有"] * len(heads))])
    assert read_evidence(path, FLIGHTS).at("2021-09")["B1"].facilities == dict.fromkeys(Facility, True)


@pytest.mark.parametrize(
    ("text", "answer"),
    [("是", True), ("Yes", True), ("１", True), (1, True), ("true", True), ("否", False), ("NO", False), (0.0, False)],
)
def test_yes_and_no_in_all_their_spellings(tmp_path: Path, text: Any, answer: bool) -> None:
    path = workbook(tmp_path / "e.xlsx", culture=[("block_id", "culture"), ("B1", text)])
    assert read_evidence(path, FLIGHTS).at("2021-01")["B1"].checks == {Gate.CULTURE: answer}


def test_newer_rows_override_and_later_flights_are_not_used(tmp_path: Path) -> None:
    rows = [
        ("block_id", "flight", "culture"),
        ("B1", "2021-09", "no"),
        ("B1", "2021-05", "yes"),
        ("B2", None, "no"),
        ("B2", None, None),
        ("B3", "2021-01", "no"),
        ("B3", "2021-01", "yes"),
    ]
    evidence = read_evidence(workbook(tmp_path / "e.xlsx", culture=rows), FLIGHTS)
    told = [{b: e.checks.get(Gate.CULTURE) for b, e in evidence.at(f).items()} for f in FLIGHTS]
    assert told == [
        {"B2": False, "B3": True},
        {"B1": True, "B2": False, "B3": True},
        {"B1": False, "B2": False, "B3": True},
    ]


def test_a_check_of_cleanness_holds_for_its_own_flight_only(tmp_path: Path) -> None:
    rows = [("block_id", "flight", "clean", "pure"), ("B1", "2021-01", "no", "no"), ("B2", "", "yes", "")]
    evidence = read_evidence(workbook(tmp_path / "e.xlsx", inspections=rows), FLIGHTS)
    assert evidence.at("2021-01")["B1"].checks == {Gate.CLEAN: False, Gate.PURE: False}
    assert evidence.at("2021-05")["B1"].checks == {Gate.PURE: False}
    assert evidence.at("2021-05")["B2"].checks == {Gate.CLEAN: True}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_folder_of_csv_files_in_any_of_their_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "设施.csv").write_bytes("区块,照明,备注\n东一,有,路灯\n".encode(encoding))
    (tmp_path / "inspections.csv").write_bytes("block_id,净化\n东一,否\n".encode(encoding))
    known = read_evidence(tmp_path, FLIGHTS).at("2021-01")
    assert known["东一"].facilities == {Facility.LIGHTING: True} and known["东一"].checks == {Gate.PURE: False}
    assert read_evidence(tmp_path / "设施.csv", FLIGHTS).at("2021-01")["东一"].checks == {}


def test_an_empty_table_says_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path / "e.xlsx", facilities=[], culture=[("block_id", "culture"), (None, None)])
    assert read_evidence(path, FLIGHTS).at("2021-01") == {}


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ({"culture": [("block_id", "culture"), ("B1", "maybe")]}, r"sheet culture, row 2, column culture: 'maybe'"),
        ({"facilities": [("block_id", "bin")]}, r"sheet facilities, row 1: column 'bin' is not known"),
        ({"facilities": [("bins",), ("yes",)]}, r"sheet facilities, row 1: no column block_id"),
        ({"culture": [("block_id", "culture", "文化")]}, r"column culture appears twice"),
        ({"culture": [("block_id", "culture"), (None, "yes")]}, r"row 2, column block_id: ''"),
        (
            {"culture": [("block_id", "flight"), ("B1", "2020")]},
            r"row 2, column flight: '2020'; expected one of 2021-01",
        ),
        ({"facility": [("block_id",)]}, r"sheet 'facility' is not known; expected facilities"),
    ],
)
def test_errors_name_sheet_row_column_and_value(tmp_path: Path, sheets: dict[str, Table], message: str) -> None:
    with pytest.raises(EvidenceError, match=message) as caught:
        read_evidence(workbook(tmp_path / "e.xlsx", **sheets), FLIGHTS)
    assert "\n" not in str(caught.value)


def test_an_unknown_column_is_told_with_the_headers_of_the_language(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="expected block_id, flight, bins, toilet") as told:
        read_evidence(workbook(tmp_path / "e.xlsx", facilities=[("区块", "厕所")]), FLIGHTS)
    listed = told.value.zh.partition("应为 ")[2].split("、")
    assert listed == ["区块", "航次", *(f.zh for f in Facility)]
    read_evidence(workbook(tmp_path / "e.xlsx", facilities=[listed]), FLIGHTS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.xlsx", b"not a workbook", "cannot be read as a workbook"),
        ("e.xls", b"\xd0\xcf\x11\xe0", "is not a table"),
        ("culture.csv", b"block_id\n\xff\xff\xff", "neither UTF-8 nor GB18030"),
        ("culture.csv", b'block_id\n"B1', "is not CSV"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EvidenceError, match=message):
        read_evidence(tmp_path / name, FLIGHTS)


@pytest.mark.parametrize("name", ["gbk.csv", "."])
def test_a_csv_file_of_another_name_is_told_as_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "gbk.csv").write_text("block_id,照明\n东一,有\n", encoding="gbk")
    with pytest.raises(EvidenceError) as told:
        read_evidence(tmp_path / name, FLIGHTS)
    assert str(told.value) == (
        f"{tmp_path / 'gbk.csv'} is not known by its name; "
        "expected facilities.csv (设施.csv), culture.csv (文化.csv), inspections.csv (检查.csv); "
        "to mend: rename it after what it holds, or call it notes.csv"
    )


def test_a_flight_that_excel_took_for_a_day_is_still_that_flight(tmp_path: Path) -> None:
    rows = [("block_id", "flight", "culture"), ("B1", datetime(2021, 1, 1), "yes"), ("B2", date(2021, 1, 14), "no")]
    known = read_evidence(workbook(tmp_path / "e.xlsx", culture=rows), ["2021-01", "2021-01-14"])
    assert [row.since for row in known.rows] == [0, 1]


def test_missing_files_and_unknown_flights(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path / "none"):
        with pytest.raises(EvidenceError, match="does not exist"):
            read_evidence(path, FLIGHTS)
    with pytest.raises(EvidenceError, match=r"holds no \.csv"):
        read_evidence(tmp_path, FLIGHTS)
    path = workbook(tmp_path / "e.xlsx", culture=[])
    with pytest.raises(EvidenceError, match="no flight 1999"):
        read_evidence(path, FLIGHTS).at("1999")


def test_a_stray_block_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "e.xlsx", culture=[("block_id", "culture"), ("B1", "yes"), ("B9", "yes")])
    evidence = read_evidence(path, FLIGHTS)
    evidence.require_blocks(("B1", "B9"))
    with pytest.raises(EvidenceError, match=r"row 3, column block_id: 'B9'; expected an id of a block"):
        evidence.require_blocks(("B1",))
