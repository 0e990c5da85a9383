"""Do office files stay within memory? The workbook and the field file of 10,000 and of 100,000 cases, out and back.

    python tests/benchmarks/office.py [SMALL LARGE]

Each step runs in a process of its own; its peak memory is told beside its processor time. What comes back unchanged
must write nothing: ends with an error where it does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from registers import add_people, walk
from sqlalchemy import insert, select

from pipeline.casework.register import Register
from pipeline.casework.schema import cases
from pipeline.core.ledger import CaseAct

CHUNK = 5000
STEP = """
import resource, sys, time
from pathlib import Path
sys.path[:0] = {places!r}
from pipeline.casework.listing import Wanted
from pipeline.casework.office.export import export_workbook
from pipeline.casework.office.field import export_field
from pipeline.casework.office.fieldtake import Brought, import_field
from pipeline.casework.office.take import Taken, import_workbook
from pipeline.casework.register import Register
from test_office_field import blocks
what, folder = sys.argv[1], Path(sys.argv[2])
told = []
acting = ("督查员", "2021-12-30T00:00:00Z")
progress = lambda done, total, what: told.append(done)
with Register.open(folder / "r.sqlite", clock=lambda: "2021-12-31T00:00:00Z") as register:
    if what == "workbook out":
        export_workbook(register, folder / "b.xlsx", progress=progress)
    elif what == "workbook back":
        assert import_workbook(register, folder / "b.xlsx", acting, progress=progress) == Taken()
    elif what == "field file out":
        export_field(register, folder / "f.gpkg", Wanted(), blocks(), workdir=folder, progress=progress)
    elif what == "field file back":
        found = import_field(register, folder / "f.gpkg", acting, blocks(), workdir=folder, progress=progress)
        assert found == Brought()
size = sum(p.stat().st_size for p in folder.glob("[bf].*")) / 1e6
print(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(told), size)
"""
STEPS = ("nothing", "workbook out", "workbook back", "field file out", "field file back")


def filled(path: Path, count: int) -> None:
    """A register of so many open cases: one that was opened, and copies of its row, as only rows are read here."""
    with Register.open(path, clock=lambda: "2021-12-31T00:00:00Z") as register:
        add_people(register)
        first = walk(register, CaseAct.SERVE, place="锦湖路 1 号后门", problem="楼道口堆放建筑垃圾和旧家具")
        with register.engine.begin() as connection:
            row = dict(connection.execute(select(cases).where(cases.c.number == first)).mappings().one())
            for start in range(1, count, CHUNK):
                numbers = range(start, min(start + CHUNK, count))
                connection.execute(insert(cases), [row | _copy(i) for i in numbers])


def _copy(i: int) -> dict[str, object]:
    return {"number": f"2021-{i + 1:06d}", "x": 562000.0 + i % 1000 * 7, "y": 3074000.0 + i // 1000 * 7}


def measured(folder: Path, what: str) -> tuple[float, float, int, float]:
    """Seconds of the processor, peak MiB, how often progress was told, MB of files so far."""
    places = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    words = [sys.executable, "-c", STEP.format(places=places), what, str(folder)]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]), float(out[1]), int(out[2]), float(out[3])


def main(sizes: list[int]) -> int:
    """Print the table; the exit code."""
    print(f"{'':18}{'cases':>10}{'seconds':>10}{'peak MiB':>10}{'progress':>10}{'MB':>8}")
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            filled(Path(folder) / "r.sqlite", count)
            print(f"(register made in {time.perf_counter() - began:.0f} s)")
            for what in STEPS:
                seconds, peak, told, size = measured(Path(folder), what)
                print(f"{what:18}{count:10,}{seconds:10.1f}{peak:10.0f}{told:10}{size:8.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main([int(a) for a in sys.argv[1:]] or [10_000, 100_000]))
