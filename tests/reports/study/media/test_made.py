import numpy as np

from avbench.clip import ClipSpec
from reports.study.media.made import attention_clip, noise_clip
from reports.study.texts import turing_tasks

SPEC = ClipSpec(size=124)


def test_noise_has_the_shape_of_a_clip_and_comes_of_the_seed():
    clip = noise_clip("noise", SPEC, np.random.default_rng(0))
    assert clip.video.shape == (16, 124, 124, 3) and clip.audio.shape == (1, 25_600)
    assert (clip.video == noise_clip("noise", SPEC, np.random.default_rng(0)).video).all()
    assert clip.video.std() > 60 and 0.05 < clip.audio.std() < 0.2


def test_each_request_for_an_answer_looks_different_and_stands_still():
    clips = [attention_clip("request", SPEC, anchor) for anchor in turing_tasks()[0].scale]
    assert len({clip.video.tobytes() for clip in clips}) == 3
    assert all((clip.video == clip.video[0]).all() and clip.video.max() > 200 for clip in clips)
    assert all(0.01 < np.abs(clip.audio).max() < 0.5 for clip in clips)
