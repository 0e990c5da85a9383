"""Finished windows of a stage that is not finished: what a killed run leaves for the next one."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from pipeline.artifacts import disk_troubles

_HEAD = struct.Struct("<IHI")  # length of the content, length of the name, CRC-32 of both


class Spool:
    """Named pieces of bytes in one file that only grows; each is either whole or, for the reader, not there.

    What a killed process wrote stays with the system, so nothing is synced to the disk; a torn or altered end is
    recognised by its checksum and cut off.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with disk_troubles(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("r+b" if path.exists() else "w+b")
            self._places = {name: (at, size) for name, at, size in self._whole()}

    def _whole(self) -> Iterator[tuple[str, int, int]]:
        end = 0
        while len(head := self._file.read(_HEAD.size)) == _HEAD.size:
            size, named, checksum = _HEAD.unpack(head)
            content = self._file.read(named + size)
            if len(content) != named + size or zlib.crc32(content) != checksum:
                break
            yield content[:named].decode(), end + _HEAD.size + named, size
            end += _HEAD.size + named + size
        self._file.seek(end)
        self._file.truncate()

    def __contains__(self, name: str) -> bool:
        """Whether there is a whole piece of this name."""
        return name in self._places

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def get(self, name: str) -> bytes:
        """The piece of this name.

        Raises
        ------
        KeyError : there is none
        """
        at, size = self._places[name]
        with disk_troubles(self._path):
            self._file.seek(at)
            return self._file.read(size)

    def put(self, name: str, content: bytes) -> None:
        """Add a piece; a later one of the same name takes the earlier one's place."""
        named = name.encode()
        body = named + content
        with disk_troubles(self._path):
            at = self._file.seek(0, 2)
            self._file.write(_HEAD.pack(len(content), len(named), zlib.crc32(body)) + body)
            self._file.flush()
        self._places[name] = at + _HEAD.size + len(named), len(content)
