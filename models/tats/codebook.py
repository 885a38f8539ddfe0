"""The codebook: vectors become the nearest of a list of codes, and the codes follow the vectors that they stand for.

Source: van den Oord et al. 2017, "Neural Discrete Representation Learning", appendix A.1 (moving averages);
Ge et al. 2022 and its released code (beginning, and restarts of codes that fall out of use).
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, distributed, nn

_DECAY = 0.99
_SMOOTHING = 1e-7  # of the counts, by which sums are divided
_LEAST_USE = 1.0  # moving average of a code's vectors in a batch, below which it is restarted
_COMMITMENT = 0.25
_NOISE = 0.01  # length of what is added to copies, where there are fewer vectors than codes


@dataclass(frozen=True, slots=True)
class Quantised:
    """Vectors as codes."""

    codes: Tensor  # (B, D, t, h, w): the codes; gradients pass to the vectors as if they were those
    tokens: Tensor  # (B, t, h, w) int64
    commitment: Tensor  # (B,): what it costs the vectors to lie away from their codes
    perplexity: Tensor  # (): of the batch's tokens, from 1 to the number of codes


class Codebook(nn.Module):
    """Codes of D numbers each, which are learnt by moving averages in the place of gradients.

    In training mode, `forward` lets the codes follow its vectors, unless it is told not to. The first batch of all
    makes them: the codes are some of its vectors. With several processes, all learn from the vectors of all.

    Args:
        restarts: codes that hardly any vector is near to become vectors of the batch.
    """

    embeddings: Tensor
    N: Tensor  # moving average of each code's count; all 0 before the first batch
    z_avg: Tensor  # moving average of the sums of each code's vectors

    def __init__(self, codes: int, width: int, *, restarts: bool) -> None:
        super().__init__()
        self._restarts = restarts
        self.register_buffer("embeddings", torch.randn(codes, width))
        self.register_buffer("N", torch.zeros(codes))
        self.register_buffer("z_avg", self.embeddings.clone())

    def forward(self, vectors: Tensor, *, learn: bool = True) -> Quantised:
        """Quantises vectors.

        Args:
            vectors: (B, D, t, h, w), computed with in float32: a rounded distance may choose another code.
            learn: let the codes follow them afterwards, if in training mode.
        """
        with torch.autocast(vectors.device.type, enabled=False):
            vectors = vectors.float()
            rows_ND = vectors.detach().movedim(1, -1).flatten(0, -2)
            learning = learn and self.training
            if learning and not bool(self.N.any()):
                self._begin(rows_ND)
            tokens_N = self._nearest(rows_ND)
            tokens = tokens_N.view(len(vectors), *vectors.shape[2:])
            codes = self.look_up(tokens)
            if learning:
                self._follow(rows_ND, tokens_N)
            commitment = _COMMITMENT * (vectors - codes).square().flatten(1).mean(1)
            return Quantised(
                codes=vectors + (codes - vectors).detach(),
                tokens=tokens,
                commitment=commitment,
                perplexity=self._perplexity(tokens_N),
            )

    def look_up(self, tokens: Tensor) -> Tensor:
        """The codes of tokens: (B, t, h, w) -> (B, D, t, h, w)."""
        return F.embedding(tokens, self.embeddings).movedim(-1, 1)

    def _nearest(self, rows_ND: Tensor) -> Tensor:
        """(N,): of each row, the code with the least squared distance, less the row's own square."""
        squares_K = self.embeddings.square().sum(1)
        return torch.addmm(squares_K, rows_ND, self.embeddings.T, alpha=-2).argmin(1)

    def _perplexity(self, tokens_N: Tensor) -> Tensor:
        share = self._counts(tokens_N) / len(tokens_N)
        return torch.exp(-(share * torch.log(share + 1e-10)).sum())

    def _counts(self, tokens_N: Tensor) -> Tensor:
        return torch.bincount(tokens_N, minlength=len(self.embeddings)).float()

    @torch.no_grad()
    def _begin(self, rows_ND: Tensor) -> None:
        self.embeddings.copy_(self._some(rows_ND))
        self.z_avg.copy_(self.embeddings)
        self.N.fill_(1.0)

    @torch.no_grad()
    def _follow(self, rows_ND: Tensor, tokens_N: Tensor) -> None:
        counts = _of_all(self._counts(tokens_N))
        sums = _of_all(torch.zeros_like(self.z_avg).index_add_(0, tokens_N, rows_ND))
        self.N.mul_(_DECAY).add_(counts, alpha=1 - _DECAY)
        self.z_avg.mul_(_DECAY).add_(sums, alpha=1 - _DECAY)
        total = self.N.sum()
        weights = (self.N + _SMOOTHING) / (total + len(self.N) * _SMOOTHING) * total
        self.embeddings.copy_(self.z_avg / weights[:, None])
        if self._restarts:
            # As released, averages stay as they are: a code that does not come into use is restarted again and again.
            unused = self.N < _LEAST_USE
            self.embeddings.copy_(torch.where(unused[:, None], self._some(rows_ND), self.embeddings))

    def _some(self, rows_ND: Tensor) -> Tensor:
        """As many vectors of the first process as there are codes, drawn without repetition while there are enough."""
        codes, width = self.embeddings.shape
        if len(rows_ND) < codes:
            rows_ND = rows_ND.repeat(math.ceil(codes / len(rows_ND)), 1)
            rows_ND = rows_ND + torch.randn_like(rows_ND) * (_NOISE / math.sqrt(width))
        chosen = rows_ND[torch.randperm(len(rows_ND), device=rows_ND.device)[:codes]]
        if distributed.is_initialized():
            distributed.broadcast(chosen, 0)
        return chosen


def _of_all(tensor: Tensor) -> Tensor:
    """The sum over all processes."""
    if distributed.is_initialized():
        distributed.all_reduce(tensor)
    return tensor
