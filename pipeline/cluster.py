"""Windows on the workers of a Dask scheduler: the function travels once, results come back in order, pixels never."""

from __future__ import annotations

import functools
import hashlib
import logging
import platform
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from pipeline.errors import EngineError, WuseError
from pipeline.memory import give_back, steady_memory
from pipeline.neighbours import runs

T = TypeVar("T")
R = TypeVar("R")

CONNECT_S = 10.0
NO_WORKER_S = 60.0
POLL_S = 1.0
AHEAD = 2
_LIBRARIES = ("numpy", "numba", "opencv-python-headless", "rasterio", "scikit-image", "scipy", "shapely", "pyproj")


@functools.cache
def identity() -> str:
    """Which program this is: Python, Wuse's own code, and the libraries that results depend on."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"wuse {digest.hexdigest()[:12]}, python {platform.python_version()}, {libraries}"


@dataclass(frozen=True)
class Held(Generic[T, R]):
    """A function that a worker holds for all its windows, and the program that it belongs to."""

    function: Callable[[T], R]
    program: str


def hold(function: Callable[[T], R], program: str) -> Held[T, R]:
    """Keep a function on a worker; it is made again from the scheduler's memory when that worker dies."""
    steady_memory()
    return Held(function, program)


def apply(held: Held[T, R], run: Sequence[T]) -> list[R]:
    """A run of windows on a worker, up to one that fails; its error is raised when it is the first.

    Raises
    ------
    EngineError : the worker is not the same program, so its bytes could differ
    """
    if held.program != identity():
        raise EngineError(
            f"a worker on {platform.node()} runs {identity()}",
            held.program,
            "install the same versions",
            zh=f"{platform.node()} 上的工作进程运行的是 {identity()}；应为 {held.program}；处理：安装相同的版本",
        )
    results = list[R]()
    for item in run:
        try:
            results.append(held.function(item))
        except Exception:
            if not results:
                raise
            break
    give_back()
    return results


def map_cluster(function: Callable[[T], R], items: Sequence[T], address: str) -> Iterator[R]:
    """Results of ``function`` in the order of ``items``, made by the workers of the scheduler at ``address``.

    Two runs of neighbours for each of the workers' threads are in flight; a worker that dies is made good by others.

    Raises
    ------
    EngineError : no scheduler, no worker, another program on a worker, or a window that kills whoever takes it
    """
    client = _connect(address)
    ahead: deque[tuple[Any, Sequence[T]]] = deque()
    try:
        held = client.submit(hold, function, identity(), pure=False)
        waiting = runs(items, functools.partial(_threads, client, address))
        while True:
            missing = max(0, AHEAD * _threads(client, address) - len(ahead))
            ahead.extend(_submit(client, held, islice(waiting, missing)))
            if not ahead:
                return
            future, run = ahead[0]
            results = _result(client, future, address)
            yield from results
            ahead.popleft()
            if rest := run[len(results) :]:
                ahead.extendleft(_submit(client, held, [rest]))
    finally:
        _leave(client, [future for future, _ in ahead])


def _submit(client: Any, held: Any, some: Iterable[Sequence[T]]) -> list[tuple[Any, Sequence[T]]]:
    return [(client.submit(apply, held, run, pure=False), run) for run in some]


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise EngineError(
            "Dask is not installed",
            "the extra cluster",
            "pip install 'wuse[cluster]'",
            zh="未安装 Dask；应装有附加组件 cluster；处理：pip install 'wuse[cluster]'",
        ) from None
    for name in logging.root.manager.loggerDict:
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client: Any = Client
        return client(address, timeout=CONNECT_S, set_as_default=False, direct_to_workers=False)
    except (OSError, ValueError, TypeError):
        raise EngineError(
            f"no Dask scheduler answers at {address}",
            "an address like tcp://host:8786",
            "--scheduler",
            zh=f"{address} 没有 Dask 调度器应答；应为 tcp://host:8786 这样的地址；处理：用 --scheduler 指定",
        ) from None


def _leave(client: Any, unfinished: list[Any]) -> None:
    """Drop what is not needed any more; a scheduler that is gone can't be told."""
    if client.status == "running":
        client.cancel(unfinished, force=True)
    client.close(timeout=CONNECT_S)


def _threads(client: Any, address: str) -> int:
    workers = client.scheduler_info(n_workers=-1)["workers"] if client.status == "running" else {}
    return sum(w["nthreads"] for w in workers.values()) or 1


def _result(client: Any, future: Any, address: str) -> Any:
    """Wait for a result; one that was lost with its worker is waited for again."""
    seen = time.monotonic()
    while future.status in ("pending", "lost"):
        try:
            future.exception(timeout=POLL_S)
        except TimeoutError:
            seen = _still_there(client, address, seen)
        except Exception as e:
            raise _gone(address) from e
    if future.status == "finished":
        return future.result()
    raise _mishap(future, address)


def _still_there(client: Any, address: str, seen: float) -> float:
    """When a worker was last seen."""
    if client.status != "running":
        raise _gone(address)
    if client.scheduler_info(n_workers=-1)["workers"]:
        return time.monotonic()
    if time.monotonic() - seen > NO_WORKER_S:
        raise EngineError(
            f"the scheduler at {address} has no workers",
            "at least one",
            f"dask worker {address}",
            zh=f"{address} 的调度器没有工作进程；至少应有一个；处理：dask worker {address}",
        )
    return seen


def _mishap(future: Any, address: str) -> Exception:
    """What became of a window that did not get done."""
    from distributed.scheduler import KilledWorker

    if future.status != "error":
        return _gone(address)
    error = future.exception()
    if isinstance(error, KilledWorker):
        return EngineError(
            "a window ended every worker that took it",
            "workers with 1.2 GiB of memory",
            "dask worker --memory-limit",
            zh="有一个窗口使处理它的工作进程全部退出；工作进程应有 1.2 GiB 内存；处理：dask worker --memory-limit",
        )
    if isinstance(error, ModuleNotFoundError):
        return EngineError(
            f"a worker has no module '{error.name}'",
            "Wuse on every worker",
            "pip install wuse there",
            zh=f"有工作进程缺少模块“{error.name}”；每个工作进程都应装有 Wuse；处理：在那里 pip install wuse",
        )
    return error if isinstance(error, WuseError) else RuntimeError(f"a window failed on a worker: {error!r}")


def _gone(address: str) -> EngineError:
    return EngineError(
        f"the Dask scheduler at {address} is gone",
        "one that lives as long as the run",
        "the same command goes on",
        zh=f"{address} 的 Dask 调度器已不在；运行期间调度器应一直在；处理：再次运行同一命令即可继续",
    )
