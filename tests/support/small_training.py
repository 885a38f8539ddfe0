"""MM-Diffusion, small enough to be trained in a test: every kind of block, and all that is random in it."""

SMALL = [
    f"--set={setting}"
    for setting in (
        "spec.frames=4",
        "spec.size=8",
        "spec.sample_rate=1000",
        "network.frames=4",
        "network.channels=32",
        "network.channel_mult=1,2",
        "network.self_attention_factors=2",
        "network.cross_attention_factors=2",
        "network.windows=1",
        "network.cross_head_channels=32",
        "sampling.solver=ddim",
        "sampling.steps=2",
        "training.log_every=1",
    )
]
