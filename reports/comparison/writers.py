"""The formats that a comparison is written in."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from reports.comparison.latex import to_latex
from reports.comparison.markdown import to_markdown
from reports.comparison.table import Comparison
from reports.comparison.tidy import to_csv

Writer = Callable[[Comparison, Mapping[str, str]], str]

WRITERS: Mapping[str, Writer] = MappingProxyType({"csv": to_csv, "md": to_markdown, "latex": to_latex})
SUFFIXES: Mapping[str, str] = MappingProxyType({"csv": ".csv", "md": ".md", "latex": ".tex"})
