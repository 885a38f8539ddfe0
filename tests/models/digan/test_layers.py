import golden_digan as golden
import pytest
import torch
import torch.nn.functional as F

from models.digan.layers import (
    FILTER,
    GAIN,
    SLOPE,
    EqualConvolution,
    EqualLinear,
    filtered,
    halved_convolution,
    leaky,
    minibatch_deviation,
    square_filter,
)

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}  # of the golden operations


def given(name):
    return golden.given("ops", name)


def assert_golden(found, name):
    torch.testing.assert_close(found, golden.output("ops")[name], **TOLERANCE)


def with_zeros_between(x):
    spread = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    spread[..., ::2, ::2] = x
    return spread


def test_filters_as_the_public_code():
    x, kernel = given("xe"), square_filter(FILTER)
    assert_golden(filtered(x, kernel, padding=(2, 1, 2, 1)), "upfirdn_filter")
    assert_golden(filtered(x, kernel, padding=(1, 1, 1, 1), every=2), "upfirdn_sym_down2")
    assert_golden(filtered(with_zeros_between(x), 4 * kernel, padding=(2, 1, 2, 1)), "upfirdn_sym_up2")


def test_filters_convolve_and_negative_padding_crops():
    x, kernel = given("x"), golden.output("ops")["asym_filter"]
    assert_golden(filtered(with_zeros_between(x), 2 * kernel, padding=(2, 1, 0, 3)), "upfirdn_asym")
    assert_golden(filtered(x, kernel.flip(0, 1), padding=(1, 2, -1, 0), every=2), "upfirdn_asym_flip")


@pytest.mark.parametrize("kernel", [1, 3])
def test_convolutions_that_halve_equal_the_public_codes(kernel):
    assert_golden(halved_convolution(given("xe"), given(f"w{kernel}"), square_filter(FILTER)), f"conv_down_k{kernel}")


def test_convolutions_that_double_are_made_of_the_same_filter():
    # StyleGAN2's generator has them; DIGAN's does not.
    up = F.conv_transpose2d(given("xe"), given("w3").transpose(0, 1), stride=2)
    assert_golden(filtered(up, 4 * square_filter(FILTER), padding=(1, 1, 1, 1)), "conv_up_k3")


def test_the_leaky_relu_has_the_public_codes_gain_and_limit():
    x = given("xe") + given("b")[:, None, None]
    assert_golden(x, "bias_linear")
    assert_golden(leaky(GAIN * x), "bias_lrelu")
    assert_golden(leaky(0.5 * x).clamp(-0.4, 0.4), "bias_lrelu_clamp")


def test_the_deviation_of_a_group_equals_the_public_codes():
    x = given("mb")
    assert_golden(torch.cat([x, minibatch_deviation(x, 4)], dim=1), "mbstd_g4")
    assert_golden(torch.cat([x, minibatch_deviation(x, 2)], dim=1), "mbstd_g2")
    assert_golden(torch.cat([x, *map(minibatch_deviation, x.chunk(2, dim=1))], dim=1), "mbstd_f2")


def test_equal_samples_do_not_deviate_and_a_small_batch_is_one_group():
    same = torch.ones(2, 3, 4, 4)
    torch.testing.assert_close(minibatch_deviation(same), torch.full((2, 1, 4, 4), 1e-4))


def test_a_layer_with_another_learning_rate_computes_the_same_at_the_beginning():
    torch.manual_seed(0)
    slow = EqualLinear(256, 512, activate=True, multiplier=0.01)
    fast = EqualLinear(256, 512, activate=True)
    fast.load_state_dict({"weight": 0.01 * slow.weight.data, "bias": slow.bias.data})
    x = torch.randn(8, 256)
    torch.testing.assert_close(slow(x), fast(x))
    assert 0.7 < slow(x).square().mean() < 1.4


@pytest.mark.parametrize("halve", [False, True])
def test_second_derivatives_pass_through_a_convolution(halve):
    torch.manual_seed(0)
    layer = EqualConvolution(2, 2, 3, halve=halve, clamp=256).double()
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_the_gain_is_of_the_output_and_its_limit():
    torch.manual_seed(0)
    layer, twice = (EqualConvolution(2, 3, 1, gain=gain, clamp=0.5) for gain in (1.0, 2.0))
    twice.load_state_dict(layer.state_dict())
    x = torch.randn(4, 2, 5, 5)
    torch.testing.assert_close(twice(x), 2 * layer(x))
    plain = GAIN * F.leaky_relu(F.conv2d(x, layer.weight / 2**0.5), SLOPE)
    torch.testing.assert_close(layer(x), plain.clamp(-0.5, 0.5))
