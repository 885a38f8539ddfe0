"""The report as one HTML file that needs nothing else: no script, no font, no network."""

from collections.abc import Sequence
from html import escape

from reports.study.report.sheet import Sheet, to_html
from reports.style import ACCENT, FAINT, INK, MUTED

_STYLE = f"""
body {{ font: 16px/1.5 system-ui, sans-serif; color: {INK}; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }}
nav a {{ color: {ACCENT}; margin-right: 1rem; white-space: nowrap }}
figure {{ margin: 2.5rem 0; overflow-x: auto }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums }}
caption {{ text-align: left; font-weight: 600; padding-bottom: .4rem }}
th, td {{ padding: .2rem .8rem .2rem 0; text-align: right; font-weight: 400; border-bottom: 1px solid {FAINT} }}
thead th {{ border-bottom: 2px solid {INK}; font-weight: 600; vertical-align: bottom }}
.left {{ text-align: left; white-space: pre-wrap }}
figcaption {{ color: {MUTED}; font-size: .85rem; max-width: 50rem }}
figcaption p {{ margin: .4rem 0 }}
"""


def to_page(title: str, sheets: Sequence[Sheet]) -> str:
    """A whole HTML document with links to its tables at the top."""
    links = " ".join(f'<a href="#{escape(sheet.name)}">{escape(sheet.title)}</a>' for sheet in sheets)
    figures = "".join(map(to_html, sheets))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f'<body><h1>{escape(title)}</h1><nav aria-label="Tables">{links}</nav>\n{figures}</body></html>\n'
    )
