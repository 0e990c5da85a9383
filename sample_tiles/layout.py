"""Streets, blocks and parcels: a bent grid in which every block follows its streets or the river."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from model import Label, Layer, Material, Patch, Pattern, Points, Scene
from plan import BlockPlan
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

LANE_HALF_M = 2.3
MAIN_HALF_M = 5.0
WALK_M = 2.2


@dataclass(frozen=True, slots=True)
class Frame:
    """From straight plan coordinates (u, v) to scene metres: a gentle warp, a turn, a shift to the middle."""

    size: tuple[float, float]
    centre: tuple[float, float]
    turn: float = -math.radians(5.0)

    def place(self, plan_points: Points) -> Points:
        """Scene coordinates of plan points, shape (n, 2)."""
        u, v = plan_points[:, 0], plan_points[:, 1]
        bent_u = u + 2.6 * np.sin(v / 41 + 0.6) + 1.4 * np.sin((u + v) / 57)
        bent_v = v + 2.8 * np.sin(u / 52 + 1.1) + 1.2 * np.sin(u / 23 - v / 60)
        du, dv = bent_u - self.size[0] / 2, bent_v - self.size[1] / 2
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        return np.stack([self.centre[0] + du * cos - dv * sin, self.centre[1] + du * sin + dv * cos], axis=1)

    def point(self, u: float, v: float) -> tuple[float, float]:
        """Scene coordinates of one plan point."""
        x, y = self.place(np.array([[u, v]]))[0]
        return float(x), float(y)

    def heading(self, u: float, v: float) -> float:
        """Direction of the local u axis in the scene."""
        (x0, y0), (x1, y1) = self.place(np.array([[u - 2, v], [u + 2, v]]))
        return math.atan2(y1 - y0, x1 - x0)

    def box(self, u: float, v: float, width: float, depth: float, turn: float = 0.0) -> Points:
        """A stiff rectangle centred on a plan point, along the local street."""
        x, y = self.point(u, v)
        angle = self.heading(u, v) + turn
        cos, sin = math.cos(angle), math.sin(angle)
        corners = np.array([[-width, -depth], [width, -depth], [width, depth], [-width, depth]]) / 2
        return np.stack(
            [x + corners[:, 0] * cos - corners[:, 1] * sin, y + corners[:, 0] * sin + corners[:, 1] * cos], 1
        )


@dataclass(frozen=True, slots=True)
class Street:
    """A centre line in plan coordinates."""

    line: Points
    main: bool


@dataclass(frozen=True, slots=True)
class Site:
    """One block with its outline and parcel in scene metres and the straight rectangle inside it (plan coordinates)."""

    plan: BlockPlan
    outline: Polygon
    parcel: Polygon
    rect: tuple[float, float, float, float]
    seed: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is."""

    frame: Frame
    streets: list[Street]
    sites: list[Site]


def densify(line: Points, extra: Points | None = None, step: float = 4.0) -> Points:
    """Vertices every few metres along a straight plan line, plus those in `extra`."""
    start, end = line[0], line[-1]
    length = float(np.hypot(*(end - start)))
    shares = np.linspace(0, 1, max(2, math.ceil(length / step) + 1))
    points = start + shares[:, None] * (end - start)
    if extra is not None and len(extra):
        points = np.vstack([points, extra])
        points = points[np.argsort(points @ (end - start), kind="stable")]
    return np.asarray(points, np.float64)


def _columns(row: list[BlockPlan], width: float, axis: float, rng: np.random.Generator) -> Points:
    """Upper and lower u of the column lines of one row; one of them is the main street's axis."""
    weights = np.array([b.weight for b in row]) * rng.uniform(0.88, 1.12, len(row))
    before = min(max(1, round(len(row) * axis / width)), len(row) - 1) if len(row) > 2 else 0
    west = np.cumsum(weights[:before]) / max(weights[:before].sum(), 1e-9) * axis
    start = axis if before else 0.0
    east = start + np.cumsum(weights[before:]) / weights[before:].sum() * (width - start)
    at = np.concatenate([[0.0], west, east])
    ends = np.stack([at, at], axis=1)
    ends[1:-1] += rng.uniform(-2.2, 2.2, (len(row) - 1, 2))
    if before:
        ends[before] = axis
    ends[-1] = width
    return ends


def lay_out(
    rows: list[list[BlockPlan]], heights: list[float], frame: Frame, seed: int, main_rows: tuple[int, ...]
) -> Layout:
    """Bend a grid of rows and columns into streets and blocks. `main_rows`: horizontal lines that are main streets."""
    width = frame.size[0]
    axis = 0.56 * width
    tops = np.concatenate([[0.0], np.cumsum(heights)])
    columns = [_columns(row, width, axis, np.random.default_rng([seed, 1, n])) for n, row in enumerate(rows)]
    streets = []
    for n, top in enumerate(tops):
        above = columns[n - 1][:, 1] if n > 0 else np.array([])
        below = columns[n][:, 0] if n < len(rows) else np.array([])
        joints = np.unique(np.concatenate([above, below]))
        extra = np.stack([joints, np.full_like(joints, top)], axis=1)
        streets.append(Street(densify(np.array([[0, top], [width, top]]), extra), n in main_rows))
    for n, ends in enumerate(columns):
        for left, right in ends:
            main = bool(left == axis and right == axis)
            streets.append(Street(densify(np.array([[left, tops[n]], [right, tops[n + 1]]])), main))
    return Layout(frame, streets, _sites(rows, columns, tops, frame, streets, seed))


def _half_width(street: Street) -> float:
    return MAIN_HALF_M + WALK_M if street.main else LANE_HALF_M


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon)]


def _sites(
    rows: list[list[BlockPlan]],
    columns: list[Points],
    tops: Points,
    frame: Frame,
    streets: list[Street],
    seed: int,
) -> list[Site]:
    lines = [LineString(np.round(frame.place(s.line), 3)) for s in streets]
    faces = list(polygonize(unary_union(lines)))
    roads = unary_union([line.buffer(_half_width(s), cap_style="flat") for line, s in zip(lines, streets, strict=True)])
    rims = {round(float(tops[n]), 3): _half_width(streets[n]) for n in range(len(tops))}
    sites: list[Site] = []
    for n, row in enumerate(rows):
        for k, plan in enumerate(row):
            left, right = columns[n][k], columns[n][k + 1]
            middle = Point(frame.point((left.mean() + right.mean()) / 2, (tops[n] + tops[n + 1]) / 2))
            outline = next(face for face in faces if face.contains(middle))
            parcel = max(_polygons(outline.difference(roads)), key=lambda part: part.area)
            axis = 0.56 * frame.size[0]
            wide = [MAIN_HALF_M + WALK_M if (e == axis).all() else LANE_HALF_M for e in (left, right)]
            upper, lower = (rims[round(float(tops[n + i]), 3)] for i in (0, 1))
            rect = (left.max() + wide[0], tops[n] + upper, right.min() - wide[1], tops[n + 1] - lower)
            sites.append(Site(plan, outline, parcel, rect, seed * 1000 + len(sites)))
    return sites


def pave_streets(scene: Scene, layout: Layout) -> None:
    """Draw lanes, then sidewalks, carriageways and markings of the main streets."""
    frame = layout.frame
    ordered = [s for s in layout.streets if not s.main]
    for number, street in enumerate(ordered):
        line = LineString(frame.place(street.line))
        tone = 172 + 9 * math.sin(number * 2.4)
        middle = street.line[len(street.line) // 2]
        joints = Pattern(frame.heading(*middle), 4.5, 0.16, joints=True)
        _strip(scene, line, LANE_HALF_M, (tone, tone - 2, tone - 8), Material.CONCRETE, Layer.ROAD, joints)
    mains = [LineString(frame.place(_longer(s.line, frame.size))) for s in layout.streets if s.main]
    for line in mains:
        _strip(scene, line, MAIN_HALF_M + WALK_M, (181, 170, 158), Material.PAVING, Layer.ROAD, None)
    for line in mains:
        _strip(scene, line, MAIN_HALF_M + 0.18, (196, 194, 188), Material.SMOOTH, Layer.ROAD, None)
    for line in mains:
        _strip(scene, line, MAIN_HALF_M, (106, 106, 107), Material.ASPHALT, Layer.ROAD, None)
    for line in mains:
        _markings(scene, line, mains)
    rng = np.random.default_rng(77)
    for street in layout.streets:
        line = LineString(frame.place(street.line))
        for along in np.arange(rng.uniform(4, 14), line.length - 3, 31.0):
            at = line.interpolate(along + rng.uniform(-4, 4))
            ring = np.asarray(at.buffer(0.33).exterior.coords)[:, :2]
            dark = 104 + rng.uniform(-18, 24)
            scene.patches.append(Patch(ring, (dark, dark, dark), Material.SMOOTH, Label.PAVED, Layer.MARKING))


def _longer(line: Points, size: tuple[float, float], by_m: float = 24.0) -> Points:
    """A main street goes on beyond the community wherever it reaches its rim."""
    along = (line[-1] - line[0]) / np.hypot(*(line[-1] - line[0]))
    parts = [line]
    if (line[0] <= 0).any():
        parts.insert(0, line[:1] - along * by_m)
    if (line[-1] >= np.array(size) - 1e-6).any():
        parts.append(line[-1:] + along * by_m)
    return np.vstack(parts)


def _strip(
    scene: Scene, line: LineString, half: float, colour: tuple[float, float, float], material: Material, layer: Layer,
    pattern: Pattern | None,
) -> None:  # fmt: skip
    ring = np.asarray(line.buffer(half, cap_style="square").exterior.coords)[:, :2]
    scene.patches.append(Patch(ring, colour, material, Label.PAVED, layer, pattern=pattern))


def _markings(scene: Scene, line: LineString, mains: list[LineString]) -> None:
    crossings = unary_union([line.intersection(other) for other in mains if other is not line])
    clear = crossings.buffer(MAIN_HALF_M + 3.4) if not crossings.is_empty else Point(-1e6, -1e6)
    white = (226.0, 226.0, 220.0)
    for along in np.arange(1.0, line.length - 4, 6.0):
        dash = LineString([line.interpolate(along), line.interpolate(along + 3.0)])
        if not dash.intersects(clear):
            ring = np.asarray(dash.buffer(0.08, cap_style="flat").exterior.coords)[:, :2]
            scene.patches.append(Patch(ring, (222, 196, 92), Material.SMOOTH, Label.PAVED, Layer.MARKING))
    for side in (-1, 1):
        edge = line.parallel_offset(MAIN_HALF_M - 1.6, "left" if side < 0 else "right").difference(clear)
        for part in getattr(edge, "geoms", [edge]):
            if part.length > 2:
                ring = np.asarray(part.buffer(0.07, cap_style="flat").exterior.coords)[:, :2]
                scene.patches.append(Patch(ring, white, Material.SMOOTH, Label.PAVED, Layer.MARKING))
    if crossings.is_empty:
        return
    for point in getattr(crossings, "geoms", [crossings]):
        if point.geom_type == "Point":
            _zebra(scene, line, line.project(point))


def _zebra(scene: Scene, line: LineString, centre: float) -> None:
    for away in (-MAIN_HALF_M - 1.6, MAIN_HALF_M + 1.6):
        along = centre + away
        if not 2 < along < line.length - 2:
            continue
        here, ahead = line.interpolate(along), line.interpolate(along + 0.5)
        angle = math.atan2(ahead.y - here.y, ahead.x - here.x)
        cos, sin = math.cos(angle), math.sin(angle)
        for across in np.arange(-MAIN_HALF_M + 0.5, MAIN_HALF_M - 0.3, 0.9):
            corners = np.array([[-1.4, across], [1.4, across], [1.4, across + 0.45], [-1.4, across + 0.45]])
            ring = np.stack([here.x + corners[:, 0] * cos - corners[:, 1] * sin,
                             here.y + corners[:, 0] * sin + corners[:, 1] * cos], axis=1)  # fmt: skip
            scene.patches.append(Patch(ring, (224, 224, 219), Material.SMOOTH, Label.PAVED, Layer.MARKING))
