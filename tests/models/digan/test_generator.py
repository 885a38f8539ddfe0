import golden_digan as golden
import pytest
import torch

from avbench.errors import UsageError
from models.digan.config import PAPER, DiganConfig
from models.digan.coordinates import coordinates
from models.digan.generator import Generator, factorised_weights, mixed, modulated_weights
from models.digan.network import DiganNetwork

TOLERANCE = {"rtol": 1e-3, "atol": 1e-4}  # of the golden networks
TIMES = {
    "generator_tiny": torch.linspace(0, 1, 3).expand(2, 3),
    "generator_tiny_pair": torch.tensor([[0.15, 0.8], [0.3, 0.45]]),
}


@pytest.fixture(params=TIMES)
def case(request):
    return request.param


def one_by_one(x_BCTHW):
    """As the public code lays out frames: (B T, C, H, W)."""
    return x_BCTHW.transpose(1, 2).flatten(0, 1)


@torch.no_grad()
def test_equals_the_public_generator_block_by_block(case):
    generator, found = golden.network(case).generator, golden.output(case)
    style = generator.mapping(golden.given(case, "z"))
    torch.testing.assert_close(style, found["ws"], **TOLERANCE)
    where = style, golden.given(case, "z_motion"), TIMES[case]
    coarse = golden.CONFIGS[case].coarse_size
    features = one_by_one(generator.synthesis.b4.coord_fuser(*where, coarse))
    torch.testing.assert_close(features[: len(found["coords_features_b4"])], found["coords_features_b4"], **TOLERANCE)
    x, picture = generator.synthesis.b4(*where)
    torch.testing.assert_close(one_by_one(x)[: len(found["x_b4"])], found["x_b4"], **TOLERANCE)
    for size in golden.CONFIGS[case].block_sizes(coarse)[1:]:
        x, picture = getattr(generator.synthesis, f"b{size}")(x, picture, *where)
    # The public code adds the pictures of the coarse blocks in place, so that the first one's ends up as their sum.
    torch.testing.assert_close(one_by_one(picture), found["img_b4"], **TOLERANCE)


@torch.no_grad()
def test_makes_the_public_generators_frames(case):
    generator = golden.network(case).generator
    frames = generator(golden.given(case, "z"), golden.given(case, "z_motion"), TIMES[case])
    torch.testing.assert_close(one_by_one(frames), golden.output(case)["img"], **TOLERANCE)


@torch.no_grad()
def test_a_frame_depends_on_its_own_time_and_its_own_clip_alone():
    case = "generator_tiny_pair"
    generator, times = golden.network(case).generator, TIMES[case]
    latent, motion = golden.given(case, "z"), golden.given(case, "z_motion")
    together = generator(latent, motion, times)
    torch.testing.assert_close(generator(latent[1:], motion[1:], times[1:, 1:])[:, :, 0], together[1:, :, 1])


@torch.no_grad()
def test_motion_changes_frames_and_other_times_do_too():
    case = "generator_tiny_pair"
    generator, latent, motion = golden.network(case).generator, golden.given(case, "z"), golden.given(case, "z_motion")
    still = generator(latent, motion, torch.zeros(2, 2))
    torch.testing.assert_close(still[:, :, 0], still[:, :, 1])
    # At time 0 motion has not begun.
    torch.testing.assert_close(generator(latent, -motion, torch.zeros(2, 2)), still)
    assert not torch.allclose(generator(latent, -motion, TIMES[case]), generator(latent, motion, TIMES[case]))


def test_fresh_features_have_about_the_variance_1():
    torch.manual_seed(0)
    config = DiganConfig(latent=64, style=64, channel_base=1024, channel_max=64, frequencies=32, rank=4, coarse_size=8)
    generator = Generator(config, 16)
    with torch.no_grad():
        style = generator.mapping(torch.randn(8, 64))
        x, _ = generator.synthesis.b4(style, torch.randn(8, 64), torch.rand(8, 2))
    assert 0.2 < x.square().mean() < 2


def test_weights_of_low_rank_change_a_layer_as_in_the_public_code():
    given = golden.given("ops", "xe"), golden.given("ops", "w1").flatten(1)
    weights = factorised_weights(given[1], golden.given("ops", "fmm_styles"), rank=3)
    torch.testing.assert_close(_pixels(given[0], weights), golden.output("ops")["fmm_demod"], rtol=1e-4, atol=1e-5)


def test_styles_weigh_the_channels_of_a_picture_as_in_the_public_code():
    weights = modulated_weights(golden.given("ops", "w1").flatten(1), golden.given("ops", "styles"))
    found = golden.output("ops")["modconv_torgb"]
    torch.testing.assert_close(_pixels(golden.given("ops", "xe"), weights), found, rtol=1e-4, atol=1e-5)


def test_a_3x3_layer_of_normalised_weights_is_made_of_the_same_modulation():
    # StyleGAN2's own layers, which DIGAN replaced.
    weight, styles = golden.given("ops", "w3"), golden.given("ops", "styles")
    weights_BOI = modulated_weights(weight.flatten(1), styles.repeat_interleave(9, dim=1))
    weights_BOI = weights_BOI * (weights_BOI.square().sum(dim=2, keepdim=True) + 1e-8).rsqrt()
    patches = torch.nn.functional.unfold(golden.given("ops", "xe"), 3, padding=1).unflatten(2, (8, 8))
    torch.testing.assert_close(
        _pixels(patches, weights_BOI), golden.output("ops")["modconv_demod"], rtol=1e-4, atol=1e-5
    )


def _pixels(x_BCHW, weights):
    return mixed(x_BCHW[:, :, None], weights)[:, :, 0]


def test_rows_of_changed_weights_have_length_1():
    weights = factorised_weights(torch.randn(5, 4), torch.randn(3, 18), rank=2)
    torch.testing.assert_close(weights.norm(dim=2), torch.ones(3, 5))


def test_coordinates_grow_to_the_right_and_upwards():
    torch.testing.assert_close(torch.stack(coordinates(6))[None], golden.output("ops")["coords_6"])
    x_HW, y_HW = coordinates(4)
    assert x_HW[0].tolist() == [-1, -0.5, 0, 0.5] and y_HW[:, 0].tolist() == [0.5, 0, -0.5, -1]


@pytest.mark.parametrize(("size", "generator", "both"), [(64, 52_210_703, 52_979_714), (128, 63_538_706, 56_779_266)])
def test_there_are_as_many_parameters_as_in_the_public_networks(size, generator, both):
    with torch.device("meta"):
        network = DiganNetwork(PAPER, size)
    count = {name: sum(each.numel() for each in part.parameters()) for name, part in network.named_children()}
    assert count == {"generator": generator, "discriminators": both}


@pytest.mark.parametrize("size", [16, 48, 4])
def test_frames_of_other_sizes_than_powers_of_two_from_the_coarse_one_are_refused(size):
    with pytest.raises(UsageError, match=rf"spec\.size is {size}; it must be a power of two"):
        Generator(PAPER, size)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rank": 0}, r"network\.rank is 0"),
        ({"coarse_size": 12}, r"network\.coarse_size is 12; it must be a power of two"),
        ({"r1_gamma": -1.0}, r"network\.r1_gamma is -1\.0"),
    ],
)
def test_settings_that_make_no_network_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        DiganConfig(**changes)
