"""Roofs from appearance alone: what is built is compact, rectangular and bounded by straight, perpendicular edges.

Shape carries over between places, colour and brightness do not. The picture is cut into regions of one colour at two
scales (Felzenszwalb & Huttenlocher 2004, doi:10.1023/B:VISI.0000022288.19776.77); each region is judged by its
geometry, by what grows around it, and by the shade it throws, which falls to one side in a whole flight: what stands
high has shade behind it, what lies among high things has it in front. The result is a soft confidence, never a cut:
cluttered roofs break their own geometry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.compiled import compiled
from pipeline.core.filters import F32, U8, Bool, blur

SCALES: Final = ((80.0, 7.0), (300.0, 14.0))
COARSEST_GSD_M: Final = 0.45
LINE_M: Final = 2.0
SHADE_M: Final = 1.0
SURE_SHADE: Final = 0.05
LEAST_HOUSE_M2: Final = 12.0
LEAST_EDGE_PX: Final = 8
STEEPNESS: Final = 1.2
MIDDLE: Final = 1.7
_WAYS: Final = np.stack([f(np.arange(8) * np.pi / 4) for f in (np.cos, np.sin)], axis=1)
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """What a window looks like on the pooled grid, (h, w) each.

    ``lab`` L, a, b after the flight's band stretch; ``green`` and ``shade`` shares of vegetation and of shadow;
    ``dark`` where it is in shadow or among the flight's darkest.
    """

    lab: tuple[F32, F32, F32]
    green: F32
    shade: F32
    dark: Bool


def roof_confidence(look: Look, right_angles: F32, isotropic: F32, fall: tuple[float, float], *, gsd_m: float) -> F32:
    """Confidence (0 to 1) that a pooled pixel is roof, (h, w).

    Parameters
    ----------
    right_angles : fourth-harmonic coherence of edges within 3 m (0 to 1)
    isotropic : log gradient energy without direction; judged against its 15 m neighbourhood
    fall : which way shadows fall, from :func:`shadow_fall`
    """
    total = np.zeros(look.green.shape, np.float32)
    for region in _regions(look, gsd_m):
        score = _geometry(region, gsd_m) + _surroundings(region, look, np.asarray(fall), gsd_m)
        total += score.astype(np.float32)[region.labels] / np.float32(len(SCALES))
    energy = isotropic - blur(isotropic, 15.0, gsd_m)
    evidence = total + 3 * right_angles - np.float32(0.4) * energy - np.float32(1.5) * blur(look.green, 1.0, gsd_m)
    smooth = blur(np.asarray(evidence, np.float32), 0.5, gsd_m)
    return np.asarray(1 / (1 + np.exp(-np.float32(STEEPNESS) * (smooth - np.float32(MIDDLE)))), np.float32)


def shade_votes(look: Look, gsd_m: float) -> F64:
    """How a window's regions say that shadows fall: sums to add up over windows, (3,).

    To which side of itself each region has shade, weighted by how built its shape is, above the mean of all.
    """
    *_, region = _regions(look, gsd_m)
    shade, _, _ = _looking_out(region, look, gsd_m)
    large = region.area * gsd_m**2 > LEAST_HOUSE_M2
    built = _geometry(region, gsd_m)
    weight = np.where(large, built - built[large].mean(), 0) * np.sqrt(region.area) if large.any() else 0 * built
    return np.append((shade @ _WAYS * weight[:, None]).sum(axis=0), np.abs(weight).sum())


def shadow_fall(votes: F64) -> tuple[float, float]:
    """Which way a flight's shadows fall, as columns and rows; as long as that is sure, 0 (unknown) to 1."""
    x, y = votes[:2] / max(float(votes[2]), 1e-9)
    length = float(np.hypot(x, y))
    sure = min(1.0, length / SURE_SHADE) / max(length, 1e-9)
    return float(x * sure), float(y * sure)


@dataclass(frozen=True)
class _Regions:
    """Regions of one scale: ``labels`` (h, w), their ``edge`` (h, w), and figures of each, (n,)."""

    labels: I64
    edge: Bool
    area: F64
    length: F64
    fill: F64
    on_line: F64


def _regions(look: Look, gsd_m: float) -> Iterator[_Regions]:
    """The picture's regions at each of the two scales."""
    from pipeline.core.regions import regions  # compiles at its first use, which known roofs are spared

    picture = _flattened(look.lab)
    straight = _straight_lines(np.ascontiguousarray(picture[..., 0]), LINE_M / gsd_m)
    scales = [(scale, max(2, int(least_m2 / gsd_m**2))) for scale, least_m2 in SCALES]
    for found in regions(picture, scales):
        labels = found.astype(np.int64)
        count = int(labels.max()) + 1
        area = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
        edge = boundary(labels)
        owner = labels[edge]
        length = np.bincount(owner, minlength=count).astype(np.float64)
        fill = _fill(labels, edge, owner, area)
        on_line = np.bincount(owner, straight[edge].astype(np.float64), count) / np.maximum(length, 1)
        yield _Regions(labels, edge, area, length, fill, on_line)


def _flattened(lab: tuple[F32, F32, F32]) -> U8:
    """Lab as bytes on one scale, with specks of up to two pixels taken out."""
    planes = (lab[0] / 100, (lab[1] + 20) / 60, (lab[2] + 20) / 60)
    return np.stack([cv2.medianBlur((np.clip(p, 0, 1) * 255).astype(np.uint8), 5) for p in planes], axis=-1)


def _straight_lines(lightness: U8, least_px: float) -> Bool:
    """True within a pixel of a straight edge of at least this length."""
    out = np.zeros(lightness.shape, np.uint8)
    found = cv2.createLineSegmentDetector(0).detect(lightness)[0]
    if found is None or not len(found):
        return out.view(np.bool_)
    ends = np.asarray(found, np.float64).reshape(-1, 4)
    long = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]) > least_px
    for x0, y0, x1, y1 in np.rint(ends[long]).astype(int).tolist():
        cv2.line(out, (x0, y0), (x1, y1), 1, 1)
    return np.asarray(cv2.dilate(out, np.ones((3, 3), np.uint8)), np.uint8).view(np.bool_)


def _geometry(region: _Regions, gsd_m: float) -> F64:
    """How built each region looks by its shape, about -6 to 4: (n,)."""
    compact = 4 * np.pi * region.area / np.maximum(region.length, 1) ** 2
    return np.asarray(
        1.5 * _unit((region.fill - 0.55) / 0.25)
        + _unit((region.on_line - 0.35) / 0.25)
        + _unit((compact - 0.35) / 0.2)
        - np.clip(np.log(region.area * gsd_m**2 / 400), 0, 3)
    )


def _surroundings(region: _Regions, look: Look, fall: F64, gsd_m: float) -> F64:
    """How far each region stands high by what is in it and 1 m beyond its edge, about -8 to 4: (n,).

    Shade beyond the edge counts for it, above all behind it as shadows fall; shade in it and green beyond against it.
    """
    shade, ring_shade, ring_green = _looking_out(region, look, gsd_m)
    own = np.bincount(region.labels.ravel(), look.shade.ravel().astype(np.float64)) / region.area
    behind = shade @ _WAYS @ fall
    return np.asarray(
        2 * _unit(ring_shade / 0.3)
        + 2 * float(np.hypot(*fall)) * _unit(behind / 0.3 / max(float(np.hypot(*fall)), 1e-9))
        - 4 * _unit(own / 0.5)
        - 2 * ring_green
    )


def _looking_out(region: _Regions, look: Look, gsd_m: float) -> tuple[F64, F64, F64]:
    """What lies 1 m beyond each region's edge: share that is dark in 8 ways, (n, 8); in all that is dark, and green."""
    seen = np.zeros((3, len(region.area), 8))
    steps = np.rint(_WAYS * SHADE_M / gsd_m).astype(np.int64)
    _look_out((region.labels, region.edge), (look.dark, look.green), steps, seen)
    crossed, dark, green = seen
    every = np.maximum(crossed.sum(axis=1), 1)
    return dark / (crossed + 1), dark.sum(axis=1) / every, green.sum(axis=1) / every


@compiled
def _look_out(region, planes, steps, seen):  # type: ignore[no-untyped-def]
    """Count, for each region and way, the steps out of it from its edge, and what of ``planes`` they come to."""
    (labels, edge), (dark, green) = region, planes
    high, wide = labels.shape
    for y in range(high):
        for x in range(wide):
            if edge[y, x]:
                own = labels[y, x]
                for way in range(len(steps)):
                    col, row = x + steps[way, 0], y + steps[way, 1]
                    if 0 <= col < wide and 0 <= row < high and labels[row, col] != own:
                        seen[0, own, way] += 1
                        seen[1, own, way] += dark[row, col]
                        seen[2, own, way] += green[row, col]


def boundary(labels: I64) -> Bool:
    """True where a pixel has a neighbour (of four) in another region."""
    edge = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def _fill(labels: I64, edge: Bool, owner: I64, area: F64) -> F64:
    """Share of its smallest rectangle that each region fills, 0 for the least of regions."""
    order = np.argsort(owner, kind="stable")
    ys, xs = np.nonzero(edge)
    points = np.stack([xs[order], ys[order]], axis=1).astype(np.float32)
    ends = np.cumsum(np.bincount(owner, minlength=len(area)))
    out = np.zeros(len(area))
    for i, (start, end) in enumerate(zip(np.concatenate([[0], ends[:-1]]), ends, strict=True)):
        if end - start >= LEAST_EDGE_PX:
            w, h = cv2.minAreaRect(points[start:end])[1]
            out[i] = area[i] / ((w + 1) * (h + 1))
    return out


def _unit(values: F64) -> F64:
    return np.clip(values, -1, 1)
