"""The quality report as a reader sees it: in a real browser without a network, light and dark, wide and narrow."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import chromium
from playwright.sync_api import Browser

from avbench.clip import Clip
from reports.quality import quality_page

pytestmark = [
    pytest.mark.slow,
    # Playwright's own loop and pipes, when the test ends.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

EVIL = "<script>document.title = 'broken into'</script>"

_LUMINANCE = (
    """(body, name) => getComputedStyle(body)[name].match(/\\d+/g).slice(0, 3).reduce((sum, one) => sum + +one, 0)"""
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a set with many classes and reasons, long messages and names that try to be more than names."""
    rng = np.random.default_rng(0)
    labels = [EVIL, *(f"class {number}" for number in range(20))]
    clips = pd.DataFrame(
        {
            "key": [f"k{number}" for number in range(210)],
            "label": labels * 10,
            "source": [f"s{number}" for number in range(210)],
            "seconds": 10.0,
            "source_width": 1280,
            "source_height": rng.choice([360, 480, 720], 210),
            "source_fps": 29.97,
            "source_sample_rate": 44_100,
            "loudness_lufs": rng.normal(-20, 3, 210),
            "rms_dbfs": rng.normal(-22, 3, 210),
            "silent_fraction": 0.0,
            "av_offset_s": 0.0,
            "warnings": "",
        }
    )
    reasons = [f"reason_{number}" for number in range(12)]
    failures = pd.DataFrame(
        [[f"i{n}", "class 1", "download", reason, f"{reason}: {EVIL * 5}"] for n, reason in enumerate(reasons)],
        columns=["item", "label", "stage", "reason", "message"],
    )
    classes = pd.DataFrame({"label": labels, "clips": 10, "hours": 0.0278, "failed": 0} | dict.fromkeys(reasons, 0))
    statistics = pd.DataFrame(
        [["clips", "210", "1000", "0.21", "a sentence of several words " * 5]],
        columns=["figure", "ours", "paper", "share", "note"],
    )
    clip = Clip(
        key="k0",
        video=rng.integers(0, 255, (8, 24, 32, 3), np.uint8),
        audio=rng.normal(0, 0.1, (1, 16_000)).astype(np.float32),
        fps=Fraction(8),
        sample_rate=16_000,
    )
    path = tmp_path_factory.mktemp("report") / "quality.html"
    quality_page(
        path,
        name=EVIL,
        clips=clips,
        failures=failures,
        classes=classes,
        statistics=statistics,
        previews={EVIL: [clip], "class 1": [clip, clip]},
    )
    return path


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shows_all_of_itself_without_a_network(browser: Browser, page: Path, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True)
    shown = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(page.as_uri())
    assert shown.locator("details[open] img").count() == 1
    shown.locator("summary").nth(1).click()
    for sheet in shown.locator("img").all():
        sheet.scroll_into_view_if_needed()
        shown.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=sheet.element_handle())
    assert shown.title() == f"{EVIL}: quality" and shown.locator("h1").inner_text() == EVIL
    assert complaints == [] and [url for url in asked if not url.startswith(("file:", "data:"))] == []
    # Only tables scroll sideways, within themselves.
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    ink, paper = (shown.locator("body").evaluate(_LUMINANCE, name) for name in ("color", "backgroundColor"))
    assert ink + 300 < paper if scheme == "light" else paper + 300 < ink
    context.close()
