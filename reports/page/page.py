"""The page of `avbench report`: one HTML file that works offline, with all its pictures, movies and sounds inside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.page.charts import Chart
from reports.page.datasets import DataSet
from reports.page.gallery import Gallery
from reports.page.tables import HtmlTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stands on the page; empty parts are left out."""

    title: str
    subtitle: str
    warnings: Sequence[str]
    boards: Sequence[tuple[HtmlTable, Chart]]
    curves: Sequence[tuple[str, Chart]]
    comparisons: Sequence[HtmlTable]
    missing: str  # which tables have nothing of ours, and what to run
    claims: HtmlTable | None
    galleries: Sequence[Gallery]
    sanity: Sequence[tuple[str, Chart]]
    classes: Sequence[HtmlTable]
    memorisation: Sequence[HtmlTable]
    datasets: Sequence[tuple[DataSet, HtmlTable | None]]
    evaluations: HtmlTable
    made_from: Mapping[str, str]  # files and their SHA-256
    footer: str

    @property
    def sections(self) -> Iterator[tuple[str, str]]:
        """Ids and names of the parts that are there."""
        yield "scores", "Scores"
        if self.curves:
            yield "curves", "Training and sampling"
        yield "paper", "Beside the paper"
        if self.galleries or self.memorisation:
            yield "clips", "Clips"
        if self.sanity:
            yield "sanity", "What the metrics see"
        if self.classes:
            yield "classes", "By class"
        if self.datasets:
            yield "data", "Data sets"
        yield "provenance", "Provenance"


def render(page: Page) -> str:
    """The page as HTML. Whatever names hold, they are text: all is escaped."""
    environment = Environment(
        loader=PackageLoader("reports.page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    # Our own files, not user's text: a style sheet and a script are not to be escaped.
    style, script = (Markup(_template(name)) for name in ("style.css", "script.js"))
    return environment.get_template("index.html").render(page=page, style=style, script=script).lstrip()


def _template(name: str) -> str:
    return (files("reports.page") / "templates" / name).read_text()
