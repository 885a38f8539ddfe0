"""Drawing tokens: the published cut of the candidates, and the kept keys and values against doing without."""

import re

import golden_tats as golden
import pytest
import torch

from avbench.errors import UsageError
from models.tats.sampling import likeliest, pick, sample_tokens

CUTS = tuple(golden.output("top_k_top_p"))


@pytest.mark.parametrize("cut", CUTS)
def test_the_public_code_draws_from_the_same_tokens(cut):
    top_k, top_p = re.fullmatch(r"k(\d+)_p([\d.]+)", cut).groups()
    logits = golden.given("top_k_top_p", "logits")
    probabilities, tokens = likeliest(logits, top_k=int(top_k) or None, top_p=float(top_p))
    kept = torch.zeros_like(logits).scatter(1, tokens, (probabilities > 0).float())
    assert torch.equal(kept, golden.output("top_k_top_p")[cut])


@pytest.mark.parametrize("case", ["transformer_tiny", "transformer_tiny_audio"])
def test_the_likeliest_token_each_time_gives_the_public_codes_sequence(case):
    wanted = golden.output(case)["greedy"].long()
    network, (_, condition) = golden.transformer(case), golden.tokens(case)
    drawn = sample_tokens(network, torch.zeros(wanted.shape), condition=condition, top_k=1)
    # The public code gives ids of the joint vocabulary.
    assert torch.equal(drawn, (wanted - network.condition_codes).clamp(min=0))


def recomputed(network, uniform, condition, **cut):
    """The same draws, with the whole sequence put through the network for each."""
    tokens = torch.zeros(len(uniform), 0, dtype=torch.int64)
    for step in range(uniform.shape[1]):
        # The last one is what is asked for: the network never sees it.
        asked = torch.cat([tokens, torch.zeros(len(uniform), 1, dtype=torch.int64)], dim=1)
        probabilities, candidates = likeliest(network(asked, condition)[:, -1], **cut)
        drawn = candidates.gather(1, pick(probabilities, uniform[:, step]))
        tokens = torch.cat([tokens, drawn - network.condition_codes], dim=1)
    return tokens.clamp(min=0)


@pytest.mark.parametrize("case", ["transformer_tiny", "transformer_tiny_audio"])
@pytest.mark.parametrize("cut", [{"top_k": None, "top_p": None}, {"top_k": 20, "top_p": 0.9}])
def test_kept_keys_and_values_change_no_token(case, cut):
    network, (_, condition) = golden.transformer(case), golden.tokens(case)
    uniform = torch.rand(2, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = recomputed(network, uniform, condition, **cut)
    assert torch.equal(sample_tokens(network, uniform, condition=condition, **cut), wanted)


def test_a_clips_tokens_depend_on_its_own_draws():
    network = golden.transformer("transformer_tiny")
    uniform = torch.rand(3, 36, generator=torch.Generator().manual_seed(0))
    together = sample_tokens(network, uniform, top_k=30)
    assert torch.equal(sample_tokens(network, uniform[1:2], top_k=30), together[1:2])


def test_tokens_are_drawn_as_often_as_they_are_likely():
    probabilities = torch.tensor([[0.5, 0.25, 0.0]]).expand(3000, -1)
    uniform = (torch.arange(3000) + 0.5) / 3000
    places = pick(probabilities, uniform)[:, 0]
    assert torch.bincount(places, minlength=3).tolist() == [2000, 1000, 0]


def test_the_largest_draw_does_not_reach_what_is_left_out():
    almost = torch.tensor([1 - 2**-24])
    assert pick(torch.tensor([[0.6, 0.3, 0.0]]), almost).item() == 1


def test_a_condition_of_the_wrong_length_is_refused():
    network = golden.transformer("transformer_tiny_audio")
    with pytest.raises(UsageError, match=r"takes \(2, 16\)"):
        sample_tokens(network, torch.rand(2, 4), condition=torch.zeros(2, 9, dtype=torch.int64))
