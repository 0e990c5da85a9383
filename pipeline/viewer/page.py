"""One self-contained HTML file: folium's map shell with Leaflet, our scripts and styles inlined, and data as JSON.

Nothing is fetched: folium's remote scripts and styles are dropped. A Content-Security-Policy lets only our own
scripts and styles run, by hashes taken before any data is in the page; data follows as JSON with ``<`` escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

import branca.element
import folium

MAP_SCRIPTS = (
    *("inflate.js", "common.js", "base.js", "charts.js", "pairs.js", "figure.js", "sheet.js"),
    *("sides.js", "basemap.js", "labels.js", "layers.js", "casework.js", "card.js", "lists.js"),
    *("changes.js", "panel.js", "controls.js", "viewer.js"),
)
REPORT_SCRIPTS = (
    *("inflate.js", "common.js", "base.js", "charts.js", "pairs.js", "figure.js", "sheet.js"),
    "casework.js",
    "report.js",
)
REVIEW_SCRIPTS = ("inflate.js", "common.js", "review_answers.js", "review_parts.js", "review.js")
_DATA_MARK = "<!--wuse:data-->"
_MAP_MARK = "<!--wuse:map-->"
_POLICY_MARK = "wuse:policy"
_PACKED_FROM = 400_000
_HIDDEN = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Raw(branca.element.Element):
    """Text that goes into the page as it is, never through a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: object) -> str:
        """The text itself."""
        return self.text


def json_text(value: object) -> str:
    r"""JSON that can't end the script element in which it stands.

    >>> json_text({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return "".join(_HIDDEN.get(c, c) for c in text) if any(c in text for c in _HIDDEN) else text


def data_uri(webp: bytes) -> str:
    """A WebP picture as an address that needs no network."""
    return "data:image/webp;base64," + base64.b64encode(webp).decode("ascii")


def map_page(title: str, data: Mapping[str, object], pictures: Mapping[str, str], *, hosts: str = "") -> str:
    """The interactive map; ``data`` and ``pictures`` become data elements with these ids.

    ``hosts`` are those of configured base maps, from which the page may load pictures.
    """
    shell = folium.Map(
        location=[0, 0],
        crs="Simple",
        tiles=None,
        zoom_start=0,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0,
    )
    shell._name, shell._id = "map", "wuse"
    figure: Any = shell.get_root()
    figure.render()
    ground, start = figure.html.render(), figure.script.render()
    before, after = _read("map.html").split(_MAP_MARK)
    body = before + ground.strip() + after
    scripts = [_leaflet("leaflet.js"), start, _scripts(MAP_SCRIPTS)]
    styles = [_leaflet("leaflet.css"), _read("sheet.css"), _read("viewer.css"), _read("print.css")]
    return _with_data(_assemble(body, styles, scripts, hosts), title, data, pictures)


def report_page(title: str, data: Mapping[str, object], pictures: Mapping[str, str]) -> str:
    """The report that prints; drawn by the same modules as the map."""
    scripts = [_scripts(REPORT_SCRIPTS)]
    styles = [_read("sheet.css"), _read("report.css")]
    return _with_data(_assemble(_read("report.html"), styles, scripts), title, data, pictures)


def review_page(title: str, data: Mapping[str, object]) -> str:
    """The page on which a person answers for spots, one at a time; it needs no map."""
    return _with_data(
        _assemble(_read("review.html"), [_read("review.css")], [_scripts(REVIEW_SCRIPTS)]), title, data, {}
    )


def _assemble(body: str, styles: list[str], scripts: list[str], hosts: str = "") -> str:
    """The page without data: our parts in a fresh figure, without folium's remote files, and the policy."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY_MARK}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
    )
    figure: Any = branca.element.Figure()
    figure.header, figure.html, figure.script = (branca.element.Element() for _ in range(3))
    figure.header.add_child(Raw(head + "".join(f"<style>{s}</style>" for s in styles)))
    figure.html.add_child(Raw(body + _DATA_MARK + "".join(f"<script>{s}</script>" for s in scripts[:-1])))
    figure.script.add_child(Raw(scripts[-1]))
    page = str(figure.render())
    return page.replace(_POLICY_MARK, _policy(page, hosts), 1).replace("<html>", '<html lang="zh-CN">', 1)


def _with_data(page: str, title: str, data: Mapping[str, object], pictures: Mapping[str, str]) -> str:
    before, after = page.split(_DATA_MARK)
    before = before.replace("</head>", f"<title>{_escape(title)}</title></head>", 1)
    return before + "\n".join(_elements(data, pictures)) + after


def _policy(page: str, hosts: str) -> str:
    """What the page may do, with the hashes of the scripts and styles that stand in it before data goes in."""
    scripts = " ".join(_hash(s) for s in re.findall(r"<script>(.*?)</script>", page, re.S))
    styles = " ".join(_hash(s) for s in re.findall(r"<style>(.*?)</style>", page, re.S))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:{hosts}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"


def _elements(data: Mapping[str, object], pictures: Mapping[str, str]) -> Iterable[str]:
    for name, value in data.items():
        text = json_text(value)
        packed = _packed(name, text) if len(text) > _PACKED_FROM else ""
        plain = f'<script type="application/json" id="{name}">{text}</script>'
        yield packed if packed and 2 * len(packed) < len(plain) else plain
    for name, uri in pictures.items():
        yield f'<script type="text/plain" id="{name}">{uri}</script>'
    yield f'<script type="text/plain" id="licence-leaflet">{_read("leaflet-licence.txt")}</script>'


def _packed(name: str, text: str) -> str:
    """Large JSON, deflated: ten times smaller; the page unpacks a table when it is first asked for."""
    raw = text.encode("utf-8", "backslashreplace")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = base64.b64encode(deflate.compress(raw) + deflate.flush()).decode("ascii")
    return f'<script type="text/plain" data-size="{len(raw)}" id="{name}">{packed}</script>'


def _escape(text: str) -> str:
    return "".join(f"&#{ord(c)};" if c in "<>&\"'\0" else c for c in text).replace("&#0;", "\ufffd")


def _scripts(names: Iterable[str]) -> str:
    return "\n".join(_read(name) for name in names)


def _read(name: str) -> str:
    return resources.files("pipeline.viewer").joinpath(name).read_text(encoding="utf-8")


def _leaflet(name: str) -> str:
    """A file of the installed Leaflet without references to other files."""
    text = resources.files("xstatic.pkg.leaflet").joinpath("data", name).read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S+\s*$", "", text)
    return re.sub(r"url\(([^)]*)\)", "none", text) if name.endswith(".css") else text
