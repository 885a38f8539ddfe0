"""Has a run learnt? Its samples against noise, an untrained network and real clips, all in the run's own shape.

    python benchmarks/learning.py runs/NAME [--samples 64] [--from-audio SET] [--unseen SET] [--sheet docs/learnt.png]

Two tables: distances to real clips (protocol `avbench`, features `embedded`), and, for a model of both, how well
picture and sound fit each other, beside how well they fit when each clip gets another one's sound. With --from-audio,
the samples are pictures to the sound of that set's clips. With --unseen, a third: what a joint diffusion knows of real
clips' sound from their picture and the other way round. Whatever was made before is used again.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipSet, open_clipset
from avbench.evaluation import evaluate
from avbench.metrics.alignment import motion, motion_onset, onsets
from avbench.plugins import load_plugins
from avbench.ranks import Ranks
from avbench.reshape import reshape
from models.checkpoint import Checkpoint, save_checkpoint
from models.draws import Draws
from models.model import Losses, Tensors
from models.registry import MODELS
from models.run import Run
from models.sampling.conditions import Conditions
from models.sampling.network import load_network
from models.sampling.noise import noise_set
from models.sampling.sample import sample_run
from models.training.job import prepare_job
from reports.contact_sheet import contact_sheet

SHUFFLES = 2000
BATCH, REPEATS = 16, 4  # clips at once, and how often each, with other noise
SHOWN = 8  # clips of the contact sheet


def untrained(run: Run, folder: Path) -> Run:
    """A run in `folder` with the weights that the training of `run` began with."""
    if not folder.exists():
        folder.mkdir(parents=True)
        run.config.save(folder / "config.toml")
    beginning = Run(folder)
    if not beginning.checkpoints():
        weights = prepare_job(run.config, Ranks()).network.state_dict()
        save_checkpoint(beginning, Checkpoint(model=run.config.model, step=0, network=weights, ema=weights))
    return beginning


def alignment(clips: list[Clip], spec: ClipSpec) -> tuple[float, float, float]:
    """Motion against onset: the mean of the clips, of pairs of unlike clips, and how often a shuffle does as well."""
    video = torch.from_numpy(np.stack([np.asarray(clip.video) for clip in clips])).permute(0, 4, 1, 2, 3) / 255
    sound = torch.from_numpy(np.stack([np.asarray(clip.audio) for clip in clips]))
    moved, begun = motion(video).numpy(), onsets(sound, spec.sample_rate, spec.frames).numpy()
    pairs: NDArray[np.float64] = np.stack(
        [motion_onset(moved, np.roll(begun, shift, axis=0)) for shift in range(len(clips))], axis=1
    )  # column k: each clip with the sound of the k-th clip before it
    own = float(pairs[:, 0].mean())
    randomness, number = np.random.default_rng(0), np.arange(len(clips))
    shuffled = [
        pairs[number, (number - randomness.permutation(len(clips))) % len(clips)].mean() for _ in range(SHUFFLES)
    ]
    return own, float(pairs[:, 1:].mean()), float(np.mean([own <= value for value in shuffled]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--from-audio", type=Path, metavar="CLIPSET", help="whose sound samples are made to fit")
    parser.add_argument("--unseen", type=Path, metavar="CLIPSET", help="clips that the run was not trained on")
    parser.add_argument("--sheet", type=Path, help="where to write a PNG of samples")
    options = parser.parse_args()
    load_plugins()
    run, count = Run(options.run), options.samples
    spec, work = run.config.spec, options.run / "learning"
    # Twice as many real clips, so that real against real is measured at the same number.
    real = reshape(open_clipset(run.config.data), spec, work / "real", windows=2 * count)
    sound = options.from_audio
    given = Conditions(sound, "audio", spec, split=run.config.split, seed=0) if sound else None
    made = {
        "noise": noise_set(spec, count, work / "noise"),
        "untrained": sample_run(untrained(run, work / "untrained"), count, conditions=given).base,
        "trained": sample_run(run, count, conditions=given).base,
    }

    summaries = [
        evaluate(
            real,
            folder,
            protocol="avbench",
            features="embedded",
            samples=count,
            runs=3,
            method=name,
            out=work / "results" / name,
        ).summary
        for name, folder in made.items()
    ]
    distances = pd.concat(summaries).drop_duplicates(["method", "metric"])
    print(distances.pivot(index="method", columns="metric", values="mean").to_string(float_format="{:,.4g}".format))

    if MODELS[run.config.model].modalities == ("video", "audio"):
        tell_alignment({"real": real} | made, count, spec)
    if options.unseen:
        tell_dependence(run, open_clipset(options.unseen))
    if options.sheet:
        shown = [dataclasses.replace(clip, label="") for clip in clips_of(made["trained"], SHOWN, spec)]
        contact_sheet(shown, options.sheet, title=f"{run.config.model}, {run.config.preset}, trained on synthetic")


def tell_alignment(sets: dict[str, Path], count: int, spec: ClipSpec) -> None:
    print(f"\n{'motion-onset':12} {'own sound':>10} {'another':>10} {'share of shuffles that do as well':>35}")
    for name, folder in sets.items():
        clips = clips_of(folder, count, spec)
        own, another, share = alignment(clips, spec)
        print(f"{name:12} {own:10.3f} {another:10.3f} {share:35.4f}")


@torch.no_grad()
def tell_dependence(run: Run, clipset: ClipSet) -> None:
    """How much larger the error of a stream's noise is when the other stream is another clip's, all noise the same."""
    loaded = load_network(run, device=torch.device("cpu"))
    examples = loaded.model.examples(clipset, loaded.config)

    def losses(batch: Tensors, draws: Draws) -> Losses:
        return loaded.model.losses(loaded.network, batch, draws, loaded.config)

    parts = []
    for first in range(0, len(examples) - BATCH + 1, BATCH):
        members = range(first, first + BATCH)
        read = [examples.read(member, np.random.default_rng(member)) for member in members]
        pairs = {stream: torch.stack([example[stream] for example in read]) for stream in ("video", "audio")}
        for repeat in range(REPEATS):
            draws = Draws(0, "dependence", repeat, members=members)
            own = losses(pairs, draws)
            assert own.noise_level is not None  # a diffusion has one
            for stream, other in (("audio", "video"), ("video", "audio")):
                unlike = losses(pairs | {other: pairs[other].roll(1, 0)}, draws).parts[stream]
                parts.append(
                    pd.DataFrame(
                        {
                            "stream": stream,
                            "quarter": (4 * own.noise_level).int() + 1,
                            "clip": members,
                            "own": own.parts[stream],
                            "rise": unlike - own.parts[stream],
                        }
                    )
                )
    clips = pd.concat(parts).groupby(["stream", "quarter", "clip"]).mean()
    table = clips.groupby(["stream", "quarter"]).agg(own=("own", "mean"), rise=("rise", "mean"), se=("rise", "sem"))
    print("\nerror of the noise, and its rise when the other stream is another clip's")
    print(table.to_string(float_format="{:.6f}".format))


def clips_of(folder: Path, count: int | None, spec: ClipSpec) -> list[Clip]:
    """The first `count` clips of a set in a shape, or all."""
    clipset = open_clipset(folder)
    return [clipset.clip(number, spec=spec) for number in range(len(clipset.records))[:count]]


if __name__ == "__main__":
    main()
