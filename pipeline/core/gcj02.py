"""The offset of GCJ-02, in which maps published in China are drawn, from WGS 84. Only map tiles are moved by it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271


def shift(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """WGS 84 degrees as GCJ-02 degrees; unchanged outside the box in which the offset is defined.

    The published series; its own inverse is not needed here.

    >>> lon, lat = shift(np.array([116.404]), np.array([39.915]))
    >>> round(float(lon[0]), 6), round(float(lat[0]), 6)
    (116.410244, 39.916404)
    >>> [float(v[0]) for v in shift(np.array([-8.65]), np.array([40.64]))]
    [-8.65, 40.64]
    """
    inside = (lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH)
    x, y = lon - 105.0, lat - 35.0
    root, slow = np.sqrt(np.abs(x)), 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + 2 / 3 * slow
    north += 2 / 3 * (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3))
    north += 2 / 3 * (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + 2 / 3 * slow
    east += 2 / 3 * (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3))
    east += 2 / 3 * (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30))
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY * np.sin(phi) ** 2
    per_lat = math.pi / 180 * _AXIS * (1 - _ECCENTRICITY) / magic**1.5
    per_lon = math.pi / 180 * _AXIS / np.sqrt(magic) * np.cos(phi)
    return lon + inside * east / per_lon, lat + inside * north / per_lat
