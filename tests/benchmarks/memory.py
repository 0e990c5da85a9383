"""Peak memory of `wuse run`, on one picture and on the same picture repeated side by side, with its blocks.

    python tests/benchmarks/memory.py --data DATA [--times 1 4] [--repeats 3] [--workers 2]

DATA is the folder of the marked places. Each row is one input, run from nothing in a process of its own; its peak is
what the system says of that process. Flat means that the largest and the smallest of all peaks differ little.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import rasterio
from places import Place

SPREAD_MAX, PEAK_MAX_MIB = 1.15, 1.2 * 1024
_CONFIG = """\
format = 1
[community]
name = "{name}"
blocks = '{blocks}'
workdir = '{workdir}'
[[flights]]
id = "f"
acquired = 2021-01-14T10:30:00+08:00
orthophoto = '{orthophoto}'
{more}
"""


@dataclass(frozen=True)
class Case:
    """An input: its name, size, and configuration."""

    name: str
    megapixels: float
    blocks: int
    config: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=lambda p: Path(p).resolve(), required=True, help="folder of the marked places")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4], help="how often the picture repeats each way")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, help="where it works; default: a temporary folder")
    args = parser.parse_args()
    place, peaks = Place(args.data / "aveiro"), list[float]()
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        cases = list(made(place, Path(folder).resolve(), args.times))
        print(f"{'input':24} {'Mpx':>7} {'blocks':>7} {'peak MiB, each run':>28} {'CPU s':>8}")
        for case in cases:
            runs = [measured(case.config, args.workers) for _ in range(args.repeats)]
            told = " ".join(f"{peak:7.0f}" for peak, _ in runs)
            cpu = sorted(cpu for _, cpu in runs)[len(runs) // 2]
            print(f"{case.name:24} {case.megapixels:7.0f} {case.blocks:7} {told:>28} {cpu:8.0f}", flush=True)
            peaks += [peak for peak, _ in runs]
    spread = max(peaks) / min(peaks)
    print(f"largest / smallest peak {spread:.3f} (bar {SPREAD_MAX}), largest {max(peaks):.0f} MiB ({PEAK_MAX_MIB:.0f})")
    raise SystemExit(spread > SPREAD_MAX or max(peaks) > PEAK_MAX_MIB)


def made(place: Place, folder: Path, times: list[int]) -> Iterator[Case]:
    """Write the inputs: the picture without and with its surface model, then repeated."""
    with rasterio.open(place.orthophoto) as file:
        megapixels = file.width * file.height / 1e6
    count = len(gpd.read_file(place.blocks))
    for n in times:
        if n == 1:
            dsm = f"dsm = '{place.dsm}'"
            for name, more in (("as it is", ""), ("with its surface model", dsm)):
                yield Case(name, megapixels, count, written(folder, place.blocks, place.orthophoto, more))
        else:
            picture, blocks = repeated(place, folder, n)
            yield Case(f"repeated {n} x {n}", n * n * megapixels, n * n * count, written(folder, blocks, picture))


def written(folder: Path, blocks: Path, orthophoto: Path, more: str = "") -> Path:
    path = folder / f"{len(list(folder.glob('*.toml')))}.toml"
    text = _CONFIG.format(name=path.stem, blocks=blocks, orthophoto=orthophoto, more=more, workdir=folder / "runs")
    path.write_text(text, encoding="utf-8")
    return path


def repeated(place: Place, folder: Path, times: int) -> tuple[Path, Path]:
    """A VRT of the orthophoto repeated each way, and its blocks likewise."""
    with rasterio.open(place.orthophoto) as file:
        width, height, transform, crs = file.width, file.height, file.transform, file.crs
        bands = [(i, colour.name.capitalize()) for i, colour in enumerate(file.colorinterp, start=1)]
    steps = [(row, col) for row in range(times) for col in range(times)]
    source = f"<SourceFilename>{place.orthophoto.resolve()}</SourceFilename>"
    placed = [
        f'<SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/>'
        f'<DstRect xOff="{col * width}" yOff="{row * height}" xSize="{width}" ySize="{height}"/>'
        for row, col in steps
    ]
    body = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><ColorInterp>{colour}</ColorInterp>'
        + "".join(f"<SimpleSource>{source}<SourceBand>{band}</SourceBand>{p}</SimpleSource>" for p in placed)
        + "</VRTRasterBand>"
        for band, colour in bands
    )
    picture = folder / f"{times}.vrt"
    picture.write_text(
        f'<VRTDataset rasterXSize="{times * width}" rasterYSize="{times * height}"><SRS>{crs.to_string()}</SRS>'
        f"<GeoTransform>{', '.join(map(repr, transform.to_gdal()))}</GeoTransform>{body}</VRTDataset>",
        encoding="utf-8",
    )
    own = gpd.read_file(place.blocks).to_crs(crs)
    parts = []
    for row, col in steps:
        shapes = own.geometry.translate(col * width * transform.a, row * height * transform.e)
        parts.append(gpd.GeoDataFrame({"block_id": own["block_id"] + f"-{row}-{col}"}, geometry=shapes, crs=crs))
    blocks = folder / f"{times}.gpkg"
    gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs).to_file(blocks, layer="blocks")
    return picture, blocks


def measured(config: Path, workers: int) -> tuple[float, float]:
    """Peak memory (MiB) and CPU time (s) of one run from nothing."""
    runs = config.parent / "runs"
    subprocess.run(["rm", "-rf", str(runs)], check=True)
    command = [sys.executable, "-m", "pipeline", "run", str(config), "--quiet", "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
