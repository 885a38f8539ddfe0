"""TATS's published weights under our names.

A published file is PyTorch Lightning's: its `state_dict` has the weights, and beside them lie settings and the state of
the optimisers. That of a transformer holds the VQGAN it stands on too, discriminators and perceptual loss included.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from avbench.errors import DataError
from models.published import check_same_shapes
from models.tats.network import TatsNetwork
from models.tats.vqgan import Vqgan

_VQGAN, _CONDITION, _TRANSFORMER = "first_stage_model.", "cond_stage_model.", "transformer."
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
    _check_codes(given)
    own = {name: tensor for name, tensor in given.items() if not _left_out(name)}
    named = {name.replace(_VQGAN, "vqgan.", 1) if name.startswith(_VQGAN) else name: own[name] for name in own}
    check_same_shapes(network.state_dict(), named, type(network).__name__)
    return named


def _left_out(name: str) -> bool:
    if name.startswith(_VQGAN):
        return not name.removeprefix(_VQGAN).startswith(_TOKENIZER)
    return name.startswith(_CONDITION) or name.endswith(_MASK)


def _check_codes(given: Mapping[str, Tensor]) -> None:
    codebook = given.get(f"{_VQGAN}codebook.embeddings")
    vocabulary = given.get(f"{_TRANSFORMER}tok_emb.weight")
    if codebook is not None and vocabulary is not None and len(codebook) != len(vocabulary):
        raise DataError(
            f"its transformer knows {len(vocabulary):,} tokens and the codebook of its VQGAN has {len(codebook):,}: "
            "they do not fit each other, or it is conditioned on labels, text or sound, which this model is not"
        )
