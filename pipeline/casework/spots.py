"""Where a spot lies: its block and its place on Earth, from coordinates in the blocks' metric CRS."""

from __future__ import annotations

from typing import Any, Final

import pyproj
import shapely

from pipeline.config import Config
from pipeline.errors import RegisterError
from pipeline.io.tables import Blocks, read_blocks

ASIDE_M: Final = 50.0


def community_blocks(config: Config) -> Blocks:
    """The community's blocks."""
    c = config.community
    return read_blocks(c.blocks, c.crs, c.block_id)


def known_block(blocks: Blocks, block: str) -> None:
    """See that there is a block.

    Raises
    ------
    RegisterError : there is none of this id
    """
    if block not in blocks.ids:
        raise RegisterError(
            f"there is no block {block}",
            "the id of a block",
            "--block",
            zh=f"没有区块 {block}；应为区块编号；处理：--block",
        )


def spot_data(config: Config, x: float, y: float, block: str = "") -> dict[str, Any]:
    """What a case says of its place.

    Raises
    ------
    RegisterError : no block holds the place, or the given one is none
    BlocksError : the blocks cannot be read
    """
    return located(community_blocks(config), x, y, block)


def located(blocks: Blocks, x: float, y: float, block: str = "") -> dict[str, Any]:
    """What a case says of its place among some blocks; it may lie up to 50 m aside of the block that is given.

    Raises
    ------
    RegisterError : no block holds the place, or the given one is none or lies elsewhere
    """
    if block:
        known_block(blocks, block)
        aside = float(blocks.frame.geometry.iloc[blocks.ids.index(block)].distance(shapely.Point(x, y)))
        if not aside <= ASIDE_M:
            raise RegisterError(
                f"{x:.1f}, {y:.1f} lies {aside:,.0f} m from block {block}",
                f"a place in it, in {blocks.crs.name}",
                "without --block it is found by the place",
                zh=f"{x:.1f}, {y:.1f} 离区块 {block} {aside:,.0f} 米；应在区块内，坐标系为 {blocks.crs.name}；"
                "处理：不加 --block 时按位置找区块",
            )
    else:
        inside = shapely.covers(blocks.frame.geometry.to_numpy(), shapely.Point(x, y))
        held = [name for name, own in zip(blocks.ids, inside, strict=True) if own]
        if not held:
            raise RegisterError(
                f"no block holds {x:.1f}, {y:.1f}",
                f"coordinates in {blocks.crs.name}",
                f"check them: east, then north, in metres; --block BLOCK only up to {ASIDE_M:.0f} m outside a block",
                zh=f"{x:.1f}, {y:.1f} 不在任何区块里；应为 {blocks.crs.name} 坐标；处理：核对坐标（先东后北，单位米）；"
                f"只有在区块外 {ASIDE_M:.0f} 米以内时才用 --block BLOCK 指定区块",
            )
        block = held[0]
    lon, lat = pyproj.Transformer.from_crs(blocks.crs, "EPSG:4326", always_xy=True).transform(x, y)
    return {"block_id": block, "x": round(x, 3), "y": round(y, 3), "lon": round(lon, 7), "lat": round(lat, 7)}
