"""Ingest: check a flight's imagery, make it readable by window (linked where it already is), and say how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from pipeline.artifacts import FlightPaths, write_json
from pipeline.config import FlightSection, IngestSection
from pipeline.core.reasons import Text
from pipeline.core.vocabulary import Stage
from pipeline.engine import Progress, silent
from pipeline.io.assess import check_overlap, coverage_pct, figures, quality_notices, quality_record
from pipeline.io.cog import write_cog, write_vrt
from pipeline.io.imagery import Imagery
from pipeline.io.mosaic import Part
from pipeline.io.stac import Flight, Notice, write_flight
from pipeline.io.surface_model import check_dsm
from pipeline.io.survey import Survey, survey
from pipeline.io.tables import Blocks

_IMAGERY = Text("影像", "imagery")


def ingest_flight(
    section: FlightSection,
    blocks: Blocks,
    settings: IngestSection,
    paths: FlightPaths,
    *,
    progress: Progress = silent,
) -> Flight:
    """Check and take in one flight; writes ``flight.json``, ``quality.json`` and, where needed, the imagery as a COG.

    Nothing is written before every file has been looked at.

    Raises
    ------
    ImageryError : a file can't be used, by name and with what mends it
    BlocksError : no block lies in the imagery
    WorkdirError : the results can't be written
    """
    found = survey(section, settings, lambda done, total: progress(done, total, Text("文件", "files")))
    grid = found.mosaic.grid
    polygons = list(blocks.frame.geometry.to_crs(grid.crs_wkt))
    check_overlap(polygons, grid, section.id)
    about_dsm = (
        check_dsm(section.dsm, grid.crs_wkt, tuple(shapely.total_bounds(polygons))) if section.dsm is not None else ()
    )
    flight = _flight(section, found, (*found.notices, *about_dsm))
    if not found.linked:
        flight = _write_imagery(flight, found, paths, progress)
    return _assess(flight, found, polygons, (blocks, paths, progress))


def _flight(section: FlightSection, found: Survey, notices: tuple[Notice, ...]) -> Flight:
    """The flight as if its first source were read in place."""
    part, grid = found.mosaic.parts[0], found.mosaic.grid
    frame = grid.bounds(0, 0, grid.height, grid.width)
    move = Transformer.from_crs(CRS.from_wkt(grid.crs_wkt), 4326, always_xy=True)
    bounds = tuple(round(float(v), 9) for v in move.transform_bounds(*frame, densify_pts=21))
    plan = part.plan
    return Flight(
        id=section.id,
        acquired=section.acquired,
        href=part.source.href,
        grid=grid,
        bounds_wgs84=(bounds[0], bounds[1], bounds[2], bounds[3]),
        valid_from="mask" if plan.valid_from == "nodata" else plan.valid_from,
        alpha_band=plan.alpha or 4,
        rgb=plan.rgb,
        dsm_href=section.dsm,
        nir_href=part.source.href if plan.nir else None,
        nir_band=plan.nir,
        scaling=str(found.mosaic.scaling),
        notices=notices,
    )


def _write_imagery(flight: Flight, found: Survey, paths: FlightPaths, progress: Progress) -> Flight:
    write = _write_scattered if found.scattered else _write_whole
    orthophoto, nir = write(found, paths.folder(Stage.INGEST), progress)
    near = (None, None) if nir is None else (str(nir), 1)
    return replace(flight, href=str(orthophoto), valid_from="mask", rgb=(1, 2, 3), nir_href=near[0], nir_band=near[1])


def _write_whole(found: Survey, folder: Path, progress: Progress) -> tuple[Path, Path | None]:
    out, nir = folder / "orthophoto.tif", folder / "nir.tif" if found.mosaic.has_nir else None
    write_cog(found.mosaic, out, nir, lambda done, total: progress(done, total, _IMAGERY))
    return out, nir


def _write_scattered(found: Survey, folder: Path, progress: Progress) -> tuple[Path, Path | None]:
    """Each file as a COG of its own and a VRT over them: the empty ground between costs nothing."""
    mosaic = found.mosaic
    placed: list[tuple[Part, str]] = []
    near: list[tuple[Part, str]] = []
    for number, part in enumerate(mosaic.parts, start=1):
        name, nir = f"tiles/{number:04d}.tif", f"tiles/{number:04d}_nir.tif" if mosaic.has_nir else None
        write_cog(mosaic.alone(part), folder / name, folder / nir if nir else None, lambda done, total: None)
        placed.append((part, name))
        near += [(part, nir)] if nir else []
        progress(number, len(mosaic.parts), _IMAGERY)
    out, out_nir = folder / "orthophoto.vrt", folder / "nir.vrt" if near else None
    write_vrt(mosaic, placed, out, 3)
    if out_nir is not None:
        write_vrt(mosaic, near, out_nir, 1)
    return out, out_nir


def _assess(
    flight: Flight, found: Survey, polygons: Sequence[BaseGeometry], where: tuple[Blocks, FlightPaths, Progress]
) -> Flight:
    blocks, paths, progress = where
    with Imagery.of(flight) as imagery:
        coverage = dict(zip(blocks.ids, coverage_pct(polygons, imagery), strict=True))
        photo = figures(
            polygons,
            flight.grid,
            lambda b: imagery.read_native(*b),
            lambda done, total: progress(done, total, Text("质量", "quality")),
        )
    notices = (*flight.notices, *quality_notices(photo, coverage))
    flight = replace(flight, notices=notices)
    record = quality_record(flight.grid, photo, coverage, list(blocks.frame.geometry.area))
    source = found.mosaic.parts[0].source
    record |= {
        "flight": flight.id,
        "linked": found.linked,
        "files": len(found.mosaic.parts),
        "decoder": f"GDAL {record.pop('gdal')} {source.driver} {source.compression}",
        "scaling": flight.scaling,
        "notices": [n._asdict() for n in notices],
    }
    write_json(paths.quality_json, record)
    write_flight(flight, paths.flight_json)
    return flight
