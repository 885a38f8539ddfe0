"""Good media and bad, made with the real ffmpeg."""

from collections.abc import Callable
from pathlib import Path

import pytest
from bad_media import CRAFTS, make_good

from pipelines.web.item import WebItem


@pytest.fixture(scope="session")
def crafted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a case; "good" is the one all others are made from."""
    folder = tmp_path_factory.mktemp("crafted")
    make_good(folder / "good.mp4")

    def path_of(case: str) -> Path:
        if case == "good":
            return folder / "good.mp4"
        suffix, craft = CRAFTS[case]
        path = folder / f"{case}{suffix}"
        if not path.exists():
            craft(folder / "good.mp4", path)
        return path

    return path_of


@pytest.fixture
def item() -> Callable[..., WebItem]:
    """An item of a list, the whole of its file unless told otherwise."""

    def make(**stretch: object) -> WebItem:
        options = {"key": "one", "url": "https://example.org/one", "via": "http", "video": "one", "split": "train"}
        return WebItem(**options | stretch)

    return make
