"""What one window contributes, and the same as bytes: what a run that was killed leaves for the next."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from pipeline.core.hotspots import Spot
from pipeline.core.zonal import CellSums
from pipeline.spool import Spool


@dataclass(frozen=True)
class Part:
    """What one window contributes."""

    sums: CellSums
    spots: list[Spot]


def encode_part(part: Part) -> bytes:
    """A part as an uncompressed NumPy archive; :func:`decode_part` gives back the same bits."""
    s, spots = part.sums, part.spots
    outlines = [spot.outline for spot in spots]
    file = io.BytesIO()
    np.savez(
        file,
        names=np.array(s.names, np.str_),
        block=s.block,
        ix=s.ix,
        iy=s.iy,
        sums=s.sums,
        owner=np.array([spot.block for spot in spots], np.int64),
        place=np.array([(spot.score, spot.x, spot.y) for spot in spots], np.float64).reshape(-1, 3),
        ends=np.cumsum([len(outline) for outline in outlines], dtype=np.int64),
        outlines=np.concatenate([*outlines, np.zeros((0, 2))]),
    )
    return file.getvalue()


def decode_part(content: bytes) -> Part:
    """The part that :func:`encode_part` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as a:
        sums = CellSums(tuple(map(str, a["names"])), a["block"], a["ix"], a["iy"], a["sums"])
        outlines = np.split(a["outlines"], a["ends"])[:-1]
        rows = zip(a["owner"].tolist(), a["place"].tolist(), outlines, strict=True)
        return Part(sums, [Spot(owner, score, x, y, outline) for owner, (score, x, y), outline in rows])


class KeptParts:
    """Parts by the place of their window, in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def __contains__(self, place: int) -> bool:
        """Whether an earlier run measured this window."""
        return str(place) in self._spool

    def get(self, place: int) -> Part:
        """What an earlier run found in this window."""
        return decode_part(self._spool.get(str(place)))

    def put(self, place: int, result: Part) -> None:
        """Keep what was found in this window."""
        self._spool.put(str(place), encode_part(result))
