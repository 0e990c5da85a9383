"""Online base maps: off by default, asked for only when a person switches one on, laid under the flight's picture.

A community is small: from the page's plane to the square of web map tiles an affine map is exact to centimetres. It
is fitted here, so that the page only lays tiles down. For tiles drawn in GCJ-02 the offset is part of that map: tiles
move, data never does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.core import gcj02
from pipeline.viewer.plane import Box, Plane

_TIANDITU = (
    "https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
)


@dataclass(frozen=True)
class Basemap:
    """A service of map tiles: its names, addresses (drawn one over the other), hosts for the policy, and credit."""

    zh: str
    en: str
    addresses: tuple[str, ...]
    servers: tuple[str, ...]
    hosts: str
    credit: str
    most_zoom: int
    gcj02: bool = False


BASEMAPS: Final = {
    "osm": Basemap(
        "OpenStreetMap",
        "OpenStreetMap",
        ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
        ("",),
        "https://tile.openstreetmap.org",
        "© OpenStreetMap contributors",
        19,
    ),
    "tianditu": Basemap(
        "天地图",
        "Tianditu",
        (_TIANDITU.replace("{layer}", "vec"), _TIANDITU.replace("{layer}", "cva")),
        tuple("01234567"),
        "https://*.tianditu.gov.cn",
        "© 天地图 · 国家地理信息公共服务平台",
        18,
    ),
    "amap": Basemap(
        "高德地图",
        "Amap",
        ("https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",),
        tuple("1234"),
        "https://*.is.autonavi.com",
        "© 高德地图",
        18,
        gcj02=True,
    ),
}


def basemap_table(names: Sequence[str], key: str, plane: Plane, box: Box) -> list[dict[str, Any]]:
    """What the page needs of each base map: names, addresses, and the affine map from its plane to the tiles' square.

    ``at`` = (a, b, c, d, e, f): u = a x + b y + c, v = d x + e y + f, with u growing east and v south, both 0 to 1
    over the world.
    """
    return [
        {
            "id": name,
            "zh": BASEMAPS[name].zh,
            "en": BASEMAPS[name].en,
            "addresses": [address.replace("{key}", key) for address in BASEMAPS[name].addresses],
            "servers": list(BASEMAPS[name].servers),
            "credit": BASEMAPS[name].credit,
            "most_zoom": BASEMAPS[name].most_zoom,
            "at": [float(f"{v:.14g}") for v in fit(plane, box, shifted=BASEMAPS[name].gcj02)],
        }
        for name in names
    ]


def hosts(names: Sequence[str]) -> str:
    """The addresses that the page's policy has to let through: none where no base map is configured.

    >>> hosts([]), hosts(["osm"])
    ('', ' https://tile.openstreetmap.org')
    """
    return "".join(f" {BASEMAPS[name].hosts}" for name in names)


def fit(plane: Plane, box: Box, *, shifted: bool) -> NDArray[np.float64]:
    """The six numbers of the affine map, by least squares over a grid of points in the box."""
    left, bottom, right, top = box
    x, y = (v.ravel() for v in np.meshgrid(np.linspace(left, right, 7), np.linspace(bottom, top, 7)))
    u, v = square(*plane.lonlat(x, y), shifted=shifted)
    # About the middle, so that the world's size does not cost digits.
    mx, my = x.mean(), y.mean()
    design = np.column_stack([x - mx, y - my, np.ones_like(x)])
    (a, b, c), (d, e, f) = np.linalg.lstsq(design, np.column_stack([u, v]), rcond=None)[0].T
    return np.array([a, b, c - a * mx - b * my, d, e, f - d * mx - e * my])


def square(
    lon: NDArray[np.float64], lat: NDArray[np.float64], *, shifted: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places in the square of web map tiles, 0 to 1 from north-west to south-east.

    >>> [float(v[0]) for v in square(np.array([0.0]), np.array([0.0]), shifted=False)]
    [0.5, 0.5]
    """
    if shifted:
        lon, lat = gcj02.shift(lon, lat)
    return (lon + 180) / 360, (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
