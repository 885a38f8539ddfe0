from collections import Counter
from fractions import Fraction

import pytest
from published import publishing

from avbench.errors import MissingError, UsageError
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.pace import Limits
from pipelines.web.download.queue import Patience
from pipelines.web.download.youtube import PageOptions, read_facts
from pipelines.web.item import Listing, Terms, WebItem
from pipelines.web.select import ASKED, Quality, select

TERMS = Terms(name="t", url="u", text="t", must_accept=False)
GOOD = {"height": 720, "fps": 30, "acodec": "aac", "duration": 60}


def listing(count=20, url="http://h/{}"):
    items = tuple(
        WebItem(key=f"v{k}", url=url.format(k), via="youtube", video=f"v{k}", split="train", start=Fraction(5))
        for k in range(count)
    )
    return Listing(source="audioset", origin="list.csv", sha256="0", items=items, terms=TERMS)


class Pages:
    """Says `answer(number)` of the video v<number>, raising what is an error, and counts."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = Counter()

    def __call__(self, item):
        self.asked[item.key] += 1
        said = self.answer(int(item.key[1:]))
        if isinstance(said, Exception):
            raise said
        return said


def pick(pages, out, *, limit=5, seed=0, quality=None, **options):
    options.setdefault("sleep", lambda seconds: None)
    return select(listing(), out, quality=quality or Quality(), limit=limit, seed=seed, read=pages, **options)


def keys(selection):
    return {item.key for item in selection.listing.items}


def test_stops_asking_when_there_are_enough(tmp_path):
    pages = Pages(lambda number: GOOD)
    selection = pick(pages, tmp_path)
    assert len(keys(selection)) == selection.seen == pages.asked.total() == 5


def test_tells_what_it_saw_and_why_it_took_less(tmp_path):
    pages = Pages(lambda number: GOOD | {"height": 720 if number % 2 else 480})
    selection = pick(pages, tmp_path, limit=None)
    assert all(int(key[1:]) % 2 for key in keys(selection))
    assert selection.provenance() == {
        "by": "quality",
        "min_height": 720,
        "min_fps": "24",
        "limit": None,
        "seen": 20,
        "kept": 10,
        "reasons": {"low_resolution": 10},
    }


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"fps": 23.9}, "low_fps"),
        ({"fps": 23.976}, ""),
        ({"width": 640, "height": 1280}, "low_resolution"),
        ({"height": None}, "unknown_quality"),
        ({"acodec": "none"}, "no_sound"),
        ({"duration": 5}, "too_short"),
        ({"fps": 24, "height": 720}, ""),
    ],
)
def test_names_what_is_wrong_with_a_video(facts, reason):
    assert Quality().complaint(listing().items[0], GOOD | facts) == reason


def test_takes_the_same_items_again_and_asks_nobody_twice(tmp_path):
    pages = Pages(lambda number: GOOD)
    first, second = pick(pages, tmp_path), pick(pages, tmp_path)
    assert keys(first) == keys(second) and max(pages.asked.values()) == 1


def test_asks_nobody_again_for_other_thresholds(tmp_path):
    pages = Pages(lambda number: GOOD | {"height": 480})
    pick(pages, tmp_path)
    assert pages.asked.total() == 20
    assert len(keys(pick(pages, tmp_path, quality=Quality(min_height=480)))) == 5 and pages.asked.total() == 20


def test_draws_others_under_another_seed(tmp_path):
    pages = Pages(lambda number: GOOD)
    assert keys(pick(pages, tmp_path, seed=0)) != keys(pick(pages, tmp_path, seed=1))


def test_goes_on_after_a_kill_in_the_middle_of_a_line(tmp_path):
    pages = Pages(lambda number: GOOD)
    whole = pick(pages, tmp_path)
    text = (tmp_path / ASKED).read_text()
    (tmp_path / ASKED).write_text(text[: len(text) * 3 // 4])
    assert keys(pick(pages, tmp_path)) == keys(whole)
    before = pages.asked.total()
    assert keys(pick(pages, tmp_path)) == keys(whole) and pages.asked.total() == before


def test_counts_pages_that_refuse(tmp_path):
    pages = Pages(lambda number: GOOD if number % 2 else RefusedError("private", "Private video"))
    selection = pick(pages, tmp_path, limit=None)
    assert selection.reasons == {"private": 10} and max(pages.asked.values()) == 1
    pick(pages, tmp_path, limit=None, forget="geo")
    assert max(pages.asked.values()) == 1
    pick(pages, tmp_path, limit=None, forget="all")
    assert pages.asked["v0"] == 2 and pages.asked["v1"] == 1


def test_waits_longer_each_time_a_page_fails_for_a_while(tmp_path):
    slept = []
    pages = Pages(lambda number: RefusedError("server", "503"))
    patience = Patience(between=1, attempts=3, first_pause=2)
    selection = pick(pages, tmp_path, limit=None, patience=patience, sleep=slept.append)
    assert selection.reasons == {"server": 20} and set(pages.asked.values()) == {3}
    assert slept[:5] == [0, 2, 4, 1, 0]


def test_stops_where_the_site_suspects_a_bot_and_keeps_what_it_has(tmp_path):
    wall = [False]
    pages = Pages(lambda number: RefusedError("bot_check", "not a bot") if wall[0] else GOOD)
    few = pick(pages, tmp_path, limit=3)
    wall[0] = True
    with pytest.raises(MissingError, match="bot"):
        pick(pages, tmp_path)
    assert pages.asked.total() == 4
    wall[0] = False
    assert keys(few) < keys(pick(pages, tmp_path))


def test_refuses_thresholds_that_make_no_sense():
    with pytest.raises(UsageError, match="neither can be negative"):
        Quality(min_height=-1)


def test_reads_rate_and_size_by_yt_dlp_itself(tmp_path):
    """Films by HTTP live streaming, whose playlists tell both: a small one, a slow one, and a good one."""
    (tmp_path / "site").mkdir()
    for number, (size, fps) in enumerate((("640x360", 30), ("1280x720", 15), ("1280x720", 30))):
        stream = f'#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION={size},FRAME-RATE={fps},CODECS="avc1.4d401f,mp4a.40.2"'
        (tmp_path / "site" / f"{number}.m3u8").write_text(f"#EXTM3U\n{stream}\nfilm.m3u8\n")
    options = PageOptions(request_pause=0, js_runtime=False)
    with publishing(tmp_path / "site") as site:
        selection = select(
            listing(4, url=site.url + "/{}.m3u8"),
            tmp_path,
            quality=Quality(),
            limit=None,
            seed=0,
            read=lambda item: read_facts(item.url, Limits(silence=5), options),
            patience=Patience(between=0),
        )
    assert keys(selection) == {"v2"}
    assert selection.reasons == {"low_resolution": 1, "low_fps": 1, "removed": 1}
