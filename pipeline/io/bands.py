"""What a file's bands are and how they become 8-bit colour and validity: decided once from a sample, then applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.errors import ImageryError
from pipeline.io.collar import Collar
from pipeline.io.stac import Notice

Array = npt.NDArray[Any]
Rgb = npt.NDArray[np.uint8]
Valid = npt.NDArray[np.bool_]

_MOSTLY = 0.5
_FEW = 0.02
_BEYOND_SENSE = 1e30
_NAMED = 60

Oddity = tuple[str, int]
_ODDITIES = {
    "nir_declared_as_alpha": (
        "第 {band} 波段声明为透明度（alpha），实为近红外；全部像素按有效处理；如需使用近红外，请设 nir_band = {band}",
        "band {band} is declared as alpha but is near-infrared; all pixels are taken as valid; "
        "to use it, set nir_band = {band}",
    ),
    "undeclared_alpha": (
        "第 {band} 波段未声明用途，但只有空与满两种值；按透明度（有效范围）使用",
        "band {band} is undeclared and holds only empty and full values; it is taken as alpha",
    ),
    "fourth_band_unused": (
        "第 {band} 波段未使用；若为近红外，请设 nir_band = {band}",
        "band {band} is not used; if it is near-infrared, set nir_band = {band}",
    ),
    "undeclared_black_border": (
        "四周有未声明为 nodata 的纯黑边；按没有影像处理",
        "it has a pure black border that is not declared as nodata; it is taken as no imagery",
    ),
    "undeclared_white_border": (
        "四周有未声明为 nodata 的纯白边；按没有影像处理",
        "it has a pure white border that is not declared as nodata; it is taken as no imagery",
    ),
    "nodata_and_alpha": (
        "同时有 nodata 与 alpha（第 {band} 波段）；以 alpha 为准",
        "it has both nodata and alpha (band {band}); alpha decides",
    ),
}


@dataclass(frozen=True)
class BandPlan:
    """Which bands of a file are red, green, blue and near-infrared (1-based), and where validity comes from."""

    rgb: tuple[int, int, int]
    valid_from: Literal["mask", "alpha", "all", "nodata"]
    alpha: int | None = None
    alpha_full: float = 255.0
    nodata: float | None = None
    nir: int | None = None
    collar: Collar | None = None

    @property
    def bands(self) -> tuple[int, ...]:
        """The bands to read, in the order that :meth:`valid` and :func:`colour` expect."""
        return self.rgb + ((self.alpha,) if self.alpha else ()) + ((self.nir,) if self.nir else ())

    def valid(self, data: Array, seen: Valid | None) -> Valid:
        """Which pixels of ``data`` (bands, height, width) are usable; ``seen`` is the dataset's own mask, if it counts.

        Alpha below its full value is not valid; nodata must hold in all three colours; true black is valid, but for a
        border of it.
        """
        colours = data[:3]
        good = np.ones(colours.shape[1:], bool) if seen is None else seen.copy()
        if np.issubdtype(data.dtype, np.floating):
            good &= (np.isfinite(colours) & (np.abs(colours) < _BEYOND_SENSE)).all(axis=0)
        if self.alpha:
            good &= data[3] == self.alpha_full
        if self.valid_from == "nodata" and self.nodata is not None:
            good &= (colours != np.asarray(self.nodata).astype(data.dtype)).any(axis=0)
        if self.collar is not None:
            good &= ~self.collar.covers(colours)
        return good


@dataclass(frozen=True)
class Scaling:
    """How pixel values become 0-255: ``uint8`` as they are, ``rounded``, or ``linear`` from ``low`` to ``high``."""

    rule: Literal["uint8", "rounded", "linear"] = "uint8"
    low: float = 0.0
    high: float = 255.0

    def __str__(self) -> str:
        """The rule as it is recorded.

        >>> str(Scaling("linear", 110, 3960))
        'linear 110..3960 to 0..255'
        """
        return self.rule if self.rule != "linear" else f"linear {self.low:.6g}..{self.high:.6g} to 0..255"

    @property
    def zh(self) -> str:
        """The rule in Chinese.

        >>> Scaling("linear", 110, 3960).zh
        '110 至 3960 线性拉伸为 0 至 255'
        """
        fixed = {"uint8": "保持不变", "rounded": "四舍五入"}
        return fixed.get(self.rule) or f"{self.low:.6g} 至 {self.high:.6g} 线性拉伸为 0 至 255"

    def apply(self, data: Array) -> Rgb:
        """Values as 0-255.

        >>> Scaling("linear", 100, 610).apply(np.array([0, 100, 355, 9999], np.uint16)).tolist()
        [0, 0, 128, 255]
        """
        if self.rule == "uint8":
            return data.astype(np.uint8, copy=False)
        values = np.nan_to_num(data.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        if self.rule == "linear":
            values = (values - self.low) * (255.0 / (self.high - self.low))
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def choose_scaling(dtype: str, colours: Array, low_percentile: float, high_percentile: float) -> Scaling:
    """The scaling of a flight from a sample of its valid colour values, over all three bands jointly.

    8-bit stays as it is. Values that lie in 0..255 and pass 1.5 are 8-bit in a wider type, and are rounded. All else
    is stretched between two percentiles.
    """
    if dtype == "uint8":
        return Scaling()
    if not colours.size or (colours.min() >= 0 and 1.5 < colours.max() <= 255):
        return Scaling("rounded")
    low, high = (float(v) for v in np.percentile(colours.astype(np.float64), [low_percentile, high_percentile]))
    return Scaling("linear", low, high if high > low else low + 1.0)


def plan_bands(
    name: str, colours: tuple[str, ...], sample: Array, facts: tuple[bool, float | None], *, nir: int | None
) -> tuple[BandPlan, tuple[Oddity, ...]]:
    """Decide what the bands of a file are.

    Parameters
    ----------
    name : the file, for messages
    colours : each band's declared colour interpretation
    sample : pixel values (bands, n) from all over the file
    facts : whether the file has a mask of its own beside alpha; its declared nodata
    nir : the band that the config calls near-infrared
    """
    has_mask, nodata = facts
    rgb = _rgb(name, colours)
    if nir is not None and (nir > len(colours) or nir in rgb):
        bare = len(colours) == 3
        raise ImageryError(
            f"{name} has {len(colours)} bands with colour in {rgb}, so band {nir} is not near-infrared",
            "nir_band beyond the colours",
            "leave nir_band out: this picture has no near-infrared" if bare else "set nir_band in [[flights]]",
            zh=f"{name} 有 {len(colours)} 个波段，颜色在第 {'、'.join(map(str, rgb))} 波段，第 {nir} 波段不是近红外；"
            "nir_band 应为颜色以外的波段；处理："
            + ("删去 nir_band：该影像没有近红外波段" if bare else "在 [[flights]] 里设置 nir_band"),
        )
    alpha, full, odd = _alpha(colours, sample, nir, rgb)
    if alpha:
        if nodata is not None:
            odd += (("nodata_and_alpha", alpha),)
        return BandPlan(rgb, "alpha", alpha, full, None, nir), odd
    if has_mask:
        return BandPlan(rgb, "mask", nir=nir), odd
    return BandPlan(rgb, "all" if nodata is None else "nodata", nodata=nodata, nir=nir), odd


def _rgb(name: str, colours: tuple[str, ...]) -> tuple[int, int, int]:
    if all(colours.count(c) == 1 for c in ("red", "green", "blue")):
        return colours.index("red") + 1, colours.index("green") + 1, colours.index("blue") + 1
    if len(colours) not in (3, 4):
        raise ImageryError(
            f"{name} has {len(colours)} bands, none of them declared red, green and blue",
            "3 or 4 bands, the first three red, green and blue",
            f"gdal_translate -b RED -b GREEN -b BLUE {quote(name)} rgb.tif",
            zh=f"{name} 有 {len(colours)} 个波段，均未声明为红、绿、蓝；应为 3 或 4 个波段，前三个为红、绿、蓝；"
            f"处理：gdal_translate -b RED -b GREEN -b BLUE {quote(name)} rgb.tif",
        )
    return 1, 2, 3


def _alpha(
    colours: tuple[str, ...], sample: Array, nir: int | None, rgb: tuple[int, int, int]
) -> tuple[int | None, float, tuple[Oddity, ...]]:
    """The alpha band, its full value, and what is odd about it."""
    declared = [i for i, c in enumerate(colours, start=1) if c == "alpha" and i != nir]
    if declared:
        band = declared[0]
        full, share = _between(sample[band - 1])
        return (None, full, (("nir_declared_as_alpha", band),)) if share > _MOSTLY else (band, full, ())
    if len(colours) != 4 or nir is not None:
        return None, 255.0, ()
    band = next(i for i in range(1, 5) if i not in rgb)
    values = sample[band - 1]
    full, share = _between(values)
    if values.size and share <= _FEW and bool((values == full).any()):
        return band, full, (("undeclared_alpha", band),)
    return None, 255.0, (("fourth_band_unused", band),)


def _between(values: Array) -> tuple[float, float]:
    """An alpha band's full value, and the share of its pixels above 0 that are neither empty nor full."""
    top = float(np.nanmax(values)) if values.size else 255.0
    if np.issubdtype(values.dtype, np.integer):
        limit = float(np.iinfo(values.dtype).max)
        full = limit if top > 255 or limit == 255 else 255.0
    else:
        full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0
    some = values > 0
    return full, float(((values < full) & some).sum() / max(int(some.sum()), 1))


def odd_notices(found: Sequence[tuple[str, Oddity]]) -> tuple[Notice, ...]:
    """One notice for each kind of oddity, naming the files that have it."""
    names: dict[Oddity, list[str]] = {}
    for name, oddity in found:
        names.setdefault(oddity, []).append(name)
    return tuple(_notice(oddity, names[oddity]) for oddity in sorted(names))


def _notice(oddity: Oddity, names: list[str]) -> Notice:
    code, band = oddity
    more = len(names) - _NAMED
    listed_zh = "、".join(names[:_NAMED]) + (f" 等 {len(names)} 个文件" if more > 0 else "")
    listed_en = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    zh, en = _ODDITIES[code]
    return Notice(code, f"{listed_zh}：{zh.format(band=band)}", f"{listed_en}: {en.format(band=band)}")
