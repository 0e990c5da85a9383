"""The evidence that people supply: facilities, culture and inspections, as an office workbook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Font
from plan import BlockPlan

FACILITIES = ("bins", "toilet", "parking", "ebike_charging", "lighting", "fitness")
GATES = ("clean", "pure", "orderly", "beautified")
YES, NO = "是", "否"
FIRST, SECOND = "2021-01", "2021-09"
STAMP = dt.datetime(2021, 9, 20, 9, 0, 0)

# What each block lacked in January and what was built by September: 34 fitness machines, 1 car park,
# 3 charging points, 1 public toilet.
LACKING: dict[str, tuple[str, ...]] = {
    "B03": ("fitness",),
    "B10": ("ebike_charging", "fitness"),
    "B18": ("fitness",),
    "B19": ("parking",),
    "B27": ("toilet",),
    "B29": ("ebike_charging", "fitness"),
    "B35": ("ebike_charging", "fitness"),
}
BUILT: dict[str, str] = {
    "B03": "更换健身器材8件",
    "B10": "更换健身器材7件；新建电瓶车充电设施1处",
    "B18": "更换健身器材6件",
    "B19": "建成公用停车场1处",
    "B27": "整改提升公共厕所1座",
    "B29": "更换健身器材7件；新建电瓶车充电设施1处",
    "B35": "更换健身器材6件；新建电瓶车充电设施1处",
}
# Blocks that lack facilities at both flights; the second list is not known and left blank.
ALWAYS_LACKING: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "B04": (("toilet", "fitness"), ("lighting",)),
    "B07": (("fitness",), ("ebike_charging",)),
    "B08": (("toilet", "bins"), ("fitness",)),
    "B17": (("parking", "fitness"), ()),
    "B21": (("parking",), ("fitness",)),
    "B23": (("fitness",), ("toilet", "lighting")),
    "B24": (("lighting", "fitness"), ()),
    "B28": (("lighting",), ("ebike_charging",)),
    "B31": (("parking", "ebike_charging"), ("fitness",)),
    "B33": (("toilet",), ()),
    "B34": (("toilet", "lighting"), ("parking",)),
    "B38": (("bins", "toilet"), ("fitness",)),
    "B42": (("parking", "fitness"), ("toilet",)),
    "B43": (("bins", "toilet", "lighting"), ("parking", "fitness")),
}
CULTURE_NOTES = {
    "B01": "文化长廊", "B05": "校园文化墙", "B14": "法治文化公园", "B16": "邻里文化节", "B26": "水利文化廊",
    "B09": "楼道文化示范", "B30": "共享书屋",
}  # fmt: skip
ALREADY_CULTURED = ("B01", "B05", "B14", "B16", "B26", "B20")
CULTURED_LATER = ("B09", "B30")
CONFIRMED_DIRTY = ("B08", "B23", "B43")
DISORDERLY = ("B17", "B38")
States = dict[tuple[str, str], tuple[bool, bool, bool]]


def lacks(block_id: str, flight: str) -> tuple[str, ...]:
    """Facilities that the block is known to lack at a flight."""
    always = ALWAYS_LACKING.get(block_id, ((), ()))[0]
    return always + (LACKING.get(block_id, ()) if flight == FIRST else ())


def states(plans: list[BlockPlan]) -> States:
    """Per flight and block: facilities complete, orderly, cultured."""
    result: States = {}
    for flight in (FIRST, SECOND):
        for plan in plans:
            known = not ALWAYS_LACKING.get(plan.block_id, ((), ()))[1]
            cultured = plan.block_id in ALREADY_CULTURED or (flight == SECOND and plan.block_id in CULTURED_LATER)
            complete = known and not lacks(plan.block_id, flight)
            result[flight, plan.block_id] = (complete, plan.block_id not in DISORDERLY, cultured)
    return result


def _facility_rows(plans: list[BlockPlan]) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    for flight in (FIRST, SECOND):
        for plan in plans:
            if flight == SECOND and plan.block_id not in BUILT:
                continue
            blank = ALWAYS_LACKING.get(plan.block_id, ((), ()))[1]
            missing = lacks(plan.block_id, flight)
            cells = [NO if f in missing else None if f in blank else YES for f in FACILITIES]
            rows.append([plan.block_id, flight, *cells, BUILT[plan.block_id] if flight == SECOND else None])
    return rows


def _culture_rows(plans: list[BlockPlan]) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    for plan in plans:
        cultured = plan.block_id in ALREADY_CULTURED
        unknown = plan.grades[0] in ("red", "orange") and plan.grades[1] in ("red", "orange")
        rows.append([plan.block_id, FIRST, YES if cultured else None if unknown else NO,
                     CULTURE_NOTES.get(plan.block_id) if cultured else None])  # fmt: skip
    rows += [[block, SECOND, YES, CULTURE_NOTES[block]] for block in CULTURED_LATER]
    return rows


def _inspection_rows(plans: list[BlockPlan]) -> list[list[str | None]]:
    """Pure and orderly are people's to say; a few dirty blocks are confirmed, and checked again in September."""
    rows: list[list[str | None]] = []
    names = {FIRST: ("2021-01-15", "潘丽", "陈海"), SECOND: ("2021-09-19", "倪伟", "陈海")}
    for place, flight in enumerate((FIRST, SECOND)):
        date, one, two = names[flight]
        for number, plan in enumerate(plans):
            answers: dict[str, str] = {}
            note = None
            dirty = plan.grades[place] == "red"
            moved = flight == FIRST or plan.grades[0] != plan.grades[1]
            if plan.block_id in CONFIRMED_DIRTY:
                answers["clean"] = NO if dirty else YES
                note = "现场确认垃圾堆积" if dirty else "二次督查：已清理"
            if plan.block_id in DISORDERLY and moved:
                answers["orderly"], note = NO, "车辆乱停、占道堆物"
            elif moved and not dirty and plan.grades[place] != "orange":
                answers["pure"] = answers["orderly"] = YES
            if answers:
                who = one if number % 2 else two
                rows.append([plan.block_id, flight, date, who, *(answers.get(gate) for gate in GATES), note])
    return rows


def workbook(plans: list[BlockPlan], path: Path) -> None:
    """Write the workbook; same rows, same bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets = {
        "facilities": (["block_id", "flight", *FACILITIES, "note"], _facility_rows(plans)),
        "culture": (["block_id", "flight", "culture", "note"], _culture_rows(plans)),
        "inspections": (["block_id", "flight", "date", "inspector", *GATES, "note"], _inspection_rows(plans)),
    }
    for name, (head, rows) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(head)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for row in rows:
            sheet.append(row)
        sheet.freeze_panes = "A2"
        sheet.column_dimensions["A"].width = 10
    book.properties.created = book.properties.modified = STAMP
    book.save(path)
    _freeze_times(path)


def _freeze_times(path: Path) -> None:
    """A workbook is a zip that remembers when it was written; here it always says the same moment."""
    with ZipFile(path) as source:
        parts = {name: source.read(name) for name in sorted(source.namelist())}
    core = parts["docProps/core.xml"].decode()
    start, end = core.index(">", core.index("<dcterms:modified")) + 1, core.index("</dcterms:modified>")
    parts["docProps/core.xml"] = (core[:start] + STAMP.strftime("%Y-%m-%dT%H:%M:%SZ") + core[end:]).encode()
    with ZipFile(path, "w", ZIP_DEFLATED) as target:
        for name, data in parts.items():
            info = ZipInfo(name, (2021, 9, 20, 9, 0, 0))
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, data)
