"""The folder's README, with figures and checksums of what was just written."""

from __future__ import annotations

import pandas as pd
from plan import BEAUTIFUL_BARE_PCT, BEAUTIFUL_GREEN_PCT, CLEAN_LITTER_PCT, RUNGS

TEXT = """# Sample community

A made-up community in the manner of Hongbei Community, Ruian: 43 management blocks flown twice. **Every pixel is
generated** by the scripts in this folder; nothing is copied from imagery, and the people and places are invented
except for the names of compounds that the newspaper article mentions. Licence: Apache-2.0, as the project.

Written by `python sample_tiles/generate.py` (this file too). The same library versions give the same bytes.

| | |
|---|---|
| CRS | EPSG:4549 (CGCS2000 / 3-degree Gauss-Kruger CM 120E), metres |
| extent | x 561915.0 – 562273.4, y 3074067.8 – 3074375.0 |
| GSD | 0.10 m, 3584 × 3072 px |
| `2021-01.tif` | 14 January 2021, 10:30: sun 36° high, long shadows, drier lawns, warm light |
| `2021-09.tif` | 18 September 2021, 10:10: sun 54.5° high; the mosaic lies 0.35 m east and 0.20 m south of the ground |
| `blocks.gpkg` | 43 blocks: `block_id`, `name`, `name_en` |
| `buildings.gpkg` | footprints: `building_id`, `height_m`, `roof` (flat, tile, blue, tin, rust, green = painted) |
| `evidence.xlsx` | sheets `facilities`, `culture`, `inspections` (see below) |
| `truth.csv` | per flight and block, counted from the label layers at 5 cm (columns below) |
| `objects.csv` | every piece or heap of litter per flight (see below) |

The images are JPEG COGs: 512 px tiles, internal mask, averaged overviews.

`evidence.xlsx`: a row holds from its `flight` on, a later one overrides it; 是 yes or passed, 否 no or failed, empty
unknown. `inspections` has a column per gate that people answered for.

## Truth
`truth.csv`. `litter_pct`: litter seen from above, % of open ground (paved, bare soil, small things and litter; not
vegetation, roofs, water, vehicles). `ground_m2`: that ground. `objects`, `objects_per_100m2`: pieces and heaps.
`green_pct`: lawn, shrubs and crowns as seen from above, % of the block; `ground_green_pct` without crowns,
`canopy_pct` crowns only; `bare_pct` bare soil, `roof_pct`, `water_pct`, `shadow_pct` of the block,
`ground_shadow_pct` of the open ground.

`objects.csv`. `flight, object_id, block_id, kind, x, y, radius_m, area_m2`, at the true place, without the mosaic's
shift. The same `object_id` at both flights is the same thing still lying there.

`grade`, by the ladder: red if litter covers more than {clean:g} % of the open ground; else orange unless
`evidence.xlsx` says that facilities are complete and nobody has found the block disorderly; else yellow if lawn and
shrubs cover less than {green:g} % or bare soil more than {bare:g} %; else blue, or green where there is culture.
`change`, in the September rows: `closed` (销号: red to at least orange, orange to at least yellow), `better`, `same`,
`worse`.

| flight | {rungs} |
|---|{bars}|
{grades}

Closed: {closed}.
Worse: {worse}.
Built between the flights (sheet `facilities`): 34 fitness machines, 1 car park, 3 charging points, 1 public toilet.

## Files
| file | bytes | SHA-256 |
|---|---|---|
{files}

The modules, in order of use: `plan.py` (the 43 blocks), `layout.py` (streets, blocks), `parcels.py`, `grounds.py` and
`things.py` (what stands in them), `mess.py` (litter), `painter.py` and `texture.py` (pixels), `truth.py`,
`ledgers.py`, `community.py` (also `render_scene`: a scene of any size and GSD with its labels, window by window, for
benchmarks).

`year.py` writes the community's year of work, invented but for the article's figures: `year.sh`, a script of commands,
and `duties.geojson`, who answers for which block. It reads `truth.csv`, `objects.csv` and `blocks.gpkg`.
"""


def readme(table: pd.DataFrame, files: dict[str, tuple[int, str]]) -> str:
    """The text, filled in."""
    grades = []
    for flight, rows in table.groupby("flight"):
        counts = rows["grade"].value_counts()
        grades.append(f"| {flight} | " + " | ".join(str(int(counts.get(r, 0))) for r in RUNGS) + " |")
    after = table[table["change"] != ""]

    def blocks(kind: str) -> str:
        return ", ".join(after.loc[after["change"] == kind, "block_id"])

    return TEXT.format(
        clean=CLEAN_LITTER_PCT,
        green=BEAUTIFUL_GREEN_PCT,
        bare=BEAUTIFUL_BARE_PCT,
        rungs=" | ".join(RUNGS),
        bars="---|" * (len(RUNGS) - 1) + "---",
        grades="\n".join(grades),
        closed=blocks("closed"),
        worse=blocks("worse"),
        files="\n".join(f"| `{name}` | {size:,} | `{digest}` |" for name, (size, digest) in files.items()),
    )
