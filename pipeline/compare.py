"""Compare: two flights of one community, block by block; what truly changed, what may be noise, what cannot be told.

Pixels are never differenced: figures of cells and blocks are. Whether two flights can be compared is the first result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.artifacts import FlightPaths, write_json
from pipeline.config import GradeSection
from pipeline.core.case import CLUTTER, BlockEvidence, Case
from pipeline.core.change import Change, Standing, compare_block
from pipeline.core.comparability import Comparability, Shift, compare_flights, compare_places, worse
from pipeline.core.comparison import ChangeReason, Condition
from pipeline.core.ladder import grade_block
from pipeline.core.objects import Fate, Past
from pipeline.core.pairing import (
    PARTS,
    BlockChange,
    Comparison,
    FlightSpread,
    PairedCells,
    level_of,
    pair_errors,
    seen_share,
)
from pipeline.core.registration import FlightShift
from pipeline.core.statistics import stable_seed
from pipeline.core.vocabulary import Indicator, Stage
from pipeline.core.worktime import zoned
from pipeline.engine import Progress, silent
from pipeline.io.alignment import Alignment, Ground, align
from pipeline.io.comparisons import (
    ComparisonFiles,
    change_table,
    comparison_record,
    shift_record,
    to_show,
    with_pairs,
)
from pipeline.io.objects import Known, object_table, with_pictures
from pipeline.io.paired import Paired, Windows, paired_reading
from pipeline.io.sides import Side, number
from pipeline.io.tables import Blocks, write_csv, write_gpkg, write_parquet
from pipeline.settings import CompareSection

_CELLS: Final = sorted({name for pair in PARTS.values() for name in pair} | {"roof_m2"})


def compare_pair(
    before: Side,
    after: Side,
    blocks: Blocks,
    paths: FlightPaths,
    *,
    rubric: GradeSection,
    settings: CompareSection,
    how: Windows,
    buildings: gpd.GeoSeries | None = None,
    past: Sequence[Past] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> Comparison:
    """Compare two flights and write tables of blocks and things, pictures of the same ground, and the pair's record.

    ``how`` is how flights are read; ``past`` are places where earlier comparisons found things gone.

    Raises
    ------
    ImageryError : a flight's imagery cannot be read
    """
    files = ComparisonFiles(paths.folder(Stage.COMPARE))
    with before.imagery, after.imagery:
        aligned, ends, read = _measured(before, after, blocks, buildings, how=how, workers=workers, progress=progress)
        shifts = {"": aligned.whole} | dict(zip(blocks.ids, aligned.blocks, strict=True))
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
    more = {**shift_record(aligned.common), **read.record(), **fates}
    write_json(files.record, comparison_record(found, (before.flight, after.flight), more))
    return found


def _measured(
    before: Side,
    after: Side,
    blocks: Blocks,
    buildings: gpd.GeoSeries | None,
    *,
    how: Windows,
    workers: int,
    progress: Progress,
) -> tuple[Alignment, tuple[Side, Side], Paired]:
    """How the two pictures lie, the flights as they are compared, and what brought them to one scale.

    The later one is read as the earlier one would have seen it, so that swapped flights give the same.
    """
    turned = (before.flight.acquired, before.flight.id) > (after.flight.acquired, after.flight.id)
    ends = (after, before) if turned else (before, after)
    first, second = (Ground.of(side.imagery, side.profile, buildings, side.flight.dsm_href) for side in ends)
    shapes = list(blocks.frame.geometry)
    aligned = align(first, second, shapes, blocks.crs, workers=workers, progress=progress)
    read = paired_reading(
        first, second, shapes, blocks.crs, common=aligned.common, how=how, workers=workers, progress=progress
    )
    known, again = (replace(e, clipped_pct=c) for e, c in zip(ends, aligned.clipped_pct, strict=True))
    again = again.read_as(read.sums, blocks)
    return (aligned.turned(), (again, known), read) if turned else (aligned, (known, again), read)


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
        shadow = worse(number(side.graded(block).get("shadow_pct")) for side in (before, after))
        mine = shifts.get(block, whole)
        share = 100 * cells[block].valid_share
        places[block] = compare_places(pair, share, shadow, shift=mine, limits=limits)
    spread = _spread(before, after, {b for b, p in places.items() if p.comparable}, rubric)
    changes = []
    for block in blocks.ids:
        boot = cells[block].boot(rubric.bootstrap, stable_seed(block))
        levels = {kind: level_of(*(side.figure(block, kind.value) for side in (before, after))) for kind in PARTS}
        errors = pair_errors(boot, spread, levels)
        ends = [_standing(side, block, errors, rubric) for side in (before, after)]
        change = _change(ends[0], ends[1], places[block])
        changes.append(BlockChange(block, places[block], change, ends[0].case, ends[1].case, cells[block].place()))
    return Comparison(before.flight.id, after.flight.id, pair, spread, tuple(changes))


def _change(before: Standing, after: Standing, places: Comparability) -> Change:
    if places.met(Condition.RUBRIC):
        return compare_block(before, after, places.apart())
    return Change(before.grading.grade, after.grading.grade, ChangeReason.NOT_COMPARABLE)


def _standing(side: Side, block: str, errors: Mapping[Indicator, float], rubric: GradeSection) -> Standing:
    """A block as it was graded, and the figures, with their errors, that hold for a comparison."""
    evidence = side.evidence.get(block, BlockEvidence())
    graded = grade_block(Case.of(side.graded(block), errors, evidence), rubric.ladder)
    return Standing(Case.of(side.compared(block), errors, evidence), graded)


def _spread(before: Side, after: Side, held: set[str], rubric: GradeSection) -> dict[Indicator, FlightSpread]:
    found = {}
    for kind in PARTS:
        old, new = ([side.figure(b, kind.value) for b in sorted(held)] for side in (before, after))
        assumed = rubric.clutter_sigma_flight if kind in CLUTTER else rubric.green_sigma_flight
        found[kind] = FlightSpread.of(old, new, assumed, kind)
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
