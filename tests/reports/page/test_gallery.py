import base64
import io
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from results_folders import Folder
from tiny import make_movies

from avbench.clip import Clip
from avbench.clipset import open_clipset
from avbench.media.probe import probe
from reports.comparison.scored import Scored, read_results
from reports.page.gallery import Budget, card, gallery

PLENTY = 10_000_000


def content(url: str) -> bytes:
    return base64.b64decode(url.partition("base64,")[2])


def clip(*, video: bool = True, audio: np.ndarray | None = None) -> Clip:
    frames = np.full((16, 64, 64, 3), 90, np.uint8)
    return Clip(key="k", video=frames if video else None, audio=audio, fps=Fraction(10), sample_rate=32_000)


def noise(samples: int = 51_200) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (1, samples)).astype(np.float32)


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 4, seed=1, seconds=3.0)
    make_movies(folder / "made", 4, seed=2)
    return folder


@pytest.fixture
def scored(movies, tmp_path):
    """Makes an evaluation of the movies, whose table of clips holds the given columns."""

    def scored(**columns) -> Scored:
        folder = Folder(
            tmp_path / "a", {"FVD": 1.0}, truth={}, reference=movies / "real", generated=movies / "made"
        ).write()
        keys = [record.key for record in open_clipset(movies / "made").records]
        pd.DataFrame({"key": keys, **columns}).to_parquet(folder / "clips.parquet")
        return read_results(tmp_path).scored[0]

    return scored


def shelves(found) -> dict[str, list[str]]:
    """The clips of each shelf, by the beginnings of their keys."""
    return {shelf.heading: [card.key[:7] for card in shelf.cards] for shelf in found.shelves}


def test_a_card_holds_a_movie_with_sound_and_a_still_of_it(tmp_path):
    made = card(clip(audio=noise()))
    (tmp_path / "movie.mp4").write_bytes(content(made.movie))
    info = probe(tmp_path / "movie.mp4")
    assert info.video is not None and info.audio is not None
    assert Image.open(io.BytesIO(content(made.poster))).size == (64, 64)


def test_a_card_of_sound_alone_is_heard_without_a_picture():
    made = card(clip(video=False, audio=noise()))
    assert made.movie == made.poster == ""
    assert content(made.sound)[:4] == b"fLaC"


def test_a_card_without_sound_has_no_waveform():
    made = card(clip())
    assert made.movie and (made.wave, made.spectrogram, made.sound) == ("", "", "")


def test_the_waveform_is_loud_where_the_sound_is():
    wave = noise()
    wave[:, : wave.shape[1] // 2] *= 0.01
    heights = [abs(float(point.partition(",")[2]) - 20) for point in card(clip(audio=wave)).wave.split()[:160]]
    assert max(heights[:80]) < 1 < 10 < max(heights[80:])


def test_real_and_generated_clips_stand_on_shelves(scored):
    found = gallery(scored(), 2, Budget(PLENTY))
    assert [shelf.heading for shelf in found.shelves] == ["real", "generated"]
    assert all(len(shelf.cards) == 2 for shelf in found.shelves)


def test_the_nearest_and_the_farthest_clips_follow_the_table(scored):
    found = shelves(gallery(scored(**{"nearest_video[i3d]": [3.0, 1.0, 4.0, 2.0]}), 2, Budget(PLENTY)))
    assert found["nearest to real clips, by nearest_video[i3d]"] == ["clip001", "clip003"]
    assert found["farthest from real clips, by nearest_video[i3d]"] == ["clip002", "clip000"]


def test_a_neighbour_that_is_known_stands_beside_its_clip(scored, movies):
    neighbour = open_clipset(movies / "real").records[3].key
    columns = {"nearest_video_distance": [1.0, 2.0, 3.0, 4.0], "nearest_video_key": [neighbour] * 4}
    found = gallery(scored(**columns), 1, Budget(PLENTY))
    pairs = next(shelf for shelf in found.shelves if shelf.heading.startswith("nearest to"))
    assert pairs.pairs and [card.key[:7] for card in pairs.cards] == ["clip000", "clip003"]


def test_clips_beyond_the_budget_are_left_out_and_counted(scored):
    largest = max(one.bytes for shelf in gallery(scored(), 4, Budget(PLENTY)).shelves for one in shelf.cards)
    budget = Budget(2 * largest)
    shown = sum(len(shelf.cards) for shelf in gallery(scored(), 4, budget).shelves)
    assert 0 < shown < 8
    assert budget.skipped == 8 - shown


def test_a_set_that_changed_is_not_shown_as_what_was_scored(scored, movies, tmp_path):
    one = scored()
    one.provenance["generated"]["fingerprint"] = "0" * 64
    found = gallery(one, 2, Budget(PLENTY))
    assert [shelf.heading for shelf in found.shelves] == ["real"]
    assert "has changed since it was evaluated" in found.remarks[0]


def test_a_set_that_is_gone_is_told(scored):
    one = scored()
    one.provenance["reference"]["path"] = "gone"
    assert "No reference clips: gone does not exist" in gallery(one, 2, Budget(PLENTY)).remarks[0]
