"""A real browser, and a rater who uses it by the keyboard alone."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from strict import missing

_NAMES = ("chromium", "chromium-browser", "google-chrome")

#: Stands in for ears: counts the beeps of the sound check.
_EARS = """
window.beeps = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (when) { window.beeps += 1; return start.call(this, when); };
"""

_OPEN = """() => [...document.querySelectorAll("[data-answers]")].some(
    (answers) => answers.offsetParent && !answers.disabled)"""

# A function, not an expression: to evaluate one again and again is what the page's policy forbids.
_SAYS = """([selector, words]) => [...document.querySelectorAll(selector)].some(
    (element) => element.offsetParent && element.textContent.includes(words))"""

#: A rater who waits in vain would wait for ever; a busy machine may play a clip of half a second for long.
PATIENCE = 60_000  # milliseconds


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        missing(f"there is no {' or '.join(_NAMES)} on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def someone(browser: Browser, **settings: Any) -> Iterator["Rater"]:
    """A rater with a browser profile of their own. What the page complains about ends up in `complaints`."""
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(_EARS)
    try:
        yield Rater(context)
    finally:
        context.close()


class Rater:
    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.asked_for: list[str] = []  # addresses
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("request", lambda request: self.asked_for.append(request.url))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def screen(self) -> str:
        """The name of the screen on show."""
        return str(self.page.evaluate("document.querySelector('[data-screen]:not([hidden])').dataset.screen"))

    def sees(self, screen: str) -> None:
        """Waits until a screen is on show."""
        self.page.wait_for_selector(f'[data-screen="{screen}"]:not([hidden])')

    def says(self, name: str) -> str:
        """The text of what is marked data-`name` on the screen on show."""
        return self.page.locator(f"[data-screen]:not([hidden]) [data-{name}]:visible").first.inner_text()

    def is_told(self, name: str, words: str) -> None:
        """Waits until what is marked data-`name` on the screen on show, or outside of screens, says `words`."""
        self.page.wait_for_function(_SAYS, arg=[f"[data-{name}]", words])

    def tab_to(self, name: str) -> None:
        """Goes on with Tab until the focus is on what is marked data-`name`."""
        for _ in range(30):
            self.press("Tab")
            if self.page.evaluate(f"document.activeElement.matches('[data-{name}]')"):
                return
        raise AssertionError(f"Tab does not reach {name}")

    def agree(self) -> None:
        """Consent and sound check, up to the instructions."""
        self.sees("consent")
        self.tab_to("consent")
        self.press("Space")
        self.tab_to("agree")
        self.press("Enter")
        self.sees("sound")
        self.tab_to("beep")
        self.press("Enter")
        self.type(str(self.page.evaluate("window.beeps")))
        self.press("Enter")
        self.sees("instructions")

    def practise(self) -> None:
        """Two practice clips."""
        self.tab_to("practise")
        self.press("Enter")
        self.sees("practice")
        for key in "15":
            self.listen()
            self.press(key, "Enter")

    def listen(self) -> None:
        """Plays the clip on show until its answers open."""
        self.press("p")
        self.page.wait_for_function(_OPEN)

    def rate(self, key: str) -> None:
        """Plays, answers, goes on."""
        self.sees("rate")
        self.listen()
        self.press(key, "Enter")
