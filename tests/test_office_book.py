"""The office workbook: out and back without a change, changed by the guards, or refused with every wrong cell named."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from office import ACTING, Office, add_lists, export, take
from postgres import server
from registers import NOW, act, add_people, walk

from pipeline.casework.cases import act_on_case
from pipeline.casework.listing import history, one_case
from pipeline.casework.office.take import Taken
from pipeline.casework.office.views import rows_of, stamp_of
from pipeline.casework.records import change, changing
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.taking_part import hold_campaign, plan_campaign
from pipeline.casework.verify import verify
from pipeline.core.ledger import CaseAct
from pipeline.core.sheets import PROJECTS, RESOURCES
from pipeline.errors import RegisterError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with a closed case and an open one, and its workbook."""
    folder = tmp_path_factory.mktemp("made")
    with Register.open(folder / "r.sqlite", clock=lambda: NOW) as found:
        add_people(found)
        add_lists(found)
        walk(found, CaseAct.CLOSE, place="=1+1", problem="a\x01\r\nb_x0041_ ")
        walk(found, CaseAct.OPEN, problem="x" * 40_000)
        export(found, folder / "book.xlsx")
    return folder


@pytest.fixture
def register(made: Path, tmp_path: Path) -> Iterator[Register]:
    shutil.copy(made / "r.sqlite", tmp_path)
    with Register.open(tmp_path / "r.sqlite", clock=lambda: NOW) as found:
        yield found
        with found.reading() as connection:
            assert verify(connection).problems == ()


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Office:
    shutil.copy(made / "book.xlsx", tmp_path)
    return Office(tmp_path / "book.xlsx")


def seq(register: Register) -> int:
    with register.reading() as connection:
        return stamp_of(connection).seq


def resources(register: Register) -> dict[str, dict[str, object]]:
    with register.reading() as connection:
        return {str(r["name"]): r for r in rows_of(connection, RESOURCES, None)}  # type: ignore[arg-type]


def told(found: Taken) -> list[tuple[str, int, str, str]]:
    return [(p.sheet, p.row, p.column, p.found) for p in found.problems]


@pytest.mark.parametrize("chinese", [True, False])
def test_an_unchanged_workbook_writes_nothing(register: Register, tmp_path: Path, chinese: bool) -> None:
    before = seq(register)
    path = export(register, tmp_path / "book.xlsx", chinese=chinese)
    assert take(register, path, chinese=not chinese) == Taken(passed_over=())
    Office(path).save()
    assert take(register, path) == Taken(), "saved by another program"
    assert seq(register) == before


def test_people_can_read_it(book: Office) -> None:
    assert book.book.sheetnames[:4] == ["说明", "资源清单", "需求清单", "项目清单"]
    cases = book.book["案件"]
    assert cases.freeze_panes == "B2" and cases.auto_filter.ref
    assert book.get("案件", "2021-000001", "状态") == "销号"
    assert book.get("案件", "2021-000001", "责任主体") == "wuye 物业(业委会)"
    assert book.get("案件", "2021-000001", "送达时间") == datetime(2021, 1, 15, 9, 0)
    assert book.get("需求清单", "N-2021-000001", "期限") == datetime(2021, 4, 30)
    picks = {str(rule.sqref): rule.formula1 for rule in book.book["需求清单"].data_validations.dataValidation}
    assert picks["D2:D1048576"].startswith("wuse!$"), "kinds of need are offered"
    assert book.book["wuse"].sheet_state == "hidden"
    notes = [str(row[1].value) for row in book.book["说明"].iter_rows()]
    assert any("wuse lists import" in text for text in notes)


def test_text_that_looks_like_a_formula_stays_text(book: Office, register: Register) -> None:
    place = book.place("案件", "地点")
    cell = book.book["案件"].cell(book.row("案件", "2021-000001"), place)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)
    with zipfile.ZipFile(book.path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets" in name]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


def test_changes_are_taken_once(book: Office, register: Register) -> None:
    book.set(
        "资源清单", "R-2021-000001", 名称="保洁一班", 人数="６", 每周工时="1,040", 可服务的需求="店外堆物, rubbish"
    )
    book.set("需求清单", "N-2021-000001", 期限=date(2021, 5, 31), 预计工时=12)
    book.set("项目清单", "P-2021-000001", 承办单位="学校", 期限="2021年6月1日", 开工=44000)
    book.set("案件", "2021-000002", 责任主体="wuye 随便什么", 协办单位="cishan", 新备注="+加快办理")
    book.add("资源清单", 提供单位="xuexiao", 名称="校工", 可服务的需求="洁化", 人数=2, 同时可接=1)
    book.add("资源清单", 提供单位="xuexiao", 名称="校工", 可服务的需求="洁化", 人数=2, 同时可接=1)
    book.add("需求清单", 区块="B2", 类型="绿化失管", 需求="补种", 预计工时=4, 权重=1)
    path = book.save()
    before = seq(register)
    looked = take(register, path, only_look=True)
    assert seq(register) == before
    first = take(register, path)
    assert first == looked
    assert first.problems == ()
    assert first.changed == {"资源清单": 1, "需求清单": 1, "项目清单": 1, "案件": 1}
    assert first.added == {"资源清单": 2, "需求清单": 1}
    row = resources(register)["保洁一班"]
    assert (row["people"], row["hours_week"], row["serves"]) == (6, 1040.0, "goods rubbish")
    with register.reading() as connection:
        (project,) = rows_of(connection, PROJECTS, None)  # type: ignore[arg-type]
        events = history(connection, Stream.CASE, "2021-000002")
        case = one_case(connection, "2021-000002")
    assert (project["party"], project["due"], project["start_by"]) == ("xuexiao", "2021-06-01", "2020-06-18")
    assert [e.what for e in events[1:]] == [CaseAct.ASSIGN, CaseAct.HELP, CaseAct.NOTE]
    assert (events[-1].why, events[-1].by) == ("+加快办理", ACTING[0])
    assert (case.party, case.helpers) == ("wuye", ("cishan",))
    after = seq(register)
    assert take(register, path).changed == {} and seq(register) == after, "the same file again"


WRONG = [
    ("案件", "2021-000002", {"状态": "销号"}, "销号"),
    ("案件", "2021-000001", {"责任主体": "xuexiao"}, "xuexiao"),
    ("案件", "2021-000002", {"责任主体": "cishan"}, "cishan"),
    ("案件", "2021-000002", {"责任主体": "没有的单位"}, "没有的单位"),
    ("案件", "2021-000002", {"编号": "2021-000001"}, "2021-000001"),
    ("案件", "2021-000002", {"编号": "2021-000099"}, "2021-000099"),
    ("案件", "2021-000002", {"编号": None}, ""),
    ("案件", "2021-000002", {"版本": 9}, "9"),
    ("案件", "2021-000002", {"版本": None}, ""),
    ("资源清单", "R-2021-000001", {"人数": "几个"}, "几个"),
    ("资源清单", "R-2021-000001", {"人数": 2.5}, "2.5"),
    ("资源清单", "R-2021-000001", {"人数": "=1+1"}, "=1+1"),
    ("资源清单", "R-2021-000001", {"人数": "1e999"}, "1e999"),
    ("资源清单", "R-2021-000001", {"同时可接": 0}, "0"),
    ("资源清单", "R-2021-000001", {"名称": None}, ""),
    ("资源清单", "R-2021-000001", {"可服务的需求": "洁化、打扫"}, "洁化、打扫"),
    ("需求清单", "N-2021-000001", {"期限": "2021-02-30"}, "2021-02-30"),
    ("需求清单", "N-2021-000001", {"类型": "暴露垃圾"}, "暴露垃圾"),
    ("需求清单", "case:2021-000002", {"预计工时": 3}, "3"),
    ("项目清单", "P-2021-000001", {"区块": "B9"}, "B9"),
    ("项目清单", "P-2021-000001", {"成果": "完成"}, "完成"),
]


NEW = [
    ("资源清单", {"名称": "校工", "同时可接": 1}, "提供单位"),
    ("资源清单", {"名称": "校工", "提供单位": "学校"}, "同时可接"),
    ("资源清单", {"名称": "校工", "提供单位": "没有的单位", "同时可接": 1}, "提供单位"),
    ("需求清单", {"类型": "绿化失管", "需求": "补种", "权重": 1}, "预计工时"),
    ("需求清单", {"需求": "补种", "权重": 1, "预计工时": 1}, "类型"),
    ("项目清单", {"期限": "下周"}, "项目"),
    ("积分", {"居民": "甲", "事由": "如实上报"}, "凭据编号"),
    ("积分", {"事由": "如实上报", "凭据编号": "2021-000001"}, "居民"),
    ("积分", {"居民": "甲", "事由": "campaign", "凭据编号": "C-2021-000009"}, "居民"),
    ("区块", {"会诊方案": "清运"}, "区块"),
]


@pytest.mark.parametrize(("sheet", "cells", "column"), NEW)
def test_a_new_row_that_lacks_something_is_named(
    book: Office, register: Register, sheet: str, cells: dict[str, object], column: str
) -> None:
    row = book.add(sheet, **cells)
    before = seq(register)
    taken = take(register, book.save())
    assert (sheet, row, column) in [(p.sheet, p.row, p.column) for p in taken.problems]
    assert seq(register) == before


@pytest.mark.parametrize(("sheet", "key", "cells", "found"), WRONG)
def test_a_wrong_cell_is_named_and_nothing_is_written(
    book: Office, register: Register, sheet: str, key: str, cells: dict[str, object], found: str
) -> None:
    row = book.row(sheet, key)
    book.set(sheet, key, **cells)
    book.set("资源清单", "R-2021-000002", 名称="改好的一行")
    before = seq(register)
    taken = take(register, book.save())
    assert (sheet, row, next(iter(cells)), found) in told(taken)
    assert all(p.zh and p.en for p in taken.problems)
    assert (taken.changed, taken.added) == ({}, {})
    assert seq(register) == before


def test_every_wrong_row_is_told_at_once(book: Office, register: Register) -> None:
    book.set("资源清单", "R-2021-000001", 人数="几个", 名称=None)
    book.set("案件", "2021-000001", 责任主体="xuexiao")
    added = book.add("资源清单", 编号="R-1", 名称="没有单位")
    new = book.add("积分", 居民="甲", 事由="如实上报", 凭据编号="2021-000001", 积分=100)
    taken = take(register, book.save())
    assert {(p.sheet, p.row) for p in taken.problems} == {
        ("资源清单", 2),
        ("资源清单", added),
        ("案件", 2),
        ("积分", new),
    }


def test_what_others_changed_is_kept_and_a_clash_is_shown(book: Office, register: Register) -> None:
    with register.writing() as writing:
        change(writing, Stream.RESOURCE, "R-2021-000001", changing("书记", ACTING[1], {"people": 9, "kit": "车"}))
    book.set("资源清单", "R-2021-000001", 备注="新备注")
    path = book.save()
    assert take(register, path).changed == {"资源清单": 1}
    row = resources(register)["保洁班"]
    assert (row["people"], row["kit"], row["note"]) == (9, "车", "新备注"), "both changes are there"
    book.set("资源清单", "R-2021-000001", 人数=5)
    clash = take(register, book.save())
    assert told(clash) == [("资源清单", 2, "人数", "5")]
    assert "“9”" in clash.problems[0].zh
    book.set("资源清单", "R-2021-000001", 人数=9)
    assert take(register, book.save()) == Taken()


def test_a_case_that_went_on_still_takes_a_remark(book: Office, register: Register) -> None:
    with register.writing() as writing:
        act_on_case(writing, "2021-000002", act(CaseAct.ASSIGN, party="xuexiao", at=ACTING[1]))
    book.set("案件", "2021-000002", 新备注="已电话催办")
    path = book.save()
    assert take(register, path).changed == {"案件": 1}
    assert take(register, path) == Taken()
    book.set("案件", "2021-000002", 责任主体="wuye")
    assert told(take(register, book.save())) == [("案件", book.row("案件", "2021-000002"), "责任主体", "wuye")]


def test_points_are_earned_by_the_guards(book: Office, register: Register) -> None:
    with register.writing() as writing:
        number = plan_campaign(writing, "2021-02-01", "清运", ("书记", ACTING[1]))["id"]
        hold_campaign(writing, number, ("书记", ACTING[1]), people=2, truckloads=1)
    book.add("积分", 居民="甲", 事由="参加集中整治", 凭据编号=number)
    book.add("积分", 居民="乙", 事由="campaign", 凭据编号=number)
    path = book.save()
    assert take(register, path).added == {"积分": 2}
    before = seq(register)
    assert take(register, path) == Taken() and seq(register) == before
    book.add("积分", 居民="督查员", 事由="campaign", 凭据编号=number)
    own = take(register, book.save())
    assert [p.en for p in own.problems] == ["nobody confirms their own"]


def test_rows_and_columns_may_be_moved_and_ones_own_added(book: Office, register: Register) -> None:
    sheet = book.book["资源清单"]
    sheet.move_range("A1:A3", cols=12)
    sheet.delete_cols(book.place("资源清单", "装备"))
    sheet.cell(1, 1).value = "小张核对"
    sheet.cell(2, 1).value = "好"
    sheet.insert_rows(1)
    sheet.cell(1, 1).value = "2021 年资源清单"
    sheet.cell(40, 2).value = "   "
    taken = take(register, book.save())
    assert taken.problems == ()
    assert set(taken.passed_over) == {("资源清单", "小张核对"), ("资源清单", "装备")}


def test_broken_tables_are_named(book: Office, register: Register, tmp_path: Path) -> None:
    sheet = book.book["资源清单"]
    sheet.merge_cells("A2:A3")
    assert ("资源清单", 2, "", "A2:A3") in told(take(register, book.save()))
    sheet.unmerge_cells("A2:A3")
    sheet.cell(1, 2).value = "名称"
    assert ("资源清单", 1, "名称", "名称") in told(take(register, book.save()))
    sheet.delete_rows(1)
    assert ("资源清单", 1, "", "") in told(take(register, book.save()))
    del book.book["资源清单"]
    book.book["案件"].title = "Cases"
    taken = take(register, book.save())
    assert (taken.problems, taken.passed_over) == ((), (("资源清单", ""),))


def test_a_workbook_of_another_register_is_refused(book: Office, register: Register, tmp_path: Path) -> None:
    with Register.open(tmp_path / "other.sqlite", clock=lambda: NOW) as other:
        add_people(other)
        with pytest.raises(RegisterError, match="another register"):
            take(other, book.path)
    del book.book["说明"]
    with pytest.raises(RegisterError, match="does not say"):
        take(register, book.save())


def test_a_restored_backup_is_told(register: Register, tmp_path: Path) -> None:
    register.close()
    shutil.copy(register.where, tmp_path / "backup.sqlite")
    add_lists(register)
    path = export(register, tmp_path / "book.xlsx")
    with (
        Register.open(tmp_path / "backup.sqlite", clock=lambda: NOW) as old,
        pytest.raises(RegisterError, match="no longer has"),
    ):
        take(old, path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"name,party\n", b"\xd0\xcf\x11\xe0" + b"0" * 600])
def test_what_is_no_workbook_is_one_line(register: Register, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(RegisterError, match="cannot be read as a workbook"):
        take(register, path)
    with pytest.raises(RegisterError, match="does not exist"):
        take(register, tmp_path / "none.xlsx")


def test_a_workbook_of_an_empty_register(tmp_path: Path) -> None:
    with Register.open(tmp_path / "r.sqlite", clock=lambda: NOW) as register:
        path = export(register, tmp_path / "book.xlsx")
        assert take(register, path) == Taken()
        assert openpyxl.load_workbook(path)["案件"].max_row == 1


def test_a_register_on_a_server_goes_out_and_comes_back(tmp_path: Path) -> None:
    with server() as address, Register.open(address, clock=lambda: NOW) as register:
        add_people(register)
        add_lists(register)
        walk(register, CaseAct.OPEN)
        path = export(register, tmp_path / "book.xlsx")
        assert take(register, path) == Taken()
        book = Office(path)
        book.set("案件", "2021-000001", 责任主体="wuye", 新备注="催办")
        book.add("资源清单", 提供单位="xuexiao", 名称="校工", 同时可接=1)
        book.save()
        assert take(register, path) == Taken({"案件": 1}, {"资源清单": 1})
        assert take(register, path) == Taken()
        with register.reading() as connection:
            assert verify(connection).problems == ()
