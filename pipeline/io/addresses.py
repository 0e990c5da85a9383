"""Files and http(s) addresses as inputs: what they hold now, and which files belong to one another."""

from __future__ import annotations

import functools
import hashlib
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from email.message import Message
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.errors import ArtifactError, ImageryError
from pipeline.io.virtual import parts_of
from pipeline.problems import unread

_CHUNK = 1 << 22
_TIMEOUT_S = 20
_RASTER_SIDES = (".ovr", ".msk", ".aux.xml", ".hdr")
_WORLD_SIDES = (".tfw", ".jgw", ".pgw", ".wld", ".hdr", ".prj")
_TABLE_SIDES = {".shp": (".dbf", ".prj", ".shx", ".cpg"), ".tab": (".dat", ".map", ".id", ".ind")}
_MISSING = "missing"


class Fingerprint(BaseModel):
    """What a file holds: ``content`` is its SHA-256, or the tags of an address; the rest saves reading it again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    content: str
    size: int = 0
    mtime_ns: int = 0

    @property
    def missing(self) -> bool:
        """Whether there is no such file."""
        return self.content == _MISSING


def fingerprint(address: str, known: Fingerprint | None = None) -> Fingerprint:
    """The fingerprint of a file or address; its content is not read where size and time are as ``known``.

    Raises
    ------
    ArtifactError : an address does not answer, or a file cannot be read
    """
    if "://" in address:
        return Fingerprint(content=_remote(address))
    path = Path(address)
    try:
        size, time = _facts(path)
        if known and (known.size, known.mtime_ns) == (size, time):
            return known
        return Fingerprint(content=_sha256(path, size, time), size=size, mtime_ns=time)
    except (FileNotFoundError, NotADirectoryError):
        return Fingerprint(content=_MISSING)
    except OSError as e:
        why = unread(e)
        zh = f"{path} {why.zh}；应为有权读取的文件"
        raise ArtifactError(f"{path} {why.en}", "a file that you may read", zh=zh) from None


def _facts(path: Path) -> tuple[int, int]:
    """Size and time of change of a file; of a folder the sum and the latest over all that is in it."""
    facts = [p.stat() for p in (path, *sorted(path.rglob("*")))] if path.is_dir() else [path.stat()]
    return sum(f.st_size for f in facts), max(f.st_mtime_ns for f in facts)


@functools.lru_cache(maxsize=4096)
def _sha256(path: Path, size: int, time: int) -> str:
    """The content's hash, found once for a path of one size and time of change."""
    digest = hashlib.sha256()
    if path.is_dir():
        for inner in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{inner.relative_to(path).as_posix()} {_sha256(inner, *_facts(inner))}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _remote(url: str) -> str:
    try:
        headers = _headers(url, "HEAD")
    except urllib.error.HTTPError as e:
        if e.code not in (403, 405, 501):
            raise _no_answer(url, f"HTTP {e.code}") from None
        try:
            headers = _headers(url, "GET")
        except (OSError, ValueError) as again:
            raise _no_answer(url, str(again)) from None
    except (OSError, ValueError) as e:
        raise _no_answer(url, str(getattr(e, "reason", e))) from None
    tags = [f"{name}={headers[name]}" for name in ("ETag", "Last-Modified", "Content-Length") if headers[name]]
    return "http:" + hashlib.sha256("\n".join(tags).encode()).hexdigest()


def _headers(url: str, method: str) -> Message:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=_TIMEOUT_S) as answer:
        headers: Message = answer.headers
        return headers


def _no_answer(url: str, why: str) -> ArtifactError:
    return ArtifactError(
        f"{url} does not answer ({why})",
        "an address that can be reached",
        "try again when online",
        zh=f"{url} 没有响应（{why}）；应为能访问的地址；处理：联网后重试",
    )


def with_companions(role: str, addresses: Iterable[str]) -> Mapping[str, str]:
    """Name every file that belongs to the given ones: parts of a VRT, masks, overviews, a shapefile's tables.

    >>> with_companions("dsm", ["https://example.org/dsm.tif"])
    {'dsm 1': 'https://example.org/dsm.tif'}
    """
    found: dict[str, str] = {}
    for number, address in enumerate(addresses, start=1):
        found[f"{role} {number}"] = address
        if "://" not in address:
            parts = enumerate(_companions(Path(address)), start=1)
            found |= {f"{role} {number}.{part} ({_name(name)})": name for part, name in parts}
    return found


def _name(address: str) -> str:
    return address.rsplit("/", 1)[-1] if "://" in address else Path(address).name


def _companions(path: Path) -> list[str]:
    """Files and addresses whose content counts as that of a file."""
    try:
        parts = parts_of(path)
    except ImageryError:
        parts = []
    own = {str(path), *parts}
    return parts + [s for p in sorted(own) if "://" not in p for s in _sides(Path(p)) if s not in own]


def _sides(path: Path) -> list[str]:
    """Files that are read with a file because of their names."""
    tables = _TABLE_SIDES.get(path.suffix.lower())
    sides = [path.with_suffix(s) for s in tables or _WORLD_SIDES]
    if tables is None:
        sides += [Path(f"{path}{s}") for s in _RASTER_SIDES]
    return [str(p) for p in sides if p.is_file()]
