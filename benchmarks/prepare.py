"""Speed of `avbench prepare` against plain ffmpeg command lines that do the same work, and of reading its clips.

    python benchmarks/prepare.py [--videos FOLDER] [--clips 4] [--rounds 3] [--workers 1 2]

Without a folder, videos of 10 s are made: 1280x720 at 30 frames per second, H.264 with B-frames, AAC in stereo. All
rivals take turns. On a machine that others use, too, look at the processor seconds: they hardly depend on the others.
The bound is what PyAV needs to decode all pictures, with one thread per worker; the loop is the plainest program that
does the same work with PyAV.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import ffmpeg
import numpy as np
import torch

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.clipset.clipset import ClipSet
from avbench.media.encode import encode_flac, encode_mp4
from avbench.media.filters import ffmpeg_program
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.storage import Storage

SPEC = ClipSpec()
WINDOWS = 24  # random ones that a reader gives per round


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, help="folder of videos")
    parser.add_argument("--clips", type=int, default=4, help="how many videos to make without --videos")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        videos = sorted(options.videos.iterdir()) if options.videos else make_videos(place / "videos", options.clips)
        for workers in options.workers:
            compare_preparing(videos, place / f"{workers} workers", workers, options.rounds)
        compare_reading(videos, place / "windows", options.rounds)
        report_memory(videos, place / "memory")


@dataclass(frozen=True)
class Cost:
    """Of one call, children included."""

    seconds: float
    processor: float  # seconds of all cores


def take_turns(rivals: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[Cost]]:
    """What each rival costs, once a round."""
    costs: dict[str, list[Cost]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, call in rivals.items():
            start, before = time.perf_counter(), _processor_seconds()
            call()
            costs[name].append(Cost(time.perf_counter() - start, _processor_seconds() - before))
    return costs


def _processor_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def compare_preparing(videos: Sequence[Path], place: Path, workers: int, rounds: int) -> None:
    """From videos to clips of 10 s: 256 pixels, 10 frames per second, crf 15, and FLAC at 44.1 kHz."""
    place.mkdir()
    fresh = (place / f"{number}" for number in range(10_000))
    rivals: dict[str, Callable[[], object]] = {
        "decoding alone": lambda: by_workers(decode_all, videos, workers),
        "plain PyAV loop": lambda: by_workers(plain_pyav, videos, workers),
        "ffmpeg": lambda: by_workers(partial(by_ffmpeg, out=next(fresh)), videos, workers),
        "avbench": lambda: by_avbench(videos, next(fresh), workers),
    }
    costs = take_turns(rivals, rounds)
    seconds = sum(float(length_of(video)) for video in videos)
    bound = min(cost.seconds for cost in costs["decoding alone"])
    rival = min(cost.seconds for cost in costs["ffmpeg"])
    print(f"\nPreparing {len(videos)} videos, {seconds:.0f} s in all, {workers} workers, {os.cpu_count()} cores")
    for name, of_one in costs.items():
        best = min(cost.seconds for cost in of_one)
        processor = min(cost.processor for cost in of_one)
        # Workers of ours are no children of this process, so that their time cannot be had.
        known = f"{processor:6.2f} processor s" if workers == 1 or name != "avbench" else f"{'':18}"
        print(
            f"  {name:16} {best:6.2f} s  {seconds / best:5.1f}x real time  {bound / best:4.0%} of the bound  "
            f"{rival / best:4.2f}x ffmpeg  {known}"
        )


def by_workers(work: Callable[[Path], object], videos: Sequence[Path], workers: int) -> None:
    """Threads are enough: the work leaves Python's lock."""
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, videos))


def decode_all(video: Path) -> int:
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        return sum(1 for _ in container.decode(stream))


def plain_pyav(video: Path) -> None:
    """Every frame is decoded; of those that show at k / 10 s, swscale makes small RGB pictures."""
    pictures: list[Any] = []
    sound = []
    with av.open(str(video)) as container:
        stream, audio = container.streams.video[0], container.streams.audio[0]
        stream.codec_context.thread_count = 1
        width = int(stream.width * 256 / stream.height) // 2 * 2
        resampler = av.AudioResampler("fltp", "stereo", 44_100)
        for frame in container.decode(stream, audio):
            if isinstance(frame, av.AudioFrame):
                sound += [block.to_ndarray() for block in resampler.resample(frame)]
            elif isinstance(frame, av.VideoFrame) and float(frame.time or 0) * 10 >= len(pictures):
                pictures.append(frame.to_ndarray(format="rgb24", width=width, height=256, interpolation="BICUBIC"))
    encode_mp4(pictures, Fraction(10))
    encode_flac(np.concatenate(sound, axis=1), 44_100)


def by_ffmpeg(video: Path, out: Path) -> None:
    """The same grid of frames, size, codecs and settings, on one thread per codec."""
    out.mkdir(exist_ok=True)
    source = ffmpeg.input(str(video), threads=1)
    pictures = source.video.filter("fps", 10, round="up").filter("scale", -2, 256, flags="bicubic")
    x264 = {"preset": "fast", "crf": 15, "g": 10, "bf": 0, "x264-params": "mbtree=0", "threads": 1}
    movie = ffmpeg.output(pictures, str(out / f"{video.stem}.mp4"), vcodec="libx264", pix_fmt="yuv420p", **x264)
    sound = ffmpeg.output(source.audio, str(out / f"{video.stem}.flac"), acodec="flac", ar=44_100)
    both = ffmpeg.merge_outputs(movie, sound).global_args("-nostdin", "-loglevel", "error", "-filter_threads", "1")
    subprocess.run(both.compile(cmd=ffmpeg_program()), check=True, timeout=600)


def by_avbench(videos: Sequence[Path], out: Path, workers: int, *, v64: bool = False) -> Path:
    """All that `avbench prepare folder` does: probing and hashing, too."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["AVBENCH_HOME"] = home
        harvest = folder(linked(videos, out.with_suffix(".videos")), workers=workers)
        prepare(harvest, out, name="bench", storage=Storage(v64=v64), workers=workers)
    return out


def compare_reading(videos: Sequence[Path], place: Path, rounds: int) -> None:
    """Random windows of 1.6 s as 16 frames of 64x64, from the originals, from shards, and from their small arrays."""
    place.mkdir()
    torch.set_num_threads(1)
    originals = open_clipset(linked(videos, place / "originals"))
    shards = open_clipset(by_avbench(videos, place / "set", 1, v64=True))
    rivals: dict[str, Callable[[], object]] = {
        "source mp4": lambda: read_windows(originals, small=False),
        "shard mp4": lambda: read_windows(shards, small=False),
        "shard v64.npy": lambda: read_windows(shards, small=True),
    }
    costs = take_turns(rivals, rounds)
    slowest = statistics.median(cost.processor for cost in costs["source mp4"])
    print(f"\nRandom windows of {float(SPEC.seconds)} s, pictures only, {WINDOWS} a round")
    for name, of_one in costs.items():
        processor = statistics.median(cost.processor for cost in of_one)
        print(f"  {name:16} {1000 * processor / WINDOWS:8.2f} ms of processor a window  {slowest / processor:6.1f}x")


def read_windows(clipset: ClipSet, *, small: bool) -> None:
    rng = np.random.default_rng(0)
    for _ in range(WINDOWS):
        index = int(rng.integers(len(clipset)))
        last = int((clipset.records[index].duration - SPEC.seconds) * SPEC.fps)
        first = int(rng.integers(last + 1))
        if not small:
            clipset.clip(index, first / SPEC.fps, SPEC, audio=False)
            continue
        frames = clipset.small_frames(index)
        assert frames is not None, "the set has small arrays"
        frames[first : first + SPEC.frames].copy()


def report_memory(videos: Sequence[Path], place: Path) -> None:
    """The most memory that a worker holds, for a few items and for many."""
    place.mkdir()
    print("\nPeak memory of one worker")
    for times in (1, 4):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            peak = pool.submit(peak_memory, videos, place / f"{times}", times).result()
        print(f"  {times * len(videos):3} videos: {peak / 2**20:.0f} MiB")


def peak_memory(videos: Sequence[Path], out: Path, times: int) -> int:
    copies = out.with_suffix(".copies")
    copies.mkdir()
    for number in range(times):
        for video in videos:
            (copies / f"{number}-{video.name}").symlink_to(video.resolve())
    by_avbench(sorted(copies.iterdir()), out, 1)
    # Not ru_maxrss, which a new process takes over from the one that started it.
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def make_videos(folder: Path, count: int) -> list[Path]:
    """Colours that drift under blots and film grain, and noise that swells."""
    folder.mkdir()
    for number in range(count):
        plane = ffmpeg.input(f"gradients=s=1280x720:r=30:d=10:speed=0.02:n=6:seed={number}", f="lavfi")
        blobs = ffmpeg.input(
            "life=s=160x90:r=30:mold=10:ratio=0.2:death_color=#503010:life_color=#e0e0c0", f="lavfi", t=10
        )
        scene = ffmpeg.filter([plane, blobs.filter("scale", 1280, 720)], "blend", all_mode="softlight")
        sound = ffmpeg.input(f"anoisesrc=d=10:c=pink:r=44100:a=0.3:seed={number}", f="lavfi").filter("tremolo", f=2)
        codecs = {"vcodec": "libx264", "preset": "fast", "crf": 23, "pix_fmt": "yuv420p", "acodec": "aac", "ac": 2}
        movie = ffmpeg.output(scene.filter("noise", alls=6, allf="t"), sound, str(folder / f"{number}.mp4"), **codecs)
        quiet = movie.global_args("-nostdin", "-loglevel", "error")
        subprocess.run(quiet.compile(cmd=ffmpeg_program()), check=True, timeout=600)
    return sorted(folder.iterdir())


def linked(videos: Sequence[Path], place: Path) -> Path:
    """A folder with links to the videos."""
    place.mkdir(exist_ok=True)
    for video in videos:
        link = place / video.name
        if not link.exists():
            link.symlink_to(video.resolve())
    return place


def length_of(video: Path) -> Fraction:
    with av.open(str(video)) as container:
        return Fraction(container.duration or 0, av.time_base)


if __name__ == "__main__":
    main()
