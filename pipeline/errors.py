"""Named situations in which Wuse stops, each told in one line: what was found, what was expected, what mends it."""

from __future__ import annotations

from typing import Any


class WuseError(Exception):
    """Something a person can mend; shown as one line, never as a traceback.

    Parameters
    ----------
    found : what was met, with the name of the file, key or block
    expected : what would have been right; may be empty
    mend : the setting or command that mends it; may be empty
    zh : the whole line in Chinese
    """

    exit_code = 3

    def __init__(self, found: str, expected: str = "", mend: str = "", *, zh: str) -> None:
        self.found, self.expected, self.mend = found, expected, mend
        self.zh = " ".join(zh.split())
        super().__init__(found, expected, mend)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it cross to another process whole."""
        return type(self).__new__, (type(self), *self.args), vars(self)

    def __str__(self) -> str:
        """Join the three parts into one line.

        >>> str(ImageryError("a.tif has no CRS", "a projected CRS", "gdalwarp", zh="a.tif 没有坐标系；处理：gdalwarp"))
        'a.tif has no CRS; expected a projected CRS; to mend: gdalwarp'
        """
        parts = [self.found]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.mend:
            parts.append(f"to mend: {self.mend}")
        return " ".join("; ".join(parts).split())


class Unsuitable(ValueError):  # noqa: N818 - a verdict on a value
    """A value cannot stand where it was given; says in Chinese and English why."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


class ConfigError(WuseError):
    """The configuration file is missing, unreadable, or holds a key or value that cannot be."""


class ImageryError(WuseError):
    """An orthophoto or surface model that cannot be read, or not as what it claims to be."""


class BlocksError(WuseError):
    """The blocks layer (or another vector layer) is missing, unreadable or contradicts itself."""


class EvidenceError(WuseError):
    """The evidence table has a sheet, column or value that is not understood."""


class ReviewError(WuseError):
    """A file of answers about hotspots is not what it should be, or belongs to another flight or scoring."""


class WorkdirError(WuseError):
    """The working folder cannot be written, is full, is locked by a program, or is used by another run."""


class ArtifactError(WuseError):
    """A stage's result that another stage needs is missing or was altered."""


class EngineError(WuseError):
    """A cluster that was asked for is not there, has no workers, or went away."""


class RegisterError(WuseError):
    """The register cannot be opened or read, or something that is asked for is not in it."""


class Refused(WuseError):  # noqa: N818 - a verdict, not a fault
    """The rules do not allow an act; ``why`` is the rule's id, ``why_zh`` and ``why_en`` say it without the subject.

    >>> str(Refused("2021-000001", zh="只能延期一次", en="a deadline is extended once", why="extended_once"))
    '2021-000001: a deadline is extended once'
    """

    exit_code = 4

    def __init__(self, subject: str, *, zh: str, en: str, why: str) -> None:
        self.subject, self.why_zh, self.why_en, self.why = subject, zh, en, why
        super().__init__(f"{subject}: {en}" if subject else en, zh=f"{subject}：{zh}" if subject else zh)


class CheckFailed(WuseError):  # noqa: N818 - a verdict, not a fault
    """``wuse check`` found something that would spoil the result."""

    exit_code = 4


class Interrupted(WuseError):  # noqa: N818 - the user's wish, not a fault
    """Stopped by the user; finished work is kept."""

    exit_code = 5


def interrupted() -> Interrupted:
    """What to say when the user stops the work."""
    return Interrupted(
        "stopped; finished stages are kept",
        "",
        "the same command goes on where this one stopped",
        zh="已停止，做完的阶段都保留；再次运行同一命令即从此处继续",
    )
