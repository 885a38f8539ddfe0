"""`avbench study publish`: the data of a finished study for everybody, without anything that leads to a person.

study.json   design, texts, seed
votes.csv    valid votes by pseudonym, gold among them, nobody screened
key.csv      which method made which clip
gold.csv     accepted answers to gold clips, where there are some
ingest.json  how many answers came in, and why some are no votes
README.md    what the columns mean
"""

import re
from pathlib import Path

from avbench.errors import DataError, UsageError
from avbench.workspace import atomic_write
from reports.study.ingest.ingest import read_ingested
from reports.study.ingest.write import INGESTED
from reports.study.keyed import PRIVATE, read_keyed_study
from reports.study.study import STUDY_FILE

_PSEUDONYM = re.compile(r"r[0-9a-f]{16}")

_README = """# Votes of the study {study_id}

{votes:,} valid votes of {raters:,} raters, made by `avbench study publish`.

- `votes.csv`: one row a vote. `rater_id` is a pseudonym, which nobody can turn back without the study's secret; `task`
  is video_quality, audio_quality, av_alignment (answers 1 to 5) or turing (machine, undetermined, real); `seconds` is
  the time on the clip; `timestamp` is UTC; `position` is the clip's place on its page, from 1; `plays` counts complete
  plays. Answers to gold clips are among them, and no rater was left out.
- `key.csv`: data set, method and source of each clip; `kind` is rating, gold or practice.
- `gold.csv`: accepted answers to gold clips, separated by semicolons; missing where the study has none.
- `study.json`: the design: questions, scales, pages, thresholds of screening.
- `ingest.json`: counts of what came in and why some of it is no vote.
"""


def publish(folder: Path, out: Path) -> int:
    """Copy what may be published of the study in `folder` to `out`; returns how many votes there are.

    Raises:
        UsageError: there is no study, nothing was ingested, or `out` lies inside the study or holds files already.
        DataError: a file is damaged, or a rater in it has no pseudonym.
    """
    study = read_keyed_study(folder)
    votes = read_ingested(folder)
    if out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{out} lies inside the study; choose a folder beside it, which can be given away as a whole")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} holds files already; choose an empty folder, so that nothing old is given away")
    if named := [rater for rater in votes["rater_id"] if not _PSEUDONYM.fullmatch(rater)]:
        raise DataError(
            f"{folder / INGESTED / 'votes.csv'}: {len(named):,} votes have raters without a pseudonym; "
            f"give `avbench study ingest {folder}` again"
        )
    private = folder / PRIVATE
    copied = [folder / STUDY_FILE, folder / INGESTED / "votes.csv", folder / INGESTED / "ingest.json"]
    copied += [private / "key.csv", *([private / "gold.csv"] if study.gold else [])]
    for path in copied:
        atomic_write(out / path.name, path.read_bytes())
    raters = votes["rater_id"].nunique()
    atomic_write(out / "README.md", _README.format(study_id=study.study_id, votes=len(votes), raters=raters))
    return len(votes)
