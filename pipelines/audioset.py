"""AudioSet: 10-s stretches of YouTube videos, each with the sounds that people heard in it.

Source: Gemmeke et al. 2017, "Audio Set". The ontology has 632 classes, of which the lists use 527: a vector of 632
labels has 105 rows that nothing ever fills.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from avbench.errors import DataError
from pipelines.source import web_source
from pipelines.web.address import youtube
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.lists import ListFile, ListRow, hash_of, read_seconds, stretch_key
from pipelines.web.table import ListPart, read_table

_FOLDER = "http://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv/"
LISTS = {
    "balanced": f"{_FOLDER}balanced_train_segments.csv",
    "eval": f"{_FOLDER}eval_segments.csv",
    "unbalanced": f"{_FOLDER}unbalanced_train_segments.csv",
}
ONTOLOGY = "https://raw.githubusercontent.com/audioset/ontology/master/ontology.json"

TERMS = Terms(
    name="CC BY 4.0 for the lists, CC BY-SA 4.0 for the ontology",
    url="https://research.google.com/audioset/download.html",
    text=(
        "The lists, by Google Inc., are under CC BY 4.0, the ontology under CC BY-SA 4.0. They name videos on YouTube, "
        "whose rights stay with those who made them. YouTube's terms of service (https://www.youtube.com/t/terms) say "
        "when a video may be downloaded; whether your use is allowed is yours to find out. Do not pass the videos on."
    ),
    must_accept=False,
)


@web_source("audioset")
def audioset(files: Sequence[ListFile], *, ontology: ListFile) -> Listing:
    """The segments of lists with rows of YouTube id, start, end and the classes' ids; those of a list whose name begins
    with eval are for test, all others for train.

    A clip's label is the name of the first class in its row; `meta` has all names ("labels") and ids ("mids").

    Raises:
        DataError: a list has no row that can be used, or the ontology cannot be read.
    """
    names = read_ontology(ontology)
    items, rejected = read_table(
        [ListPart(file, partial(_item, split=_split(file), names=names), comment="#") for file in files]
    )
    return Listing(
        source="audioset",
        origin=", ".join(file.origin for file in files),
        sha256=hash_of([*files, ontology]),
        items=items,
        rejected=rejected,
        terms=TERMS,
    )


def read_ontology(file: ListFile) -> dict[str, str]:
    """Names of the classes by id (/m/09x0r), from ontology.json.

    Raises:
        DataError: it is no such file.
    """
    try:
        nodes: list[Mapping[str, Any]] = json.loads(file.data)
        return {node["id"]: node["name"] for node in nodes}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{file.origin}: it is not AudioSet's ontology.json, a list of objects with id and name"
        ) from error


def _split(file: ListFile) -> str:
    return "test" if file.name.startswith("eval") else "train"


def _item(row: ListRow, *, split: str, names: Mapping[str, str]) -> WebItem:
    if len(row.cells) != 4:
        raise DataError(f'has {len(row.cells)} cells; wanted are YouTube id, start, end, "class,class"')
    video_id, begin, end, classes = row.cells
    mids = [mid.strip() for mid in classes.split(",")]
    unknown = [mid for mid in mids if mid not in names]
    if unknown:
        raise DataError(f"its class {unknown[0]} is not in the ontology")
    labels = [names[mid] for mid in mids]
    address = youtube(video_id)
    start = read_seconds(begin)
    return WebItem(
        key=stretch_key(address.video, start),
        url=address.url,
        via=address.via,
        video=address.video,
        split=split,
        label=labels[0],
        start=start,
        end=read_seconds(end),
        meta={"labels": labels, "mids": mids},
    )
