"""The command line: results to stdout, talk to stderr, exit codes, and what the README says."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from photos import SOME_BLOCKS, blocks_at
from shapely import box
from tiny import tiny_community, write_blocks
from typer.testing import CliRunner, Result

from pipeline import __version__
from pipeline.casework.notice_template import default_template
from pipeline.cli import app
from pipeline.cli_groups import GROUPS, group
from pipeline.config import GradeSection, load_config
from pipeline.core.vocabulary import Stage
from pipeline.errors import Interrupted

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = ["run", *(s.value for s in Stage), "calibrate", "check", "explain", "demo", "new", "review", "version"]
REGISTER = ["cases", "notices", "blocks", "lists", "parties", "people", "campaigns", "pledges", "points"]


def wuse(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny_community(tmp_path_factory.mktemp("community"))
    assert wuse("run", config, "-q").exit_code == 0
    return config


def _imported(code: str) -> set[str]:
    """Top-level modules outside the standard library that a fresh Python holds after ``code``."""
    ask = (
        f"import sys, contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    {code}\nprint(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.split(".")[0] for name in found.stdout.split()} - set(sys.stdlib_module_names)


def test_help_names_every_command_and_imports_little_more_than_it_is_written_with() -> None:
    helped = _imported("import pipeline.cli; pipeline.cli.app(['--help'], standalone_mode=False)")
    assert helped - _imported("import typer, rich") == {"pipeline"}
    text = wuse("--help").stdout
    assert all(re.search(rf"^  {command} ", text, re.MULTILINE) for command in COMMANDS + REGISTER)


@pytest.mark.parametrize("command", COMMANDS + REGISTER)
def test_each_command_has_help(command: str) -> None:
    assert wuse(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "wrong", [["nonsense"], ["run"], ["run", "a.toml", "--colour"], ["explain", "a", "--lang", "fr"]]
)
def test_wrong_usage_is_2(wrong: list[str]) -> None:
    result = wuse(*wrong)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_version_tells_what_results_depend_on() -> None:
    found = json.loads(wuse("version", "--json").stdout)
    assert found["wuse"] == __version__
    assert set(found) == {"wuse", "python", "gdal", "numpy", "opencv"}
    assert wuse("version").stdout.splitlines()[0] == f"wuse {__version__}"


def test_run_ends_with_a_table_of_colours_and_maps(done: Path) -> None:
    result = wuse("run", done, "--lang", "zh")
    lines = result.stdout.splitlines()
    assert lines[0] == "小区 Tiny"
    assert all(name in lines[1] for name in ("红", "橙", "黄", "蓝", "绿", "未定级"))
    assert sum(map(int, lines[2].split()[1:-1])) == 2
    assert lines[-1].endswith("2021-09/render/map.html")
    assert result.stderr == "全部已是最新，无需重算。\n"


def test_run_for_machines(done: Path) -> None:
    result = wuse("run", done, "--json")
    found = json.loads(result.stdout)
    assert {s["reason"] for s in found["stages"]} == {"up_to_date"}
    assert [f["flight"] for f in found["flights"]] == ["2021-01", "2021-09"]
    assert sum(found["flights"][0]["counts"].values()) == 2


def test_explain_gives_a_reason_for_every_stage_in_both_languages(done: Path) -> None:
    first = wuse("explain", done, "--lang", "en").stdout.splitlines()[0]
    assert first.split() == ["2021-01", "ingest", "skip", "up", "to", "date"]
    chinese = wuse("explain", done, "--lang", "zh").stdout
    assert chinese.count("已是最新") == 11
    found = json.loads(wuse("explain", done, "--json", "--flight", "2021-09").stdout)
    assert [(d["stage"], d["run"]) for d in found] == [(s.value, False) for s in Stage]


def test_a_stage_command_runs_as_far_as_that_stage(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    result = wuse("tile", config, "--flight", "2021-01", "--lang", "en")
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["ingest", "tile"]
    assert (tmp_path / "runs/2021-01/tile/tiles.parquet").exists()
    assert not (tmp_path / "runs/2021-01/score").exists()


def test_check_is_0_when_fine_and_4_when_not(done: Path, tmp_path: Path) -> None:
    result = wuse("check", done, "--lang", "zh")
    assert result.exit_code == 0
    assert "个区块" in result.stdout
    config = tiny_community(tmp_path)
    (tmp_path / "2021-09.tif").write_bytes(b"no picture")
    bad = wuse("check", config)
    assert bad.exit_code == 4
    assert len(bad.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()
    assert any(f["level"] == "bad" for f in json.loads(wuse("check", config, "--json").stdout))


def _no_column(folder: Path) -> str:
    write_blocks(folder / "duties.gpkg", [box(0, 0, 9, 9)], party=["a"])
    return '[register]\nresponsibilities = "duties.gpkg"\n'


def _table(folder: Path, text: str) -> str:
    (folder / "culture.csv").write_text(text, encoding="utf-8")
    return 'evidence = "culture.csv"\n'


def _word(folder: Path) -> str:
    (folder / "notice.docx").write_text("no Word file")
    return '[register.notices]\ntemplate = "notice.docx"\n'


@pytest.mark.parametrize(
    ("spoil", "key", "words"),
    [
        (lambda folder: 'evidence = "none.xlsx"\n', "community.evidence", "none.xlsx does not exist"),
        (lambda folder: _table(folder, "block_id,colour\n"), "community.evidence", "column 'colour' is not known"),
        (lambda folder: _table(folder, "block_id,culture\nB9,yes\n"), "community.evidence", "'B9'"),
        (
            lambda folder: '[register]\nresponsibilities = "none.gpkg"\n',
            "register.responsibilities",
            "none.gpkg does not exist",
        ),
        (_no_column, "register.responsibilities", "has no column duty"),
        (
            lambda folder: '[register.notices]\ntemplate = "none.docx"\n',
            "register.notices.template",
            "none.docx does not exist",
        ),
        (_word, "register.notices.template", "notice.docx is no Word template"),
    ],
)
def test_check_opens_every_file_that_the_config_names(
    tmp_path: Path, spoil: Callable[[Path], str], key: str, words: str
) -> None:
    config = tiny_community(tmp_path)
    line, text = spoil(tmp_path), config.read_text(encoding="utf-8")
    into = text.replace('workdir = "runs"\n', f'workdir = "runs"\n{line}') if "[" not in line else text + line
    config.write_text(into, encoding="utf-8")
    result = wuse("check", config, "--lang", "en")
    assert result.exit_code == 4
    (told,) = [told for told in result.stdout.splitlines() if told.split()[1] == "bad"]
    assert told.startswith(key + " ") and words in told
    if "evidence" in key:
        assert wuse("run", config, "-q").stderr.removeprefix("wuse: ").strip() in told


def test_check_says_what_the_other_files_hold(tmp_path: Path) -> None:
    config = tiny_community(tmp_path)
    (tmp_path / "notice.docx").write_bytes(default_template())
    write_blocks(tmp_path / "duties.gpkg", [box(0, 0, 9, 9)], party=["a"], duty=["area"])
    line = _table(tmp_path, "block_id,culture\n")
    text = config.read_text(encoding="utf-8").replace('workdir = "runs"\n', f'workdir = "runs"\n{line}')
    beside = 'responsibilities = "duties.gpkg"\n[register.notices]\ntemplate = "notice.docx"\n'
    config.write_text(f"{text}[register]\n{beside}", encoding="utf-8")
    found = json.loads(wuse("check", config, "--json").stdout)
    assert {f["where"]: f["en"] for f in found if f["level"] == "good" and "." in f["where"]} == {
        "community.blocks": "2 blocks, CGCS2000 / 3-degree Gauss-Kruger CM 120E",
        "community.evidence": "0 rows of evidence",
        "register.responsibilities": "1 places that somebody answers for",
        "register.notices.template": "the template of the notice opens",
    }


def test_new_writes_a_config_that_loads(tmp_path: Path) -> None:
    tiny_community(tmp_path)
    out = tmp_path / "mine.toml"
    pictures = [tmp_path / "2021-09.tif", tmp_path / "2021-01.tif"]
    result = wuse("new", tmp_path / "blocks.gpkg", *pictures, "--out", out, "--name", '虹"北', "--lang", "en")
    assert result.exit_code == 0, result.output
    config = load_config(out)
    assert config.community.name == '虹"北'
    assert "flight 2021-01: its date is from the file's name" in result.stderr
    assert [f.id for f in config.by_date] == ["2021-01", "2021-09"]
    assert config.flights[0].orthophoto == str(tmp_path / "2021-01.tif")
    assert wuse("check", out).exit_code == 0
    written = out.read_text(encoding="utf-8")
    out.write_text(re.sub(r"^# (?=\[grade|clutter_max|ground_green_min)", "", written, flags=re.MULTILINE), "utf-8")
    assert load_config(out).grade == GradeSection()
    again = wuse("new", tmp_path / "blocks.gpkg", *pictures, "--out", out)
    assert again.exit_code == 3
    assert "exists already" in again.stderr


def test_new_says_which_file_is_missing_and_in_which_order_they_come(tmp_path: Path) -> None:
    tiny_community(tmp_path)
    for given in (("gone.gpkg", tmp_path / "2021-01.tif"), (tmp_path / "blocks.gpkg", "gone.tif")):
        result = wuse("new", *given, "--out", tmp_path / "new.toml")
        assert result.exit_code == 3 and len(result.stderr.splitlines()) == 1
        assert "gone." in result.stderr and "the blocks first" in result.stderr
        assert not (tmp_path / "new.toml").exists()


def test_a_command_that_is_told_can_be_pasted(tmp_path: Path) -> None:
    tiny_community(tmp_path / "a b")
    out, picture = tmp_path / "a b" / "my new.toml", tmp_path / "a b" / "2021-01.tif"
    made = wuse("new", tmp_path / "a b" / "blocks.gpkg", picture, "--out", out, "--lang", "en")
    assert shlex.split(made.stderr.splitlines()[-1].rpartition("then: ")[2]) == ["wuse", "check", str(out)]
    picture.write_bytes(b"no picture")
    told = wuse("run", out).stderr.rpartition("to mend: ")[2]
    assert shlex.split(told.partition(" tells")[0]) == ["gdalinfo", str(picture)]


def test_new_takes_the_column_that_names_the_blocks(tmp_path: Path) -> None:
    tiny_community(tmp_path)
    plots = write_blocks(tmp_path / "plots.gpkg", [blocks_at(*SOME_BLOCKS).frame.geometry[0]], plot=["东一"])
    given = ("new", plots, tmp_path / "2021-01.tif", "--out", tmp_path / "new.toml")
    assert wuse(*given, "--block-id", "plot").exit_code == 0
    config = load_config(tmp_path / "new.toml")
    assert config.community.block_id == "plot"
    assert wuse("check", tmp_path / "new.toml").exit_code == 0
    (tmp_path / "new.toml").unlink()
    refused = wuse(*given, "--block-id", "colour")
    assert refused.exit_code == 3
    assert "has no column colour (found: block_id, plot)" in refused.stderr and "--block-id COLUMN" in refused.stderr


def test_new_writes_nothing_for_a_picture_that_is_cut_off(tmp_path: Path) -> None:
    tiny_community(tmp_path)
    picture = tmp_path / "2021-09.tif"
    picture.write_bytes(picture.read_bytes()[:-50_000])
    result = wuse("new", tmp_path / "blocks.gpkg", picture, "--out", tmp_path / "new.toml")
    assert result.exit_code == 3 and len(result.stderr.splitlines()) == 1
    assert "2021-09.tif is not a raster that can be read: it is damaged, cut off" in result.stderr
    assert not (tmp_path / "new.toml").exists()


def test_demo_without_the_sample_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.__file__", str(tmp_path / "lib" / "pipeline" / "cli.py"))
    monkeypatch.chdir(tmp_path)
    result = wuse("demo")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "wuse: the sample community is not here; expected configs/hongbei.toml and sample_tiles/; "
        "to mend: run wuse demo in a clone"
    ]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_5_and_goes_on_later(tmp_path: Path, stop: signal.Signals) -> None:
    config = tiny_community(tmp_path)
    command = [sys.executable, "-m", "pipeline", "run", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while not (tmp_path / "runs/2021-01/ingest.json").exists() and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(stop)
        _, talk = process.communicate(timeout=60)
    assert process.returncode == Interrupted.exit_code, talk
    assert talk.splitlines()[-1].startswith("wuse: stopped; finished stages are kept")
    assert not list((tmp_path / "runs").rglob(".*.tmp"))
    assert wuse("run", config, "-q").exit_code == 0


def test_readme_holds_the_two_commands_and_every_exit_code() -> None:
    first, second = re.findall(r"^```sh\n(.+?)\n```$", README, re.MULTILINE | re.DOTALL)
    assert first.endswith("wuse demo")
    assert second.endswith(".venv/bin/pytest -n 2 --dist loadfile")
    assert re.findall(r"^\| (\d) \|", README, re.MULTILINE) == ["0", "2", "3", "4", "5"]
    assert " | ".join(COMMANDS) in README
    assert " | ".join(REGISTER) in README


def test_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_each_group_is_told_by_the_help_that_it_has_itself() -> None:
    for name, (_, _, about) in GROUPS.items():
        assert group(name).info.help == about
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0 and about in shown.stdout and f"wuse {name} [OPTIONS]" in shown.stdout
        assert CliRunner().invoke(app, [name, "no-such-command"]).exit_code == 2
