"""What `avbench report` gathers: results, studies, data sets and clips, for the tables and pages of `reports`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.comparison.scored import Results, Scored
    from reports.comparison.table import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which results are shown; "" is any."""

    protocol: str = ""
    features: str = ""
    dataset: str = ""
    allow_smoke: bool = False

    def of(self, results: "Results") -> "list[Scored]":
        """Those results.

        Raises:
            UsageError: there are none.
        """
        from avbench.features.suites import extractors_of
        from reports.comparison.selection import select

        names = {one.name for one in extractors_of(self.features).values()} if self.features else set()
        return select(results.scored, protocol=self.protocol, features=names, dataset=self.dataset)


@dataclass(frozen=True, slots=True)
class Written:
    """A table as text, and what its reader should be told besides."""

    text: str
    warnings: tuple[str, ...]


def paper_table(
    number: int,
    results: Path,
    studies: Path,
    choice: Choice,
    *,
    also: Sequence[str] = (),
    with_literature: bool = False,
    format: str = "md",
) -> Written:
    """A table of the paper as "csv", "md" or "latex".

    Raises:
        UsageError: there are no results, or none fit the choice.
        DataError: results are damaged, or of unlike protocols or weights.
    """
    from reports.comparison.scored import read_results
    from reports.comparison.selection import made_from
    from reports.comparison.studies import compare_opinions, read_opinions
    from reports.comparison.table import compare
    from reports.comparison.writers import WRITERS
    from reports.paper_rows import paper_tables

    table = paper_tables()[number]
    if table.is_study:
        opinions = read_opinions(studies)
        comparison, sources, warnings = compare_opinions(table, opinions.lines), opinions.files, ()
    else:
        found = read_results(results)
        comparison = compare(table, choice.of(found), also=also, allow_smoke=choice.allow_smoke)
        sources, warnings = made_from(comparison, found.files), found.warnings
    if with_literature:
        comparison = cite(comparison)
    return Written(WRITERS[format](comparison, sources), (*warnings, *comparison.left_out))


def cite(comparison: "Comparison") -> "Comparison":
    """The comparison with what later papers print."""
    from reports.comparison.literature import literature_lines, read_literature
    from reports.comparison.table import Notes

    notes = Notes(list(comparison.notes))
    lines = literature_lines(comparison.table, read_literature(), notes)
    return replace(comparison, literature=lines, notes=tuple(notes.texts))
