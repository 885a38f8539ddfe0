"""The report on everything that was evaluated: tables as CSV, Markdown and LaTeX, and one page, in one folder."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avbench import __version__
from avbench.errors import DataError
from avbench.progress import Progress, silent
from avbench.workspace import atomic_write, lock, sha256_file
from reports.claims import Claim, claims_table, claims_to_csv, claims_to_markdown
from reports.comparison import board as board_writers
from reports.comparison.board import Board, boards, file_name
from reports.comparison.literature import Mention, cite
from reports.comparison.scored import Results, Scored
from reports.comparison.selection import made_from
from reports.comparison.studies import Opinions, compare_opinions
from reports.comparison.table import Comparison, compare
from reports.comparison.writers import SUFFIXES, WRITERS
from reports.page.charts import sanity_chart, score_chart
from reports.page.curves import curve_charts
from reports.page.datasets import DataSet
from reports.page.gallery import Budget, Gallery, gallery
from reports.page.page import Page, render
from reports.page.tables import HtmlTable, of_board, of_comparison, of_frame
from reports.paper_rows import PaperTable, paper_tables

PAGE = "index.html"
PROVENANCE = "provenance.json"
_MEDIA_BYTES = 24_000_000  # of clips in the page, as base64; beyond it browsers become slow
_NOTHING = "Nothing was run for the tables {}: `avbench reproduce table1` says what it takes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a report is made of."""

    results: Results  # all that was read, for the files
    scored: Sequence[Scored]  # those that are shown
    opinions: Opinions
    claims: Sequence[Claim]
    datasets: Sequence[DataSet]
    studies: Mapping[str, pd.DataFrame]  # of sanity, by name
    literature: Sequence[Mention] = ()  # later papers' numbers
    allow_smoke: bool = False


class Report:
    """A report that is being written into a folder.

    Args:
        folder: of its files; what an earlier report left there and this one does not write is removed.
    """

    def __init__(self, folder: Path, material: Material) -> None:
        self._folder = folder
        self._material = material
        self._files = {**material.results.files, **material.opinions.files}
        self._written: dict[str, str] = {}
        self._warnings = list(material.results.warnings)
        self._refused: set[int] = set()  # tables that cannot be made

    def write(self, *, clips: int, progress: Progress = silent) -> Path:
        """Writes everything and returns the page's path.

        Args:
            clips: how many of each kind the page shows of each evaluation; 0 for none.

        Raises:
            MachineError: the folder cannot be written.
        """
        with lock(self._folder):
            page = self._page(clips, progress)
            self._save(PAGE, render(page))
            self._finish()
        return self._folder / PAGE

    @property
    def warnings(self) -> Sequence[str]:
        """What the reader should be told."""
        return self._warnings

    def _page(self, clips: int, progress: Progress) -> Page:
        material = self._material
        found = boards(material.scored)
        shown = [
            (of_board(one, self._save_board(one)), score_chart(one, f"chart{place}")) for place, one in enumerate(found)
        ]
        self._save("scores.csv", board_writers.to_csv(material.scored, self._files))
        comparisons = list(self._comparisons())
        told = {comparison.table.number for _, comparison in comparisons} | self._refused
        missing = ", ".join(str(number) for number in paper_tables() if number not in told)
        self._save("claims.csv", claims_to_csv(material.claims))
        self._save("claims.md", claims_to_markdown(material.claims))
        names = ", ".join(dict.fromkeys(one.dataset for one in material.scored))
        evaluations = len({(one.folder, one.evaluation) for one in material.scored})
        return Page(
            title="avbench report",
            subtitle=f"{evaluations} evaluation{'s' if evaluations > 1 else ''} on {names}",
            boards=shown,
            curves=curve_charts(material.scored),
            comparisons=[of_comparison(one, name, self._save_comparison(name, one)) for name, one in comparisons],
            missing=_NOTHING.format(missing) if missing else "",
            claims=claims_table(material.claims),
            galleries=list(self._galleries(clips, progress)),
            sanity=[
                (name, sanity_chart(study, f"sanity{place}"))
                for place, (name, study) in enumerate(material.studies.items())
            ],
            classes=[
                of_frame(_by_class(table), f"classes{place}", name)
                for place, (name, table) in enumerate(self._beside("classes.csv"))
            ],
            memorisation=[
                of_frame(table, f"memorisation{place}", f"{name}: copies of training clips")
                for place, (name, table) in enumerate(self._beside("memorisation.csv"))
            ],
            datasets=[(one, _statistics(one)) for one in material.datasets],
            evaluations=_evaluations(material.scored),
            made_from=self._files,
            footer=f"Made by avbench {__version__} from the files above. provenance.json beside this page names what "
            "was written, with hashes.",
            warnings=self._warnings,
        )

    def _comparisons(self) -> Iterator[tuple[str, Comparison]]:
        """The paper's tables that hold a number of ours or one from the literature, with the names of their files."""
        for number, table in paper_tables().items():
            if table.is_study:
                comparison = compare_opinions(table, self._material.opinions.lines)
                if comparison.is_filled:
                    yield f"table{number}", comparison
                continue
            found = list(self._evaluated(number, table))
            yield from found
            if not found and (cited := cite(compare(table, []), self._material.literature)).literature:
                yield f"table{number}", cited

    def _evaluated(self, number: int, table: PaperTable) -> Iterator[tuple[str, Comparison]]:
        """A table once for each protocol, and, where the paper names no data set, for each data set of ours."""
        scored = self._material.scored
        for digest, dataset in dict.fromkeys(
            (one.protocol_hash, "" if table.dataset else one.dataset) for one in scored
        ):
            own = [one for one in scored if one.protocol_hash == digest and dataset in ("", one.dataset)]
            try:
                comparison = compare(table, own, allow_smoke=self._material.allow_smoke)
            except DataError as error:
                self._refused.add(number)
                self._warnings.append(str(error))
                continue
            self._warnings += [f"table {number}: {text}" for text in comparison.left_out]
            if comparison.is_filled:
                parts = (f"table{number}", dataset, own[0].protocol, digest[:6])
                yield file_name("-".join(filter(None, parts))), cite(comparison, self._material.literature)

    def _galleries(self, clips: int, progress: Progress) -> Iterator[Gallery]:
        if clips == 0:
            return
        budget = Budget(_MEDIA_BYTES)
        sets: dict[tuple[str, str], Scored] = {}
        for one in self._material.scored:
            if not one.is_ground_truth:
                sets.setdefault((one.provenance["reference"]["path"], one.provenance["generated"]["path"]), one)
        for done, one in enumerate(sets.values()):
            progress("galleries", done, len(sets))
            yield gallery(one, clips, budget)
        progress("galleries", len(sets), len(sets))
        if budget.skipped:
            self._warnings.append(f"{budget.skipped} clips are left out: the page would grow beyond 24 MB")

    def _beside(self, name: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """The tables of that name in the results folders, with the folders' names."""
        for folder in dict.fromkeys(one.folder for one in self._material.scored):
            path = folder / name
            if path.is_file():
                self._files[str(path)] = sha256_file(path)
                yield folder.name, pd.read_csv(path)

    def _save_board(self, board: Board) -> list[str]:
        folders = {str(row.folder) for row in board.rows}
        sources = {path: digest for path, digest in self._files.items() if path.rpartition("/")[0] in folders}
        self._save(f"{board.name}.csv", board_writers.to_csv(board.rows, sources))
        self._save(f"{board.name}.md", board_writers.to_markdown(board, sources))
        self._save(f"{board.name}.tex", board_writers.to_latex(board, sources))
        return [f"{board.name}{suffix}" for suffix in SUFFIXES.values()]

    def _save_comparison(self, name: str, comparison: Comparison) -> list[str]:
        sources = self._material.opinions.files if comparison.table.is_study else made_from(comparison, self._files)
        for kind, suffix in SUFFIXES.items():
            self._save(f"{name}{suffix}", WRITERS[kind](comparison, sources))
        return [f"{name}{suffix}" for suffix in SUFFIXES.values()]

    def _save(self, name: str, text: str) -> None:
        atomic_write(self._folder / name, text)
        self._written[name] = sha256_file(self._folder / name)

    def _finish(self) -> None:
        """Names what was made from what, and removes what only an earlier report made."""
        path = self._folder / PROVENANCE
        before = json.loads(path.read_bytes())["wrote"] if path.is_file() else {}
        for name in set(before) - set(self._written):
            (self._folder / name).unlink(missing_ok=True)
        told = {"avbench": __version__, "made_from": self._files, "wrote": self._written}
        atomic_write(path, json.dumps(told, indent=1, sort_keys=True) + "\n")


def _by_class(table: pd.DataFrame) -> pd.DataFrame:
    """A line for each label and method, a column for each metric.

    Raises:
        DataError: a column is missing.
    """
    if missing := [name for name in ("label", "method", "metric", "value") if name not in table]:
        raise DataError(f"classes.csv: the column {missing[0]} is missing; evaluate again")
    wide = table.pivot_table(index=["label", "method"], columns="metric", values="value", sort=False)
    return wide.reset_index().rename_axis(columns=None)


def _statistics(data: DataSet) -> HtmlTable | None:
    if data.statistics is None:
        return None
    return of_frame(data.statistics, f"statistics-{data.name}", f"{data.name} beside the paper's copy")


def _evaluations(scored: Sequence[Scored]) -> HtmlTable:
    """What was compared with what, and by which networks: one line for each evaluation."""
    lines: dict[tuple[Path, str], dict[str, Any]] = {}
    for one in scored:
        told = one.provenance
        if one.is_ground_truth:
            continue
        networks = ", ".join(
            f"{name} {network['weights_sha256'][:12]}{'' if network['weights_verified'] else ' (unverified)'}"
            for name, network in told["networks"].items()
        )
        lines[one.folder, one.evaluation] = {
            "results": str(one.folder),
            "evaluation": one.evaluation,
            "method": one.method,
            "reference": f"{told['reference']['name']} {told['reference']['fingerprint'][:12]}",
            "generated": f"{told['generated']['name']} {told['generated']['fingerprint'][:12]}",
            "protocol": f"{one.protocol} {one.protocol_hash}",
            "networks": networks,
            "seed": str(told["seed"]),
            "avbench": told["versions"]["avbench"],
        }
    return of_frame(pd.DataFrame(lines.values()), "evaluations", "Evaluations")
