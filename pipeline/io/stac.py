"""A flight's imagery as the later stages meet it, kept as a STAC Item (``flight.json``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pyproj import CRS

from pipeline.artifacts import read_json, write_json
from pipeline.core.grid import RasterGrid
from pipeline.errors import ArtifactError

STAC_VERSION = "1.1.0"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"

ValidFrom = Literal["mask", "alpha", "all"]


class Notice(NamedTuple):
    """Something a person should know about a flight, with a code for machines and a sentence in each language."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Flight:
    """Checked imagery of one flight: where it is, how to read it, and what is worth knowing about it.

    ``valid_from`` says where validity comes from: the dataset's mask, an alpha band (255 = valid, in band
    ``alpha_band``), or nowhere (every pixel is valid). ``rgb`` are the 1-based bands of red, green and blue.
    ``bounds_wgs84`` is west, south, east, north in degrees.
    """

    id: str
    acquired: datetime
    href: str
    grid: RasterGrid
    bounds_wgs84: tuple[float, float, float, float]
    valid_from: ValidFrom = "mask"
    alpha_band: int = 4
    rgb: tuple[int, int, int] = (1, 2, 3)
    dsm_href: str | None = None
    nir_href: str | None = None
    nir_band: int | None = None
    scaling: str = "uint8"
    notices: tuple[Notice, ...] = ()


def write_flight(flight: Flight, path: Path) -> None:
    """Write the flight as a STAC Item; files beside it are named relative to it."""
    write_json(path, stac_item(flight, path.parent))


def stac_item(flight: Flight, folder: Path) -> dict[str, Any]:
    """The STAC Item of a flight, whose files under ``folder`` are named relative to it."""
    west, south, east, north = flight.bounds_wgs84
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [PROJECTION],
        "id": flight.id,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": _properties(flight),
        "links": [],
        "assets": _assets(flight, folder),
    }


def _properties(flight: Flight) -> dict[str, Any]:
    grid = flight.grid
    code = CRS.from_wkt(grid.crs_wkt).to_authority()
    utc = flight.acquired if flight.acquired.tzinfo else flight.acquired.replace(tzinfo=UTC)
    return {
        "datetime": utc.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "gsd": round(grid.gsd_m, 6),
        "proj:code": ":".join(code) if code else None,
        "proj:wkt2": grid.crs_wkt,
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [grid.dx, 0.0, grid.x0, 0.0, grid.dy, grid.y0],
        "wuse:acquired": flight.acquired.isoformat(),
        "wuse:gsd_x_m": grid.gsd_x_m,
        "wuse:gsd_y_m": grid.gsd_y_m,
        "wuse:valid_from": flight.valid_from,
        "wuse:alpha_band": flight.alpha_band,
        "wuse:rgb": list(flight.rgb),
        "wuse:scaling": flight.scaling,
        "wuse:notices": [notice._asdict() for notice in flight.notices],
    }


def _assets(flight: Flight, folder: Path) -> dict[str, Any]:
    media = "application/xml" if flight.href.endswith(".vrt") else COG_TYPE
    assets: dict[str, Any] = {
        "orthophoto": {"href": _relative(flight.href, folder), "type": media, "roles": ["data", "visual"]}
    }
    if flight.dsm_href is not None:
        assets["dsm"] = {"href": _relative(flight.dsm_href, folder), "type": "image/tiff", "roles": ["data"]}
    if flight.nir_href is not None:
        near = {"href": _relative(flight.nir_href, folder), "type": COG_TYPE, "roles": ["data"]}
        assets["nir"] = near | {"wuse:band": flight.nir_band}
    return assets


def read_flight(path: Path) -> Flight:
    """Read ``flight.json``.

    Raises
    ------
    ArtifactError : the file is missing, or is not what :func:`write_flight` wrote
    """
    item: Any = read_json(path)
    try:
        return _flight(item, path.parent)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ArtifactError(
            f"{path} is not a flight's STAC Item",
            "what ingest wrote",
            "wuse ingest CONFIG",
            zh=f"{path} 不是航次的 STAC Item；应为导入阶段写出的文件；处理：wuse ingest CONFIG",
        ) from None


def _flight(item: dict[str, Any], folder: Path) -> Flight:
    p, assets = item["properties"], item["assets"]
    height, width = p["proj:shape"]
    dx, _, x0, _, dy, y0 = p["proj:transform"]
    grid = RasterGrid(width, height, x0, y0, dx, dy, p["proj:wkt2"], p["wuse:gsd_x_m"], p["wuse:gsd_y_m"])
    west, south, east, north = item["bbox"]
    red, green, blue = p["wuse:rgb"]
    nir = assets.get("nir")
    return Flight(
        id=item["id"],
        acquired=datetime.fromisoformat(p["wuse:acquired"]),
        href=_absolute(assets["orthophoto"]["href"], folder),
        grid=grid,
        bounds_wgs84=(west, south, east, north),
        valid_from=p["wuse:valid_from"],
        alpha_band=p["wuse:alpha_band"],
        rgb=(red, green, blue),
        dsm_href=_absolute(assets["dsm"]["href"], folder) if "dsm" in assets else None,
        nir_href=_absolute(nir["href"], folder) if nir else None,
        nir_band=nir["wuse:band"] if nir else None,
        scaling=p["wuse:scaling"],
        notices=tuple(Notice(n["code"], n["zh"], n["en"]) for n in p["wuse:notices"]),
    )


def _relative(href: str, folder: Path) -> str:
    """Name a file under ``folder`` relative to it; leave addresses and files elsewhere as they are."""
    if "://" in href or not Path(href).is_relative_to(folder):
        return href
    return f"./{Path(href).relative_to(folder).as_posix()}"


def _absolute(href: str, folder: Path) -> str:
    return str(folder / href.removeprefix("./")) if href.startswith("./") else href
