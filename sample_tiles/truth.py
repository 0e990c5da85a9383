"""The truth about each block, counted from the label layers that the pictures were made from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from community import Community
from model import JAN, SEP, Label, LitterItem, Sky
from numpy.typing import NDArray
from painter import Picture, Window
from plan import BEAUTIFUL_BARE_PCT, BEAUTIFUL_GREEN_PCT, CLEAN_LITTER_PCT, BlockPlan, change
from shapely import contains_xy

FLIGHT_IDS = {JAN: "2021-01", SEP: "2021-09"}
GREENS = (Label.LAWN, Label.SHRUB, Label.CANOPY)
GROUNDS = (Label.PAVED, Label.SOIL, Label.OBJECT, Label.LITTER)
NUMBER_OF_LABELS = max(Label) + 1


@dataclass(slots=True)
class Tally:
    """Samples per block and label, and how many of them lie in shadow."""

    counts: NDArray[np.int64]
    shaded: NDArray[np.int64]
    sample_m2: float

    @classmethod
    def empty(cls, blocks: int, sample_m2: float) -> Tally:
        """Nothing counted yet."""
        zero = np.zeros((blocks + 1, NUMBER_OF_LABELS), np.int64)
        return cls(zero, zero.copy(), sample_m2)

    def add(self, community: Community, picture: Picture, fine: Window) -> None:
        """Count one window."""
        block = block_raster(community, fine).astype(np.int64)
        key = block * NUMBER_OF_LABELS + picture.label
        size = self.counts.size
        self.counts += np.bincount(key.ravel(), minlength=size).reshape(self.counts.shape)
        self.shaded += np.bincount(key[picture.shadow], minlength=size).reshape(self.counts.shape)


def block_raster(community: Community, window: Window) -> NDArray[np.int32]:
    """1 + the number of the block at each sample, 0 outside."""
    raster = np.zeros(window.shape, np.int32)
    for number, site in enumerate(community.layout.sites, start=1):
        ring = window.to_px(np.asarray(site.outline.exterior.coords)[:, :2])
        cv2.fillPoly(raster, [np.round(ring * 16).astype(np.int32)], number, cv2.LINE_8, 4)
    return raster


def _share(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole else float("nan")


def objects_in(community: Community, sky: Sky) -> list[tuple[LitterItem, str]]:
    """The litter of one flight with the block that each item lies in."""
    items = [item for item in community.litter if item.flights & sky.bit]
    x, y = np.array([i.x for i in items]), np.array([i.y for i in items])
    block = np.full(len(items), "", dtype=object)
    for site in community.layout.sites:
        block[contains_xy(site.outline, x, y)] = site.plan.block_id
    return list(zip(items, (str(b) for b in block), strict=True))


def measured(community: Community, tallies: dict[int, Tally], skies: tuple[Sky, ...]) -> pd.DataFrame:
    """One row per block and flight."""
    rows = []
    for sky in skies:
        tally = tallies[sky.bit]
        objects = pd.Series([block for _, block in objects_in(community, sky)]).value_counts()
        for number, site in enumerate(community.layout.sites, start=1):
            counts, shaded = tally.counts[number], tally.shaded[number]
            area, ground = int(counts.sum()), int(counts[list(GROUNDS)].sum())
            open_m2 = ground * tally.sample_m2
            green = int(counts[list(GREENS)].sum())
            found = int(objects.get(site.plan.block_id, 0))
            rows.append({
                "flight": FLIGHT_IDS[sky.bit],
                "block_id": site.plan.block_id,
                "area_m2": area * tally.sample_m2,
                "ground_m2": open_m2,
                "litter_pct": _share(int(counts[Label.LITTER]), ground),
                "litter_m2": int(counts[Label.LITTER]) * tally.sample_m2,
                "objects": found,
                "objects_per_100m2": _share(found, open_m2),
                "green_pct": _share(green, area),
                "ground_green_pct": _share(int(counts[[Label.LAWN, Label.SHRUB]].sum()), area),
                "canopy_pct": _share(int(counts[Label.CANOPY]), area),
                "bare_pct": _share(int(counts[Label.SOIL]), area),
                "roof_pct": _share(int(counts[Label.ROOF]), area),
                "water_pct": _share(int(counts[Label.WATER]), area),
                "shadow_pct": _share(int(shaded.sum()), area),
                "ground_shadow_pct": _share(int(shaded[list(GROUNDS)].sum()), ground),
            })  # fmt: skip
    return pd.DataFrame(rows)


def climb(litter_pct: float, ground_green_pct: float, bare_pct: float, state: tuple[bool, bool, bool]) -> str:
    """The rung that the true state of a block stands on; `state`: facilities complete, orderly, cultured."""
    complete, orderly, cultured = state
    if litter_pct > CLEAN_LITTER_PCT:
        return "red"
    if not (complete and orderly):
        return "orange"
    if ground_green_pct < BEAUTIFUL_GREEN_PCT or bare_pct > BEAUTIFUL_BARE_PCT:
        return "yellow"
    return "green" if cultured else "blue"


def certain(litter_pct: float, ground_green_pct: float, bare_pct: float, grade: str) -> bool:
    """Whether the truth lies well away from the cuts that decide its rung."""
    if not abs(litter_pct / CLEAN_LITTER_PCT - 1) > 0.2:
        return False
    beautiful = ground_green_pct > BEAUTIFUL_GREEN_PCT + 3.5 and bare_pct < BEAUTIFUL_BARE_PCT - 5
    plain = ground_green_pct < BEAUTIFUL_GREEN_PCT - 3.5
    return grade in ("red", "orange") or (plain if grade == "yellow" else beautiful)


def with_grades(
    table: pd.DataFrame, plans: list[BlockPlan], states: dict[tuple[str, str], tuple[bool, bool, bool]]
) -> pd.DataFrame:
    """Add intended grade and change; refuse a scene whose truth does not stand on the rung that was planned for it."""
    table = table.copy()
    grades, wrong = [], []
    for row in table.to_dict("records"):
        plan = next(p for p in plans if p.block_id == row["block_id"])
        wanted = plan.grades[0 if row["flight"] == FLIGHT_IDS[JAN] else 1]
        measures = (row["litter_pct"], row["ground_green_pct"], row["bare_pct"])
        got = climb(*measures, states[row["flight"], row["block_id"]])
        grades.append(got)
        if got != wanted or not certain(*measures, got):
            figures = "litter {:.2f} %, ground green {:.1f} %, bare {:.1f} %".format(*measures)
            wrong.append(f"{plan.block_id} {row['flight']}: {got}, planned {wanted}, {figures}")
    if wrong:
        raise ValueError("blocks off their planned rung:\n" + "\n".join(wrong))
    table["grade"] = grades
    moves = {p.block_id: change(*p.grades) for p in plans}
    table["change"] = [
        moves[b] if f == FLIGHT_IDS[SEP] else "" for b, f in zip(table.block_id, table.flight, strict=True)
    ]
    return table
