from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from avbench.clip import Clip
from reports.bars import counted, histogram, lying, upright
from reports.quality import quality_page

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    clips = pd.DataFrame(
        {
            "key": [f"k{n}" for n in range(40)],
            "label": [EVIL if n % 2 else "rain" for n in range(40)],
            "source": [f"s{n // 2}" for n in range(40)],
            "seconds": 10.0,
            "source_width": 1280,
            "source_height": [720 if n % 3 else 480 for n in range(40)],
            "source_fps": 29.97,
            "source_sample_rate": 44_100,
            "loudness_lufs": rng.normal(-20, 3, 40),
            "rms_dbfs": rng.normal(-22, 3, 40),
            "silent_fraction": 0.0,
            "av_offset_s": [None] * 40,
            "warnings": ["vfr still" if n == 0 else "" for n in range(40)],
        }
    )
    failures = pd.DataFrame(
        [["x", "rain", "download", "gone", EVIL], ["y", "rain", "screen", "silent", "quiet"]],
        columns=["item", "label", "stage", "reason", "message"],
    )
    classes = pd.DataFrame({"label": ["rain", EVIL], "clips": [20, 20], "hours": 0.0556, "failed": [2, 0]})
    statistics = pd.DataFrame(
        [["clips", "40", "1000", "0.04", "a < b"]], columns=["figure", "ours", "paper", "share", "note"]
    )
    return {"clips": clips, "failures": failures, "classes": classes, "statistics": statistics}


@pytest.fixture
def clip():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (8, 24, 32, 3), np.uint8)
    return Clip(
        key="k0",
        video=frames,
        audio=rng.normal(0, 0.1, (1, 16_000)).astype(np.float32),
        fps=Fraction(8),
        sample_rate=16_000,
    )


class _Page(HTMLParser):
    """Tags that are open in the end, and addresses that are not in the page itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.outside += [
            value for name, value in attributes if name in ("src", "href") and not value.startswith("data:")
        ]


def test_is_one_page_without_scripts_or_anything_from_elsewhere(tables, clip, tmp_path):
    quality_page(tmp_path / "q.html", name=EVIL, previews={"rain": [clip], EVIL: []}, **tables)
    text = (tmp_path / "q.html").read_text()
    page = _Page(text)
    assert [path.name for path in tmp_path.iterdir()] == ["q.html"]
    assert "script" not in page.tags and page.outside == [] and "url(" not in text
    assert page.tags.count("img") == 1 and page.tags.count("svg") >= 4
    assert "prefers-color-scheme: dark" in text


def test_tells_numbers_reasons_and_examples(tables, tmp_path):
    quality_page(tmp_path / "q.html", name="set", previews={}, **tables)
    text = (tmp_path / "q.html").read_text()
    assert "<b>40</b>clips" in text and "<b>20</b>sources" in text and "<b>2</b>items without a clip" in text
    assert "<td>gone</td>" in text and "&lt;script&gt;" in text and "a &lt; b" in text
    assert "Contact sheets" not in text


def test_says_so_where_nothing_failed(tables, tmp_path):
    quality_page(tmp_path / "q.html", name="set", previews={}, **tables | {"failures": tables["failures"].iloc[:0]})
    assert "There are none." in (tmp_path / "q.html").read_text()


def test_a_histogram_counts_every_number_once():
    values = pd.Series([*range(100), None])
    bars = histogram(values)
    assert sum(bar.count for bar in bars) == 100 and len(bars) == 16
    assert [(bar.name, bar.count) for bar in histogram(pd.Series([10.0, 10.0, 5.0]))] == [("5", 1), ("10", 2)]
    assert histogram(pd.Series([None, None])) == []


def test_rare_values_are_counted_together():
    values = pd.Series([f"{number}" for number in range(30) for _ in range(30 - number)])
    bars = counted(values)
    assert [bar.name for bar in bars[:2]] == ["0", "1"] and bars[-1].name == "others"
    assert sum(bar.count for bar in bars) == len(values)


def test_bars_are_as_long_as_their_counts():
    bars = histogram(pd.Series([1, 1, 1, 1, 2, 2]))
    assert "width:100.0%" in lying(bars) and "width:50.0%" in lying(bars)
    heights = [float(part.split('"')[0]) for part in upright(bars, "t").split('height="')[1:3]]
    assert heights[0] == 2 * heights[1]


def test_a_lone_bar_is_no_wall():
    assert 'width="62.0"' in upright(histogram(pd.Series([10.0, 10.0])), "t")
