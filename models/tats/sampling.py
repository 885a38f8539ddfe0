"""Drawing tokens one after the other, from the likeliest ones.

Source: Fan et al. 2018 (top-k), Holtzman et al. 2020 (top-p), and the released code of Ge et al. 2022, which first cuts
to the k likeliest tokens, and then to the likeliest of these that hold more than p of the probability.
"""

import torch
from torch import Tensor

from models.model import OnStep
from models.tats.transformer import Transformer


@torch.no_grad()
def sample_tokens(
    transformer: Transformer,
    uniform: Tensor,
    *,
    condition: Tensor | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Tokens of clips, one draw from (0, 1) for each.

    Keys and values of all places are kept, in tensors that are made once. A clip's tokens depend on its own draws only.

    Args:
        uniform: (B, L) in [0, 1), L of at most `transformer.tokens`.
        condition: (B, `transformer.condition_tokens`).
        top_k: draw among so many tokens; None: all.
        top_p: and among the likeliest that hold more than this share of their probability; None: all.

    Returns:
        (B, L) int64 in [0, codes). An id of the condition's vocabulary, which only an untrained network draws, counts
        as 0, as in the released code.

    Raises:
        UsageError: the condition does not fit.
    """
    count, length = uniform.shape
    ids = transformer.start(count, condition, uniform.device)
    caches = transformer.caches(count, ids.shape[1] + length - 1)
    place, drawn = 0, []
    for step in range(length):
        x = transformer.embedded(ids, place)
        for block, cache in zip(transformer.blocks, caches, strict=True):
            x = block(x, cache)
        place += ids.shape[1]
        probabilities, candidates = likeliest(transformer.logits(x[:, -1]), top_k=top_k, top_p=top_p)
        ids = candidates.gather(1, pick(probabilities, uniform[:, step]))
        drawn.append(ids)
        if on_step:
            on_step(step + 1, length)
    return (torch.cat(drawn, dim=1) - transformer.condition_codes).clamp(min=0)


def likeliest(logits: Tensor, *, top_k: int | None, top_p: float | None) -> tuple[Tensor, Tensor]:
    """The tokens to draw from, the likeliest first.

    The token with which a share of more than `top_p` is reached is one of them.

    Args:
        logits: (B, V).

    Returns:
        Probabilities (B, k), float32 or finer, 0 for what is left out, not normalised; and the tokens (B, k).
    """
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    values, tokens = logits.topk(min(top_k or logits.shape[-1], logits.shape[-1]), dim=-1)
    probabilities = values.softmax(-1)
    if top_p is not None and top_p < 1:
        before = probabilities.cumsum(-1) - probabilities
        # What is before the first one is nothing, whatever the rounding says.
        before[:, 0] = 0
        probabilities = probabilities.where(before <= top_p, 0)
    return probabilities, tokens


def pick(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """(B, 1): the first place up to which a share of more than `uniform` (B,) of the probabilities (B, k) lies."""
    reached = probabilities.cumsum(-1)
    wanted = uniform[:, None] * reached[:, -1:]
    place = torch.searchsorted(reached, wanted, right=True)
    # Rounding may make all of a sum's share of it 1.
    last = (probabilities > 0).sum(-1, keepdim=True) - 1
    return torch.minimum(place, last)
