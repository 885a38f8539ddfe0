from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch
from audioset_step import step_once

from models.mm_diffusion.config import AUDIOSET, BASE, PAPER, TINY
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.single_stream import VideoUNet
from models.mm_diffusion.size import describe, parameter_counts


def on_meta(network, config):
    with torch.device("meta"):
        return network(config)


def test_the_64_pixel_networks_parts_have_as_many_parameters_as_the_released_ones():
    assert parameter_counts(on_meta(CoupledUNet, PAPER)) == {
        "video": 86_074_371,
        "audio": 23_979_521,
        "shared": 2_443_776,
        "cross-attention": 21_177_856,
    }


def test_describes_a_network_beside_the_papers_and_the_released_one():
    assert describe(on_meta(VideoUNet, PAPER)) == (
        "88.52M parameters (video 86.07M, shared 2.44M); MM-Diffusion has 115.13M in the paper and 133.68M in the "
        "released code"
    )


@pytest.mark.parametrize(("config", "millions"), [(AUDIOSET, 534.0), (BASE, 33.5), (TINY, 1.0)])
def test_presets_are_as_large_as_their_comments_say(config, millions):
    counts = parameter_counts(on_meta(CoupledUNet, config))
    assert sum(counts.values()) / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.slow
def test_the_audioset_network_takes_a_training_step_that_lowers_its_loss():
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # of its own, so that the peak is its own, too
        step = pool.submit(step_once).result()
    print(f"audioset: {step.parameters / 1e6:.1f}M parameters, at most {step.peak_bytes / 2**30:.1f} GiB")
    assert step.after < step.before
