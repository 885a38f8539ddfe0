"""The sheet for Mechanical Turk, filled in as the platform does, in a real browser."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest
from browser import Rater, chromium, someone
from playwright.sync_api import Browser
from small_study import clip_id, mos_study, write_small_study

from reports.study.ingest.ingest import ingest

pytestmark = pytest.mark.slow

ROW = {
    "study_id": "small-mos",
    "page_id": "page-1",
    "task": "audio_quality",
    **{f"clip_{number}": clip_id(number + 3) for number in (1, 2, 3)},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    return write_small_study(mos_study(), tmp_path_factory.mktemp("hit") / "study")


@pytest.fixture(scope="module")
def sheet(study) -> str:
    """The address of a HIT."""
    media = (study / "media").as_uri()
    values = {**ROW, **{f"url_{number}": f"{media}/{ROW[f'clip_{number}']}.mp4" for number in (1, 2, 3)}}
    layout = (study / "hit_mos.html").read_text().replace("https://media.example.org/clips", media)
    path = study.parent / "hit.html"
    path.write_text(re.sub(r"\$\{(\w+)\}", lambda found: values[found.group(1)], layout))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def rater(browser) -> Iterator[Rater]:
    with someone(browser) as rater:
        yield rater


def go_through(rater: Rater) -> None:
    """All three clips, with a reload after the first; the second does not play, as the rater says."""
    rater.agree()
    rater.practise()
    rater.rate("2")
    rater.page.reload()
    rater.sees("rate")
    assert rater.says("item-title") == "Clip 2 of 3"
    rater.page.locator("[data-broken]:visible").focus()
    rater.press("Space")
    rater.tab_to("next")
    rater.press("Enter")
    rater.rate("5")


def test_a_worker_answers_a_hit_by_keyboard_and_it_can_be_ingested(rater, sheet, study, tmp_path):
    sent: list[tuple[str, str]] = []

    def take(route) -> None:
        sent.append((route.request.url, route.request.post_data))
        route.fulfill(body="taken")

    rater.page.route(re.compile("^https:"), take)
    rater.page.goto(sheet + "?assignmentId=A1&turkSubmitTo=https%3A%2F%2Fevil.example")
    go_through(rater)
    rater.page.wait_for_url("https://www.mturk.com/mturk/externalSubmit")

    ((address, body),) = sent
    answers = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
    assert answers.pop("assignmentId") == "A1"
    assert {name: answers[name] for name in ("consent", "audio_check", "q1", "p1", "q2", "p2", "q3", "p3")} == {
        "consent": "yes", "audio_check": "pass",
        "q1": "2", "p1": "1", "q2": "not_loaded", "p2": "0", "q3": "5", "p3": "1",
    }  # fmt: skip
    assert float(answers["s1"]) > 0
    assert "practice" not in answers
    assert rater.complaints == []

    results = tmp_path / "results.csv"
    platform = {
        "HITId": "H1", "AssignmentId": "A1", "WorkerId": "W1", "AssignmentStatus": "Submitted",
        "SubmitTime": "Thu Mar 06 10:05:00 PST 2025", "WorkTimeInSeconds": "90",
    }  # fmt: skip
    row = {
        **platform,
        **{f"Input.{name}": value for name, value in ROW.items()},
        **{f"Answer.{name}": value for name, value in answers.items()},
    }
    with results.open("w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    table = pd.read_csv(ingest(study, [results]).folder / "votes.csv", dtype=str)
    assert dict(zip(table["clip_id"], table["answer"], strict=True)) == {clip_id(4): "2", clip_id(6): "5"}


def test_the_sheet_asks_the_question_of_its_line_in_the_batch(rater, sheet):
    rater.page.goto(sheet + "?assignmentId=A1")
    rater.agree()
    assert rater.page.locator("[data-anchors]:visible caption").all_inner_texts() == ["How good is the sound?"]


def test_the_sandbox_of_the_platform_is_known(rater, sheet):
    rater.page.goto(sheet + "?assignmentId=A1&turkSubmitTo=https%3A%2F%2Fworkersandbox.mturk.com")
    action = rater.page.get_attribute("#mturk_form", "action")
    assert action == "https://workersandbox.mturk.com/mturk/externalSubmit"


def test_a_preview_shows_the_instructions_and_takes_no_answer(rater, sheet):
    rater.page.goto(sheet + "?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
    assert rater.page.is_visible("[data-preview]")
    assert rater.page.is_visible("text=How it works")
    assert rater.page.locator("button:enabled:visible, input:enabled:visible").count() == 0


def test_outside_the_platform_nothing_is_sent(rater, sheet):
    rater.page.goto(sheet)
    assert rater.page.is_visible("[data-trial]")
    go_through(rater)
    assert "nothing is sent" in rater.says("error")
    assert [address for address in rater.asked_for if address.startswith("http")] == []
