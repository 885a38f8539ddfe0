"""VGGSound: 10-s stretches of YouTube videos, each of one of 309 sounds whose source is in the picture.

Source: Chen et al. 2020, "VGGSound: A Large-scale Audio-Visual Dataset". It shares words with Landscape, and no proven
video: `like_landscape` gives a stand-in for Landscape, never to be reported as Landscape.
"""

from dataclasses import replace
from fractions import Fraction

from avbench.errors import DataError
from pipelines.source import web_source
from pipelines.web.address import youtube
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.lists import ListFile, ListRow, csv_rows, read_items, read_seconds, refuse_useless, stretch_key

LIST = "https://www.robots.ox.ac.uk/~vgg/data/vggsound/vggsound.csv"
SECONDS = Fraction(10)

TERMS = Terms(
    name="CC BY 4.0 for the list",
    url="https://www.robots.ox.ac.uk/~vgg/data/vggsound/",
    text=(
        "The list is under CC BY 4.0. It names videos on YouTube, whose rights stay with those who made them. "
        "YouTube's terms of service (https://www.youtube.com/t/terms) say when a video may be downloaded; whether "
        "your use is allowed is yours to find out. Do not pass the videos on."
    ),
    must_accept=False,
)

# Landscape's class by the label nearest to it.
LIKE_LANDSCAPE = {
    "volcano explosion": "explosion",
    "fire crackling": "fire_crackling",
    "raining": "raining",
    "splashing water": "splashing_water",
    "squishing water": "squishing_water",
    "thunder": "thunder",
    "underwater bubbling": "underwater_bubbling",
    "waterfall burbling": "waterfall_burbling",
    "wind noise": "wind_noise",
}


@web_source("vggsound")
def vggsound(file: ListFile, *, like_landscape: bool = False) -> Listing:
    """The stretches of a list with rows of YouTube id, second at which it begins, label, and train or test.

    Args:
        like_landscape: only the nine labels nearest to Landscape's classes, called as these are.

    Raises:
        DataError: none of the rows can be used.
    """
    items, rejected = read_items(csv_rows(file), _item)
    refuse_useless(file, items, rejected)
    if like_landscape:
        items = [
            replace(item, label=LIKE_LANDSCAPE[item.label], meta={"vggsound_label": item.label})
            for item in items
            if item.label in LIKE_LANDSCAPE
        ]
        if not items:
            raise DataError(f"{file.origin}: none of its rows has one of the labels {', '.join(LIKE_LANDSCAPE)}")
    return Listing(
        source="vggsound",
        origin=file.origin,
        sha256=file.sha256,
        items=tuple(items),
        rejected=tuple(rejected),
        terms=TERMS,
    )


def _item(row: ListRow) -> WebItem:
    if len(row.cells) != 4:
        raise DataError(f"has {len(row.cells)} cells; wanted are YouTube id, start, label, train or test")
    video_id, begin, label, split = row.cells
    if split not in ("train", "test"):
        raise DataError(f'"{split}" is neither train nor test')
    address = youtube(video_id)
    start = read_seconds(begin)
    return WebItem(
        key=stretch_key(address.video, start),
        url=address.url,
        via=address.via,
        video=address.video,
        split=split,
        label=label,
        start=start,
        end=start + SECONDS,
    )
