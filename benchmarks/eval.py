"""Speed of evaluation against plain PyTorch renderings and SciPy, in one run.

    python benchmarks/eval.py [--rounds 10] [--threads 2] [--bfloat16]

Weights are rule-made unless files are given (`--i3d`, `--audioclip`): speed does not depend on them. Rivals take turns,
so that a busy machine slows all of them; "best" compares the best of each, "median" the rounds pair by pair.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from plain_audioclip import PlainAudioHead
from plain_i3d import PlainI3D, flop
from timing import PeakConvolution, Times, take_turns
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from avbench.clipset import open_clipset
from avbench.features.audioclip import AudioCLIPAudio
from avbench.features.extract import Extraction, Streaming
from avbench.features.extractor import EXTRACTORS, Compute, Switches
from avbench.features.network import Network
from avbench.media.encode import write_movie
from avbench.metrics.frechet import frechet_distance
from avbench.protocol import AVBENCH
from avbench.ranks import Ranks
from avbench.windows import WindowReader, candidates

ROOT = Path(__file__).resolve().parents[1]
MANY = 1_000_000  # windows; enough for compiling to pay


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--bfloat16", action="store_true", help="time I3D in bfloat16, too")
    parser.add_argument("--i3d", type=Path, help="published checkpoint")
    parser.add_argument("--audioclip", type=Path, help="published checkpoint")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        weights = {
            "i3d": options.i3d or rule_made("i3d", Path(folder)),
            "audioclip": options.audioclip or rule_made("audioclip", Path(folder)),
        }
        movies = make_movies(Path(folder) / "movies", 8)
        compare_video(weights["i3d"], options.rounds, options.bfloat16)
        compare_audio(weights["audioclip"], options.rounds)
        compare_with_decoding(weights, movies, max(2, options.rounds // 3))
        compare_distances(max(2, options.rounds // 3))
        report_memory(weights, Path(folder))


def compare_video(checkpoint: Path, rounds: int, bfloat16: bool) -> None:
    """I3D from frames in [0, 1] to logits, preprocessing included."""
    plain_network = PlainI3D(torch.load(checkpoint, weights_only=True))
    videos = torch.rand(4, 3, 16, 64, 64, generator=torch.Generator().manual_seed(0))
    networks = {"fused": Compute(), "fused, compiled": Compute(windows=MANY)}
    if bfloat16:
        networks["fused, bfloat16"] = Compute(bfloat16=True)
        networks["fused, compiled, bfloat16"] = Compute(bfloat16=True, windows=MANY)
    forwards = {name: EXTRACTORS["i3d"].load(checkpoint, compute, Switches()) for name, compute in networks.items()}

    expected = plain_video(plain_network, videos)
    print(f"I3D, 16 frames; logits' standard deviation {expected.std():.2f}")
    for name, forward in forwards.items():
        print(f"  {name}: logits within {(forward(videos) - expected).abs().max():.1e} of the plain rendering")
    peak = PeakConvolution()
    rivals: dict[str, Callable[[], object]] = {"peak": peak}
    rivals |= {f"plain, batch {B}": partial(plain_video, plain_network, videos[:B]) for B in (1, 4)}
    rivals |= {f"{name}, batch {B}": partial(forward, videos[:B]) for name, forward in forwards.items() for B in (2, 4)}
    batches = {name: int(name[-1]) for name in rivals if name != "peak"}
    report(take_turns(rivals, rounds), batches, "plain, batch 1", flop(plain_network, 16), peak.flop)


def compare_audio(checkpoint: Path, rounds: int) -> None:
    """AudioCLIP's audio head from waveforms of 1.6 s to embeddings."""
    weights = torch.load(checkpoint, weights_only=True)
    plain_head, head = PlainAudioHead(weights), AudioCLIPAudio.from_published(weights)
    waves = 3276.8 * torch.randn(4, 1, 70_560, generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter:
        expected = plain_head(waves[:1])
    ours = torch.inference_mode()(head)
    print(f"\nAudio head, 1.6 s; embedding's standard deviation {expected.std():.2f}")
    print(f"  fused: embedding within {(ours(waves[:1]) - expected).abs().max():.1e} of the plain rendering")
    peak = PeakConvolution()
    rivals: dict[str, Callable[[], object]] = {"peak": peak}
    rivals |= {f"plain, batch {B}": partial(plain_head, waves[:B]) for B in (1, 4)}
    rivals |= {f"fused, batch {B}": partial(ours, waves[:B]) for B in (1, 4)}
    batches = {name: int(name[-1]) for name in rivals if name != "peak"}
    report(take_turns(rivals, rounds), batches, "plain, batch 1", counter.get_total_flops(), peak.flop)


def compare_with_decoding(weights: dict[str, Path], movies: Path, rounds: int) -> None:
    """From H.264 and AAC to rows: plain renderings clip after clip, ours as evaluation streams them."""
    clipset = open_clipset(movies)
    windows = candidates(clipset, AVBENCH)
    video, head = (
        PlainI3D(torch.load(weights["i3d"], weights_only=True)),
        torch.load(weights["audioclip"], weights_only=True),
    )
    audio = PlainAudioHead(head)

    def plainly(modality: str) -> None:
        reader = WindowReader(clipset, AVBENCH)
        for window in windows:
            if modality == "video":
                plain_video(video, reader.video(window)[None])
            else:
                audio(32768 * reader.audio(window, 44_100)[None])

    for modality, name in (("video", "i3d"), ("audio", "audioclip")):
        network = Network(EXTRACTORS[name], Compute(windows=MANY), AVBENCH.switches, weights, offline=True)
        print(f"\n{name}, decoding included, {len(windows)} clips of 256 px at 25 fps")
        rivals: dict[str, Callable[[], object]] = {
            "plain": partial(plainly, modality),
            "ours": partial(extract, network, movies),
        }
        report(take_turns(rivals, rounds), dict.fromkeys(rivals, len(windows)), "plain")


def compare_distances(rounds: int) -> None:
    """The Fréchet distance in float64 against its formula with `scipy.linalg.sqrtm`."""
    rng = np.random.default_rng(0)
    for N in (2048, 256):
        x, y = rng.normal(size=(N, 1024)), 1.1 * rng.normal(size=(N, 1024)) + 0.1
        print(f"\nFréchet distance, D = 1024, N = {N}: sqrtm {by_sqrtm(x, y):.9g}, ours {frechet_distance(x, y):.9g}")
        times = take_turns({"sqrtm": partial(by_sqrtm, x, y), "ours": partial(frechet_distance, x, y)}, rounds)
        best, median = times["ours"].faster_than(times["sqrtm"])
        print(
            f"  sqrtm {times['sqrtm'].best:.3f} s, ours {times['ours'].best:.3f} s: {best:.1f}x (median {median:.1f}x)"
        )


def report_memory(weights: dict[str, Path], folder: Path) -> None:
    """The most memory that processes of their own held while they extracted features."""
    print("\nPeak memory of I3D and audio head with decoding, compiled")
    for clips in (8, 64):
        movies = make_movies(folder / f"{clips} movies", clips)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            print(f"  {clips} clips: {pool.submit(peak_memory, weights, movies).result() / 2**30:.2f} GiB")


def peak_memory(weights: dict[str, Path], movies: Path) -> int:
    for name in ("i3d", "audioclip"):
        extract(Network(EXTRACTORS[name], Compute(windows=MANY), AVBENCH.switches, weights, offline=True), movies)
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def report(times: dict[str, Times], batches: dict[str, int], rival: str, work: int = 0, peak_flop: int = 0) -> None:
    """Prints clips/s, how many times as fast as `rival`, and the share of the measured convolution peak.

    Args:
        work: floating-point operations of one clip's convolutions; 0 to leave the share out.
    """
    if work:
        peak = peak_flop / times["peak"].best
        print(f"  {work / 1e9:.1f} GFLOP a clip; convolution peak {peak / 1e9:.0f} GFLOP/s")
    for name in batches:
        per_clip = {key: Times(tuple(t / batches[key] for t in times[key].rounds)) for key in (name, rival)}
        best, median = per_clip[name].faster_than(per_clip[rival])
        share = f"  {work / per_clip[name].best / peak:5.0%} of the peak" if work else ""
        print(f"  {name:34} {1 / per_clip[name].best:6.2f} clips/s  {best:5.2f}x (median {median:.2f}x){share}")


def extract(network: Network, movies: Path) -> NDArray[np.float32]:
    """Rows of all windows, from an empty cache."""
    clipset = open_clipset(movies)
    with tempfile.TemporaryDirectory() as home:
        os.environ["AVBENCH_HOME"] = home
        streaming = Streaming(ranks=Ranks(), device=torch.device("cpu"), batch_size=4, workers=2)
        extraction = Extraction(clipset, network, AVBENCH, streaming)
        return extraction.rows(candidates(clipset, AVBENCH))


@torch.inference_mode()
def plain_video(network: PlainI3D, videos: Tensor) -> Tensor:
    """Frames (B, 3, T, 64, 64) in [0, 1] to logits, as published: frames resized, then put back in line."""
    B, _, T, _, _ = videos.shape
    frames = F.interpolate(videos.transpose(1, 2).flatten(0, 1), (224, 224), mode="bilinear", align_corners=False)
    inputs = frames.reshape(B, T, 3, 224, 224).permute(0, 2, 1, 3, 4).contiguous()
    logits: Tensor = network((inputs - 0.5) * 2)
    return logits


def by_sqrtm(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    shift = x.mean(axis=0) - y.mean(axis=0)
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(cov_x @ cov_y)
    return float(shift @ shift + np.trace(cov_x) + np.trace(cov_y) - 2 * np.trace(root).real)


def make_movies(folder: Path, count: int) -> Path:
    """Clips of 1.6 s, 256 px, 25 fps with sound at 44.1 kHz: a drifting texture and noise."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        texture = np.kron(rng.integers(0, 255, (40, 40, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
        frames = [np.ascontiguousarray(texture[k : k + 256, k : k + 256]) for k in range(40)]
        sound = rng.normal(0, 0.1, (2, 70_560)).clip(-1, 1).astype(np.float32)
        write_movie(folder / f"{number:03d}.mp4", frames, Fraction(25), sound, 44_100)
    return folder


def rule_made(name: str, folder: Path) -> Path:
    sys.path.append(str(ROOT / "tests" / "support"))
    import rule_weights

    checkpoints = {"i3d": rule_weights.i3d_checkpoint, "audioclip": rule_weights.audioclip_checkpoint}
    torch.save(checkpoints[name](), folder / f"{name}.pt")
    return folder / f"{name}.pt"


if __name__ == "__main__":
    main()
