"""An extractor with its weights, loaded only when something must be computed."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from avbench import weights, workspace
from avbench.features.extractor import Compute, Extractor, Forward, Switches
from avbench.ranks import Ranks


class Network:
    """An extractor as one evaluation uses it.

    Args:
        overrides: files to take in place of the registry's weights, by the weights' name.
        offline: whether missing weights may not be fetched.
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
        registered = weights.get(extractor.weights).sha256
        if extractor.weights in overrides:
            self.weights_sha256 = workspace.sha256_file(overrides[extractor.weights])
        else:
            # Features may all be cached or imported: then the hash is enough and the file is not needed.
            self.weights_sha256 = registered or self._resolve().sha256
        self.verified = self.weights_sha256 == (registered or self.weights_sha256)

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

    def load(self, ranks: Ranks) -> None:
        """Fetches the weights, if needed, and builds the network.

        Raises:
            MissingError: the weights are missing and may not or cannot be fetched.
            DataError: the file holds another network.
        """
        if self._forward is not None:
            return
        if ranks.first:
            self._resolve()
        ranks.from_first(None)  # the other processes of this machine find the file that the first one fetched
        self._forward = self.extractor.load(self._resolve().path, self._compute, self._switches)

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (B, D) of a batch of windows."""
        assert self._forward is not None, "load() comes first"
        return self._forward(inputs)

    def _resolve(self) -> weights.ResolvedWeights:
        return weights.resolve(self.extractor.weights, self._overrides, offline=self._offline)
