"""TATS's published weights under our names.

A published file is PyTorch Lightning's: its `state_dict` has the weights, and beside them lie settings and the state of
the optimisers. That of a transformer holds the VQGANs it stands on too, discriminators and perceptual loss included.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from avbench.errors import DataError
from models.published import check_same_shapes
from models.tats.network import TatsNetwork
from models.tats.vqgan import Vqgan

_STAGES = {"first_stage_model.": "vqgan.", "cond_stage_model.": "audio_vqgan."}
_TRANSFORMER = "transformer."
_TOKENIZER = ("encoder.", "decoder.", "pre_vq_conv.", "post_vq_conv.", "codebook.")
_MASK = ".attn.mask"  # of a layer: where it may not look
_PERCEPTUAL = "perceptual_model."


def published_weights(content: Any) -> Any:
    """The state dict in the content of a published file, or the content if that is one."""
    return content["state_dict"] if isinstance(content, Mapping) and "state_dict" in content else content


def vqgan_weights(given: Mapping[str, Tensor], network: Vqgan) -> dict[str, Tensor]:
    """The state dict of a `Vqgan` with published weights. A perceptual loss that it does without is passed over.

    Raises:
        DataError: a key is missing, unexpected, or has another shape; the message names the first.
    """
    if network.perceptual_model is None:
        given = {key: tensor for key, tensor in given.items() if not key.startswith(_PERCEPTUAL)}
    check_same_shapes(network.state_dict(), given, type(network).__name__)
    return dict(given)


def tats_weights(given: Mapping[str, Tensor], network: TatsNetwork) -> dict[str, Tensor]:
    """The state dict of a `TatsNetwork` with published weights.

    Raises:
        DataError: a key is missing, unexpected, or has another shape, or VQGAN and transformer do not fit each other.
    """
    stages = {theirs: own for theirs, own in _STAGES.items() if hasattr(network, own.rstrip("."))}
    _check_codes(given, list(stages))
    named = {}
    for name, tensor in given.items():
        stage = next((stage for stage in _STAGES if name.startswith(stage)), None)
        if stage is None:
            if not name.endswith(_MASK):
                named[name] = tensor
        elif stage in stages and name.removeprefix(stage).startswith(_TOKENIZER):
            named[name.replace(stage, stages[stage], 1)] = tensor
    check_same_shapes(network.state_dict(), named, type(network).__name__)
    return named


def _check_codes(given: Mapping[str, Tensor], stages: list[str]) -> None:
    vocabulary = given.get(f"{_TRANSFORMER}tok_emb.weight")
    books = [book for stage in stages if (book := given.get(f"{stage}codebook.embeddings")) is not None]
    if vocabulary is None or len(books) < len(stages) or len(vocabulary) == sum(map(len, books)):
        return
    have = "codebook of its VQGAN has" if len(books) == 1 else "codebooks of its VQGANs have"
    counts = " + ".join(f"{len(book):,}" for book in books)
    raise DataError(
        f"its transformer knows {len(vocabulary):,} tokens and the {have} {counts}: they do not fit each other, or it "
        "is conditioned on something else than this model"
    )
