"""Photos that people took: parts made unreadable before they become evidence, and small copies for documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import RegisterError

_CELLS = 3
_QUALITY = 88


@dataclass(frozen=True)
class Part:
    """A part of a photo, in percent of its width and height from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, text: str) -> Self:
        """From ``LEFT,TOP,RIGHT,BOTTOM``.

        >>> Part.of("10,20,30,45.5")
        Part(left=10.0, top=20.0, right=30.0, bottom=45.5)

        Raises
        ------
        RegisterError : it is not of this form, or holds nothing
        """
        try:
            left, top, right, bottom = (float(word) for word in text.split(","))
        except ValueError:
            left = top = right = bottom = -1.0
        if not (0 <= left < right <= 100 and 0 <= top < bottom <= 100):
            raise RegisterError(
                f"'{text}' is no part of a photo",
                "LEFT,TOP,RIGHT,BOTTOM in percent",
                "--blur 10,20,30,40",
                zh=f"“{text}”不是照片上的范围；应为 LEFT,TOP,RIGHT,BOTTOM（百分比）；如 --blur 10,20,30,40",
            )
        return cls(left, top, right, bottom)


def blurred(content: bytes, parts: Sequence[Part]) -> bytes:
    """A photo as JPEG in which nothing can be read in some parts; what the camera wrote beside the picture is gone.

    Each part is averaged to 3 by 3 cells, from which no face and no plate comes back.

    Raises
    ------
    RegisterError : it is no picture
    """
    picture = _decoded(content)
    if picture is None:
        raise RegisterError(
            "the photo cannot be blurred: it is no picture",
            "JPEG, PNG or WebP",
            zh="照片无法打码：不是图片；应为 JPEG、PNG 或 WebP",
        )
    high, wide = picture.shape[:2]
    for part in parts:
        rows = slice(int(high * part.top / 100), max(1, -int(-high * part.bottom // 100)))
        cols = slice(int(wide * part.left / 100), max(1, -int(-wide * part.right // 100)))
        own = picture[rows, cols]
        cells = cv2.resize(own, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        picture[rows, cols] = cv2.resize(cells, own.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return jpeg(picture)


def is_picture(content: bytes) -> bool:
    """Whether it can be decoded: JPEG, PNG, WebP and the like."""
    return _decoded(content) is not None


def small(content: bytes, most_px: int) -> bytes | None:
    """A copy as JPEG with its longer side at most ``most_px`` pixels; None where it is no picture."""
    picture = _decoded(content)
    if picture is None:
        return None
    scale = min(1.0, most_px / max(picture.shape[:2]))
    size = tuple(max(1, round(n * scale)) for n in picture.shape[1::-1])
    return jpeg(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))


def longer_side(content: bytes) -> str:
    """Which side of a picture is the longer one, ``width`` or ``height``; the width of what is no picture."""
    picture = _decoded(content)
    return "height" if picture is not None and picture.shape[0] > picture.shape[1] else "width"


def jpeg(bgr: NDArray[np.uint8], quality: int = _QUALITY) -> bytes:
    """A picture (height, width, 3), blue first, as JPEG."""
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data)


def _decoded(content: bytes) -> NDArray[np.uint8] | None:
    if not content:
        return None
    try:
        found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # larger than it decodes
        return None
    return None if found is None else np.asarray(found, np.uint8)
