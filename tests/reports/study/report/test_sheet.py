"""One table in three formats, whatever stands in its cells."""

import html5lib

from reports.study.report.page import to_page
from reports.study.report.sheet import Sheet, to_latex, to_markdown

_SHEET = Sheet(
    name="odd",
    title="A & B <i>",
    headings=("name_1", "100 %"),
    rows=(("<script>|x*", "−1.0"),),
    notes=("p < .05 & more",),
)


def test_markdown_keeps_signs_as_they_are():
    lines = to_markdown(_SHEET).splitlines()
    assert lines[0] == r"**A & B \<i>**"
    assert lines[2:5] == [r"| name\_1 | 100 % |", "| :-- | --: |", r"| \<script>\|x\* | −1.0 |"]


def test_latex_escapes_what_it_would_read_as_commands():
    text = to_latex(_SHEET)
    assert r"name\_1 & 100 \% \\" in text
    assert r"\caption{A \& B $<$i$>$. p $<$ .05 \& more}" in text


def test_html_shows_cells_as_text():
    page = html5lib.HTMLParser(strict=True).parse(to_page("T", [_SHEET]))
    text = "".join(page.itertext())
    assert "<script>|x*" in text
    assert page.find(".//{*}script") is None
