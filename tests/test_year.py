"""The sample community's year as a script of commands; it ends with the article's figures, told by the register."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.artifacts import flight_paths
from pipeline.cli import app
from pipeline.core.vocabulary import Gate

ARTICLE = {
    "blocks": 43,
    "blocks_closed": 12,
    "campaigns": 21,
    "truckloads": 840,
    "person_times": 3222,
    "fitness": 34,
    "parking": 1,
    "ebike_charging": 3,
    "toilet": 1,
    "compound": 4,
}
FLIGHTS = ("2021-01", "2021-09")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """The sample community with both flights graded as the golden run grades them."""
    folder = tmp_path_factory.mktemp("year")
    gates = json.dumps({Gate.CLEAN.value: {"verdict": "fail"}})
    for flight in FLIGHTS:
        golden = pd.read_csv(Path(__file__).parent / f"golden_{flight}.csv", dtype=str)
        path = flight_paths(folder / "runs", flight).grade_parquet
        path.parent.mkdir(parents=True)
        golden[["block_id", "grade"]].assign(name="", gates=gates).to_parquet(path)
    text = (sample.parent / "configs" / "hongbei.toml").read_text(encoding="utf-8")
    text = text.replace("../sample_tiles", str(sample)).replace("../runs/hongbei", "runs")
    (folder / "hongbei.toml").write_text(text, encoding="utf-8")
    return folder / "hongbei.toml"


def wuse(words: list[str]) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, f"{' '.join(words)}: {result.output}"
    return result.stdout


def script(sample: Path, config: Path) -> list[list[str]]:
    photo = config.parent / "after.webp"
    photo.write_bytes((sample / "map.webp").read_bytes())
    places = {"$CONFIG": str(config), "$PHOTO": str(photo), "$DUTIES": str(sample / "duties.geojson")}
    lines = (sample / "year.sh").read_text(encoding="utf-8").splitlines()
    return [[places.get(w, w) for w in shlex.split(line)[1:]] for line in lines if line.startswith("wuse ")]


@pytest.mark.skipif(find_spec("docxtpl") is None, reason="the extra office is not installed")
def test_the_year_ends_with_the_articles_figures(config: Path, sample: Path) -> None:
    for words in script(sample, config):
        wuse(words)
    assert json.loads(wuse(["cases", "figures", str(config), "--json"])) == ARTICLE
    told = json.loads(wuse(["cases", "verify", str(config), "--json"]))
    assert told["problems"] == []
    notices = json.loads(wuse(["notices", "list", str(config), "--json"]))
    files = {path.stem for path in (config.parent / "runs" / "notices").glob("*.docx")}
    assert files == {n["notice"] for n in notices}
    assert len(files) == ARTICLE["blocks_closed"]
    months = [json.loads(wuse(["cases", "month", str(config), f"2021-{m:02d}", "--json"])) for m in range(1, 10)]
    assert sum(m["campaigns"] for m in months) == ARTICLE["campaigns"]
    assert sum(m["truckloads"] for m in months) == ARTICLE["truckloads"]
    assert sum(m["people"] for m in months) == ARTICLE["person_times"]
    assert sum(m["opened"] for m in months) == sum(m["closed"] for m in months) == ARTICLE["blocks_closed"]
    blocks = json.loads(wuse(["blocks", "list", str(config), "--json"]))
    closed = sorted(b["block_id"] for b in blocks if b["state"] == "watch")
    truth = pd.read_csv(sample / "truth.csv")
    assert closed == truth[truth.change == "closed"].block_id.tolist()
    handed = json.loads(wuse(["cases", "show", str(config), "2021-000002", "--json"]))
    assert [e["what"] for e in handed["events"]][-4:] == ["handover", "handle", "inspect", "close"]


def test_the_script_is_what_its_generator_writes(sample: Path, tmp_path: Path) -> None:
    for name in ("truth.csv", "objects.csv", "blocks.gpkg"):
        (tmp_path / name).symlink_to(sample / name)
    subprocess.run([sys.executable, str(sample / "year.py"), str(tmp_path)], check=True, timeout=120)
    for name in ("year.sh", "duties.geojson"):
        assert (tmp_path / name).read_bytes() == (sample / name).read_bytes(), name
