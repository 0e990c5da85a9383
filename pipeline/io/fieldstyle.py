"""How the field layer of cases looks and how its form asks, as a QGIS style that QField reads too."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pipeline.core.cells import Column, Kind
from pipeline.core.field import COLUMNS, PICTURE, TYPED
from pipeline.core.ledger import CaseState

_LIVE = ", ".join(f"'{state.value}'" for state in CaseState if state.live)
_NOW = "format_date(now(), 'yyyy-MM-dd HH:mm')"
_STAMP = (
    "if(coalesce(\"seen_at\", '') <> '', \"seen_at\", "
    f"if(coalesce(\"result\", '') <> '' or coalesce(\"number\", '') = '', {_NOW}, ''))"
)
"""When someone filled in a result or drew a new spot; what stands there already stays."""
_RULES = (
    ('"result" is not null and "result" <> \'\'', "已填督查结果 inspected here", "30,90,200", "4.4"),
    (f'"state" in ({_LIVE}) and "deadline" <> \'\' and "deadline" < {_NOW}', "超期 overdue", "160,20,120", "4.4"),
    (f'"state" in ({_LIVE}) and "severity" = \'severe\'', "严重 severe", "60,60,60", "4.4"),
    (f'"state" in ({_LIVE})', "未结 open", "60,60,60", "3"),
    ("ELSE", "其他 other", "150,150,150", "2"),
)
_PICTURES = ("photo", PICTURE.name)


def field_style(chinese: bool) -> str:
    """The style as a QML document: rules by what is urgent, the number as label, a form with choices and a camera."""
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling|Fields|Forms", labelsEnabled="1")
    _renderer(root)
    _labels(root)
    forms = ET.SubElement(root, "fieldConfiguration")
    aliases, defaults = ET.SubElement(root, "aliases"), ET.SubElement(root, "defaults")
    editable = ET.SubElement(root, "editable")
    for place, column in enumerate(COLUMNS):
        _widget(forms, column, chinese)
        text = column.zh if chinese else column.en
        ET.SubElement(aliases, "alias", index=str(place + 1), field=column.name, name=text)
        stamp = _STAMP if column.name == "seen_at" else ""
        ET.SubElement(defaults, "default", field=column.name, expression=stamp, applyOnUpdate=str(int(bool(stamp))))
        ET.SubElement(editable, "field", name=column.name, editable=str(int(column.change or column.new)))
    ET.indent(root, " ")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{ET.tostring(root, encoding='unicode')}\n"


def _renderer(root: ET.Element) -> None:
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules = ET.SubElement(renderer, "rules", key="{wuse-cases}")
    symbols = ET.SubElement(renderer, "symbols")
    for place, (test, label, colour, size) in enumerate(_RULES):
        # the first rule that holds decides: each says that none before it does
        above = " and ".join(f"not ({earlier[0]})" for earlier in _RULES[:place])
        full = test if test == "ELSE" or not above else f"({test}) and {above}"
        ET.SubElement(rules, "rule", key=f"{{wuse-{place}}}", symbol=str(place), filter=full, label=label)
        symbol = ET.SubElement(symbols, "symbol", type="marker", name=str(place), alpha="1", clip_to_extent="1")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleMarker", "enabled": "1", "pass": "0", "locked": "0"})
        edge = {"outline_color": "255,255,255,255"}
        _options(layer, name="circle", color=f"{colour},255", size=size, size_unit="MM", **edge)


def _labels(root: ET.Element) -> None:
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(settings, "text-style", fieldName="number", fontSize="8", fontSizeUnit="Point")
    style.set("textColor", "20,20,20,255")
    ET.SubElement(style, "text-buffer", bufferDraw="1", bufferSize="0.9", bufferSizeUnits="MM")


def _widget(forms: ET.Element, column: Column, chinese: bool) -> None:
    field = ET.SubElement(forms, "field", name=column.name, configurationFlags="None")
    config_of = {Kind.CHOICE: _choices, Kind.TEXT: _text}
    kind = "ExternalResource" if column.name in _PICTURES else "ValueMap" if column.choices else "TextEdit"
    if column.name == "version":
        kind = "Hidden"
    widget = ET.SubElement(field, "editWidget", type=kind)
    config = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
    if column.name in _PICTURES:
        for name, value in (("DocumentViewer", "1"), ("RelativeStorage", "1"), ("StorageMode", "0")):
            ET.SubElement(config, "Option", type="int", name=name, value=value)
        ET.SubElement(config, "Option", type="bool", name="FileWidget", value="true")
    elif kind in ("ValueMap", "TextEdit"):
        config_of.get(column.kind, _text)(config, column, chinese)


def _choices(config: ET.Element, column: Column, chinese: bool) -> None:
    pairs = ET.SubElement(config, "Option", type="List", name="map")
    if column in TYPED:
        _pair(pairs, "", "")
    for choice in column.choices:
        _pair(pairs, choice.zh if chinese else choice.en, choice.value)


def _pair(pairs: ET.Element, shown: str, value: str) -> None:
    pair = ET.SubElement(pairs, "Option", type="Map")
    ET.SubElement(pair, "Option", type="QString", name=shown, value=value)


def _text(config: ET.Element, column: Column, chinese: bool) -> None:
    lines = "true" if column.name in ("note", "problem", "todo") else "false"
    ET.SubElement(config, "Option", type="bool", name="IsMultiline", value=lines)


def _options(parent: ET.Element, **values: str) -> None:
    options = ET.SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(options, "Option", type="QString", name=name, value=value)
