"""An extractor with its weights, loaded only when something must be computed."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from avbench.features.extractor import Compute, Extractor, Forward, Switches
from avbench.progress import Progress, silent
from avbench.ranks import Ranks
from avbench.weights import ResolvedWeights, get, resolve


class Network:
    """An extractor as one evaluation uses it.

    Args:
        overrides: files to take in place of the registry's weights, by the weights' name.
        offline: whether missing weights may not be fetched.

    Attributes:
        weights_sha256: hash of the weights; "" for an extractor without any.
        verified: whether they are those of the registry.
    """

    def __init__(
        self,
        extractor: Extractor,
        compute: Compute,
        switches: Switches,
        overrides: Mapping[str, Path],
        offline: bool,
    ) -> None:
        self.extractor = extractor
        self._compute = compute
        self._switches = switches
        self._overrides = overrides
        self._offline = offline
        self._forward: Forward | None = None
        registered = get(extractor.weights).sha256 if extractor.weights else ""
        if extractor.weights in overrides or registered is None:
            resolved = self._resolve()
            self.weights_sha256, self.verified = resolved.sha256, resolved.verified
        else:
            # Features may all be cached or imported: then the hash is enough and the file is not needed.
            self.weights_sha256, self.verified = registered, True

    @property
    def identity(self) -> str:
        """Extractor, weights and precision, as text."""
        precision = "bfloat16" if self._compute.bfloat16 and self.extractor.modality == "video" else "float32"
        return f"{self.extractor.identity(self._switches)} weights={self.weights_sha256} {precision}"

    @property
    def sees_the_batch(self) -> bool:
        """Whether a row depends on the other rows of its batch."""
        return self.extractor.sees_the_batch(self._switches)

    def expect(self, windows: int) -> None:
        """Tells that so many more windows may have to be computed; before `load`."""
        self._compute = dataclasses.replace(self._compute, windows=self._compute.windows + windows)

    def load(self, ranks: Ranks, progress: Progress) -> None:
        """Fetches the weights, if needed, and builds the network.

        Raises:
            MissingError: the weights are missing and may not or cannot be fetched.
            DataError: the file holds another network.
        """
        if self._forward is not None:
            return
        if ranks.first and self.extractor.weights:
            self._resolve(progress)
        ranks.from_first(None)  # the other processes of this machine find the file that the first one fetched
        checkpoint = self._resolve().path if self.extractor.weights else Path()
        self._forward = self.extractor.load(checkpoint, self._compute, self._switches)

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (B, D) of a batch of windows."""
        assert self._forward is not None, "load() comes first"
        return self._forward(inputs)

    def _resolve(self, progress: Progress = silent) -> ResolvedWeights:
        return resolve(self.extractor.weights, self._overrides, offline=self._offline, progress=progress)
