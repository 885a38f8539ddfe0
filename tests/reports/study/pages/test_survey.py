"""The page as a rater meets it, in a real browser."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from browser import Rater, chromium, someone
from playwright.sync_api import Browser, ElementHandle
from small_study import clip_id, mos_study, turing_study, write_small_study
from study_server import running_server

from reports.study.ingest.ingest import ingest
from reports.study.vote import FIELDS, NOT_LOADED, read_export, read_votes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def rater(browser) -> Iterator[Rater]:
    with someone(browser) as rater:
        yield rater


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Path:
    """Two clips a rater, without practice; read only."""
    study = mos_study(clips_per_page=2, pages=1, practice=())
    return write_small_study(study, tmp_path_factory.mktemp("short") / "study")


def survey(folder: Path, query: str = "") -> str:
    return (folder / "survey" / "index.html").as_uri() + query


def begin(rater: Rater, folder: Path, query: str = "?rater=list-0") -> None:
    """Up to the first clip of a study without practice."""
    rater.page.goto(survey(folder, query))
    rater.tab_to("start")
    rater.press("Enter")
    rater.agree()
    rater.tab_to("practise")
    rater.press("Enter")
    rater.sees("part")
    rater.tab_to("begin")
    rater.press("Enter")
    rater.sees("rate")


def save(rater: Rater, button: str, folder: Path) -> Path:
    """Saves the file of a button, and gives its path."""
    with rater.page.expect_download() as download:
        rater.tab_to(button)
        rater.press("Enter")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def finish(rater: Rater) -> None:
    rater.sees("comment")
    rater.tab_to("finish")
    rater.press("Enter")
    rater.sees("done")


def test_a_rater_goes_through_a_study_by_keyboard_and_the_answers_reach_the_table(rater, tmp_path):
    folder = write_small_study(mos_study(), tmp_path / "study")
    rater.page.goto(survey(folder))
    rater.tab_to("code")
    rater.type("LIST-1")
    rater.press("Enter")
    rater.agree()
    rater.practise()
    rater.sees("part")
    rater.tab_to("begin")
    rater.press("Enter")
    for key in "12":
        rater.rate(key)

    rater.page.reload()  # in the middle of a page
    rater.tab_to("start")
    rater.press("Enter")
    rater.sees("back")
    assert rater.says("back-words") == "2 of 6 clips are done; nothing was lost."
    rater.tab_to("continue")
    rater.press("Enter")
    rater.sees("part")
    rater.tab_to("begin")
    rater.press("Enter")
    rater.rate("3")
    rater.sees("part")  # the second page asks about the sound
    rater.tab_to("begin")
    rater.press("Enter")
    for key in "451":
        rater.rate(key)
    rater.sees("comment")
    rater.tab_to("comment")
    rater.type("The wind was loud.")
    rater.tab_to("finish")
    rater.press("Enter")
    rater.sees("done")
    assert not rater.page.is_visible("[data-completion]")
    as_json = save(rater, "save-json", tmp_path)
    assert rater.says("completion-code") == "C0DE42"
    as_csv = save(rater, "save-csv", tmp_path)

    export = read_export(as_json)
    assert (export.rater_id, export.finished, export.comment) == ("LIST-1", True, "The wind was loud.")
    assert [vote.answer for vote in export.votes] == list("123451")
    assert [vote.clip_id for vote in export.votes] == [clip_id(number) for number in range(1, 7)]
    assert {vote.plays for vote in export.votes} == {1}
    with as_csv.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == FIELDS
    assert [row["task_id"] for row in rows] == [vote.task_id for vote in export.votes]

    ingested = ingest(folder, [as_json])
    table = pd.read_csv(ingested.folder / "votes.csv", dtype=str)
    assert sorted(table["task_id"]) == sorted(vote.task_id for vote in export.votes)
    assert dict(zip(table["task_id"], table["answer"], strict=True)) == {v.task_id: v.answer for v in export.votes}

    assert rater.complaints == []
    assert [address for address in rater.asked_for if not address.startswith(("file:", "blob:", "data:"))] == []


def test_answers_stay_locked_until_all_was_played_with_sound(rater, short):
    begin(rater, short)
    rater.page.evaluate("v => { v.currentTime = v.duration - 0.05; v.play(); }", _video(rater))  # skipped
    rater.page.wait_for_function("v => v.ended", arg=_video(rater))
    rater.is_told("state", "was skipped")
    rater.press("4")
    assert rater.page.is_disabled("[data-place] [data-answers] input >> nth=0")
    rater.page.evaluate("v => { v.muted = true; v.currentTime = 0; v.play(); }", _video(rater))  # unheard
    rater.page.wait_for_function("v => v.ended", arg=_video(rater))
    rater.is_told("state", "had no sound")
    rater.press("4", "Enter")
    assert rater.page.is_disabled("[data-place] [data-answers] input >> nth=0")
    assert "play the clip to its end" in rater.says("error")
    rater.page.evaluate("v => { v.muted = false; }", _video(rater))
    rater.listen()


def test_a_task_may_take_away_the_sound_or_the_picture(rater, tmp_path):
    study = mos_study(clips_per_page=1, practice=())
    muted, hidden = (
        replace(task, presentation=how) for task, how in zip(study.tasks, ("muted", "hidden"), strict=True)
    )
    begin(rater, write_small_study(replace(study, tasks=(muted, hidden)), tmp_path / "study"))
    assert rater.page.evaluate("v => v.muted", _video(rater))
    rater.rate("3")
    rater.sees("part")
    rater.tab_to("begin")
    rater.press("Enter")
    rater.sees("rate")
    assert not rater.page.is_visible("[data-place] video")
    rater.rate("4")
    finish(rater)
    export = read_export(save(rater, "save-json", tmp_path))
    assert [(vote.answer, vote.plays) for vote in export.votes] == [("3", 1), ("4", 1)]


def test_a_clip_cannot_be_played_faster(rater, short):
    begin(rater, short)
    rater.page.evaluate("v => { v.playbackRate = 4; }", _video(rater))
    rater.page.wait_for_function("v => v.playbackRate === 1", arg=_video(rater))


def test_a_clip_that_does_not_play_is_told_without_a_made_up_answer(rater, tmp_path):
    folder = write_small_study(mos_study(clips_per_page=1, pages=1, practice=()), tmp_path / "study")
    (folder / "media" / f"{clip_id(1)}.mp4").write_bytes(b"this is no movie")
    begin(rater, folder)
    rater.press("p")
    rater.is_told("state", "did not play")
    rater.tab_to("broken")
    rater.press("Space")
    rater.press("Tab", "Enter")
    finish(rater)
    (vote,) = read_export(save(rater, "save-json", tmp_path)).votes
    assert (vote.answer, vote.plays) == (NOT_LOADED, 0)


def test_a_turing_test_has_three_keys(rater, tmp_path):
    folder = write_small_study(turing_study(practice=()), tmp_path / "study")
    begin(rater, folder)
    for key in "123":
        rater.rate(key)
    finish(rater)
    export = read_export(save(rater, "save-json", tmp_path))
    assert [vote.answer for vote in export.votes] == ["machine", "undetermined", "real"]


def test_an_unknown_code_and_one_that_is_none_are_refused(rater, short):
    rater.page.goto(survey(short))
    rater.tab_to("code")
    for code, told in (("list-7", "not known"), ("=1+1", "letters and digits")):
        rater.page.fill("[data-code]", code)
        rater.press("Enter")
        rater.is_told("error", told)


def test_nobody_goes_on_without_consent_or_without_hearing(rater, short):
    rater.page.goto(survey(short, "?rater=list-0"))
    rater.tab_to("start")
    rater.press("Enter")
    rater.sees("consent")
    rater.tab_to("agree")
    rater.press("Enter")
    assert "tick the box" in rater.says("error")
    rater.tab_to("consent")
    rater.press("Space")
    rater.tab_to("agree")
    rater.press("Enter")
    rater.sees("sound")
    for _ in range(3):
        rater.page.click("[data-beep]")
        rater.page.fill("[data-beeps]", "99")
        rater.press("Enter")
    assert "three times" in rater.says("error")
    assert rater.page.is_disabled("[data-check]")
    assert rater.screen() == "sound"


def test_people_from_prolific_get_a_list_and_their_ids_are_kept(rater, short, tmp_path):
    ids = {"PROLIFIC_PID": "5f0c0ffee", "STUDY_ID": "st1", "SESSION_ID": "se1"}
    begin(rater, short, "?" + "&".join(f"{name}={value}" for name, value in ids.items()))
    for key in "34":
        rater.rate(key)
    finish(rater)
    export = read_export(save(rater, "save-json", tmp_path))
    assert (export.rater_id, export.platform) == ("5f0c0ffee", ids)
    link = rater.page.get_attribute("[data-prolific-link]", "href")
    assert link == "https://app.prolific.com/submissions/complete?cc=C0DE42"


def test_says_so_where_the_browser_keeps_nothing(rater, short, tmp_path):
    rater.page.add_init_script(
        "for (const name of ['setItem', 'getItem', 'removeItem'])"
        " Storage.prototype[name] = () => { throw new Error('refused'); };"
    )
    begin(rater, short)
    assert rater.page.is_visible("[data-memory-only]")
    for key in "25":
        rater.rate(key)
    finish(rater)
    assert [vote.answer for vote in read_export(save(rater, "save-json", tmp_path)).votes] == ["2", "5"]


def test_answers_can_be_removed_from_a_shared_computer(rater, short, tmp_path):
    begin(rater, short)
    for key in "25":
        rater.rate(key)
    finish(rater)
    save(rater, "save-json", tmp_path)
    rater.tab_to("forget")
    rater.press("Enter", "Enter")
    assert "were removed" in rater.says("done-words")
    assert rater.page.evaluate("localStorage.length") == 0


def test_a_rater_on_the_server_loses_nothing_when_it_is_killed(rater, tmp_path):
    folder = write_small_study(mos_study(clips_per_page=4, pages=1, practice=()), tmp_path / "study")
    with running_server(folder) as server:
        rater.page.goto(server.url + "?rater=anna")
        rater.tab_to("start")
        rater.press("Enter")
        rater.agree()
        rater.tab_to("practise")
        rater.press("Enter")
        rater.tab_to("begin")
        rater.press("Enter")
        rater.rate("1")
        rater.is_told("saved", "1 answer saved.")
        rater.sees("rate")
        rater.listen()  # while the server still hands out the clip
        server.kill()
    rater.press("2", "Enter")
    rater.is_told("trouble", "goes on trying")

    with running_server(folder, server.port):
        rater.is_told("saved", "2 answers saved.")
        rater.page.reload()
        rater.tab_to("start")
        rater.press("Enter")
        rater.sees("back")
        rater.tab_to("continue")
        rater.press("Enter")
        rater.tab_to("begin")
        rater.press("Enter")
        for key in "34":
            rater.rate(key)
        finish(rater)
        rater.page.wait_for_selector("[data-completion]:not([hidden])")
        assert "All 4 answers are saved" in rater.says("done-words")

    assert [text for text in rater.complaints if "ERR_CONNECTION" not in text] == []
    votes = read_votes(folder / "private" / "answers" / "votes.jsonl")
    assert [(vote.position, vote.answer) for vote in votes] == [(1, "1"), (2, "2"), (3, "3"), (4, "4")]
    assert len(ingest(folder).judged.votes) == 4


def _video(rater: Rater) -> ElementHandle:
    """The video on show, once it is known how long it is."""
    video = rater.page.wait_for_selector("[data-place] video")
    assert video is not None
    rater.page.wait_for_function("v => v.readyState >= 1", arg=video)
    return video
