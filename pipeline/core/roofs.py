"""Roofs from appearance alone: what is built is compact, rectangular and bounded by straight, perpendicular edges.

Shape carries over between places, colour and brightness do not. The picture is cut into regions of one colour at two
scales (Felzenszwalb & Huttenlocher 2004, doi:10.1023/B:VISI.0000022288.19776.77); each region is judged by its
geometry; the result is a soft confidence, never a cut: cluttered roofs break their own geometry.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.filters import F32, U8, Bool, blur

SCALES: Final = ((80.0, 7.0, 0.4), (300.0, 14.0, 0.6))
COARSEST_GSD_M: Final = 0.45
LINE_M: Final = 2.0
STEEPNESS: Final = 1.2
MIDDLE: Final = 0.6
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def roof_confidence(lab: tuple[F32, F32, F32], right_angles: F32, isotropic: F32, green: F32, *, gsd_m: float) -> F32:
    """Confidence (0 to 1) that a pooled pixel is roof; all inputs (h, w) on the pooled grid.

    Parameters
    ----------
    lab : L, a, b after the flight's band stretch
    right_angles : fourth-harmonic coherence of edges within 3 m (0 to 1)
    isotropic : log gradient energy without direction; judged against its 15 m neighbourhood
    green : share of vegetation
    """
    geometry = region_geometry(lab, gsd_m)
    energy = isotropic - blur(isotropic, 15.0, gsd_m)
    evidence = geometry + 3 * right_angles - np.float32(0.8) * energy - np.float32(1.5) * blur(green, 1.0, gsd_m)
    smooth = blur(np.asarray(evidence, np.float32), 0.5, gsd_m)
    return np.asarray(1 / (1 + np.exp(-np.float32(STEEPNESS) * (smooth - np.float32(MIDDLE)))), np.float32)


def region_geometry(lab: tuple[F32, F32, F32], gsd_m: float) -> F32:
    """How built each pixel's region looks, about -4 to 5, averaged over the two scales."""
    from pipeline.core.regions import regions  # compiles at its first use, which known roofs are spared

    picture = _flattened(lab)
    lightness = picture[..., 0].astype(np.float32) * np.float32(100 / 255)
    gx = np.asarray(cv2.Sobel(lightness, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32)
    gy = np.asarray(cv2.Sobel(lightness, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32)
    straight = _straight_lines(np.ascontiguousarray(picture[..., 0]), LINE_M / gsd_m)
    total = np.zeros(lightness.shape, np.float32)
    scales = [(scale, max(2, int(least_m2 / gsd_m**2))) for scale, least_m2, _ in SCALES]
    for labels, (_, _, weight) in zip(regions(picture, scales), SCALES, strict=True):
        score = _judge(labels.astype(np.int64), gx, gy, straight, gsd_m=gsd_m)
        total += np.float32(weight) * score.astype(np.float32)[labels]
    return total


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


def _judge(labels: I64, gx: F32, gy: F32, straight: Bool, *, gsd_m: float) -> F64:
    """Score of each region from its shape: (h, w) labels in, (n,) out."""
    count = int(labels.max()) + 1
    area = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    edge = boundary(labels)
    owner = labels[edge]
    length = np.bincount(owner, minlength=count).astype(np.float64)
    shape, hull = _fill(labels, edge, owner, area)
    coherence = _right_angles(owner, gx[edge], gy[edge], count)
    on_line = np.bincount(owner, straight[edge].astype(np.float64), count) / np.maximum(length, 1)
    compact = 4 * np.pi * area / np.maximum(length, 1) ** 2
    size = np.clip(np.log(area * gsd_m**2 / 400), 0, 3) + np.clip(np.log(12 / np.maximum(area * gsd_m**2, 0.5)), 0, 3)
    return np.asarray(
        1.5 * _unit((shape - 0.55) / 0.25)
        + 1.5 * _unit((hull - 0.75) / 0.2)
        + 1.5 * _unit((coherence - 0.35) / 0.25)
        + _unit((on_line - 0.35) / 0.25)
        + 0.5 * _unit((compact - 0.35) / 0.2)
        - size
    )


def boundary(labels: I64) -> Bool:
    """True where a pixel has a neighbour (of four) in another region."""
    edge = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def _fill(labels: I64, edge: Bool, owner: I64, area: F64) -> tuple[F64, F64]:
    """Share of its smallest rectangle, and of its convex hull, that each region fills."""
    order = np.argsort(owner, kind="stable")
    ys, xs = np.nonzero(edge)
    points = np.stack([xs[order], ys[order]], axis=1).astype(np.float32)
    ends = np.cumsum(np.bincount(owner, minlength=len(area)))
    rectangle, hull = np.zeros(len(area)), np.zeros(len(area))
    for i, (start, end) in enumerate(zip(np.concatenate([[0], ends[:-1]]), ends, strict=True)):
        if end - start < 8:
            continue
        own = points[start:end]
        around = cv2.convexHull(own)
        w, h = cv2.minAreaRect(around)[1]
        rectangle[i] = area[i] / ((w + 1) * (h + 1))
        hull[i] = area[i] / (cv2.contourArea(around) + cv2.arcLength(around, True) / 2 + 1)
    return rectangle, hull


def _right_angles(owner: I64, gx: F32, gy: F32, count: int) -> F64:
    """|sum w e^(i 4 theta)| / sum w over each region's boundary."""
    size = np.hypot(gx, gy).astype(np.float64) + 1e-6
    weight, c, s = np.minimum(size, 8), gx / size, gy / size
    c2, s2 = c * c - s * s, 2 * c * s
    cos4 = np.bincount(owner, weight * (c2 * c2 - s2 * s2), count)
    sin4 = np.bincount(owner, weight * 2 * c2 * s2, count)
    return np.asarray(np.hypot(cos4, sin4) / (np.bincount(owner, weight, count) + 1e-6), np.float64)


def _unit(values: F64) -> F64:
    return np.clip(values, -1, 1)
