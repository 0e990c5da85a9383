"""The decision is a value with a reason from a closed list, found from contents and not from times."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import manifest
from pipeline.artifacts import FlightPaths, write_text
from pipeline.core.vocabulary import Stage
from pipeline.errors import ArtifactError
from pipeline.io.addresses import fingerprint, with_companions
from pipeline.manifest import Reason, Task, decide


@pytest.fixture
def task(tmp_path: Path) -> Task:
    write_text(tmp_path / "in.txt", "input")
    paths = FlightPaths(tmp_path / "w" / "a")
    return Task("a", Stage.TILE, paths, {"tile": {"size_px": 256}, "crs": None}, {"in": str(tmp_path / "in.txt")})


def carry_out(task: Task, content: str = "made") -> None:
    inputs = manifest.fingerprints(task, None)
    write_text(manifest.fresh_folder(task).tiles, content)
    manifest.settle(task, inputs, "then", "now")


def reason(task: Task) -> tuple[Reason, str]:
    decision = decide(task)
    assert decision.run is (decision.reason is not Reason.UP_TO_DATE)
    return decision.reason, decision.detail


def test_never_run_then_up_to_date_then_forced(task: Task) -> None:
    assert reason(task) == (Reason.NEVER_RUN, "")
    carry_out(task)
    assert reason(task) == (Reason.UP_TO_DATE, "")
    assert decide(task, force=True).reason is Reason.FORCED


def test_a_changed_setting_is_named_with_both_values(task: Task) -> None:
    carry_out(task)
    other = Task("a", Stage.TILE, task.paths, {"tile": {"size_px": 512}, "crs": None}, task.inputs)
    assert reason(other) == (Reason.SETTINGS_CHANGED, "tile.size_px (256 → 512)")
    more = Task("a", Stage.TILE, task.paths, {"tile": {"size_px": 256}, "crs": "EPSG:4549"}, task.inputs)
    assert reason(more) == (Reason.SETTINGS_CHANGED, "crs (– → EPSG:4549)")


def test_contents_count_and_times_do_not(task: Task, tmp_path: Path) -> None:
    carry_out(task)
    os.utime(tmp_path / "in.txt", ns=(1, 1))
    assert reason(task) == (Reason.UP_TO_DATE, "")
    write_text(tmp_path / "in.txt", "other")
    assert reason(task) == (Reason.INPUT_CHANGED, "in")
    (tmp_path / "in.txt").unlink()
    assert reason(task) == (Reason.INPUT_CHANGED, "in")


def test_an_input_more_or_less_is_a_change(task: Task) -> None:
    carry_out(task)
    for inputs in ({}, {**task.inputs, "more": task.inputs["in"]}):
        assert decide(Task("a", Stage.TILE, task.paths, task.settings, inputs)).reason is Reason.INPUT_CHANGED


def test_outputs_are_looked_at(task: Task) -> None:
    carry_out(task)
    write_text(task.paths.tiles, "MADE")
    assert reason(task) == (Reason.OUTPUT_ALTERED, "tiles.parquet")
    task.paths.tiles.unlink()
    assert reason(task) == (Reason.OUTPUT_MISSING, "tiles.parquet")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}'])
def test_a_record_that_cannot_be_read_runs_again(task: Task, text: str) -> None:
    carry_out(task)
    task.paths.record(Stage.TILE).write_text(text)
    assert reason(task) == (Reason.RECORD_UNREADABLE, "tile.json")


def test_changed_code_runs_again(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(task)
    monkeypatch.setattr(manifest, "code_of", lambda stage: "other")
    assert reason(task) == (Reason.CODE_CHANGED, "")


def test_stale_files_do_not_survive_and_leftovers_go(task: Task) -> None:
    carry_out(task)
    write_text(task.paths.folder(Stage.TILE) / "chips" / "stale.webp", "")
    write_text(manifest.fresh_folder(task).folder(Stage.TILE) / "half.txt", "")
    carry_out(task, "again")
    names = sorted(p.relative_to(task.paths.root).as_posix() for p in task.paths.root.rglob("*") if p.is_file())
    assert names == ["tile.json", "tile/tiles.parquet"]
    assert task.paths.tiles.read_text() == "again"


def test_only_render_depends_on_the_viewer() -> None:
    files = {stage: {p.name for p in manifest._closure(f"pipeline.{stage}")} for stage in Stage}
    assert {stage for stage, names in files.items() if "viewer.js" in names} == {Stage.RENDER}
    assert {stage for stage, names in files.items() if "clutter.py" in names} >= {Stage.SCORE}
    assert not any({"cli.py", "run.py", "talk.py"} & names for names in files.values())
    assert len({manifest.code_of(stage) for stage in Stage}) == len(Stage)


def test_every_reason_has_words_in_both_languages() -> None:
    for why in Reason:
        decision = manifest.Decision("a", Stage.TILE, True, why, "x")
        assert decision.sentence("zh") == f"{why.zh}: x"
        assert decision.sentence("en") == f"{why.en}: x"


def test_a_folder_is_the_names_and_contents_of_its_files(tmp_path: Path) -> None:
    write_text(tmp_path / "d" / "a", "1")
    first = fingerprint(str(tmp_path / "d")).content
    write_text(tmp_path / "d" / "b", "1")
    second = fingerprint(str(tmp_path / "d")).content
    (tmp_path / "d" / "b").unlink()
    assert fingerprint(str(tmp_path / "d")).content == first != second


def test_companions_are_named(tmp_path: Path) -> None:
    for name in ("a.tif", "a.tif.msk", "a.tfw", "b.jpg", "b.jgw", "c.tab", "c.dat", "c.map"):
        write_text(tmp_path / name, "")
    for name, sides in (("a.tif", {"a.tif.msk", "a.tfw"}), ("b.jpg", {"b.jgw"}), ("c.tab", {"c.dat", "c.map"})):
        found = with_companions("o", [str(tmp_path / name)])
        assert {Path(p).name for p in found.values()} == {name, *sides}


def test_a_virtual_raster_is_all_that_it_is_made_of(tmp_path: Path) -> None:
    """Also through another VRT, whatever its name; a warped one names its file as a data set."""
    for name in ("a.tif", "a.tfw", "deep/b.tif", "deep/b.tif.ovr", "c.tif"):
        write_text(tmp_path / name, "")
    source = '<SourceFilename relativeToVRT="1">{}</SourceFilename>'
    inner = '<SourceDataset relativeToVRT="1">b.tif</SourceDataset>'
    write_text(tmp_path / "deep" / "inner.img", f"<VRTDataset><GDALWarpOptions>{inner}</GDALWarpOptions></VRTDataset>")
    web = "<SourceFilename>/vsicurl/http://example.org/w.tif</SourceFilename>"
    parts = source.format("a.tif") + source.format("deep/inner.img") + source.format("gone.tif") + web
    write_text(tmp_path / "m.vrt", f"<VRTDataset>{parts}</VRTDataset>")
    found = with_companions("o", [str(tmp_path / "m.vrt")])
    names = {p if "://" in p else Path(p).relative_to(tmp_path).as_posix() for p in found.values()}
    files = {"m.vrt", "a.tif", "a.tfw", "deep/inner.img", "deep/b.tif", "deep/b.tif.ovr", "gone.tif"}
    assert names == files | {"http://example.org/w.tif"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """A server that keeps silent."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class NoHead(Handler):
    """A server that does not know HEAD."""

    def do_HEAD(self) -> None:
        self.send_error(405)


@pytest.fixture(params=[Handler, NoHead])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    def handler(*args: object) -> Handler:
        made: Handler = request.param(*args, directory=str(tmp_path))
        return made

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_an_address_is_known_by_its_tags(tmp_path: Path, address: str) -> None:
    write_text(tmp_path / "a.tif", "1")
    first = fingerprint(f"{address}/a.tif")
    assert fingerprint(f"{address}/a.tif") == first
    write_text(tmp_path / "a.tif", "22")
    assert fingerprint(f"{address}/a.tif") != first
    with pytest.raises(ArtifactError, match="does not answer"):
        fingerprint(f"{address}/none.tif")


def test_an_address_that_is_off_is_one_line() -> None:
    with pytest.raises(ArtifactError, match="does not answer") as told:
        fingerprint("http://127.0.0.1:9/a.tif")
    assert "\n" not in str(told.value)
