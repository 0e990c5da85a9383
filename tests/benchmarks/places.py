"""The marked places of the benchmarks: what each has besides its orthophoto, and a table that holds figures to bars."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SCENES = ("kathmandu_west", "aveiro", "kampala_ne")


@dataclass(frozen=True)
class Place:
    """The files of a marked place; None where it has no such layer."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def orthophoto(self) -> Path:
        return self.folder / "orthophoto.tif"

    @property
    def blocks(self) -> Path:
        return self.folder / "blocks.gpkg"

    @property
    def dsm(self) -> Path | None:
        return _if_there(self.folder / "dsm.tif")

    @property
    def buildings(self) -> Path | None:
        return _if_there(self.folder / "buildings.geojson")


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None


def options(doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=lambda p: Path(p).resolve(), required=True, help="folder of the marked places")
    parser.add_argument("--scene", action="append", choices=SCENES, help="default: all three")
    return parser


def chosen(args: argparse.Namespace) -> Iterator[Place]:
    for name in args.scene or SCENES:
        folder = args.data / name
        if not folder.is_dir():
            raise SystemExit(f"{folder} does not exist; --data names the folder of {', '.join(SCENES)}")
        yield Place(folder)


def verdict(figure: float, *, least: float | None = None, most: float | None = None) -> str:
    """The bar and whether the figure keeps it, for the last columns of a table."""
    good = (least is None or figure >= least) and (most is None or figure <= most)
    bar = " and ".join(
        s for s in ("" if least is None else f">= {least:g}", "" if most is None else f"<= {most:g}") if s
    )
    return f"{bar:<16} {'ok' if good else 'NOT MET'}"


def header(columns: Iterable[str]) -> None:
    line = "  ".join(columns)
    print(line)
    print("-" * len(line), flush=True)
