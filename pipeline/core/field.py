"""The layers that inspectors carry into the field: their columns once, in Chinese and English, and who fills them."""

from __future__ import annotations

from typing import Final

from pipeline.core.answers import Problem, Severity
from pipeline.core.cells import Column, Kind
from pipeline.core.ledger import CaseState
from pipeline.core.sheets import VERSION, FoundHow

K = Kind
LAYER: Final = "cases"
BLOCK_LAYER: Final = "blocks"
ABOUT_LAYER: Final = "wuse"

SHOWN: Final = (
    Column("number", "编号", "number"),
    Column("state", "状态", "state", K.CHOICE, choices=tuple(CaseState)),
    Column("kind", "类型", "kind", K.CHOICE, new=True, choices=tuple(Problem)),
    Column("severity", "程度", "severity", K.CHOICE, new=True, choices=tuple(Severity)),
    Column("block_id", "区块", "block"),
    Column("party", "责任主体", "accountable party", K.PARTY),
    Column("place", "地点", "place", new=True),
    Column("problem", "问题", "problem", new=True),
    Column("todo", "整改要求", "to be done"),
    Column("notice", "通知书", "notice"),
    Column("deadline", "期限", "deadline", K.MOMENT),
)
"""What the register says of a case; ``new`` ones are filled in where someone draws a new spot."""
TYPED: Final = (
    Column("result", "督查结果", "inspection", K.CHOICE, change=True, choices=tuple(FoundHow)),
    Column("seen_at", "督查时间", "inspected at", change=True),
    Column("inspector", "同行督查员", "second inspector", change=True),
    Column("note", "备注", "note", change=True),
    Column("photo", "照片", "photo", change=True),
)
"""What an inspector fills in; empty when it is written out."""
PICTURE: Final = Column("picture", "影像截图", "picture")
"""A cut-out of the flight's picture, as a file beside the layer."""
COLUMNS: Final = (*SHOWN, *TYPED, PICTURE, VERSION)
