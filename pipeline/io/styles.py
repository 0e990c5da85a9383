"""What every GeoPackage of ours gets: a QGIS style inside, so that it opens with its colours, and a fixed date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pyogrio

_FIXED_DATE = "2000-01-01T00:00:00.000Z"
_TABLE = """CREATE TABLE IF NOT EXISTS layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""
_CONTENTS = """INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
  VALUES ('layer_styles', 'attributes', 'layer_styles', '', '1970-01-01T00:00:00.000Z')"""


@contextmanager
def fixed_date() -> Iterator[None]:
    """Let GeoPackages bear a fixed date, so that the same content gives the same bytes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def with_style(content: bytes, layer: str, qml: str) -> bytes:
    """A GeoPackage's bytes with ``qml`` as the default style of ``layer``: the same bytes for the same input."""
    base = sqlite3.connect(":memory:")
    try:
        base.deserialize(content)
        put_style(base, layer, qml)
        return bytes(base.serialize())
    finally:
        base.close()


def put_style(base: sqlite3.Connection, layer: str, qml: str) -> None:
    """Make ``qml`` the default style of a layer of a GeoPackage."""
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
    column = base.execute(query, (layer,)).fetchone()[0]
    base.execute(_TABLE)
    if not base.execute("SELECT 1 FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone():
        base.execute(_CONTENTS)
    base.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (layer,))
    base.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)"
        " VALUES ('', '', ?, ?, 'wuse', ?, '', 1, '', '', '', '1970-01-01T00:00:00.000Z')",
        (layer, column, qml),
    )
    base.commit()
