"""Random histories, carried out to office files and back: nothing changes, though the register went on meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pyproj
import shapely
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from office import export, take
from test_register_histories import BLOCKS, Histories

from pipeline.casework.listing import Wanted, everything
from pipeline.casework.office.field import export_field, field_row
from pipeline.casework.office.fieldtake import Brought, import_field
from pipeline.casework.office.take import Taken
from pipeline.casework.office.views import around_of, rows_of
from pipeline.casework.records import change, changing, enter
from pipeline.casework.schema import Stream
from pipeline.core.answers import Problem
from pipeline.core.sheets import SHEETS
from pipeline.core.typed import same
from pipeline.io.fieldwork import read_cases
from pipeline.io.tables import Blocks
from pipeline.io.workbooks import reading_workbook

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "+86", "-", "@我", "'", "007", "1E5", "2021-03-01", "44000", "TRUE", "_x0041_", " ", "\r\n", "#REF!"]
)
FRAME = gpd.GeoDataFrame({"block_id": ["B1"], "name": [""]}, geometry=[shapely.box(0, 0, 50, 50)], crs="EPSG:4549")
BOTH = Blocks(FRAME, pyproj.CRS("EPSG:4549"))
DAYS = st.dates().map(str) | st.sampled_from(["", "下周", "0001-01-01", "1900-02-28", "2021-02-30"])
NUMBERS = st.floats(0, 1e9) | st.integers(0, 2**40).map(float)


class OfficeHistories(Histories):
    """A register whose lists hold whatever people type; a workbook was written at the start and now and then."""

    @initialize()
    def write_first(self) -> None:
        self.written = 0
        self.write()

    @rule()
    def write(self) -> None:
        self.written += 1
        path = self._path(self.written % 2)
        export(self.register, path)
        export_field(self.register, path.with_suffix(".gpkg"), Wanted(), BOTH, workdir=path.parent)

    def _path(self, number: int) -> Path:
        return Path(self.folder.name) / f"{number}.xlsx"

    def _enter(self, stream: Stream, **data: Any) -> None:
        self._tried(lambda book: enter(book, stream, ("督查员", self.now), data))

    @rule(name=TEXTS, kit=TEXTS, people=st.integers(0, 2**40), hours=NUMBERS, serves=st.sets(st.sampled_from(Problem)))
    def resource(self, name: str, kit: str, people: int, hours: float, serves: set[Problem]) -> None:
        kinds = " ".join(sorted(k.value for k in serves))
        data = {"party": "xuexiao", "name": name, "kit": kit, "serves": kinds}
        self._enter(Stream.RESOURCE, **data, people=people, jobs=1, hours_week=hours)

    @rule(title=TEXTS, due=DAYS, effort=NUMBERS, block=BLOCKS, kind=st.sampled_from(["rubbish", "clean", "", "旧类"]))
    def need(self, title: str, due: str, effort: float, block: str, kind: str) -> None:
        data = {"source": "person", "block_id": block, "kind": kind, "title": title, "due": due}
        self._enter(Stream.NEED, **data, effort_h=effort, weight=1.0)

    @rule(title=TEXTS, due=DAYS, note=TEXTS, party=st.sampled_from([None, "cishan"]))
    def project(self, title: str, due: str, note: str, party: str | None) -> None:
        self._enter(Stream.PROJECT, title=title, due=due, note=note, party=party, need=title)

    @rule(note=TEXTS)
    def change_resource(self, note: str) -> None:
        def step(book: Any) -> None:
            if book.row(Stream.RESOURCE, "R-2021-000001"):
                change(book, Stream.RESOURCE, "R-2021-000001", changing("书记", self.now, {"note": note}))

        self._tried(step)

    @rule()
    def take_the_older_one_back(self) -> None:
        before = self._last()
        older = self._path((self.written + 1) % 2 if self.written > 1 else 1)
        assert take(self.register, older) == Taken()
        field, acting = older.with_suffix(".gpkg"), ("督查员", self.now)
        assert import_field(self.register, field, acting, BOTH, workdir=older.parent) == Brought()
        assert self._last() == before

    def teardown(self) -> None:
        if hasattr(self, "written"):
            self.write()
            self.take_the_older_one_back()
            self._compare(self._path(self.written % 2))
            self._compare_field(self._path(self.written % 2).with_suffix(".gpkg"))
        super().teardown()

    def _compare(self, path: Path) -> None:
        """Every cell reads back as what the register holds."""
        zone = ZoneInfo(self.register.settings.timezone)
        with reading_workbook(path) as book, self.register.reading() as connection:
            around = around_of(connection, zone)
            for sheet in SHEETS:
                rows = [cells for _, cells in book.rows(sheet.zh)][1:]
                there = list(rows_of(connection, sheet, zone))
                assert len(rows) == len(there)
                for cells, row in zip(rows, there, strict=True):
                    for column, cell in zip(sheet.columns, cells, strict=True):
                        assert same(column, cell, row[column.name], around), (sheet.name, column.name, cell)

    def _compare_field(self, path: Path) -> None:
        """Every feature reads back as what the register holds."""
        with self.register.reading() as connection:
            around = around_of(connection, ZoneInfo(self.register.settings.timezone))
            there = [field_row(case, around) for case in everything(connection)]
        (_, features), *rest = read_cases(path, BOTH.crs)
        assert not rest and len(features) == len(there)
        for feature, row in zip(features, there, strict=True):
            assert feature == {**row, "version": str(row["version"])}


OfficeHistories.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)
TestOfficeHistories = OfficeHistories.TestCase
