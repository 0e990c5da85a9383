"""Office files on a truly full disk: one line, nothing lost, nothing half, and the same command goes on later."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from office import Office, add_lists, export
from registers import NOW, add_people, walk

from pipeline.casework.office.views import stamp_of
from pipeline.casework.register import Register
from pipeline.casework.verify import verify
from pipeline.core.ledger import CaseAct
from pipeline.io.photos import jpeg

PLACE = (562100.0, 3074300.0)


@pytest.fixture
def config(tmp_path: Path, sample: Path) -> Path:
    """A community whose register lies in the little room, a workbook and a field file of it elsewhere."""
    text = (sample.parent / "configs" / "hongbei.toml").read_text(encoding="utf-8")
    text = text.replace("../sample_tiles", str(sample)).replace("../runs/hongbei", "room/runs")
    path = tmp_path / "c.toml"
    path.write_text(text + '[register]\noperator = "督查员"\n', encoding="utf-8")
    return path


def fill(room: Path, spare: int) -> None:
    """Take up the room but for some bytes."""
    free = shutil.disk_usage(room).free
    (room / "filler").write_bytes(b"\0" * max(0, free - spare))


def wuse(*words: object, temporary: Path | None = None) -> subprocess.CompletedProcess[str]:
    places = os.environ | ({"TMPDIR": str(temporary)} if temporary else {})
    run = [sys.executable, "-m", "pipeline", *map(str, words)]
    return subprocess.run(run, capture_output=True, text=True, env=places, cwd=Path(__file__).parents[1])


def full(result: subprocess.CompletedProcess[str]) -> None:
    assert result.returncode == 3, result.stderr
    (line,) = result.stderr.splitlines()
    assert "full" in line, line


def made(room: Path) -> Register:
    (room / "runs").mkdir()
    register = Register.open(room / "runs" / "register.sqlite", clock=lambda: NOW)
    add_people(register)
    add_lists(register)
    walk(register, CaseAct.SERVE, x=PLACE[0], y=PLACE[1])
    return register


def test_out_on_a_full_disk(config: Path, little_room: Path, tmp_path: Path) -> None:
    register = made(little_room)
    shutil.move(register.where, tmp_path / "r.sqlite")
    config.write_text(config.read_text(encoding="utf-8") + f'address = "{tmp_path / "r.sqlite"}"\n', encoding="utf-8")
    register.close()
    for name, command in (("b.xlsx", "lists"), ("f.gpkg", "cases")):
        old = little_room / name
        old.write_bytes(b"the old one")
        fill(little_room, 2000)
        full(wuse(command, "export", config, old, "-q"))
        assert old.read_bytes() == b"the old one"
        if command == "lists":
            (little_room / "filler").unlink()
            fill(little_room, 12_288)
            full(wuse(command, "export", config, tmp_path / name, "-q", temporary=little_room))
        assert {p.name for p in little_room.rglob("*") if p.is_file()} <= {"filler", "b.xlsx", "f.gpkg"}, "no leftovers"
        (little_room / "filler").unlink()
        assert wuse(command, "export", config, old, "-q").returncode == 0


def test_back_on_a_full_disk(config: Path, little_room: Path, tmp_path: Path) -> None:
    with made(little_room) as register:
        path = export(register, tmp_path / "b.xlsx")
        with register.reading() as connection:
            before = stamp_of(connection)
    book = Office(path)
    for i in range(150):
        told = {"名称": f"资源 {i}", "备注": "很长的备注" * 80}
        book.add("资源清单", 提供单位="xuexiao", 可服务的需求="洁化", 同时可接=1, **told)
    book.save()
    fill(little_room, 30_000)
    full(wuse("lists", "import", config, path, "-q", "--at", "2021-03-01"))
    (little_room / "filler").unlink()
    where = little_room / "runs" / "register.sqlite"
    with Register.open(where) as register, register.reading() as connection:
        assert stamp_of(connection) == before, "nothing of it was written"
        assert verify(connection).problems == ()
    subprocess.run(["mount", "-o", "remount,size=100m", str(little_room)], check=True)
    assert "资源清单" in wuse("lists", "import", config, path, "-q", "--at", "2021-03-01").stdout
    with Register.open(where) as register, register.reading() as connection:
        assert verify(connection).problems == ()


def test_photos_on_a_full_disk(config: Path, little_room: Path, tmp_path: Path) -> None:
    made(little_room).close()
    path = tmp_path / "f.gpkg"
    assert wuse("cases", "export", config, path, "-q").returncode == 0
    noise = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    (tmp_path / "p.jpg").write_bytes(jpeg(noise, 100))
    assert (tmp_path / "p.jpg").stat().st_size > 100_000
    edit = "import geopandas as g, pyogrio; f = pyogrio.read_dataframe({0!r}, layer='cases'); "
    edit += (
        "f['result'] = 'passed'; f['photo'] = 'p.jpg'; pyogrio.write_dataframe(f, {0!r}, driver='GPKG', layer='cases')"
    )
    subprocess.run([sys.executable, "-c", edit.format(str(path))], check=True)
    fill(little_room, 40_000)
    full(wuse("cases", "import", config, path, "-q", "--at", "2021-01-16"))
    (little_room / "filler").unlink()
    assert not list((little_room / "runs" / "evidence").glob("*"))
    done = wuse("cases", "import", config, path, "-q", "--at", "2021-01-16", "--json")
    assert done.returncode == 0, done.stderr
    assert '"changed": 1' in done.stdout
