"""TATS's two networks as one: a transformer over the tokens of a VQGAN that was trained before."""

import torch
from torch import Tensor, nn

from avbench.clip import ClipSpec
from models.model import OnStep
from models.tats.config import TatsConfig
from models.tats.sampling import sample_tokens
from models.tats.transformer import Transformer
from models.tats.vqgan import Tokenizer


class TatsNetwork(nn.Module):
    """A transformer for clips of one shape, and the tokenizer of these, which it is trained without changing."""

    def __init__(self, config: TatsConfig, spec: ClipSpec) -> None:
        super().__init__()
        self._grid = config.vqgan.grid(spec)
        self.vqgan = Tokenizer(config.vqgan)
        frames, rows, columns = self._grid
        self.transformer = Transformer(
            config.vqgan.codes,
            frames * rows * columns,
            layers=config.layers,
            heads=config.heads,
            width=config.width,
        )

    def forward(self, video: Tensor) -> tuple[Tensor, Tensor]:
        """Clips (B, 3, T, H, W) in [-1, 1] as tokens (B, L), and logits (B, L, V) of each by those before it.

        Tokens are in the order of time, row and column.
        """
        tokens = self.vqgan.encode(0.5 * video).flatten(1)
        return tokens, self.transformer(tokens)

    @torch.no_grad()
    def sample(
        self, uniform: Tensor, *, top_k: int | None = None, top_p: float | None = None, on_step: OnStep | None = None
    ) -> Tensor:
        """Clips (B, 3, T, H, W) in [-1, 1] from draws (B, L) in [0, 1), one for each token."""
        tokens = sample_tokens(self.transformer, uniform, top_k=top_k, top_p=top_p, on_step=on_step)
        return 2 * self.vqgan.decode(tokens.reshape(-1, *self._grid)).clamp(-0.5, 0.5)
