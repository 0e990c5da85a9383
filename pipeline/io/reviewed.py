"""A flight's hotspots together with what people decided about them, as grading uses it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from pipeline.core.answers import Answer, SpotTally
from pipeline.core.hotspots import CLEAR
from pipeline.core.spots import Ruling, clutter_without, rejected_m2, settle, tally
from pipeline.errors import ArtifactError
from pipeline.io.decisions import Decision, read_decisions, standing

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Review:
    """What people decided about a flight's spots, and the spots; without either, it changes nothing."""

    decisions: Sequence[Decision]
    hotspots: gpd.GeoDataFrame | None = None

    @cached_property
    def rulings(self) -> list[Ruling]:
        """What holds for each spot that people answered for."""
        held = standing(self.decisions).values()
        return [Ruling(d.hotspot_id, d.block_id, d.answer, d.severity, d.x, d.y) for d in held]

    @cached_property
    def held(self) -> dict[str, Ruling]:
        """The ruling of each listed spot that has one."""
        if self.hotspots is None or not len(self.hotspots) or not self.rulings:
            return {}
        points = self.hotspots.geometry.representative_point()
        return settle(self.rulings, list(self.hotspots["hotspot_id"]), np.column_stack([points.x, points.y]))

    @cached_property
    def tallies(self) -> dict[str, SpotTally]:
        """What the answers amount to, by block."""
        if self.hotspots is None:
            return {}
        names = zip(self.hotspots["hotspot_id"], self.hotspots["block_id"].astype(str), strict=True)
        return tally(self.rulings, self.held, dict(names))

    def correct(
        self, block: str, shape: BaseGeometry, score: Row, cells: pd.DataFrame | None
    ) -> tuple[Row, pd.DataFrame | None]:
        """A block's row of figures and its cells, with its tally of spots and without what rejected spots claimed."""
        row = dict(score) | self.tallies.get(block, SpotTally()).columns()
        own = self._own(block)
        if own is None or not len(own):
            return row, cells
        answers = own["hotspot_id"].map({spot: ruling.answer for spot, ruling in self.held.items()})
        clear, rejected = own["score"] > CLEAR, (answers == Answer.REJECTED).to_numpy()
        if not pd.isna(row.get("hotspots")):
            found = int((answers[~clear] == Answer.CONFIRMED).sum()) - int(rejected[clear.to_numpy()].sum())
            row["hotspots"] = int(row["hotspots"]) + found
        if not rejected.any() or cells is None or pd.isna(row.get("clutter")):
            return row, cells
        taken = rejected_m2(list(own.geometry[rejected]), shape, *(cells[n].to_numpy(np.float64) for n in ("ix", "iy")))
        mess, clutter, figures = clutter_without(
            cells["mess_m2"].to_numpy(np.float64), cells["open_m2"].to_numpy(np.float64), taken
        )
        return row | figures, cells.assign(mess_m2=mess, clutter=clutter)

    def listed(self, chances: Mapping[str, float]) -> gpd.GeoDataFrame:
        """The hotspots as people should see them: without the rejected, and in the learned order where there is one.

        ``rank`` counts from 1 anew, and ``clear`` says of each whether it is worth a visit: over the cut, or confirmed.
        """
        if self.hotspots is None:
            raise ArtifactError(
                "the flight's hotspots are missing",
                "what score wrote",
                "wuse run CONFIG",
                zh="缺少该航次的疑似点；应为评分阶段写出的结果；处理：wuse run CONFIG",
            )
        off = {spot for spot, ruling in self.held.items() if ruling.answer is Answer.REJECTED}
        sure = [spot for spot, ruling in self.held.items() if ruling.answer is Answer.CONFIRMED]
        kept = self.hotspots[~self.hotspots["hotspot_id"].isin(off)]
        kept = kept.assign(clear=(kept["score"] > CLEAR) | kept["hotspot_id"].isin(sure))
        if len(kept) and kept["hotspot_id"].isin(list(chances)).all():
            order = kept["hotspot_id"].map(lambda spot: -chances[spot])
            kept = kept.assign(chance=order).sort_values(["chance", "rank"], kind="stable").drop(columns="chance")
        else:
            kept = kept.sort_values(["rank", "hotspot_id"], kind="stable")
        return kept.assign(rank=np.arange(1, len(kept) + 1)).reset_index(drop=True)

    def _own(self, block: str) -> gpd.GeoDataFrame | None:
        if self.hotspots is None or not self.held:
            return None
        return self.hotspots[self.hotspots["block_id"].astype(str) == block]


def read_review(hotspots: Path, decisions: Path) -> Review:
    """What is on record about a flight's spots; empty where nobody answered yet.

    Raises
    ------
    ArtifactError : a file is damaged
    """
    told = read_decisions(decisions)
    return Review(told, read_hotspots(hotspots) if hotspots.exists() else None)


def read_hotspots(path: Path) -> gpd.GeoDataFrame:
    """A flight's hotspots as score wrote them, in the blocks' metric CRS.

    Raises
    ------
    ArtifactError : the file is damaged
    """
    try:
        return gpd.read_file(path, engine="pyogrio")
    except Exception as e:
        raise ArtifactError(
            f"{path} cannot be read ({e})",
            "what score wrote",
            "wuse score CONFIG",
            zh=f"{path} 无法读取（{e}）；应为评分阶段写出的结果；处理：wuse score CONFIG",
        ) from e
