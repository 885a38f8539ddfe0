"""How large a network is, beside what the paper says and what was released."""

from models.mm_diffusion.unet import UNet

PAPER_PARAMETERS = 115_130_000  # Ruan et al. 2023; no settings of the released code were found that have so many
RELEASED_PARAMETERS = 133_675_524  # counted in the released code with the released settings


def parameter_counts(network: UNet) -> dict[str, int]:
    """Parameters by what they belong to: "video", "audio", "shared" by the streams, "cross-attention"."""
    counts = {"video": 0, "audio": 0, "shared": 0, "cross-attention": 0}
    for name, parameter in network.named_parameters():
        path = name.split(".")
        owners = [part for part in ("video", "audio") if part in path]
        owner = "cross-attention" if "cross_attention" in path else owners[0] if owners else "shared"
        counts[owner] += parameter.numel()
    return counts


def describe(network: UNet) -> str:
    """One line for people: the network's parameters, its parts', the paper's and the released network's."""
    counts = parameter_counts(network)
    parts = ", ".join(f"{part} {_millions(count)}" for part, count in counts.items() if count)
    return (
        f"{_millions(sum(counts.values()))} parameters ({parts}); MM-Diffusion has "
        f"{_millions(PAPER_PARAMETERS)} in the paper and {_millions(RELEASED_PARAMETERS)} in the released code"
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:.2f}M"
