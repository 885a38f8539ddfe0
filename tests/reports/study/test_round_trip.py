"""A study from its creation to its tables: whatever way answers come back, the same votes are counted."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from drawn_study import without_encoding
from tiny import make_movies

from avbench.clip import ClipSpec
from reports.study.config import CreateConfig
from reports.study.create import create_study
from reports.study.design.draw import ClipSource
from reports.study.ingest.ingest import ingest, read_ingested
from reports.study.keyed import read_gold, read_key
from reports.study.report.report import report
from reports.study.study import Kind, Study, read_study
from reports.study.vote import EXPORT_FORMAT, Vote, checksum

_ANSWERS = {"mos": {"real": "5", "ours": "4"}, "turing": {"real": "real", "ours": "machine"}}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    """A MOS and a Turing study of the same clips, as `avbench study create` makes them."""
    folder = tmp_path_factory.mktemp("round")
    make_movies(folder / "real", 4, size=16)
    make_movies(folder / "ours", 4, size=16, seed=1)
    sources = tuple(ClipSource(method=name, path=folder / name, dataset="landscape") for name in ("real", "ours"))
    kinds: tuple[Kind, ...] = ("mos", "turing")
    with pytest.MonkeyPatch.context() as patch:
        without_encoding(patch)
        for kind in kinds:
            config = CreateConfig(
                kind=kind,
                sources=sources,
                out=folder / "studies" / kind,
                per_method=4,
                votes=2,
                items_per_page=4,
                spec=ClipSpec(size=16),
                workers=1,
                secret="c0" * 32,
            )
            create_study(config)
    return {kind: folder / "studies" / kind for kind in kinds}


def told(folder: Path) -> list[Vote]:
    """What two honest raters answer on every page, one always a point lower than the other about generated clips."""
    study = read_study(folder)
    key = read_key(folder / "private" / "key.csv", study.study_id).set_index("clip_id")
    gold = read_gold(folder / "private" / "gold.csv")
    votes = []
    for rater in ("anna", "bert"):
        for page in study.pages:
            for position, item in enumerate(page.items, start=1):
                row = key.loc[item.clip_id]
                right = gold.get((item.clip_id, page.task))
                answer = min(right) if right else _ANSWERS[study.kind][row["method"]]
                if answer == "4" and rater == "bert" and not right:
                    answer = "3"
                votes.append(_vote(study, page.page_id, page.task, item.clip_id, position, rater, answer))
    return votes


def _vote(study: Study, page_id: str, task: str, clip: str, position: int, rater: str, answer: str) -> Vote:
    return Vote(
        study_id=study.study_id,
        task_id=f"{task}:{clip}",
        rater_id=rater,
        clip_id=clip,
        task=task,
        answer=answer,
        seconds=6.0,
        plays=1,
        timestamp=f"2026-01-31T12:{position:02d}:00Z",
        consent="yes",
        audio_check="pass",
        page_id=page_id,
        position=position,
    )


def as_export(votes: list[Vote], path: Path) -> list[Path]:
    """The offline page's file of each rater."""
    paths = []
    for rater in dict.fromkeys(vote.rater_id for vote in votes):
        records = [json.loads(vote.to_json()) for vote in votes if vote.rater_id == rater]
        document = {"format": EXPORT_FORMAT, "study_id": votes[0].study_id, "rater_id": rater, "votes": records}
        document |= {"platform": {}, "finished": True, "comment": "", "count": len(records)}
        document |= {"sha256": checksum(records)}
        paths.append(path / f"answers-{rater}.json")
        paths[-1].write_text(json.dumps(document))
    return paths


def as_batch_results(folder: Path, votes: list[Vote], path: Path) -> list[Path]:
    """What Mechanical Turk would hand out for the study's own batch file."""
    with (folder / "batch_input.csv").open(newline="") as file:
        pages = {row["page_id"]: row for row in csv.DictReader(file)}
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for vote in votes:
        row = rows.setdefault((vote.rater_id, vote.page_id), {"HITId": vote.page_id, "WorkerId": vote.rater_id})
        row |= {"AssignmentId": f"{vote.rater_id}-{vote.page_id}", "AssignmentStatus": "Submitted"}
        row |= {"SubmitTime": "Thu Mar 06 10:05:00 PST 2025"}
        row |= {f"Input.{name}": cell for name, cell in pages[vote.page_id].items()}
        row |= {"Answer.consent": vote.consent, "Answer.audio_check": vote.audio_check}
        row |= {f"Answer.q{vote.position}": vote.answer, f"Answer.p{vote.position}": str(vote.plays)}
        row |= {f"Answer.s{vote.position}": str(vote.seconds)}
    with (path / "batch.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, next(iter(rows.values())))
        writer.writeheader()
        writer.writerows(rows.values())
    return [path / "batch.csv"]


@pytest.fixture
def fresh(studies: dict[Kind, Path], tmp_path: Path) -> dict[Kind, Path]:
    """Copies of the studies, without their clips."""
    copies: dict[Kind, Path] = {}
    for kind, folder in studies.items():
        copies[kind] = tmp_path / "studies" / kind
        for name in ("study.json", "batch_input.csv", "private/key.csv", "private/gold.csv", "private/secret"):
            target = copies[kind] / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((folder / name).read_bytes())
    return copies


@pytest.mark.parametrize("kind", ["mos", "turing"])
def test_answers_count_alike_from_the_offline_page_and_from_mechanical_turk(fresh, kind, tmp_path):
    folder = fresh[kind]
    votes = told(folder)
    page = ingest(folder, as_export(votes, tmp_path))
    columns = ["task_id", "rater_id", "answer", "seconds", "page_id", "position", "plays"]
    from_page = read_ingested(folder)[columns].sort_values(columns, ignore_index=True)
    assert page.judged.votes_dropped == {} and page.republish == 0

    shutil.rmtree(folder / "private" / "inputs")
    ingest(folder, as_batch_results(folder, votes, tmp_path))
    from_turk = read_ingested(folder)[columns].sort_values(columns, ignore_index=True)
    assert from_turk.equals(from_page)


def test_both_studies_make_one_report(fresh, tmp_path):
    for kind, folder in fresh.items():
        path = tmp_path / f"answers-{kind}"
        path.mkdir()
        ingest(folder, as_export(told(folder), path))
    done = report([fresh["mos"], fresh["turing"]], draws=0)
    sheets = {sheet.name: sheet for sheet in done.sheets}
    assert sheets["table5"].rows == (
        ("real", "5.00", "3.84", "5.00", "4.22", "5.00", "4.52"),
        ("ours", "3.50", "3.75", "3.50", "3.93", "3.50", "4.33"),
    )
    rates = {row[1]: row[2:4] for row in sheets["table6"].rows}
    assert rates == {"real": ("100.0", "92.5"), "ours": ("0.0", "84.9")}
    assert done.folder == tmp_path / "studies" / "report"
    assert {path.name for path in tmp_path.glob("studies/*/report/scores.csv")} == {"scores.csv"}
    assert not (done.folder / "scores.csv").exists()
