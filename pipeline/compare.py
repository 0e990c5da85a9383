"""Compare: two flights of one community, block by block; what truly changed, what may be noise, what cannot be told.

Pixels are never differenced: figures of cells and blocks are. Whether two flights can be compared is the first result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.artifacts import FlightPaths, read_json, write_json
from pipeline.config import GradeSection
from pipeline.core.answers import Answer
from pipeline.core.case import CLUTTER, BlockEvidence, Case
from pipeline.core.change import Change, Standing, compare_block
from pipeline.core.comparability import Comparability, FlightFacts, Shift, compare_flights, compare_places, worse
from pipeline.core.comparison import ChangeReason, Condition
from pipeline.core.ladder import grade_block
from pipeline.core.objects import Fate, Past
from pipeline.core.pairing import PARTS, BlockChange, Comparison, FlightSpread, PairedCells, pair_errors, seen_share
from pipeline.core.radiometry import FlightProfile
from pipeline.core.registration import FlightShift
from pipeline.core.statistics import stable_seed
from pipeline.core.vocabulary import Indicator, Stage
from pipeline.core.worktime import zoned
from pipeline.engine import Progress, silent
from pipeline.errors import ArtifactError
from pipeline.io.alignment import Alignment, Ground, align
from pipeline.io.comparisons import (
    ComparisonFiles,
    change_table,
    comparison_record,
    shift_record,
    to_show,
    with_pairs,
)
from pipeline.io.imagery import Imagery
from pipeline.io.objects import Known, object_table, with_pictures
from pipeline.io.paired_green import PairedGreen, paired_green
from pipeline.io.reviewed import read_hotspots, read_review
from pipeline.io.stac import Flight, read_flight
from pipeline.io.tables import Blocks, write_csv, write_gpkg, write_parquet
from pipeline.settings import CompareSection

_CELLS: Final = sorted({name for pair in PARTS.values() for name in pair} | {"roof_m2"})


@dataclass(frozen=True)
class Side:
    """What a flight brings to a comparison: its imagery, tables of earlier stages, and what people know at its time.

    ``blocks`` is the grade stage's table; ``cells``, ``profile`` and ``hotspots`` are the score stage's; ``rejected``
    names the hotspots that people rejected. ``shared`` are figures by block that hold in this comparison instead of
    the flight's own; its grades stay as they are.
    """

    flight: Flight
    quality: Mapping[str, Any]
    blocks: gpd.GeoDataFrame
    cells: pd.DataFrame
    hotspots: gpd.GeoDataFrame
    evidence: Mapping[str, BlockEvidence]
    profile: FlightProfile
    rejected: frozenset[str] = frozenset()
    shared: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @cached_property
    def imagery(self) -> Imagery:
        """The flight's imagery."""
        return Imagery.of(self.flight)

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The row of each graded block."""
        rows: list[dict[str, Any]] = self.blocks.drop(columns="geometry").to_dict("records")
        return {str(row["block_id"]): row for row in rows}

    def sharing(self, green_pct: NDArray[np.float64], blocks: Blocks) -> Side:
        """The flight with the green cover of each block by thresholds that it shares with another."""
        found = {}
        for block, green in zip(blocks.ids, green_pct.tolist(), strict=True):
            own, ground = (_figure(self.rows.get(block, {}).get(n)) for n in ("green_pct", "ground_green_pct"))
            found[block] = {"green_pct": green, "ground_green_pct": ground * green / own if own > 0 else green}
        return replace(self, shared=found)

    def compared(self, block: str) -> dict[str, Any]:
        """The row of a block with the figures by which it is compared."""
        return {**self.rows.get(block, {"unusable_reason": "no_imagery"}), **self.shared.get(block, {})}

    @property
    def facts(self) -> FlightFacts:
        """What decides whether the flight can be compared."""
        blur, shadow, clipped = (_figure(self.quality.get(n)) for n in ("blur_m", "shadow_pct", "clipped_pct"))
        rubrics = sorted({str(row["rubric"]) for row in self.rows.values()})
        gsd = self.imagery.work.gsd_m
        return FlightFacts(self.flight.acquired.date(), ",".join(rubrics), gsd, blur, shadow, clipped)


def read_side(paths: FlightPaths, evidence: Mapping[str, BlockEvidence]) -> Side:
    """What a flight brings to a comparison, from its folder; ``evidence`` is what people know at its time, by block.

    Raises
    ------
    ArtifactError : a result is missing or damaged
    """
    quality = read_json(paths.quality_json)
    try:
        blocks, cells = gpd.read_parquet(paths.grade_parquet), pd.read_parquet(paths.cells)
        profile = TypeAdapter(FlightProfile).validate_python(read_json(paths.profile))
    except (OSError, ValueError) as e:
        raise ArtifactError(f"results under {paths.root} cannot be read ({e})", "", "wuse run CONFIG") from None
    review = read_review(paths.hotspots, paths.decisions)
    return Side(
        read_flight(paths.flight_json),
        quality if isinstance(quality, dict) else {},
        blocks,
        cells,
        read_hotspots(paths.hotspots),
        evidence,
        profile,
        frozenset(spot for spot, ruling in review.held.items() if ruling.answer is Answer.REJECTED),
    )


def compare_pair(
    before: Side,
    after: Side,
    blocks: Blocks,
    paths: FlightPaths,
    *,
    rubric: GradeSection,
    settings: CompareSection,
    buildings: gpd.GeoSeries | None = None,
    past: Sequence[Past] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> Comparison:
    """Compare two flights and write tables of blocks and things, pictures of the same ground, and the pair's record.

    ``past`` are places where earlier comparisons found things gone.

    Raises
    ------
    ImageryError : a flight's imagery cannot be read
    """
    files = ComparisonFiles(paths.folder(Stage.COMPARE))
    with before.imagery, after.imagery:
        aligned, green = _measured(before, after, blocks, buildings, workers=workers, progress=progress)
        shifts = {"": aligned.whole} | dict(zip(blocks.ids, aligned.blocks, strict=True))
        ends = (before, after)
        if green is not None:
            ends = before.sharing(green.before, blocks), after.sharing(green.after, blocks)
        found = compare_sides(*ends, blocks, shifts, rubric=rubric, settings=settings)
        table = change_table(found, blocks)
        chosen = to_show(found, settings.chips)
        seen = (before.imagery, after.imagery)
        table = with_pairs(table, chosen, seen, aligned.common, files=files, chip_m=settings.chip_m)
        things = _things(before, after, found, aligned.common, past=past)
        things = with_pictures(things, seen, aligned.common, files, most=settings.chips)
    write_parquet(table, files.blocks)
    write_csv(table, files.csv)
    write_gpkg(things, files.objects, "objects")
    fates = {"objects": {fate.value: int((things["state"] == fate.value).sum()) for fate in Fate}}
    more = {**shift_record(aligned.common), **({} if green is None else green.record()), **fates}
    write_json(files.record, comparison_record(found, (before.flight, after.flight), more))
    return found


def _measured(
    before: Side, after: Side, blocks: Blocks, buildings: gpd.GeoSeries | None, *, workers: int, progress: Progress
) -> tuple[Alignment, PairedGreen | None]:
    """What the two pictures tell together; measured in order of time, so that swapped flights give the same."""
    turned = (before.flight.acquired, before.flight.id) > (after.flight.acquired, after.flight.id)
    ends = (after, before) if turned else (before, after)
    grounds = [Ground.of(side.imagery, side.profile, buildings) for side in ends]
    shapes = list(blocks.frame.geometry)
    aligned = align(grounds[0], grounds[1], shapes, blocks.crs, workers=workers, progress=progress)
    green = paired_green(grounds[0], grounds[1], shapes, blocks.crs, common=aligned.common, workers=workers)
    return (aligned.turned(), green and green.turned()) if turned else (aligned, green)


def _things(
    before: Side, after: Side, found: Comparison, common: FlightShift, *, past: Sequence[Past]
) -> gpd.GeoDataFrame:
    """What became of each spot, where that can be told; those that people rejected are no things."""
    judged = [side.cells.loc[side.cells["clutter"].notna(), ["block_id", "ix", "iy"]] for side in (before, after)]
    cells = [set(table.astype({"block_id": str}).itertuples(index=False, name=None)) for table in judged]
    known = Known({b.block_id for b in found.blocks if b.places.objects}, cells[0] & cells[1])
    now = zoned(after.flight.acquired)
    table = object_table(before.hotspots, after.hotspots, known, common, past=past, now=now)
    off = table["hotspot_before"].isin(before.rejected) | table["hotspot_after"].isin(after.rejected)
    return table[~off].reset_index(drop=True)


def compare_sides(
    before: Side,
    after: Side,
    blocks: Blocks,
    shifts: Mapping[str, Shift],
    *,
    rubric: GradeSection,
    settings: CompareSection,
) -> Comparison:
    """Hold two flights against each other; nothing is read or written.

    Parameters
    ----------
    shifts : how far the mosaics lie off each other in each block; ``""`` is the flights as a whole
    rubric : cuts and starting values; flights that were graded by different ones cannot be compared

    Returns
    -------
    Comparison
        Swapping the flights mirrors it; a flight against itself changes nothing.
    """
    limits, whole = settings.limits, shifts.get("", Shift())
    cells = _paired(before, after, blocks)
    areas = dict(zip(blocks.ids, blocks.frame.geometry.area, strict=True))
    common = sum(cells[b].valid_share * areas[b] for b in blocks.ids)
    overlap = 100 * common / sum(areas.values())
    pair = compare_flights(before.facts, after.facts, overlap, whole, limits=limits)
    places = {}
    for block in blocks.ids:
        shadow = worse(_figure(side.rows.get(block, {}).get("shadow_pct")) for side in (before, after))
        mine = shifts.get(block, whole)
        share = 100 * cells[block].valid_share
        places[block] = compare_places(pair, share, shadow, shift=mine, limits=limits)
    spread = _spread(before, after, {b for b, p in places.items() if p.comparable}, rubric)
    changes = []
    for block in blocks.ids:
        boot = cells[block].boot(rubric.bootstrap, stable_seed(block))
        ends = [_standing(side, block, pair_errors(boot, spread), rubric) for side in (before, after)]
        change = _change(ends[0], ends[1], places[block])
        changes.append(BlockChange(block, places[block], change, ends[0].case, ends[1].case, cells[block].place()))
    return Comparison(before.flight.id, after.flight.id, pair, spread, tuple(changes))


def _change(before: Standing, after: Standing, places: Comparability) -> Change:
    if places.met(Condition.RUBRIC):
        return compare_block(before, after, places.apart())
    return Change(before.grading.grade, after.grading.grade, ChangeReason.NOT_COMPARABLE)


def _standing(side: Side, block: str, errors: Mapping[Indicator, float], rubric: GradeSection) -> Standing:
    """A block as it was graded, and the figures, with their errors, that hold for a comparison."""
    row, evidence = side.rows.get(block, {"unusable_reason": "no_imagery"}), side.evidence.get(block, BlockEvidence())
    graded = grade_block(Case.of(row, errors, evidence), rubric.ladder)
    return Standing(Case.of(side.compared(block), errors, evidence), graded)


def _spread(before: Side, after: Side, held: set[str], rubric: GradeSection) -> dict[Indicator, FlightSpread]:
    found = {}
    for kind in PARTS:
        ends = [[_figure(side.compared(b).get(kind.value)) for b in sorted(held)] for side in (before, after)]
        assumed = rubric.clutter_sigma_flight if kind in CLUTTER else rubric.green_sigma_flight
        found[kind] = FlightSpread.of([b - a for a, b in zip(*ends, strict=True)], assumed)
    return found


def _paired(before: Side, after: Side, blocks: Blocks) -> dict[str, PairedCells]:
    """Each block's cells in both flights, by the ground on which they lie."""
    keys = ["block_id", "iy", "ix"]
    first, second = (side.cells[keys + _CELLS].astype({"block_id": str}) for side in (before, after))
    both = first.merge(second, on=keys, how="outer", suffixes=("_before", "_after")).sort_values(keys, kind="stable")
    own = {str(block): part for block, part in both.groupby("block_id", sort=False)}
    areas = zip(blocks.ids, blocks.frame.geometry.area, strict=True)
    return {block: _pair(own.get(block, both.iloc[:0]), float(area)) for block, area in areas}


def _pair(cells: pd.DataFrame, area_m2: float) -> PairedCells:
    side = {end: {n: cells[f"{n}_{end}"].to_numpy(np.float64) for n in _CELLS} for end in ("before", "after")}
    first, second = side["before"], side["after"]
    both = np.isfinite(first["valid_m2"]) & np.isfinite(second["valid_m2"])
    filled = [{n: np.nan_to_num(v) for n, v in end.items()} for end in (first, second)]
    ground = float(np.maximum(*(end["valid_m2"] - end["roof_m2"] for end in filled)).sum())
    return PairedCells(
        cells["ix"].to_numpy(np.int64)[both],
        cells["iy"].to_numpy(np.int64)[both],
        {n: v[both] for n, v in first.items()},
        {n: v[both] for n, v in second.items()},
        seen_share(filled[0]["open_m2"], filled[1]["open_m2"], ground),
        seen_share(filled[0]["valid_m2"], filled[1]["valid_m2"], area_m2),
    )


def _figure(value: Any) -> float:
    return math.nan if value is None else float(value)
