"""Do grades stay when only the light, the file, the grid or the direction changes, and clutter when a flight is softer?

    python tests/benchmarks/metamorphic.py --data DIR [--scene aveiro]

Every change is made to the whole orthophoto, which then goes through the stages from ingest to grade, without
footprints, surface model or evidence. Bars: the grade of at least 95 % of the blocks stays under each change, and mean
clutter within 15 % of the sharp flight's when it is blurred by 1 px or flown at 10 cm. Printed besides: mean clutter
and green cover before and after, and the rank correlation of clutter.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from changes import NEUTRAL, Change, kept_share, read_view, results, softer
from places import Place, chosen, header, options, verdict

from pipeline.core.vocabulary import Grade

KEPT, SOFTER = 0.95, 0.15


def row(place: Place, change: Change, before: pd.DataFrame, after: pd.DataFrame) -> str:
    order = before.clutter.corr(after.clutter.reindex(before.index), method="spearman")
    return (
        f"{place.name:15} {change.name:29} {kept_share(before, after):5.3f}  {before.clutter.mean():6.2f}"
        f" {after.clutter.mean():6.2f}  {order:5.3f}  {before.green_pct.mean():5.1f} {after.green_pct.mean():5.1f}  "
    )


def scene(place: Place, work: Path) -> list[tuple[str, int, int]]:
    """Print a row for each change; gives how many blocks of how many kept their grade."""
    view = read_view(place.orthophoto, place.blocks)
    before = results(view, work / "before")
    out = []
    for change in NEUTRAL:
        after = results(change.make(view), work / change.name)
        share = kept_share(before, after)
        print(row(place, change, before, after) + verdict(share, least=KEPT), flush=True)
        graded = int((before.grade != Grade.UNGRADED.value).sum())
        out.append((change.name, round(share * graded), graded))
    for change in softer(view.gsd_m):
        after = results(change.make(view), work / change.name)
        ratio = after.clutter.mean() / before.clutter.mean()
        print(row(place, change, before, after) + verdict(ratio, least=1 - SOFTER, most=1 + SOFTER), flush=True)
    return out


def main() -> None:
    args = options(__doc__).parse_args()
    header([f"{'place':15} {'change':29} kept ", "clutter before, after", "order", "green before, after", "bar"])
    rows = []
    for place in chosen(args):
        with tempfile.TemporaryDirectory() as work:
            rows += scene(place, Path(work))
    whole = pd.DataFrame(rows, columns=["change", "kept", "blocks"]).groupby("change", sort=False).sum()
    for name, (kept, blocks) in whole.iterrows():
        print(f"{'all':15} {name:29} {kept / blocks:5.3f}  {verdict(kept / blocks, least=KEPT)}")


if __name__ == "__main__":
    main()
