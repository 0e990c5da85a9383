"""What a flight brings to a comparison, from its folder, and what a pair's own reading puts in the place of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from pipeline.artifacts import FlightPaths, read_json
from pipeline.core.answers import Answer
from pipeline.core.case import BlockEvidence
from pipeline.core.comparability import FlightFacts
from pipeline.core.indicators import Limits, block_indicators, cell_indicators
from pipeline.core.radiometry import FlightProfile
from pipeline.core.zonal import CellSums
from pipeline.errors import ArtifactError
from pipeline.io.imagery import Imagery
from pipeline.io.reviewed import Review, read_hotspots, read_review
from pipeline.io.stac import Flight, read_flight
from pipeline.io.tables import Blocks

_UNSEEN: Final = {"unusable_reason": "no_imagery"}
_ANY: Final = Limits(0.0, 0.0, 0.0, 100.0)


@dataclass(frozen=True)
class Side:
    """What a flight brings to a comparison: its imagery, tables of earlier stages, and what people know at its time.

    ``blocks`` is the grade stage's table; ``profile`` and ``hotspots`` are the score stage's; ``review`` what people
    decided about them. ``cells`` and ``figures`` (by block) are what is compared: first the flight's own, then those
    of the pair (:meth:`read_as`). Its grades stay as they are. ``clipped_pct`` is how much of the ground shows nothing.
    """

    flight: Flight
    quality: Mapping[str, Any]
    blocks: gpd.GeoDataFrame
    cells: pd.DataFrame
    hotspots: gpd.GeoDataFrame
    evidence: Mapping[str, BlockEvidence]
    profile: FlightProfile
    review: Review
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    clipped_pct: float = math.nan

    @cached_property
    def imagery(self) -> Imagery:
        """The flight's imagery."""
        return Imagery.of(self.flight)

    @cached_property
    def rejected(self) -> frozenset[str]:
        """The hotspots that people rejected."""
        return frozenset(spot for spot, ruling in self.review.held.items() if ruling.answer is Answer.REJECTED)

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The row of each graded block."""
        rows: list[dict[str, Any]] = self.blocks.drop(columns="geometry").to_dict("records")
        return {str(row["block_id"]): row for row in rows}

    def graded(self, block: str) -> dict[str, Any]:
        """The row of a block as it was graded."""
        return self.rows.get(block, dict(_UNSEEN))

    def compared(self, block: str) -> dict[str, Any]:
        """The row of a block with the figures by which it is compared."""
        return {**self.graded(block), **self.figures.get(block, {})}

    def figure(self, block: str, name: str) -> float:
        """A figure by which a block is compared; NaN unknown."""
        return number(self.compared(block).get(name))

    def read_as(self, sums: CellSums, blocks: Blocks) -> Side:
        """The flight with the cells and figures that a pair's reading found, less what rejected spots claimed."""
        ids = np.asarray(blocks.ids, object)
        cells = pd.DataFrame({"block_id": ids[sums.block], "ix": sums.ix, "iy": sums.iy, **cell_indicators(sums)})
        found, _ = block_indicators(sums, blocks.frame.geometry.area.to_numpy(np.float64), _ANY)
        rows = pd.DataFrame(found, index=ids).to_dict("index")
        figures, parts = {}, []
        own = {str(block): part for block, part in cells.groupby("block_id", sort=False)}
        for block, shape in zip(blocks.ids, blocks.frame.geometry, strict=True):
            row, mine = self.review.correct(block, shape, rows[block], own.get(block))
            figures[block] = {str(name): float(value) for name, value in row.items() if name in rows[block]}
            parts += [] if mine is None else [mine]
        return replace(self, cells=pd.concat(parts) if parts else cells, figures=figures)

    @property
    def facts(self) -> FlightFacts:
        """What decides whether the flight can be compared."""
        blur, shadow = (number(self.quality.get(n)) for n in ("blur_m", "shadow_pct"))
        rubrics = sorted({str(row["rubric"]) for row in self.rows.values()})
        gsd = max(self.imagery.grid.gsd_m, self.imagery.work.gsd_m)
        return FlightFacts(self.flight.acquired.date(), ",".join(rubrics), gsd, blur, shadow, self.clipped_pct)


def number(value: Any) -> float:
    """A figure of a table as a number; NaN for none."""
    return math.nan if value is None else float(value)


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
        raise ArtifactError(
            f"results under {paths.root} cannot be read ({e})",
            "",
            "wuse run CONFIG",
            zh=f"{paths.root} 下的结果无法读取（{e}）；处理：wuse run CONFIG",
        ) from None
    return Side(
        read_flight(paths.flight_json),
        quality if isinstance(quality, dict) else {},
        blocks,
        cells,
        read_hotspots(paths.hotspots),
        evidence,
        profile,
        read_review(paths.hotspots, paths.decisions),
    )
