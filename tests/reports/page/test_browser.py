"""The page of a report in a real browser."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from results_folders import Folder, sampled
from strict import missing
from tiny import make_movies

from reports.claims import claims
from reports.comparison.scored import read_results
from reports.comparison.studies import SCORES, read_opinions
from reports.report import Material, Report

CHROMIUM = Path("/usr/bin/chromium")
PLAY = "video => { video.muted = true; return video.play(); }"

OPINIONS = """study_id,dataset,method,metric,value,low,high,n,screened
people,landscape,ours,VQ,3.60,3.50,3.70,2500,0
people,landscape,ours,turing_pass_percent,80.0,78.4,81.6,2500,0
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A report's page with something of ours in each of the paper's tables, and clips of one method."""
    root = tmp_path_factory.mktemp("workspace")
    make_movies(root / "real", 2, seed=1)
    make_movies(root / "made", 2, seed=2)
    Folder(
        root / "results" / "a", {"FVD": 230.0, "FAD": 9.5}, se=4.0, reference=root / "real", generated=root / "made"
    ).write()
    Folder(root / "results" / "b", {"FVD": 95.0}, method="video", made=sampled("video-only"), n=100).write()
    Folder(root / "results" / "aist", {"FVD": 180.0}, se=4.0, dataset="aist").write()
    for step in (60_000, 80_000):  # two columns of table 4, the second of them a row of table 3, too
        made = sampled(step=step, random_shift=False)
        Folder(root / "results" / f"{step}", {"FVD": 24e6 / step}, runs=1, made=made, method=f"at {step}").write()
    opinions_file = root / "studies" / "people" / SCORES
    opinions_file.parent.mkdir(parents=True)
    opinions_file.write_text(OPINIONS)
    results, opinions = read_results(root / "results"), read_opinions(root / "studies")
    material = Material(
        results=results,
        scored=results.scored,
        opinions=opinions,
        claims=claims([], opinions.lines, {}, []),
        datasets=[],
        studies={},
    )
    return Report(root / "results" / "report", material).write(clips=2)


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        missing(f"there is no browser {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking"]
        )
        with contextlib.closing(launched):
            yield launched


@pytest.fixture
def page(browser, written):
    """The page, open; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    with contextlib.closing(browser.new_page(viewport={"width": 1100, "height": 800})) as opened:
        opened.set_default_timeout(120_000)
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        opened.goto(written.as_uri())
        yield opened
    assert complaints == []


def column(page, number: int) -> list[str]:
    cells = page.locator("section#scores table").first.locator(f"tbody tr > :nth-child({number})").all_inner_texts()
    return [cell.split()[0] if cell.split() else "" for cell in cells]


def test_a_clip_plays(page):
    video = page.locator("video").first
    video.evaluate(PLAY)
    video.evaluate("video => new Promise((done) => { video.ontimeupdate = () => video.currentTime > 0.3 && done(); })")
    assert video.evaluate("video => [video.videoWidth, video.videoHeight, video.error]") == [128, 128, None]


def test_one_clip_plays_at_a_time(page):
    first, second = (page.locator("video").nth(place) for place in (0, 1))
    first.evaluate(PLAY)
    second.evaluate(PLAY)
    paused = [video.evaluate("video => video.paused") for video in (first, second)]
    assert paused == [True, False]


def test_all_six_tables_of_the_paper_are_there_with_numbers_of_ours(page):
    filled = page.locator("section#paper .table:has(td.ours:not(:empty)) h3").all_inner_texts()
    assert {title.split(".")[0] for title in filled} == {f"Table {number}" for number in range(1, 7)}


def test_a_heading_sorts_by_keyboard_and_turns_the_order_round(page):
    heading = page.locator("section#scores thead th").nth(1)
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    up = [float(value) for value in column(page, 2)]
    assert up == sorted(up) and heading.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert [float(value) for value in column(page, 2)] == up[::-1]


def test_empty_cells_stay_last_whichever_way_one_sorts(page):
    button = page.locator("section#scores thead th").nth(2).locator("button")
    for _ in range(2):
        button.click()
        values = column(page, 3)
        assert values[-1] == "" and values[0] != ""


def test_a_mark_leads_to_its_note(page):
    page.locator("section#paper sup a").first.click()
    assert page.locator("section#paper .notes li:target").count() == 1


def test_it_is_light_or_dark_as_the_reader_likes(page):
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(18, 24, 29)"]


def test_nothing_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_screenshot_shows_ink_and_the_posters_of_clips(page, tmp_path):
    page.locator("video").first.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "page.png")
    picture = np.asarray(Image.open(tmp_path / "page.png").convert("RGB")).astype(int)
    coloured = np.ptp(picture, axis=2) > 60
    assert 0.01 < coloured.mean() < 0.9


def test_on_paper_nothing_is_closed_or_cut(page, tmp_path):
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    page.pdf(path=tmp_path / "page.pdf")
    assert page.evaluate("[...document.querySelectorAll('details')].every((one) => one.open)")
    assert (tmp_path / "page.pdf").stat().st_size > 20_000
