"""The sample community, end to end, held against the truth that its generator counted."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from pipeline.artifacts import FlightPaths, flight_paths
from pipeline.config import load_config
from pipeline.core.vocabulary import Grade
from pipeline.run import run_community

FLIGHTS = ("2021-01", "2021-09")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> dict[str, FlightPaths]:
    """Both flights of the sample, run once into a folder of the test's own."""
    workdir = tmp_path_factory.mktemp("hongbei")
    config = load_config(sample.parent / "configs" / "hongbei.toml")
    community = config.community.model_copy(update={"workdir": str(workdir)})
    run_community(config.model_copy(update={"community": community}))
    return {flight: flight_paths(workdir, flight) for flight in FLIGHTS}


@pytest.fixture(scope="module")
def truth(sample: Path) -> pd.DataFrame:
    return pd.read_csv(sample / "truth.csv")


def against(runs: dict[str, FlightPaths], truth: pd.DataFrame, flight: str) -> pd.DataFrame:
    got = pd.read_parquet(runs[flight].score_blocks)
    return got.merge(truth[truth.flight == flight], on="block_id", suffixes=("", "_true"))


@pytest.mark.parametrize("flight", FLIGHTS)
def test_43_blocks_in_five_colours(runs: dict[str, FlightPaths], flight: str) -> None:
    grades = pd.read_parquet(runs[flight].grade_parquet).grade
    assert len(grades) == 43
    assert set(grades) == {g.value for g in Grade.ladder()}


@pytest.mark.parametrize("flight", FLIGHTS)
def test_green_cover_is_within_4_points_in_every_block(
    runs: dict[str, FlightPaths], truth: pd.DataFrame, flight: str
) -> None:
    both = against(runs, truth, flight)
    assert (both.green_pct - both.green_pct_true).abs().max() <= 4


def test_clutter_follows_the_true_litter(runs: dict[str, FlightPaths], truth: pd.DataFrame) -> None:
    each = [against(runs, truth, flight) for flight in FLIGHTS]
    assert pd.concat(each).clutter.corr(pd.concat(each).litter_pct, method="spearman") >= 0.85
    assert min(e.clutter.corr(e.litter_pct, method="spearman") for e in each) >= 0.85


def test_the_two_worsened_blocks_worsen_most(runs: dict[str, FlightPaths], truth: pd.DataFrame) -> None:
    before, after = (pd.read_parquet(runs[f].score_blocks).set_index("block_id").clutter for f in FLIGHTS)
    worst = (after - before).nlargest(2).index
    assert set(worst) == set(truth[truth.change == "worse"].block_id)


@pytest.mark.parametrize("flight", FLIGHTS)
def test_area_counted_in_pixels_agrees_with_the_map(
    runs: dict[str, FlightPaths], truth: pd.DataFrame, flight: str
) -> None:
    cells = pd.read_parquet(runs[flight].cells).groupby("block_id").valid_m2.sum()
    area = truth[truth.flight == flight].set_index("block_id").area_m2
    assert ((cells - area).abs() / area).max() < 0.005


@pytest.mark.parametrize("flight", FLIGHTS)
def test_nothing_has_moved_since_the_golden_run(
    runs: dict[str, FlightPaths], flight: str, request: pytest.FixtureRequest
) -> None:
    """Renewed only on purpose: ``pytest tests/test_sample.py --renew-golden``, with the reason in the commit."""
    frame = pd.read_parquet(runs[flight].grade_parquet).set_index("block_id")
    got = frame[["grade", "clutter", "green_pct", "hotspots"]].round(2)
    golden = Path(__file__).with_name(f"golden_{flight}.csv")
    if request.config.getoption("--renew-golden"):
        got.to_csv(golden)
    kept = pd.read_csv(golden, index_col="block_id")
    assert got.grade.to_dict() == kept.grade.to_dict()
    assert (got.clutter - kept.clutter).abs().max() <= 0.1
    assert (got.green_pct - kept.green_pct).abs().max() <= 0.1
    assert (got.hotspots - kept.hotspots).abs().max() <= 1


def test_the_notebook_runs(tmp_path: Path, sample: Path) -> None:
    path = sample.parent / "notebooks" / "01_look_at_a_flight.ipynb"
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert not any(o.output_type == "error" for c in notebook.cells for o in c.get("outputs", []))
