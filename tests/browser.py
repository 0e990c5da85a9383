"""Drive an installed Chromium, headless and offline, through its DevTools protocol.

``WUSE_CHROMIUM`` names another program than the installed one: offices keep browsers for years, and the pages are held
to Chromium 80.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--remote-allow-origins=*", "about:blank",
)  # fmt: skip

READY = """document.readyState === "complete" && !!document.documentElement
  && document.documentElement.getAttribute("data-ready") === "1" """

BOXES = (
    "[...document.querySelectorAll('.tag, .swipe-left, .swipe-right, .knob')].filter((e) => e.offsetParent"
    " && getComputedStyle(e).visibility === 'visible').map((e) => e.getBoundingClientRect())"
    ".map((r) => [r.left, r.top, r.right, r.bottom])"
)


def overlapping(boxes) -> int:
    return sum(
        a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1
        for i, a in enumerate(boxes)
        for b in boxes[:i]
    )


class Browser:
    """One tab, or two: offline from the start, and every request, console error and exception is kept."""

    def __init__(self, width: int = 1440, height: int = 900, *, phone: bool = False) -> None:
        websocket = pytest.importorskip("websocket", reason="websocket-client is not installed")
        names = (os.environ["WUSE_CHROMIUM"],) if "WUSE_CHROMIUM" in os.environ else NAMES
        program = next((found for name in names if (found := shutil.which(name))), None)
        if program is None:
            pytest.skip("no Chromium is installed")
        self._profile = tempfile.mkdtemp(prefix="wuse-chromium-")
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile}", f"--window-size={width},{height}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._count, self._session = 0, ""
        self.requests: list[str] = []
        self.errors: list[str] = []
        port = self._wait_for_port()
        self._socket = websocket.create_connection(f"ws://127.0.0.1:{port[0]}{port[1]}", timeout=60)
        self._size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self._session = self._tab()

    def _tab(self) -> str:
        """A new tab's session: offline, and listened to."""
        self._session = ""
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._send(f"{domain}.enable")
        self._send(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        self._send("Emulation.setDeviceMetricsOverride", **self._size)
        return self._session

    @contextmanager
    def second_tab(self) -> Iterator[None]:
        """Within it, everything goes to a tab beside the first; both stay open."""
        first = self._session
        self._tab()
        try:
            yield
        finally:
            self._session = first

    def _wait_for_port(self) -> list[str]:
        path = Path(self._profile) / "DevToolsActivePort"
        for _ in range(300):
            if path.is_file() and len(lines := path.read_text().split()) == 2:
                return lines
            time.sleep(0.1)
        self.close()
        pytest.skip("Chromium did not start")

    def _send(self, method: str, **params: object) -> dict:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _note(self, event: dict) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])

    @property
    def remote(self) -> list[str]:
        """Requests for anything but the file itself and data in it."""
        return [u for u in self.requests if not u.startswith(("file:", "data:", "about:", "blob:"))]

    def open(self, path: Path, link: str = "") -> None:
        self._send("Page.navigate", url="about:blank")
        self._send("Page.navigate", url=path.resolve().as_uri() + link)
        self.wait_for(READY)

    def wait_for(self, condition: str) -> None:
        """Until a script says true; an error of the page, or half a minute, ends the test."""
        for _ in range(600):
            if self.run(condition):
                return
            if self.errors:
                break
            time.sleep(0.05)
        raise AssertionError(f"it did not come to be that {condition}: {self.errors}")

    def run(self, script: str) -> object:
        result = self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return result["result"].get("value")

    def click(self, selector: str) -> None:
        """A real click in the middle of the element."""
        x, y = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({ block: 'center' }); const r = e.getBoundingClientRect();"
            " return [r.left + r.width / 2, r.top + r.height / 2]; })()"
        )
        self.click_at(x, y)

    def click_at(self, x: float, y: float) -> None:
        self._send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def move(self, x: float, y: float) -> None:
        self._send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._send("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", clickCount=1)
        self._send("Input.dispatchMouseEvent", type="mouseMoved", x=end[0], y=end[1], button="left", buttons=1)
        self._send("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)

    def key(self, key: str, text: str | None = None) -> None:
        self._send("Input.dispatchKeyEvent", type="keyDown", key=key, **({"text": text} if text else {}))
        self._send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def type(self, text: str) -> None:
        self._send("Input.insertText", text=text)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._send("Page.captureScreenshot", format="png")["data"]))

    def print_media(self) -> None:
        """Lay the page out as on a sheet of paper that is as large as the window."""
        self._send("Emulation.setEmulatedMedia", media="print")

    def pdf(self, path: Path, *, width_mm: float = 297, height_mm: float = 210) -> None:
        paper = {"paperWidth": width_mm / 25.4, "paperHeight": height_mm / 25.4}
        result = self._send("Page.printToPDF", printBackground=True, preferCSSPageSize=False, **paper)
        path.write_bytes(base64.b64decode(result["data"]))

    def close(self) -> None:
        if hasattr(self, "_socket"):
            self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
