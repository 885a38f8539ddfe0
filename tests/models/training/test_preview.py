from fractions import Fraction

import av
import numpy as np
import pytest
import torch

from avbench.clip import ClipSpec
from models.training.preview import write_preview

SPEC = ClipSpec(frames=4, fps=Fraction(10), size=16, sample_rate=4000)  # 0.4 s


def samples(count=4, frames=4):
    """Grey pictures, the lighter the later the sample, and tones, the higher."""
    greys = torch.linspace(-1, 1, count).view(count, 1, 1, 1, 1).expand(count, 3, frames, 16, 16)
    times = torch.arange(SPEC.samples) / SPEC.sample_rate
    tones = torch.stack([torch.sin(2 * np.pi * 200 * (n + 1) * times) for n in range(count)])[:, None]
    return {"video": greys, "audio": 0.5 * tones}


def decode(path, kind):
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="rgb24") if kind == "video" else frame.to_ndarray()
            for frame in container.decode(**{kind: 0})
        ]


def test_all_samples_are_seen_side_by_side(tmp_path):
    frames = decode(write_preview(tmp_path / "7", samples(), SPEC), "video")
    assert frames[0].shape == (2 * (128 + 4), 2 * (128 + 4), 3)
    centres = [frames[0][y, x, 0] for y in (66, 198) for x in (66, 198)]
    assert np.abs(np.array(centres, int) - [0, 85, 170, 255]).max() <= 4


def test_one_after_the_other_is_heard_and_framed(tmp_path):
    path = write_preview(tmp_path / "7", samples(), SPEC)
    frames, sound = decode(path, "video"), np.concatenate(decode(path, "audio"), axis=1)[0]
    assert len(frames) == 4 * 4
    corners = [[frame[132 * (n // 2), 40 + 132 * (n % 2), 0] for n in range(4)] for frame in frames]
    framed = [int(np.argmax(corner)) for corner in corners]
    assert framed == [n for n in range(4) for _ in range(4)]
    for n in range(4):
        heard = sound[int((0.4 * n + 0.1) * 16_000) : int((0.4 * n + 0.3) * 16_000)]
        peak = np.argmax(np.abs(np.fft.rfft(heard))) * 16_000 / len(heard)
        assert peak == pytest.approx(200 * (n + 1), abs=10)


def test_pictures_alone_are_a_silent_movie(tmp_path):
    path = write_preview(tmp_path / "7", {"video": samples()["video"]}, SPEC)
    assert len(decode(path, "video")) == 4
    with av.open(str(path)) as container:
        assert not container.streams.audio


def test_sound_alone_is_a_sound_file(tmp_path):
    path = write_preview(tmp_path / "7", {"audio": samples()["audio"]}, SPEC)
    assert path.suffix == ".flac"
    assert sum(block.shape[1] for block in decode(path, "audio")) == 4 * 0.4 * 16_000


def test_a_still_is_shown_for_a_second(tmp_path):
    path = write_preview(tmp_path / "7", {"video": samples(3, frames=1)["video"]}, SPEC)
    assert len(decode(path, "video")) == 10


def test_what_is_not_a_number_is_shown_as_grey_and_silence(tmp_path):
    broken = {name: torch.full_like(tensor, float("nan")) for name, tensor in samples().items()}
    path = write_preview(tmp_path / "7", broken, SPEC)
    assert abs(int(decode(path, "video")[0][66, 66, 0]) - 128) <= 3
