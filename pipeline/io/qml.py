"""The QGIS style of the blocks layer: five colours from the vocabulary, provisional blocks with a dashed outline."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pipeline.core.vocabulary import Grade

_PATTERN_ANGLE = {"diagonal": "45", "horizontal": "0", "hatch": "135", "cross": "45"}


def qml_style() -> str:
    """The style as a QML document: rules per grade and certainty, a label with the block's id."""
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling", labelsEnabled="1")
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules = ET.SubElement(renderer, "rules", key="{wuse-rules}")
    symbols = ET.SubElement(renderer, "symbols")
    number = 0
    for grade in Grade:
        for provisional in (False, True) if grade is not Grade.UNGRADED else (False,):
            _rule(rules, grade, provisional, number)
            _symbol(symbols, grade, provisional, number)
            number += 1
    _labels(root)
    ET.indent(root, " ")
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


def _rule(rules: ET.Element, grade: Grade, provisional: bool, number: int) -> None:
    facts = grade.facts
    test = f"\"grade\" = '{grade.value}'"
    if grade is not Grade.UNGRADED:
        test += f' AND coalesce("provisional", 0) = {int(provisional)}'
    label = f"{facts.number} {facts.zh} {facts.en}" + (" · 影像初评 provisional" if provisional else "")
    ET.SubElement(rules, "rule", key=f"{{wuse-{number}}}", symbol=str(number), filter=test, label=label)


def _symbol(symbols: ET.Element, grade: Grade, provisional: bool, number: int) -> None:
    facts = grade.facts
    symbol = ET.SubElement(symbols, "symbol", type="fill", name=str(number), alpha="1", clip_to_extent="1")
    edge = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
    fill = "0" if grade is Grade.UNGRADED else "110"
    _options(
        edge,
        color=f"{_rgb(facts.colour)},{fill}",
        style="solid",
        outline_color=f"{_rgb(facts.colour)},255",
        outline_style="dash" if provisional else "solid",
        outline_width="0.8",
        outline_width_unit="MM",
        joinstyle="miter",
    )
    for angle in _angles(facts.pattern):
        lines = ET.SubElement(symbol, "layer", {"class": "LinePatternFill", "enabled": "1", "pass": "0", "locked": "0"})
        _options(lines, angle=angle, distance="2.6", distance_unit="MM", line_width="0.3")
        line = ET.SubElement(lines, "symbol", type="line", name=f"@{number}@{angle}", alpha="1", clip_to_extent="1")
        stroke = ET.SubElement(line, "layer", {"class": "SimpleLine", "enabled": "1", "pass": "0", "locked": "0"})
        _options(stroke, line_color=f"{_rgb(facts.colour)},255", line_width="0.3", line_width_unit="MM")


def _angles(pattern: str) -> tuple[str, ...]:
    if pattern == "cross":
        return ("45", "135")
    return (_PATTERN_ANGLE[pattern],) if pattern in _PATTERN_ANGLE else ()


def _labels(root: ET.Element) -> None:
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings, "text-style", fieldName="block_id", fontSize="9", fontSizeUnit="Point", textColor="20,20,20,255"
    )
    ET.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.9", bufferSizeUnits="MM", bufferColor="255,255,255,255"
    )
    ET.SubElement(settings, "placement", placement="1", polygonPlacementFlags="2", centroidInside="1")


def _options(parent: ET.Element, **values: str) -> None:
    options = ET.SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(options, "Option", type="QString", name=name, value=value)


def _rgb(colour: str) -> str:
    """``#0a141e`` as QGIS writes it.

    >>> _rgb("#0a141e")
    '10,20,30'
    """
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
