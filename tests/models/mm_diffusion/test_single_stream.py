import pytest
import torch

from avbench.errors import UsageError
from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.single_stream import AudioUNet, VideoUNet

CONFIG = CoupledUNetConfig(
    channels=32,
    channel_mult=(1, 2),
    frames=4,
    self_attention_factors=(1, 2),
    cross_attention_factors=(1, 2),
    windows=(1, 2),
    cross_head_channels=32,
)
T = torch.tensor([10, 900])


@pytest.fixture
def coupled(awake) -> CoupledUNet:
    """A coupled network whose cross-attention adds nothing."""
    network = awake(CoupledUNet(CONFIG))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if ".cross_attention.video_out." in name or ".cross_attention.audio_out." in name:
                parameter.zero_()
    return network


@pytest.mark.parametrize(("network", "stream"), [(VideoUNet, 0), (AudioUNet, 1)])
def test_equals_its_stream_in_the_coupled_network_whose_cross_attention_adds_nothing(network, stream, coupled):
    single = network(CONFIG).eval()
    single.load_state_dict({key: coupled.state_dict()[key] for key in single.state_dict()})
    state = [torch.randn(2, 3, 4, 8, 8), torch.randn(2, 1, 64)]
    expected = coupled(*state, T)[stream]
    torch.testing.assert_close(single(state[stream], T), expected, atol=0, rtol=0)
    state[1 - stream] = torch.randn_like(state[1 - stream])
    torch.testing.assert_close(coupled(*state, T)[stream], expected, atol=0, rtol=0)


def test_published_weights_come_back_as_they_were(awake):
    settings = {"channels": 32, "cross_head_channels": 32}
    weights = awake(AudioUNet(CoupledUNetConfig(**settings))).to_published()
    back = AudioUNet.from_published(weights, **settings).to_published()
    assert weights.keys() == back.keys() and all(torch.equal(weights[key], back[key]) for key in weights)


def test_a_picture_of_a_size_that_does_not_halve_is_refused():
    with pytest.raises(UsageError, match=r"video of shape \(1, 3, 4, 7, 8\)"):
        VideoUNet(CONFIG)(torch.zeros(1, 3, 4, 7, 8), T[:1])
