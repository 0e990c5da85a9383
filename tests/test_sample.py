"""The sample community, end to end, held against the truth that its generator counted."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from pipeline.artifacts import FlightPaths, flight_paths
from pipeline.config import Config
from pipeline.core.pairing import PARTS
from pipeline.core.vocabulary import Grade, Stage
from pipeline.io.comparisons import Told, read_comparison
from pipeline.io.proposals import ledger_of, read_proposals
from pipeline.run import compare_flights

FLIGHTS = ("2021-01", "2021-09")


@pytest.fixture(scope="module")
def config(sample_run: Config) -> Config:
    return sample_run


@pytest.fixture(scope="module")
def runs(config: Config) -> dict[str, FlightPaths]:
    return {flight: flight_paths(Path(config.community.workdir), flight) for flight in FLIGHTS}


def compared(config: Config, before: str, after: str) -> Told:
    found = read_comparison(compare_flights(config, before, after).folder(Stage.COMPARE))
    assert found is not None
    return found


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


def test_the_comparison_reproduces_what_became_of_each_block(
    config: Config, runs: dict[str, FlightPaths], truth: pd.DataFrame
) -> None:
    """The article's 12 closed red and orange blocks come out of the two flights and the evidence, and nothing else."""
    found = compared(config, *FLIGHTS)
    table = found.blocks.set_index("block_id")
    became = truth[truth.flight == FLIGHTS[1]].set_index("block_id").change
    left = table[table.grade_before.isin(["red", "orange"]) & (table.direction > 0)]
    assert set(left.index) == set(became.index[became == "closed"])
    assert found.record["closed"] == 12
    assert set(table.index[table.direction < 0]) == set(became.index[became == "worse"])
    better = table.index[(table.direction > 0) & ~table.grade_before.isin(["red", "orange"])]
    assert set(better) <= set(became.index[became == "better"])
    assert set(table.reason[became == "better"]) <= {"measured", "evidence", "both", "season"}
    assert set(table.reason[became == "same"]) == {"same"}


def test_the_comparison_knows_how_the_mosaics_lie(config: Config, runs: dict[str, FlightPaths]) -> None:
    found = compared(config, *FLIGHTS)
    shift = found.record["shift"]
    assert (shift["dx_m"], shift["dy_m"]) == (pytest.approx(0.35, abs=0.03), pytest.approx(-0.20, abs=0.03))
    assert found.record["comparable"] and shift["rmse_m"] <= 0.05
    assert found.blocks.comparable.all() and (found.blocks.rest_m <= 0.15).all()


def test_swapped_flights_mirror_every_result(config: Config, runs: dict[str, FlightPaths]) -> None:
    there, back = compared(config, *FLIGHTS), compared(config, *FLIGHTS[::-1])
    a, b = there.blocks, back.blocks
    for one, other in (("before", "after"), ("after", "before")):
        for name in ("grade", *(kind.value for kind in PARTS)):
            pd.testing.assert_series_equal(a[f"{name}_{one}"], b[f"{name}_{other}"], check_names=False)
    for kind in PARTS:
        pd.testing.assert_series_equal(a[f"{kind.value}_change"], -b[f"{kind.value}_change"])
        pd.testing.assert_series_equal(a[f"{kind.value}_se"], b[f"{kind.value}_se"])
    same = ["block_id", "comparable", "objects_comparable", "proposed", "reason", "gates"]
    same += ["overlap_pct", "shadow_pct", "shift_m", "rest_m"]
    pd.testing.assert_frame_equal(pd.DataFrame(a[same]), pd.DataFrame(b[same]))
    assert (a.direction == -b.direction).all()
    for name in ("dx_m", "dy_m"):
        assert there.record["shift"][name] == pytest.approx(-back.record["shift"][name], abs=0.005)
    assert (there.record["better"], there.record["worse"]) == (back.record["worse"], back.record["better"])
    assert there.record["indicators"] == back.record["indicators"]
    one, other = there.record["objects"], back.record["objects"]
    assert (one["new"], one["gone"], one["still"]) == (other["gone"], other["new"], other["still"])
    assert one["still"] > 0 and one["gone"] > one["new"] > 0


def test_a_flight_against_itself_has_changed_nothing(config: Config, runs: dict[str, FlightPaths]) -> None:
    found = compared(config, FLIGHTS[0], FLIGHTS[0])
    shift = found.record["shift"]
    assert (shift["dx_m"], shift["dy_m"], shift["rmse_m"]) == (0.0, 0.0, 0.0)
    assert found.record["comparable"] and found.record["better"] == found.record["worse"] == 0
    assert set(found.blocks.reason) == {"same"}
    for kind in PARTS:
        assert (found.blocks[f"{kind.value}_change"].dropna() == 0).all()
        assert not found.blocks[f"{kind.value}_changed"].any()


def test_only_what_goes_forward_in_time_is_proposed(config: Config, runs: dict[str, FlightPaths]) -> None:
    lines = {f: read_proposals([ledger_of(runs[f])]) for f in FLIGHTS}
    assert lines[FLIGHTS[0]] == ()
    assert {(line.before, line.after) for line in lines[FLIGHTS[1]]} == {FLIGHTS}


@pytest.mark.parametrize("name", ["01_look_at_a_flight", "02_indicators", "03_compare_flights"])
def test_the_notebook_runs(sample: Path, name: str) -> None:
    path = sample.parent / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert not any(o.output_type == "error" for c in notebook.cells for o in c.get("outputs", []))
