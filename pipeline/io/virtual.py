"""What a virtual raster (VRT) is made of: the files and addresses that it names, and those that these name in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from pipeline.errors import ImageryError

_NAMING: Final = ("sourcefilename", "sourcedataset")
_HEAD_BYTES: Final = 1024
_TEXT: Final = re.compile(rb"\s*[<{][\t-~]{15}")
_SAFE: Final = re.compile(r"(?:/vsicurl/)?https?://|(?!/vsi)[^:<]*$|[A-Za-z]:[\\/][^:<]*$")


def parts_of(path: Path) -> list[str]:
    """Everything that a VRT is made of, also through others, in the order of the alphabet; none of another file.

    GDAL knows a VRT by its content, so the file's name does not matter. In it, capitals do not matter, nor whether a
    name stands in an element or in an attribute.

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
        return [_place(path, name.strip(), relative) for name, relative in _sources(path)]
    if _TEXT.match(head):
        raise ImageryError(
            f"{path} is text and no VRT",
            "files of pixels, and VRTs of them",
            "gdalbuildvrt",
            zh=f"{path} 是文本，不是 VRT；应为影像文件，或由影像文件组成的 VRT；处理：gdalbuildvrt",
        )
    return []


def _sources(path: Path) -> Iterator[tuple[str, bool]]:
    """The names in a VRT as they are written, and whether each is relative to the VRT."""
    try:
        tree = ElementTree.parse(path)
    except ElementTree.ParseError as e:
        raise ImageryError(
            f"{path} is damaged ({e})",
            "a VRT as GDAL writes it",
            "build the VRT again",
            zh=f"{path} 已损坏（{e}）；应为 GDAL 写出的 VRT；处理：重新生成 VRT",
        ) from None
    for element in tree.iter():
        attributes = {name.lower(): value for name, value in element.items()}
        yield from ((value, False) for name, value in attributes.items() if name in _NAMING)
        if element.tag.lower() in _NAMING:
            yield element.text or "", attributes.get("relativetovrt") == "1"


def _place(path: Path, name: str, relative: bool) -> str:
    if not _SAFE.match(name) and not (relative and (path.parent / name).is_file()):
        raise ImageryError(
            f"{path} refers to {name}",
            "files and http(s) addresses only",
            "build the VRT again",
            zh=f"{path} 引用了 {name}；只能引用文件和 http(s) 地址；处理：重新生成 VRT",
        )
    if "://" in name:
        return name.removeprefix("/vsicurl/")
    return str(path.parent / name) if relative else name
