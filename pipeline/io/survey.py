"""Looking at a flight's files before anything is written: how they lie, what their bands are, how they are scaled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.config import FlightSection, IngestSection
from pipeline.errors import ImageryError
from pipeline.io.bands import BandPlan, Oddity, choose_scaling, odd_notices, plan_bands
from pipeline.io.collar import Collar, collar_of
from pipeline.io.mosaic import Mosaic, Part, place
from pipeline.io.sources import Source, look, probe
from pipeline.io.stac import Notice

COARSE_M = 0.10
LEAST_RANGE = 16
_PATCHES, _PATCHES_EACH = 64, 4
_SAMPLE_VALUES = 3_000_000
_SHIFT_PX = 0.01


@dataclass(frozen=True)
class Survey:
    """A flight's files as one picture, what is worth knowing about them, and whether they serve as they are."""

    mosaic: Mosaic
    notices: tuple[Notice, ...]

    @property
    def linked(self) -> bool:
        """Whether the source is read in place: one 8-bit tiled GeoTIFF with overviews whose mask is honest."""
        part = self.mosaic.parts[0]
        return (
            len(self.mosaic.parts) == 1
            and part.source.reads_well
            and self.mosaic.scaling.rule == "uint8"
            and part.plan.valid_from != "nodata"
            and part.plan.collar is None
            and part.plan.alpha_full == 255
        )

    @property
    def scattered(self) -> bool:
        """Whether most of the picture lies under no file, so that one file of it would be mostly empty."""
        return len(self.mosaic.parts) > 1 and self.mosaic.filled < 0.5


def survey(flight: FlightSection, settings: IngestSection, progress: Callable[[int, int], None]) -> Survey:
    """Look at all files of a flight.

    Raises
    ------
    ImageryError : a file won't do, or the files don't fit together
    """
    hrefs = [s if "://" in s else str(Path(s).resolve()) for s in flight.sources]
    sources = [look(href) for href in hrefs]
    grid, corners, shift = place(sources)
    _check_size(flight, grid.width * grid.height, settings)
    plans: list[BandPlan] = []
    odd: list[tuple[str, Oddity]] = []
    colours: list[npt.NDArray[Any]] = []
    for done, source in enumerate(sources, start=1):
        sample, edge = probe(source, max(_PATCHES_EACH, _PATCHES // len(sources)))
        facts = source.has_mask, source.nodata
        plan, oddities = plan_bands(source.name, source.colours, sample, facts, nir=flight.nir_band)
        inside = _colours(sample, plan, _SAMPLE_VALUES // len(sources))
        if collar := border(source, plan, edge):
            bordered = replace(plan, collar=collar)
            within = _colours(sample, bordered, _SAMPLE_VALUES // len(sources))
            if within.size:  # what is border alone shows nothing, and is told so below
                plan, inside = bordered, within
                oddities += ((f"undeclared_{collar.fill}_border", 0),)
        plans.append(plan)
        odd += [(source.name, oddity) for oddity in oddities]
        colours.append(inside)
        progress(done, len(sources))
    together = np.concatenate(colours, axis=1)
    ends = settings.scale_low_percentile, settings.scale_high_percentile
    scaling = choose_scaling(sources[0].dtype, together, *ends)
    if scaling.rule == "uint8":
        _check_light(flight, together)
    parts = tuple(Part(s, p, row, col) for s, p, (row, col) in zip(sources, plans, corners, strict=True))
    mosaic = Mosaic(grid, parts, scaling, shift)
    return Survey(mosaic, odd_notices(odd) + _grid_notices(mosaic))


def border(source: Source, plan: BandPlan, edge: npt.NDArray[Any]) -> Collar | None:
    """The border of pure black or white that a file declares to be valid, told by its outermost pixels (bands, n).

    A mask that a file has of its own is believed.
    """
    if plan.valid_from == "mask":
        return None
    seen = edge[[band - 1 for band in plan.bands]]
    return collar_of(seen[:3], plan.valid(seen[:, None, :], None)[0], source.grid.gsd_m)


def pixel_count(pixels: float) -> tuple[str, str]:
    """How many pixels, in Chinese and English.

    >>> pixel_count(190_000), pixel_count(1.5e9)
    (('0.19 百万像素', '0.19 megapixels'), ('1.5 十亿像素', '1.5 gigapixels'))
    """
    if pixels < 1e8:
        return f"{pixels / 1e6:.3g} 百万像素", f"{pixels / 1e6:.3g} megapixels"
    return f"{pixels / 1e9:,.4g} 十亿像素", f"{pixels / 1e9:,.4g} gigapixels"


def _check_size(flight: FlightSection, pixels: int, settings: IngestSection) -> None:
    if pixels > settings.max_mosaic_gigapixels * 1e9:
        size_zh, size = pixel_count(pixels)
        raise ImageryError(
            f"flight {flight.id} spans {size}",
            f"at most {settings.max_mosaic_gigapixels:g} gigapixels",
            "set ingest.max_mosaic_gigapixels, or check that all files are of this place",
            zh=f"航次 {flight.id} 的影像达 {size_zh}；最多 {settings.max_mosaic_gigapixels:g} 十亿像素；"
            "处理：设置 ingest.max_mosaic_gigapixels，或检查是否所有文件都属于此地",
        )


def _colours(sample: npt.NDArray[Any], plan: BandPlan, most: int) -> npt.NDArray[Any]:
    """Valid colour values (3, n) of a sample, evenly thinned to at most ``most`` values."""
    valid = plan.valid(sample[[band - 1 for band in plan.bands]][:, None, :], None)[0]
    colours = sample[[band - 1 for band in plan.rgb]][:, valid]
    return colours[:, :: max(1, -(-colours.size // max(most, 3)))]


def _check_light(flight: FlightSection, colours: npt.NDArray[Any]) -> None:
    """Values (3, n) that hardly differ show nothing: a black export, or one whose range was lost."""
    if not colours.size:
        return
    ends = [float(v) for v in np.percentile(colours, (0.5, 99.5))]
    if ends[1] - ends[0] < LEAST_RANGE:
        low, high = (round(end) for end in ends)
        values = f"are {low} of 255" if low == high else f"lie from {low} to {high} of 255"
        zh = f"都是 {low}（满值 255）" if low == high else f"都在 {low} 到 {high} 之间（满值 255）"
        raise ImageryError(
            f"flight {flight.id} shows nothing: nearly all its values {values}",
            "a picture with light and dark",
            "export it again with its own range (gdal_translate -scale)",
            zh=f"航次 {flight.id} 的影像看不出内容：几乎所有值{zh}；"
            "应为有明有暗的影像；处理：按影像自身的值域重新导出（gdal_translate -scale）",
        )


def _grid_notices(mosaic: Mosaic) -> tuple[Notice, ...]:
    grid, scaling, shift = mosaic.grid, mosaic.scaling, mosaic.shift_px
    found = []
    if grid.gsd_m > COARSE_M:
        cm = f"{100 * grid.gsd_m:.1f}"
        found.append(
            Notice(
                "coarse",
                f"地面分辨率 {cm} 厘米，偏粗：小件杂物看不见，评分仅供参考",
                f"ground sampling distance {cm} cm is coarse: small litter can't be seen, scores are a rough guide",
            )
        )
    if scaling.rule != "uint8":
        found.append(Notice("scaled", f"像素值换算为 8 位：{scaling.zh}", f"pixel values were made 8-bit: {scaling}"))
    if shift > _SHIFT_PX:
        found.append(
            Notice(
                "tiles_shifted",
                f"各文件的格网未对齐，最多移动 {shift:.2f} 个像素取整",
                f"the files' grids do not meet; they were moved by up to {shift:.2f} px to whole pixels",
            )
        )
    return tuple(found)
