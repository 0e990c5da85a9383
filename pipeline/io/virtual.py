"""What a virtual raster (VRT) is made of: the files and addresses that it names, and those that these name in turn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from pipeline.errors import ImageryError

_NAMING: Final = ("SourceFilename", "SourceDataset")
_HEAD_BYTES: Final = 1024
_TEXT: Final = re.compile(rb"\s*[<{][\t-~]{15}")
_SAFE: Final = re.compile(r"(?:/vsicurl/)?https?://|(?!/vsi)[^:<]*$|[A-Za-z]:[\\/][^:<]*$")


def parts_of(path: Path) -> list[str]:
    """Everything that a VRT is made of, also through others, in the order of the alphabet; none of another file.

    GDAL knows a VRT by its content, so the file's name does not matter.

    Raises
    ------
    ImageryError : one of them is not written as a VRT is, or names what is neither a file nor an http(s) address
    """
    found, waiting = set[str](), [path]
    while waiting:
        names = set(_named(waiting.pop())) - found
        found |= names
        waiting += [Path(name) for name in names if "://" not in name]
    return sorted(found)


def _named(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return []
    if b"<VRTDataset" in head:
        return [_place(path, element) for element in _elements(path)]
    if _TEXT.match(head):
        raise ImageryError(f"{path} is text and no VRT", "files of pixels, and VRTs of them", "gdalbuildvrt")
    return []


def _elements(path: Path) -> list[ElementTree.Element]:
    try:
        tree = ElementTree.parse(path)
    except ElementTree.ParseError as e:
        raise ImageryError(f"{path} is damaged ({e})", "a VRT as GDAL writes it", "build the VRT again") from None
    return [element for element in tree.iter() if element.tag in _NAMING]


def _place(path: Path, element: ElementTree.Element) -> str:
    name = (element.text or "").strip()
    if not _SAFE.match(name):
        raise ImageryError(f"{path} refers to {name}", "files and http(s) addresses only", "build the VRT again")
    if "://" in name:
        return name.removeprefix("/vsicurl/")
    return str(path.parent / name) if element.get("relativeToVRT") == "1" else name
