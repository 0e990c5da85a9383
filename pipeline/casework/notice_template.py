"""The default template of a notice, made by code, so that an office has something to edit in Word.

Names in double braces are filled in; ``FIELDS`` lists them all. Everything else may be changed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from pipeline.core.notice import CAPTIONS, FOOT, TITLE, Part
from pipeline.errors import RegisterError

PICTURES = tuple(CAPTIONS)
FIELDS = (
    *("community", "number", "party", "duty", "place", "coordinates", "inspected", "inspectors", "problem", "clause"),
    *("todo", "term", "consequence", "issuer", "issued_on", "issued_by", "approved_by", "served", "answer", "result"),
    *PICTURES,
    *(f"caption_{name}" for name in PICTURES),
)
_BODY, _HEAD = "宋体", "黑体"
_WIDTHS_MM = ((38, 52, 22, 62), (32, 52, 32, 58))
_PICTURE_MM = 56
_SHADE = "F2F2F2"
_EPOCH = (1980, 1, 1, 0, 0, 0)
Row = tuple[tuple[Part, str], ...]
_ROWS: Sequence[Row] = (
    ((Part.PARTY, "party"), (Part.DUTY, "duty")),
    ((Part.PLACE, "place"), (Part.COORDINATES, "coordinates")),
    ((Part.INSPECTED, "inspected"), (Part.INSPECTORS, "inspectors")),
    ((Part.PROBLEM, "problem"),),
    ((Part.CLAUSE, "clause"),),
    ((Part.TODO, "todo"),),
    ((Part.TERM, "term"),),
    ((Part.CONSEQUENCE, "consequence"),),
)
_LAST: Sequence[Row] = (
    ((Part.ISSUED, "issued_by"), (Part.APPROVED, "approved_by")),
    ((Part.SERVED, "served"),),
    ((Part.ANSWER, "answer"),),
    ((Part.RESULT, "result"),),
)


def need_word() -> Any:
    """The library that fills in Word templates, with python-docx behind it.

    Raises
    ------
    RegisterError : it is not installed
    """
    try:
        import docxtpl
    except ImportError:
        raise RegisterError(
            "the library for Word files is not installed",
            "the extra office",
            "pip install 'wuse[office]'",
            zh="未安装处理 Word 文件的库；需要扩展 office；处理：pip install 'wuse[office]'",
        ) from None
    return docxtpl


def default_template(language: str = "zh") -> bytes:
    """The template as a Word file; the same bytes every time."""
    need_word()
    import docx
    from docx.shared import Mm, Pt

    pick = 1 if language == "en" else 0
    document = docx.Document()
    _page(document, Mm)
    _style(document, Pt)
    _title(document, pick)
    table = document.add_table(rows=0, cols=4, style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS_MM[pick], strict=True):
        column.width = Mm(width)
    for row in _ROWS:
        _row(table, row, pick)
    _pictures(table, pick)
    for row in _LAST:
        _row(table, row, pick)
    _seal(document, pick)
    document.core_properties.title = TITLE[pick]
    document.core_properties.author = ""
    stream = io.BytesIO()
    document.save(stream)
    return same_bytes(stream.getvalue())


def same_bytes(docx: bytes) -> bytes:
    """A Word file without the times at which its parts were packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as given, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for item in given.infolist():
            out.writestr(zipfile.ZipInfo(item.filename, _EPOCH), given.read(item), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _page(document: Any, mm: Any) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = mm(210), mm(297)
    page.left_margin = page.right_margin = mm(18)
    page.top_margin, page.bottom_margin = mm(16), mm(12)
    page.header_distance = page.footer_distance = mm(7)


def _style(document: Any, pt: Any) -> None:
    from docx.oxml.ns import qn

    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)
    style.paragraph_format.space_after = style.paragraph_format.space_before = pt(0)


def _run(paragraph: Any, text: str, size: float = 10.5, *, bold: bool = False) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold
    run.font.name = "Arial" if bold else "Times New Roman"
    run._element.rPr.rFonts.set(qn("w:eastAsia"), _HEAD if bold else _BODY)


def _title(document: Any, pick: int) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Pt

    for text, size, align in (
        ("{{ community }}", 13, ALIGN.CENTER),
        (TITLE[pick], 20, ALIGN.CENTER),
        (_word(Part.NUMBER, pick) + ("：" if pick == 0 else " ") + "{{ number }}", 10.5, ALIGN.RIGHT),
    ):
        paragraph = document.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.space_after = Pt(4)
        _run(paragraph, text, size, bold=size > 11)


def _word(part: Part, pick: int) -> str:
    return part.en if pick else part.zh


def _row(table: Any, row: Row, pick: int) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT as MIDDLE
    from docx.shared import Mm, Pt

    cells = table.add_row().cells
    for cell, width in zip(cells, _WIDTHS_MM[pick], strict=True):
        cell.width = Mm(width)
    for i, (part, field) in enumerate(row):
        head, body = cells[2 * i], cells[2 * i + 1]
        if len(row) == 1:
            body = body.merge(cells[3])
        _shade(head)
        _run(head.paragraphs[0], _word(part, pick), bold=True)
        _run(body.paragraphs[0], "{{ " + field + " }}")
        for cell in (head, body):
            cell.vertical_alignment = MIDDLE.CENTER
            cell.paragraphs[0].paragraph_format.space_before = Pt(2.5)
            cell.paragraphs[0].paragraph_format.space_after = Pt(2.5)


def _shade(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _SHADE)):
        shade.set(qn(f"w:{name}"), value)
    cell._element.get_or_add_tcPr().append(shade)


def _pictures(table: Any, pick: int) -> None:
    """A row over the whole width with the pictures beside each other, each above its caption."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Mm, Pt

    cells = table.add_row().cells
    for cell, width in zip(cells, _WIDTHS_MM[pick], strict=True):
        cell.width = Mm(width)
    whole = cells[0].merge(cells[3])
    inner = whole.add_table(rows=2, cols=len(CAPTIONS))
    inner.autofit = False
    for column in inner.columns:
        column.width = Mm(_PICTURE_MM)
    for i, name in enumerate(CAPTIONS):
        for cell, text, size in ((inner.cell(0, i), name, 10.5), (inner.cell(1, i), f"caption_{name}", 8.5)):
            cell.width = Mm(_PICTURE_MM)
            cell.paragraphs[0].alignment = ALIGN.CENTER
            cell.paragraphs[0].paragraph_format.space_before = Pt(2)
            _run(cell.paragraphs[0], "{{ " + text + " }}", size)
    whole._element.remove(whole.paragraphs[0]._element)
    last = whole.paragraphs[-1]
    last.paragraph_format.line_spacing = Pt(2)


def _seal(document: Any, pick: int) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Pt

    for text, size, align, before in (
        ("{{ issuer }}" + (f"（{Part.SEAL.zh}）" if pick == 0 else f" ({Part.SEAL.en})"), 11, ALIGN.RIGHT, 8),
        ("{{ issued_on }}", 11, ALIGN.RIGHT, 4),
        (FOOT[pick], 8.5, ALIGN.LEFT, 10),
    ):
        paragraph = document.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.space_before = Pt(before)
        paragraph.paragraph_format.right_indent = Pt(24 if align is ALIGN.RIGHT else 0)
        _run(paragraph, text, size)
