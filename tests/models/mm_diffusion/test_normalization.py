import pytest
import torch
import torch.nn.functional as F

from models.mm_diffusion.normalization import GroupNorm, NormSiLU


def arguments(shape=(3, 5, 7, 64)):
    """Features far from zero mean, scale and shift."""
    generator = torch.Generator().manual_seed(0)
    x = 3 + 2 * torch.randn(shape, generator=generator, dtype=torch.float64)
    scale, shift = torch.randn(2, shape[0], shape[-1], generator=generator, dtype=torch.float64)
    return x.requires_grad_(), scale.requires_grad_(), shift.requires_grad_()


@pytest.fixture(params=[GroupNorm, NormSiLU])
def norm(request):
    torch.manual_seed(0)
    norm = request.param(64).double()
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    return norm


def by_pytorch(norm, x, scale, shift):
    y = F.group_norm(x.movedim(-1, 1), 32, norm.weight, norm.bias).movedim(1, -1)
    y = y * (1 + scale[:, None, None]) + shift[:, None, None]
    return F.silu(y) if norm.silu else y


def test_is_pytorchs_group_norm_then_scale_then_shift(norm):
    torch.testing.assert_close(norm(*arguments()), by_pytorch(norm, *arguments()))


def test_without_a_scale_and_a_shift_there_is_none(norm):
    x, scale, _ = arguments()
    zero = torch.zeros_like(scale)
    torch.testing.assert_close(norm(x), by_pytorch(norm, x, zero, zero))


def test_gradients_are_those_of_pytorch(norm):
    given = arguments()
    wanted = (*given, norm.weight, norm.bias)
    ours, pytorchs = (
        torch.autograd.grad(f(*given).sin().sum(), wanted) for f in (norm, lambda *x: by_pytorch(norm, *x))
    )
    for own, other in zip(ours, pytorchs, strict=True):
        torch.testing.assert_close(own, other)


@pytest.mark.parametrize("deviation", [0.0, 0.01, 0.1])
def test_a_small_variance_beside_a_large_mean_is_not_lost(deviation):
    x = (100 + deviation * arguments()[0].detach()).float()
    norm = GroupNorm(64)
    torch.testing.assert_close(norm(x), norm.double()(x.double()).float(), atol=1e-3, rtol=0)


def test_half_precision_is_computed_in_single_and_comes_back_in_half():
    norm, (x, _, _) = NormSiLU(64), arguments()
    half = x.detach().bfloat16().requires_grad_()
    out = norm(half)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out, norm(half.detach().float()).bfloat16())
    out.sum().backward()
    assert half.grad.dtype == torch.bfloat16


def test_a_network_may_have_fewer_groups():
    norm, (x, _, _) = GroupNorm(64), arguments()
    norm.groups = 8
    x = x.detach().to(norm.weight.dtype)
    torch.testing.assert_close(norm(x), F.group_norm(x.movedim(-1, 1), 8).movedim(1, -1), atol=1e-5, rtol=1e-4)
