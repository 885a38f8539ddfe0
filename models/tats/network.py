"""TATS's networks as one: a transformer over the tokens of a VQGAN that was trained before; given sound, of two."""

from math import prod

import torch
from torch import Tensor, nn

from avbench.clip import ClipSpec
from models.model import OnStep
from models.tats.config import TatsAudioConfig, TatsConfig
from models.tats.sampling import sample_tokens
from models.tats.spectrogram import sound_patches
from models.tats.transformer import Transformer
from models.tats.vqgan import Tokenizer


class TatsNetwork(nn.Module):
    """A transformer for clips of one shape, and the tokenizer of these, which it is trained without changing.

    Args:
        condition_codes: of the vocabulary of what clips are made to fit; 0: nothing.
        condition_tokens: of what one clip is made to fit.
    """

    def __init__(
        self, config: TatsConfig, spec: ClipSpec, *, condition_codes: int = 0, condition_tokens: int = 0
    ) -> None:
        super().__init__()
        self._grid = config.vqgan.grid(spec)
        self.vqgan = Tokenizer(config.vqgan)
        self.transformer = Transformer(
            config.vqgan.codes,
            prod(self._grid),
            layers=config.layers,
            heads=config.heads,
            width=config.width,
            condition_codes=condition_codes,
            condition_tokens=condition_tokens,
        )

    def forward(self, video: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Clips (B, 3, T, H, W) in [-1, 1] as ids of tokens (B, L), and logits (B, L, V) of each by those before it.

        Tokens are in the order of time, row and column.

        Args:
            condition: what the clips fit, as `tokens_of` takes it.
        """
        tokens = self.vqgan.encode(0.5 * video).flatten(1)
        return tokens + self.transformer.condition_codes, self.transformer(tokens, self.tokens_of(condition))

    @torch.no_grad()
    def sample(
        self,
        uniform: Tensor,
        condition: Tensor | None = None,
        *,
        top_k: int | None = None,
        top_p: float | None = None,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Clips (B, 3, T, H, W) in [-1, 1] from draws (B, L) in [0, 1), one for each token."""
        given = self.tokens_of(condition)
        tokens = sample_tokens(self.transformer, uniform, condition=given, top_k=top_k, top_p=top_p, on_step=on_step)
        return 2 * self.vqgan.decode(tokens.reshape(-1, *self._grid)).clamp(-0.5, 0.5)

    def tokens_of(self, condition: Tensor | None) -> Tensor | None:
        """Tokens (B, `condition_tokens`) of what clips are made to fit: by default, it is given as these."""
        return condition


class TatsAudioNetwork(TatsNetwork):
    """One whose clips are made to fit sound, and the tokenizer of that, which does not change either."""

    def __init__(self, config: TatsAudioConfig, spec: ClipSpec) -> None:
        audio = config.audio_vqgan
        super().__init__(config, spec, condition_codes=audio.codes, condition_tokens=prod(audio.grid(spec)))
        self.audio_vqgan = Tokenizer(audio, image_channels=1)
        self._audio, self._spec = audio, spec

    def tokens_of(self, condition: Tensor | None) -> Tensor | None:
        """Tokens of sound (B, 1, S) in [-1, 1], in the order of time, band and column.

        Raises:
            UsageError: it is not as long as the clips.
        """
        if condition is None:
            return None
        patches = sound_patches(condition, self._spec, columns=self._audio.columns, bands=self._audio.bands)
        return self.audio_vqgan.encode(patches).flatten(1)
