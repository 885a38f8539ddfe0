import os
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from known_weights import downloadable, register
from tiny import make_movies

from avbench.clipset import open_clipset
from avbench.errors import AvbenchError
from avbench.features.cache import FeatureCache
from avbench.features.extract import Extraction, Streaming
from avbench.features.extractor import Compute, Extractor
from avbench.features.network import Network
from avbench.protocol import AVBENCH, PUBLISHED
from avbench.ranks import Ranks
from avbench.windows import candidates


class Colours(Extractor):
    """Mean colour of a window; knows what it was given and may do something else meanwhile."""

    name, version, modality, dimensions = "colours", "1", "video", 3

    def __init__(self, meanwhile=lambda: None):
        self.batches = []
        self.meanwhile = meanwhile

    def load(self, checkpoint, compute, switches):
        def forward(video_BCTHW):
            self.batches.append(len(video_BCTHW))
            self.meanwhile()
            return video_BCTHW.mean(dim=(2, 3, 4))

        return forward


class WeightedColours(Colours):
    name, weights = "weighted_colours", "small"


class Onlooker:
    """A transform that changes nothing and counts the windows that were read."""

    identity = "onlooker"

    def __init__(self):
        self.read = 0
        self._lock = threading.Lock()

    def __call__(self, window, name):
        with self._lock:
            self.read += 1
        return window

    def wait_until_nothing_more_is_read(self):
        """Returns when reading rests because it waits for the network."""
        before = -1
        while before != self.read:
            before = self.read
            time.sleep(0.05)


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory):
    """One video of 100 windows."""
    return open_clipset(make_movies(tmp_path_factory.mktemp("long"), 1, seconds=11.5, sound=False))


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    """Twelve videos of one window each."""
    return open_clipset(make_movies(tmp_path_factory.mktemp("movies"), 12, sound=False))


def extraction(clipset, extractor, protocol=AVBENCH, *, batch_size=4, workers=1, transform=None, **network):
    overrides, bfloat16 = network.get("overrides", {}), network.get("bfloat16", False)
    used = Network(extractor, Compute(bfloat16=bfloat16), protocol.switches, overrides, offline=True)
    streaming = Streaming(ranks=Ranks(), device=torch.device("cpu"), batch_size=batch_size, workers=workers)
    return Extraction(clipset, used, protocol, streaming, transform)


@pytest.mark.parametrize("batches", [10, 100])
@pytest.mark.parametrize("workers", [1, 3])
def test_reading_is_never_further_ahead_of_the_network_than_stated(long_movie, batches, workers):
    onlooker, ahead = Onlooker(), []
    extractor = Colours()

    def look():
        if len(extractor.batches) % 5 == 1:  # time enough to read everything, if it were allowed
            onlooker.wait_until_nothing_more_is_read()
        ahead.append(onlooker.read - len(extractor.batches) + 1)

    extractor.meanwhile = look
    windows = candidates(long_movie, PUBLISHED)[:batches]
    extraction(long_movie, extractor, PUBLISHED, batch_size=1, workers=workers, transform=onlooker).rows(windows)
    assert len(ahead) == batches
    assert workers < max(ahead) <= 2 * workers + 2


def test_rows_come_in_the_order_of_the_windows(movies):
    windows = candidates(movies, AVBENCH)
    one = extraction(movies, Colours()).rows(windows)
    backwards = extraction(movies, Colours(), batch_size=5).rows([*windows[::-1], windows[3]])
    assert len(np.unique(one, axis=0)) == len(windows)
    np.testing.assert_array_equal(backwards, one[[*range(11, -1, -1), 3]])


def test_another_order_gives_the_same_rows_when_nothing_is_cached(movies, tmp_path, monkeypatch):
    windows = candidates(movies, AVBENCH)
    one = extraction(movies, Colours()).rows(windows)
    monkeypatch.setenv("AVBENCH_HOME", str(tmp_path))
    np.testing.assert_array_equal(extraction(movies, Colours()).rows(windows[::-1]), one[::-1])


def test_a_row_is_computed_once(movies):
    first, second = Colours(), Colours()
    windows = candidates(movies, AVBENCH)
    wanted = extraction(movies, first)
    assert np.array_equal(wanted.rows(windows), wanted.rows(windows))
    extraction(movies, second).rows(windows[2:9])
    assert (first.batches, second.batches) == ([4, 4, 4], [])


def test_windows_keep_the_batches_that_were_planned(movies):
    extractor = Colours()
    windows = candidates(movies, AVBENCH)
    wanted = extraction(movies, extractor)
    wanted.plan(windows[:10])
    wanted.rows([windows[9], windows[0]])
    assert extractor.batches == [4, 2]
    wanted.rows(windows[:4])  # came with the first
    assert extractor.batches == [4, 2]


def test_a_batch_is_stored_all_at_once(movies, monkeypatch):
    stored = []
    put = FeatureCache.put
    monkeypatch.setattr(FeatureCache, "put", lambda self, rows: (stored.append(len(rows)), put(self, rows)))
    extraction(movies, Colours(), batch_size=5).rows(candidates(movies, AVBENCH))
    assert stored == [5, 5, 2]


def test_what_was_computed_before_a_failure_is_kept(long_movie):
    def fail():
        if len(failing.batches) == 18:
            raise RuntimeError("the network fails")

    windows = candidates(long_movie, PUBLISHED)[:20]
    failing, working = Colours(fail), Colours()
    with pytest.raises(RuntimeError, match="the network fails"):
        extraction(long_movie, failing, PUBLISHED, batch_size=1).rows(windows)
    extraction(long_movie, working, PUBLISHED, batch_size=1).rows(windows)
    assert len(working.batches) < len(windows)


@pytest.mark.parametrize(
    "change", [{"size": "80"}, {"fit": "crop"}, {"antialias": "false"}, {"frame_choice": "index"}, {"fps": "8"}]
)
def test_other_preprocessing_is_another_identity(movies, change):
    assert extraction(movies, Colours(), AVBENCH.with_switches(change)).identity != (
        extraction(movies, Colours()).identity
    )


@pytest.mark.parametrize("change", [{"channel": "left"}, {"samples": "9"}, {"waveform_scale": "1.0"}])
def test_what_pictures_do_not_depend_on_leaves_their_identity(movies, change):
    assert extraction(movies, Colours(), AVBENCH.with_switches(change)).identity == (
        extraction(movies, Colours()).identity
    )


def test_another_version_precision_or_transform_is_another_identity(movies):
    newer = Colours()
    newer.version = "2"
    identities = {
        extraction(movies, Colours()).identity,
        extraction(movies, newer).identity,
        extraction(movies, Colours(), bfloat16=True).identity,
        extraction(movies, Colours(), transform=Onlooker()).identity,
    }
    assert len(identities) == 4


def test_other_weights_are_another_identity(movies, tmp_path, monkeypatch):
    register(monkeypatch, downloadable("http://127.0.0.1/small.pt"))
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    registered, a, b = (
        extraction(movies, WeightedColours(), overrides=files).identity
        for files in ({}, {"small": tmp_path / "a"}, {"small": tmp_path / "b"})
    )
    assert len({registered, a, b}) == 3


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(bytes(1000))])
@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_in_a_decoding_thread_names_the_file(tmp_path, workers, harm):
    movies = open_clipset(make_movies(tmp_path / "harmed", 12, seed=5, sound=False))
    harm(tmp_path / "harmed" / "clip009.mp4")
    with pytest.raises(AvbenchError, match=r"clip009\.mp4"):
        extraction(movies, Colours(), workers=workers).rows(candidates(movies, AVBENCH))


def many_movies(folder, count):
    """`count` videos, quickly: after the first twenty come copies that only an empty box at the end tells apart."""
    make_movies(folder, 20, seed=count)
    for index in range(20, count):
        movie = (folder / f"clip{index % 20:03d}.mp4").read_bytes()
        (folder / f"clip{index:03d}.mp4").write_bytes(movie + struct.pack(">I4sQ", 16, b"free", index))
    return folder


_EVALUATE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    import avbench
    from tiny import TINY, register_tiny_extractors

    register_tiny_extractors()
    avbench.evaluate("real", sys.argv[1], protocol="avbench", features=TINY, samples=400, runs=1)
    # Not ru_maxrss: it begins with the peak of the process that started this one.
    print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
    """
)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_the_memory_of_an_evaluation_does_not_grow_with_the_clips(tmp_path, own_home, request):
    many_movies(tmp_path / "real", 40)
    environment = os.environ | {"PYTHONPATH": str(request.config.rootpath / "tests" / "support")}

    def peak(clips: int) -> float:
        """MB"""
        many_movies(tmp_path / str(clips), clips)
        done = subprocess.run(
            [sys.executable, "-c", _EVALUATE, str(clips)],
            cwd=tmp_path,
            env=environment | {"AVBENCH_HOME": str(own_home / str(clips))},
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr
        return int(done.stdout.split()[1]) / 1024

    few, many = peak(40), peak(400)
    assert many - few < 60  # the windows of 360 clips are 283 MB
