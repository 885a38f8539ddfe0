"""Speed of drawing TATS's tokens with room for all keys and values, against a cache that grows, in one run.

    python benchmarks/tats_sampling.py [--layers 24] [--width 1024] [--tokens 1024] [--clips 1] [--rounds 3]

The rival is the loop of the released code and of minGPT's relatives: it keeps each token's keys and values apart, joins
those of all tokens for every new one, and sorts the whole vocabulary to cut it. Both have the same weights and draws.

Equality is told first, in float64. Time is measured in float32, where tokens part sooner or later: both sum in another
order, two of 16,384 logits come to lie the other way round in the sorted list, and when the draw falls on one of them,
another token is drawn, and what follows is another clip. That is told too. "best" compares the best round of each,
"median" the rounds pair by pair.
"""

import argparse
from typing import cast

import torch
import torch.nn.functional as F
from timing import take_turns
from torch import Tensor

from models.tats.sampling import pick, sample_tokens
from models.tats.transformer import Block, Transformer

_CODES, _HEAD = 16_384, 64
_TOP_K, _TOP_P = 2048, 0.92
_SPREAD = 3.0  # standard deviation of a token's logits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("layers", 24), ("width", 1024), ("tokens", 1024), ("clips", 1), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.manual_seed(0)
    network = Transformer(
        _CODES, options.tokens, layers=options.layers, heads=options.width // _HEAD, width=options.width
    )
    # Fresh weights make all tokens equally likely; these make thousands possible, and some much likelier than others.
    torch.nn.init.normal_(network.head.weight, std=_SPREAD / options.width**0.5)
    network = network.eval().to(options.device)
    uniform = torch.rand(options.clips, options.tokens).to(options.device)
    rivals = {
        "kept": lambda: sample_tokens(network, uniform, top_k=_TOP_K, top_p=_TOP_P).cpu(),
        "growing": lambda: growing(network, uniform).cpu(),
    }
    network.double()
    print(f"float64: {agreement(rivals['kept'](), rivals['growing']())}", flush=True)
    network.float()
    print(f"float32: {agreement(rivals['kept'](), rivals['growing']())}", flush=True)
    times = take_turns(rivals, options.rounds)
    best, median = times["kept"].faster_than(times["growing"])
    for name, each in times.items():
        print(f"{name:8s} {each.best:8.2f} s, {options.clips * options.tokens / each.best:8.1f} tokens/s")
    print(f"{best:.2f} times as fast by the best, {median:.2f} by the median")


def agreement(first: Tensor, second: Tensor) -> str:
    """How many tokens (B, L) are equal, and up to which one all are."""
    equal = first == second
    alike = int(equal.all(dim=0).long().cumprod(0).sum())
    return f"{int(equal.sum()):,} of {equal.numel():,} tokens are equal, and all of the first {alike:,} of each clip"


@torch.no_grad()
def growing(network: Transformer, uniform: Tensor) -> Tensor:
    """The same draws with a cache that is joined anew for every token."""
    ids = torch.zeros(len(uniform), 1, dtype=torch.int64, device=uniform.device)
    blocks = cast(list[Block], list(network.blocks))
    kept: list[Tensor] = []  # of each token: (layers, 2, B, heads, 1, D / heads)
    drawn = []
    for step in range(uniform.shape[1]):
        x = network.embedded(ids, step)
        past = torch.cat(kept, dim=-2) if kept else None
        present = []
        for layer, block in enumerate(blocks):
            normed = block.ln1(x)
            q, k, v = (_heads(project(normed)) for project in (block.attn.query, block.attn.key, block.attn.value))
            present.append(torch.stack((k, v)))
            if past is not None:
                k, v = torch.cat((past[layer, 0], k), dim=-2), torch.cat((past[layer, 1], v), dim=-2)
            weights = (q @ k.transpose(2, 3) / _HEAD**0.5).softmax(-1)
            x = x + block.attn.proj((weights @ v).transpose(1, 2).flatten(2))
            x = x + block.mlp(block.ln2(x))
        kept.append(torch.stack(present))
        probabilities, tokens = _cut(network.logits(x)[:, -1])
        ids = tokens.gather(1, pick(probabilities, uniform[:, step]))
        drawn.append(ids)
    return torch.cat(drawn, dim=1)


def _heads(x: Tensor) -> Tensor:
    return x.view(*x.shape[:2], -1, _HEAD).transpose(1, 2)


def _cut(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Top-k by a threshold, then top-p over the whole vocabulary, as released."""
    least = logits.topk(_TOP_K)[0][:, -1:]
    values, tokens = logits.where(logits >= least, -torch.inf).sort(dim=-1, descending=True)
    reached = F.softmax(values, -1).cumsum(-1)
    left_out = F.pad(reached > _TOP_P, (1, -1))
    return values.masked_fill(left_out, -torch.inf).softmax(-1), tokens


if __name__ == "__main__":
    main()
