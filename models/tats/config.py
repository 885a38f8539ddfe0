"""The settings of TATS's networks, and those that have a name."""

from dataclasses import dataclass, field
from typing import Any, Literal

from avbench.clip import ClipSpec
from avbench.errors import UsageError
from models.tats.spectrogram import check_patches

Normalization = Literal["batch", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VqganConfig:
    """What decides the 3D-VQGAN and its losses. Defaults: the released code's training command (Ge et al. 2022).

    Raises:
        UsageError: the settings contradict each other.
    """

    codes: int = 16_384
    width: int = 256  # of a code
    hidden: int = 32  # channels of the encoder's first layer; every halving doubles them
    downsample: tuple[int, ...] = (4, 8, 8)  # frames, rows and columns that share a token; powers of two
    normalization: Normalization = "batch"  # the command's; the code's own default is group
    restarts: bool = (
        False  # codes that fall out of use become vectors of the batch; the command has --no_random_restart
    )
    discriminator_channels: int = 64
    discriminator_layers: int = 3
    l1_weight: float = 4.0
    perceptual_weight: float = 4.0  # of LPIPS, whose weights are fetched; 0: the loss is left out, and so are they
    image_weight: float = 1.0  # of the discriminator of single frames
    video_weight: float = 1.0  # of the discriminator of whole clips
    feature_weight: float = 4.0  # of feature matching, which goes by the discriminators' activations
    adversarial_from: int = 10_000  # steps before the discriminators take part

    def __post_init__(self) -> None:
        for name in ("codes", "width", "hidden", "discriminator_channels", "discriminator_layers"):
            if getattr(self, name) < 1:
                raise UsageError(f"network.{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("l1_weight", "perceptual_weight", "image_weight", "video_weight", "feature_weight"):
            if getattr(self, name) < 0:
                raise UsageError(f"network.{name} is {getattr(self, name)}; it must not be negative")
        if len(self.downsample) != 3 or any(factor < 1 or factor & (factor - 1) for factor in self.downsample):
            raise UsageError(f"network.downsample is {self.downsample}; it must be three powers of two")
        if max(self.downsample) == 1:
            raise UsageError("network.downsample is 1, 1, 1; one of them must be at least 2")
        if self.normalization == "group" and self.hidden % 16:
            raise UsageError(
                f"network.hidden is {self.hidden}; group normalisation has 32 groups, so that it must be a multiple of "
                "16, or give --set network.normalization=batch"
            )

    @property
    def strides(self) -> list[tuple[int, int, int]]:
        """Of the encoder's blocks: an axis is halved while it still needs it."""
        exponents = [factor.bit_length() - 1 for factor in self.downsample]
        return [
            (1 + (exponents[0] > block), 1 + (exponents[1] > block), 1 + (exponents[2] > block))
            for block in range(max(exponents))
        ]

    def grid(self, spec: ClipSpec) -> tuple[int, int, int]:
        """Frames, rows and columns of a clip's tokens.

        Raises:
            UsageError: the clip cannot be cut into tokens evenly.
        """
        what = f"{spec.frames} frames of {spec.size} pixels"
        settings = "--set spec.frames=N and --set spec.size=N"
        return _cut((spec.frames, spec.size, spec.size), self.downsample, what, settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioVqganConfig(VqganConfig):
    """What decides the VQGAN of sound: one like that of clips, of spectrograms (`models.tats.spectrogram`).

    Defaults: the command that an author of the released code gives for it (its issue 17). Discriminators have no part
    in it, though its published files hold some.

    Raises:
        UsageError: the settings contradict each other.
    """

    codes: int = 1024
    downsample: tuple[int, ...] = (4, 8, 8)  # frames, bands and columns that share a token
    image_weight: float = 0.0
    video_weight: float = 0.0
    feature_weight: float = 0.0
    columns: int = 16  # of a frame's patch: the authors' network has 64 x 16, what they are computed from is ours
    bands: int = 64

    def __post_init__(self) -> None:
        VqganConfig.__post_init__(self)  # super() does not know a class with slots
        for name in ("columns", "bands"):
            if getattr(self, name) < 1:
                raise UsageError(f"network.{name} is {getattr(self, name)}; it must be at least 1")

    def grid(self, spec: ClipSpec) -> tuple[int, int, int]:
        """Frames, bands and columns of the tokens of a clip's sound.

        Raises:
            UsageError: the sound cannot be cut into columns, or its spectrogram into tokens, evenly.
        """
        check_patches(spec, columns=self.columns, bands=self.bands)
        what = f"{spec.frames} frames of {self.bands} bands and {self.columns} columns of sound"
        settings = "--set spec.frames=N, network.bands and network.columns"
        return _cut((spec.frames, self.bands, self.columns), self.downsample, what, settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class TatsConfig:
    """What decides the transformer, and the VQGAN whose tokens it models. Defaults: TATS-base (Ge et al. 2022).

    Raises:
        UsageError: the settings contradict each other.
    """

    layers: int = 24
    heads: int = 16
    width: int = 1024
    vqgan: VqganConfig = field(default_factory=VqganConfig)

    def __post_init__(self) -> None:
        for name in ("layers", "heads", "width"):
            if getattr(self, name) < 1:
                raise UsageError(f"network.{name} is {getattr(self, name)}; it must be at least 1")
        if self.width % self.heads:
            raise UsageError(f"network.width is {self.width}; it must be a multiple of network.heads, {self.heads}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TatsAudioConfig(TatsConfig):
    """A transformer over clips' tokens that begins with those of their sound, and the VQGANs of both."""

    audio_vqgan: AudioVqganConfig = field(default_factory=AudioVqganConfig)


def _cut(sides: tuple[int, int, int], factors: tuple[int, ...], what: str, settings: str) -> tuple[int, int, int]:
    """How many tokens lie along each side.

    Raises:
        UsageError: a side is no multiple of its factor.
    """
    if any(side % factor for side, factor in zip(sides, factors, strict=True)):
        raise UsageError(
            f"{what} cannot be cut into tokens of {' x '.join(map(str, factors))}; choose multiples of them with "
            f"{settings}, or other network.downsample"
        )
    first, second, third = (side // factor for side, factor in zip(sides, factors, strict=True))
    return first, second, third


PAPER_VQGAN = VqganConfig()
_TINY_LAYERS: dict[str, Any] = dict(
    width=32,
    hidden=8,
    downsample=(4, 4, 4),
    restarts=True,
    discriminator_channels=16,
    discriminator_layers=2,
    perceptual_weight=0.0,
)
TINY_VQGAN = VqganConfig(codes=256, adversarial_from=700, **_TINY_LAYERS)
PAPER = TatsConfig(vqgan=PAPER_VQGAN)
TINY = TatsConfig(layers=4, heads=4, width=128, vqgan=TINY_VQGAN)
PAPER_AUDIO_VQGAN = AudioVqganConfig()
TINY_AUDIO_VQGAN = AudioVqganConfig(codes=64, bands=16, **_TINY_LAYERS)
PAPER_AUDIO = TatsAudioConfig(vqgan=PAPER_VQGAN, audio_vqgan=PAPER_AUDIO_VQGAN)
TINY_AUDIO = TatsAudioConfig(layers=4, heads=4, width=128, vqgan=TINY_VQGAN, audio_vqgan=TINY_AUDIO_VQGAN)
