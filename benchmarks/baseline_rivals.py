"""The baselines' networks twice, under the losses of a training step: as ours, and as plain renderings.

Both have the same weights, made by chance with no branch silent, the same data and the same draws.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import plain_digan
import plain_tats
import torch
import torch.nn.functional as F
from plain_diffwave import PlainDiffWave, alpha_bar, noise_loss
from rivals import Rival
from torch import Tensor, nn

from models.config import RunConfig
from models.digan.augment import Augmentation
from models.digan.config import DiganConfig
from models.digan.discriminator import as_pairs
from models.digan.pairs import drawn_times
from models.digan.published import published_names
from models.draws import Draws
from models.model import Phase
from models.registry import MODELS
from models.tats.config import VqganConfig

Rivals = dict[str, Callable[[RunConfig], Rival]]  # by the model's name

_USES = 1e4


def awakened(settings: RunConfig) -> Any:
    """The network, freshly made. What starts as zero is random here, since zeros would hide differences."""
    torch.manual_seed(0)
    network = MODELS[settings.model].build(settings)
    for parameter in network.parameters():
        if parameter.ndim > 1 and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    for name, buffer in network.named_buffers():
        # Codes as if they had long been in use. New ones would be made from the first batch, by chance; light ones
        # would move so far in a step that all vectors choose the same, and of a constant the decoder makes rounding.
        if name.endswith("codebook.N"):
            buffer.fill_(_USES)
        if name.endswith("codebook.z_avg"):
            buffer.mul_(_USES)
    return network


def batch_of(settings: RunConfig) -> dict[str, Tensor]:
    """What a training step is given: uniform noise in [-1, 1] of the right shape."""
    generator, spec, B = torch.Generator().manual_seed(0), settings.spec, settings.training.batch_size
    frames = 2 if settings.model == "digan" else spec.frames
    shapes = {"video": (B, 3, frames, spec.size, spec.size), "audio": (B, 1, spec.samples)}
    wanted = MODELS[settings.model].modalities
    batch: dict[str, Tensor] = {name: 2 * torch.rand(shapes[name], generator=generator) - 1 for name in wanted}
    return batch | {"gap": torch.linspace(0, 1, B)} if settings.model == "digan" else batch


def draws_of(settings: RunConfig) -> Draws:
    return Draws(0, "benchmark", members=range(settings.training.batch_size))


def train_only(chosen: Iterable[Tensor], others: Iterable[Tensor]) -> None:
    """Lets the chosen parameters alone gather gradients, from none on."""
    for parameter in others:
        parameter.requires_grad_(False)
    for parameter in chosen:
        parameter.requires_grad_(True)
        parameter.grad = None


class Ours(Rival):
    """Our network under the losses that it is trained by."""

    at = 1  # the step whose losses are taken

    def __init__(self, settings: RunConfig) -> None:
        super().__init__()
        self.config, self.model, self.network = settings, MODELS[settings.model], awakened(settings)
        for name in self.model.first_stages:
            self.network.get_submodule(name).requires_grad_(False).eval()
        self.batch, self.draws = batch_of(settings), draws_of(settings)
        optimizers = self.model.optimizers(self.network, settings)
        self.parts: Mapping[str, list[Tensor]] = {
            name: [parameter for group in optimizer.param_groups for parameter in group["params"]]
            for name, optimizer in optimizers.items()
        }
        self.names = self.published_names()

    def published_names(self) -> dict[int, str]:
        """What parameters, by their `id`, are called in published files."""
        return {id(parameter): name for name, parameter in self.network.named_parameters()}

    def step(self) -> None:
        for phase in self.model.phases(self.config, self.at):
            self.run(phase)

    def run(self, phase: Phase) -> None:
        others = [parameter for name, part in self.parts.items() if name != phase.optimizer for parameter in part]
        chosen = self.parts[phase.optimizer]
        train_only(chosen, others)
        losses = phase.losses(self.network, self.batch, self.draws, self.config)
        torch.autograd.backward(torch.stack(list(losses.parts.values())).sum(0).mean())
        kept = {f"{phase.name}, {self.names[id(parameter)]}": parameter.grad for parameter in chosen}
        self.gradients = {**self.gradients, **{name: grad for name, grad in kept.items() if grad is not None}}


class OurDiffWave(Ours):
    @torch.no_grad()
    def forward(self) -> None:
        steps = self.draws.integers("timestep", high=self.config.network.diffusion_steps)
        self.outputs = {"noise": self.network(self.batch["audio"], steps)}


class OurDigan(Ours):
    at = 2  # without the penalty

    def published_names(self) -> dict[int, str]:
        parameters, names = dict(self.network.named_parameters()), published_names(self.network)
        return {id(parameter): names[name] for name, parameter in parameters.items()}

    @torch.no_grad()
    def forward(self) -> None:
        latent, motion, times = pair_draws(self.draws, self.config)
        frames = self.network.generator(latent, motion, times)
        motion_logits, image_logits = self.network.discriminators(as_pairs(frames, times[:, 1] - times[:, 0]))
        self.outputs = {"frames": frames, "logits": torch.cat([motion_logits, image_logits.flatten()])}

    def penalty(self) -> None:
        self.run(self.model.phases(self.config, 1)[-1])


class OurVqgan(Ours):
    def __init__(self, settings: RunConfig) -> None:
        super().__init__(settings)
        self.at = settings.network.adversarial_from + 1

    @torch.no_grad()
    def forward(self) -> None:
        made = self.network.eval().reconstruct(0.5 * self.batch["video"], learn=False)
        self.outputs = {"video": made.video}
        self.network.train()


class OurTats(Ours):
    @torch.no_grad()
    def forward(self) -> None:
        _, logits = self.network(self.batch["video"])
        self.outputs = {"logits": logits}


class Plain(Rival):
    """A plain network under plain losses, with the weights that ours would have."""

    def __init__(self, settings: RunConfig) -> None:
        super().__init__()
        self.config, self.batch, self.draws = settings, batch_of(settings), draws_of(settings)
        self.weights = self.published_weights(awakened(settings))

    def published_weights(self, network: nn.Module) -> dict[str, Tensor]:
        return {name: tensor.detach() for name, tensor in network.state_dict().items()}

    def learn(self, phase: str, trained: Callable[[str], bool], loss: Callable[[], Tensor]) -> None:
        """The gradients of a loss by the weights with such names."""
        chosen = {name: tensor for name, tensor in self.weights.items() if trained(name)}
        others = [tensor for name, tensor in self.weights.items() if name not in chosen]
        train_only(chosen.values(), others)
        torch.autograd.backward(loss())
        kept = {f"{phase}, {name}": tensor.grad for name, tensor in chosen.items()}
        self.gradients = {**self.gradients, **{name: grad for name, grad in kept.items() if grad is not None}}


class DiffWave(Plain):
    def __init__(self, settings: RunConfig) -> None:
        super().__init__(settings)
        shape = settings.network
        steps = shape.diffusion_steps
        self.network = PlainDiffWave(
            self.weights, layers=shape.layers, dilation_cycle=shape.dilation_cycle, steps=steps
        )
        self.signal = alpha_bar(steps, shape.beta_start, shape.beta_end)
        self.audio, self.steps = self.batch["audio"][:, 0], self.draws.integers("timestep", high=steps)

    @torch.no_grad()
    def forward(self) -> None:
        self.outputs = {"noise": self.network(self.audio, self.steps)}

    def step(self) -> None:
        noise = self.draws.normal("noise", "audio", shape=self.batch["audio"].shape[1:])[:, 0]
        loss = partial(noise_loss, self.network, self.audio, noise, self.steps, self.signal)
        self.learn("loss", lambda name: not name.endswith("table"), loss)


class Digan(Plain):
    def __init__(self, settings: RunConfig) -> None:
        super().__init__(settings)
        shape, size = settings.network, settings.spec.size
        self.generator = plain_digan.PlainGenerator(
            inside(self.weights, "G_ema."), size=size, coarse_size=shape.coarse_size, rank=shape.rank
        )
        self.motion, self.image = (
            plain_digan.PlainDiscriminator(inside(self.weights, f"D.{name}."), size=size)
            for name in ("videoD", "imageD")
        )
        frames = self.batch["video"].transpose(1, 2).flatten(0, 1)
        self.real = plain_digan.pairs_of(frames, self.batch["gap"])

    def published_weights(self, network: nn.Module) -> dict[str, Tensor]:
        names = published_names(network)
        return {names[name]: tensor.detach() for name, tensor in network.state_dict().items()}

    @torch.no_grad()
    def forward(self) -> None:
        latent, motion, times = pair_draws(self.draws, self.config)
        frames = self.generator(latent, motion, times)
        pairs = plain_digan.pairs_of(frames, times[:, 1] - times[:, 0])
        logits = torch.cat([self.motion(pairs), self.image(frames)]).flatten()
        self.outputs = {"frames": torch.unflatten(frames, 0, (-1, 2)).transpose(1, 2), "logits": logits}

    def step(self) -> None:
        self.learn("generator", lambda name: name.startswith("G_ema."), self.generator_loss)
        self.learn("discriminators", lambda name: name.startswith("D."), self.discriminator_loss)

    def penalty(self) -> None:
        self.learn("r1", lambda name: name.startswith("D."), self.penalty_loss)

    def generator_loss(self) -> Tensor:
        pairs = self.augmented(self.made("generator"), "generator")
        motion, image = self.motion(pairs), self.image(plain_digan.frames_of(pairs))
        return F.softplus(-motion).mean() + F.softplus(-image).mean()

    def discriminator_loss(self) -> Tensor:
        with torch.no_grad():
            made = self.made("discriminator")
        loss = torch.zeros(())
        for pairs, sign, name in ((made, 1, "made"), (self.real, -1, "real")):
            pairs = self.augmented(pairs, name)
            frames = plain_digan.frames_of(pairs)
            loss = loss + F.softplus(sign * self.motion(pairs)).mean() + F.softplus(sign * self.image(frames)).mean()
        return loss

    def penalty_loss(self) -> Tensor:
        pairs = self.real.detach().requires_grad_()
        augmented = self.augmented(pairs, "penalty")
        frames = plain_digan.frames_of(augmented)
        penalty = torch.zeros(())
        for logits, inputs in ((self.motion(augmented), pairs), (self.image(frames), frames)):
            (gradient,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
            penalty = penalty + gradient.square().sum(dim=(1, 2, 3)).mean()
        shape: DiganConfig = self.config.network
        return shape.r1_every * shape.r1_gamma / 2 * penalty

    def made(self, phase: str) -> Tensor:
        latent, motion, times = pair_draws(self.draws, self.config, phase)
        return plain_digan.pairs_of(self.generator(latent, motion, times), times[:, 1] - times[:, 0])

    def augmented(self, pairs: Tensor, name: str) -> Tensor:
        drawn = Augmentation.drawn(self.draws, name, "augmentation", size=pairs.shape[-1])
        return plain_digan.augmented(
            pairs, drawn.brightness, drawn.saturation, drawn.contrast, drawn.rows, drawn.columns
        )


class Vqgan(Plain):
    def __init__(self, settings: RunConfig) -> None:
        super().__init__(settings)
        shape = settings.network
        self.network = plain_tats.PlainVqgan(self.weights, strides=shape.strides)
        self.image, self.video = (
            plain_tats.PlainDiscriminator(self.weights, name, layers=shape.discriminator_layers)
            for name in ("image_discriminator", "video_discriminator")
        )
        self.lpips = plain_tats.PlainLpips(self.weights) if shape.perceptual_weight else None
        self.real = 0.5 * self.batch["video"]
        self.frame = self.draws.integers("frame", high=self.real.shape[2])

    @torch.no_grad()
    def forward(self) -> None:
        self.network.training = False
        self.outputs = {"video": self.network.reconstruct(self.real)[0]}
        self.network.training = True

    def step(self) -> None:
        judged = ("image_discriminator", "video_discriminator")
        fixed = ("codebook", "perceptual_model", *judged)
        statistics = ("running_mean", "running_var", "num_batches_tracked")
        self.learn("autoencoder", lambda name: not name.startswith(fixed) and not name.endswith(statistics), self.loss)
        self.learn("discriminators", lambda name: name.startswith(judged) and not name.endswith(statistics), self.hinge)

    def loss(self) -> Tensor:
        shape: VqganConfig = self.config.network
        real = self.real
        made, commitment = self.network.reconstruct(real)
        loss = shape.l1_weight * F.l1_loss(made, real) + commitment
        if self.lpips:
            loss = loss + shape.perceptual_weight * self.lpips(self.still(made), self.still(real)).mean()
        for judge, weight, seen, wanted in (
            (self.image, shape.image_weight, self.still(made), self.still(real)),
            (self.video, shape.video_weight, made, real),
        ):
            logits, features = judge(seen)
            with torch.no_grad():
                _, real_features = judge(wanted)
            matching = plain_tats.matching(features, real_features)
            loss = loss - weight * logits.mean() + shape.feature_weight * matching
        return loss

    def hinge(self) -> Tensor:
        shape: VqganConfig = self.config.network
        with torch.no_grad():
            made, _ = self.network.reconstruct(self.real)
        image = [self.image(self.still(video))[0] for video in (self.real, made)]
        video = [self.video(clip)[0] for clip in (self.real, made)]
        return shape.image_weight * plain_tats.hinge(*image) + shape.video_weight * plain_tats.hinge(*video)

    def still(self, video: Tensor) -> Tensor:
        """A frame of each clip, the one that is judged as a picture."""
        return video[torch.arange(len(video)), :, self.frame]


class Tats(Plain):
    def __init__(self, settings: RunConfig) -> None:
        super().__init__(settings)
        shape = settings.network
        self.vqgan = plain_tats.PlainVqgan(inside(self.weights, "vqgan."), strides=shape.vqgan.strides)
        self.vqgan.training = False
        self.transformer = plain_tats.PlainTransformer(
            inside(self.weights, "transformer."), layers=shape.layers, heads=shape.heads
        )

    @torch.no_grad()
    def forward(self) -> None:
        self.outputs = {"logits": self.logits()[1]}

    def step(self) -> None:
        self.learn("loss", lambda name: name.startswith("transformer."), self.loss)

    def loss(self) -> Tensor:
        tokens, logits = self.logits()
        return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())

    def logits(self) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            tokens = self.vqgan.tokens(self.vqgan.encode(0.5 * self.batch["video"])).flatten(1)
        ids = torch.cat([torch.zeros(len(tokens), 1, dtype=torch.int64), tokens[:, :-1]], dim=1)
        return tokens, self.transformer(ids)


def inside(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def pair_draws(draws: Draws, settings: RunConfig, *name: str) -> tuple[Tensor, Tensor, Tensor]:
    """What two frames of each clip are made from: content, motion and times."""
    shape = settings.network
    latent = draws.normal(*name, "latent", shape=(shape.latent,))
    motion = draws.normal(*name, "motion", shape=(shape.style,))
    return latent, motion, drawn_times(draws, *name)


OURS: Rivals = {"diffwave": OurDiffWave, "digan": OurDigan, "tats-vqgan": OurVqgan, "tats": OurTats}
PLAIN: Rivals = {"diffwave": DiffWave, "digan": Digan, "tats-vqgan": Vqgan, "tats": Tats}
