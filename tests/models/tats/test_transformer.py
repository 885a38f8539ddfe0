import golden_tats as golden
import pytest
import torch
import torch.nn.functional as F

from avbench.errors import UsageError
from models.tats.transformer import Transformer

CASES = ("transformer_tiny", "transformer_tiny_audio")


@pytest.mark.parametrize("case", CASES)
def test_logits_and_loss_equal_the_public_codes(case):
    network, found = golden.transformer(case), golden.output(case)
    tokens, condition = golden.tokens(case)
    with torch.no_grad():
        logits = network(tokens, condition)
    torch.testing.assert_close(logits, found["logits"], rtol=1e-3, atol=1e-4)
    assert torch.equal(logits.argmax(-1), found["argmax"].long())
    loss = F.cross_entropy(logits.flatten(0, 1), (tokens + network.condition_codes).flatten())
    torch.testing.assert_close(loss, found["loss"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_as_many_parameters_as_the_public_code(case):
    assert sum(each.numel() for each in golden.transformer(case).parameters()) == golden.CASES[case]["params"]


@pytest.mark.parametrize(
    ("name", "tokens", "condition"),
    [
        ("gpt_base_64", 256, {}),
        ("gpt_base_128", 1024, {}),
        ("gpt_audio_64", 256, {"condition_codes": 1024, "condition_tokens": 64}),
    ],
)
def test_tats_base_has_the_published_keys_and_shapes(name, tokens, condition):
    with torch.device("meta"):
        network = Transformer(16_384, tokens, layers=24, heads=16, width=1024, **condition)
    wanted = {key: shape for key, shape in golden.KEYS[name].items() if not key.endswith("attn.mask")}
    assert {key: list(tensor.shape) for key, tensor in network.state_dict().items()} == wanted


@pytest.mark.parametrize(
    ("case", "condition", "message"),
    [
        ("transformer_tiny_audio", torch.zeros(2, 15, dtype=torch.int64), r"\(2, 15\) tokens .* takes \(2, 16\)"),
        ("transformer_tiny_audio", None, "takes 16 tokens of a condition"),
        ("transformer_tiny", torch.zeros(2, 1, dtype=torch.int64), "takes no condition"),
    ],
)
def test_a_condition_of_the_wrong_length_is_refused(case, condition, message):
    with pytest.raises(UsageError, match=message):
        golden.transformer(case)(torch.zeros(2, 4, dtype=torch.int64), condition)


def test_saving_activations_changes_no_gradient():
    tokens, _ = golden.tokens("transformer_tiny")
    gradients = []
    for saving in (False, True):
        network = golden.transformer("transformer_tiny")
        network.activation_checkpointing = saving
        network(tokens).square().mean().backward()
        gradients.append([each.grad for each in network.parameters()])
    torch.testing.assert_close(*gradients)
