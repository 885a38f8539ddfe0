import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from rule_weights import audioclip_checkpoint, fill, golden_input
from torch import Tensor

from avbench.errors import DataError
from avbench.features.audioclip import AudioCLIPAudio
from avbench.features.audioclip_visual import (
    AudioCLIPText,
    AudioCLIPVisual,
    logit_scale,
    preprocess,
    similarity,
    video_embedding,
)

Golden = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    return audioclip_checkpoint()


@pytest.fixture
def case(golden) -> dict[str, Any]:
    cases: dict[str, Any] = json.loads((golden / "features" / "audioclip_cases.json").read_text())
    return cases["audio_video"]


@pytest.fixture
def expected(golden, case) -> Golden:
    with np.load(golden / "features" / "audioclip_av.npz") as arrays:
        return {name.removeprefix(f"{case['name']}/"): array for name, array in arrays.items()}


@pytest.fixture
def video(case) -> Tensor:
    """The rule "block_video" of audioclip_cases.json, (B, 3, T, H, W) in [0, 1]."""
    B, T, C, H, W = case["video_shape"]
    blocks = [
        golden_input(f"{case['name']}/video/{i}", (1, T, C, math.ceil(H / 8), math.ceil(W / 8))) for i in range(B)
    ]
    pixels = torch.cat(blocks).repeat_interleave(8, -1).repeat_interleave(8, -2)[..., :H, :W]
    return (127.5 + 50 * pixels).clamp(0, 255).round().transpose(1, 2) / 255


@pytest.fixture
def frame_embeddings(expected: Golden, case) -> Tensor:
    B, T = case["video_shape"][:2]
    return torch.from_numpy(expected["frame_features"]).reshape(B, T, -1)


def test_prepares_frames_as_published(video: Tensor, expected: Golden):
    seen = preprocess(video)[:, ::5, :, ::16, ::16]
    np.testing.assert_allclose(seen, expected["preprocessed_sub"], atol=1e-5)


def test_gives_the_published_frame_embeddings(published, video: Tensor, expected: Golden):
    frames = AudioCLIPVisual.from_published(published)(video).flatten(0, 1)
    assert np.abs(frames.numpy() - expected["frame_features"]).max() < 1e-3 * expected["frame_features"].std()


def test_a_videos_embedding_is_the_mean_of_its_raw_frames(frame_embeddings: Tensor, expected: Golden):
    np.testing.assert_allclose(video_embedding(frame_embeddings), expected["video_embedding"], atol=1e-5)


def test_gives_the_published_audio_video_scores(published, frame_embeddings: Tensor, expected: Golden):
    scale = logit_scale(published, "audio-image")
    scores = similarity(torch.from_numpy(expected["audio_embedding"]), frame_embeddings, scale)
    np.testing.assert_allclose(scores, expected["score_matrix"], atol=1e-6)


def test_the_published_scores_start_from_our_audio_embeddings(published, case, expected: Golden):
    waves = [golden_input(f"{case['name']}/audio/{i}", (1, case["audio_length"]), 0.1 * (i + 1)) for i in range(2)]
    embeddings = AudioCLIPAudio.from_published(published)(torch.stack(waves).clamp(-1, 1))
    assert np.abs(embeddings.numpy() - expected["audio_embedding"]).max() < 0.15


@pytest.mark.parametrize("learned, scale", [(-3.0, 1.0), (math.log(20), 20.0), (9.0, 100.0)])
def test_the_learned_scale_is_held_within_1_and_100(learned: float, scale: float):
    assert logit_scale({"logit_scale_at": torch.tensor(learned)}, "audio-text") == pytest.approx(scale)


def test_scores_need_the_whole_file():
    with pytest.raises(DataError, match="logit_scale_ai"):
        logit_scale({}, "audio-image")


def test_refuses_a_checkpoint_without_a_visual_tower():
    with pytest.raises(DataError, match="another network"):
        AudioCLIPVisual.from_published({"audio.fc.bias": torch.zeros(1024)})


def test_the_text_tower_takes_the_published_keys_and_tells_prompts_apart():
    layout = AudioCLIPText().clip.state_dict()
    extra = {"audio.fc.bias": torch.zeros(1024), "logit_scale_ai": torch.zeros(())}
    embeddings = AudioCLIPText.from_published(fill(layout) | extra)(["a dog barks", "waves on a beach", "a dog barks"])
    assert embeddings.shape == (3, 1024)
    assert torch.allclose(embeddings[0], embeddings[2], atol=1e-5)
    assert not torch.allclose(embeddings[0], embeddings[1], atol=0.1)


def test_a_checkpoint_without_the_text_tower_is_named_as_such(published):
    with pytest.raises(DataError, match="missing"):
        AudioCLIPText.from_published(published)
