"""Photos and other files that show something: kept under the hash of their content, so that they cannot be swapped.

People and plates in a photo are made unreadable where whoever takes it in says so, before it is kept: then there is no
other copy. Nothing looks for them by itself. Pictures from the air need none of this, being too coarse
(``pipeline.io.placing``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.artifacts import write_bytes
from pipeline.errors import RegisterError
from pipeline.io.photos import Part, blurred, is_picture
from pipeline.problems import unread

FOLDER = "evidence"
_MOST_BYTES = 64 << 20


def keep(workdir: Path, file: Path, blur: Sequence[Part] = ()) -> str:
    """Copy a file among the evidence, if it is not there yet; gives the SHA-256 by which events name it.

    Parameters
    ----------
    blur : parts of a photo in which nothing is to be read; then a JPEG without them is kept, and not the file itself

    Raises
    ------
    RegisterError : the file is not there, cannot be read, is empty or too large, or is no picture
    WorkdirError : the disk cannot be written
    """
    try:
        content = file.read_bytes()
    except OSError as e:
        why = unread(e)
        raise RegisterError(f"{file} {why.en}", "a photo of the place", zh=f"{file} {why.zh}；应为现场照片") from None
    if not 0 < len(content) <= _MOST_BYTES:
        zh = f"{file} 有 {len(content)} 字节；应为 1 到 {_MOST_BYTES} 字节的照片"
        raise RegisterError(f"{file} has {len(content)} bytes", f"a photo of 1 to {_MOST_BYTES} bytes", zh=zh)
    if blur:
        content, file = blurred(content, blur), file.with_suffix(".jpg")
    elif not is_picture(content):
        zh = f"{file} 不是照片；应为 JPEG、PNG 或 WebP"
        raise RegisterError(f"{file} is no photo", "JPEG, PNG or WebP", zh=zh)
    digest = hashlib.sha256(content).hexdigest()
    place = workdir / FOLDER / f"{digest}{file.suffix.lower()}"
    if not place.exists():
        write_bytes(place, content)
    return digest


def find(workdir: Path, digest: str) -> Path | None:
    """The kept file of a hash; None where it is not here, or its content is no longer that."""
    for place in sorted((workdir / FOLDER).glob(f"{digest}*")):
        if hashlib.sha256(place.read_bytes()).hexdigest() == digest:
            return place
    return None
