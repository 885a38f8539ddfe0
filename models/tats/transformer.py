"""The transformer over tokens: GPT-2's, as minGPT writes it. Parameters have the names in the released checkpoints.

Source: Radford et al. 2019; Ge et al. 2022, section 3.2 and appendix B.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from avbench.errors import UsageError

_DEVIATION = 0.02  # of fresh weights


class Transformer(nn.Module):
    """What the next token may be: 336,914,432 parameters in TATS-base for 1,024 tokens.

    A clip's tokens follow those of its condition in the sequence, and their ids those of the condition's vocabulary.
    Without a condition, the sequence begins with one token of id 0, which is the clip's first code too.

    Args:
        codes: of the clips' codebook.
        tokens: of a clip.
        condition_codes: of the condition's codebook; 0: there is no condition.
        condition_tokens: of a condition.
    """

    def __init__(
        self,
        codes: int,
        tokens: int,
        *,
        layers: int,
        heads: int,
        width: int,
        condition_codes: int = 0,
        condition_tokens: int = 0,
    ) -> None:
        super().__init__()
        self.codes, self.tokens = codes, tokens
        self.condition_codes, self.condition_tokens = condition_codes, condition_tokens
        self.activation_checkpointing = False
        self._heads = heads
        vocabulary = condition_codes + codes
        self.tok_emb = nn.Embedding(vocabulary, width)
        self.pos_emb = nn.Parameter(torch.zeros(1, condition_tokens + tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.apply(_initialise)

    def forward(self, tokens: Tensor, condition: Tensor | None = None) -> Tensor:
        """What each token of clips may be, by those before it.

        Args:
            tokens: (B, L) of clips, from 0; L of at most `tokens`.
            condition: (B, `condition_tokens`), from 0.

        Returns:
            Logits (B, L, V) over the condition's and the clips' ids; a clip's token k has the id `condition_codes` + k.

        Raises:
            UsageError: the condition is not as long as it must be, or there is one too many or too few.
        """
        start = self.start(len(tokens), condition, tokens.device)
        sequence = torch.cat([start, tokens[:, :-1] + self.condition_codes], dim=1)
        x = self.embedded(sequence, 0)
        for block in self.blocks:
            if self.activation_checkpointing and torch.is_grad_enabled():
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x)
        return self.logits(x[:, start.shape[1] - 1 :])

    def start(self, count: int, condition: Tensor | None, device: torch.device) -> Tensor:
        """What comes before the tokens of `count` clips: (B, 1) without a condition, or the condition."""
        if (condition is not None) != bool(self.condition_tokens):
            raise UsageError(
                f"this transformer takes {self.condition_tokens} tokens of a condition"
                if self.condition_tokens
                else "this transformer takes no condition"
            )
        if condition is None:
            return torch.zeros(count, 1, dtype=torch.int64, device=device)
        if condition.shape != (count, self.condition_tokens):
            raise UsageError(
                f"the condition has {tuple(condition.shape)} tokens (clips, tokens of each); this transformer takes "
                f"{count, self.condition_tokens}"
            )
        return condition

    def embedded(self, sequence: Tensor, first: int) -> Tensor:
        """Ids (B, n), of which the first one stands at place `first`, as (B, n, D)."""
        x: Tensor = self.tok_emb(sequence) + self.pos_emb[:, first : first + sequence.shape[1]]
        return x

    def caches(self, clips: int, places: int) -> "list[Cache]":
        """Room for the keys and values of every layer."""
        shape = clips, self._heads, places, self.pos_emb.shape[-1] // self._heads
        return [Cache(self.pos_emb.new_empty(shape), self.pos_emb.new_empty(shape)) for _ in self.blocks]

    def logits(self, x: Tensor) -> Tensor:
        """(B, n, D) -> (B, n, V)."""
        logits: Tensor = self.head(self.ln_f(x))
        return logits


class Block(nn.Module):
    """(B, n, D) -> the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln1 = nn.LayerNorm(width)
        self.ln2 = nn.LayerNorm(width)
        self.attn = CausalAttention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, cache: "Cache | None" = None) -> Tensor:
        x = x + self.attn(self.ln1(x), cache)
        y: Tensor = x + self.mlp(self.ln2(x))
        return y


@dataclass(slots=True)
class Cache:
    """Keys and values of the places that a layer has seen; there is room for all from the beginning."""

    keys: Tensor  # (B, heads, places, D / heads)
    values: Tensor
    seen: int = 0

    def extended(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Those of all places, with the ones of the next places."""
        end = self.seen + keys.shape[2]
        self.keys[:, :, self.seen : end] = keys
        self.values[:, :, self.seen : end] = values
        self.seen = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class CausalAttention(nn.Module):
    """Self-attention in which a place sees itself and those before it: (B, n, D) -> the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.key = nn.Linear(width, width)
        self.query = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """With a `cache`, `x` are the next places: at the beginning any number, and afterwards one at a time."""
        q, k, v = (
            layer(x).unflatten(-1, (self._heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        if cache is not None:
            k, v = cache.extended(k, v)
        # A single place at the end of the sequence sees all of it, which the causal mask of one row would hide.
        y = F.scaled_dot_product_attention(q, k, v, is_causal=x.shape[1] > 1)
        z: Tensor = self.proj(y.transpose(1, 2).flatten(2))
        return z


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=_DEVIATION)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
