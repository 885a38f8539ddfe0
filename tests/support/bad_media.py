"""Media that the web really serves, crafted from a good file with the real ffmpeg: one function for each case."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np

from avbench.media.filters import ffmpeg_program

SECONDS = 4

Craft = Callable[[Path, Path], None]
CRAFTS: dict[str, tuple[str, Craft]] = {}  # by case: suffix of the file, and what makes it from a good one


def make_good(path: Path) -> None:
    """Four seconds of 320x180 at 30 fps that never stand still, with stereo noise that comes and goes."""
    pictures = ffmpeg.input(f"testsrc2=size=320x180:rate=30:duration={SECONDS}", f="lavfi")
    run(ffmpeg.output(pictures, _noise("stereo", 2), str(path), vcodec="libx264", pix_fmt="yuv420p", acodec="aac"))


def run(graph: Any) -> None:
    """Run an ffmpeg-python graph; no run takes more than a minute."""
    command = graph.global_args("-nostdin", "-loglevel", "error").overwrite_output().compile(cmd=ffmpeg_program())
    subprocess.run(command, check=True, timeout=60, capture_output=True)


def _case(name: str, suffix: str = ".mp4") -> Callable[[Craft], Craft]:
    def register(craft: Craft) -> Craft:
        CRAFTS[name] = (suffix, craft)
        return craft

    return register


@_case("no audio")
def _no_audio(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good)).video.output(str(out), c="copy"))


@_case("silent")
def _silent(good: Path, out: Path) -> None:
    nothing = ffmpeg.input("anullsrc=r=44100:cl=stereo", f="lavfi", t=SECONDS)
    run(ffmpeg.output(ffmpeg.input(str(good)).video, nothing, str(out), vcodec="copy", acodec="aac"))


@_case("half missing")
def _half_missing(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    run(ffmpeg.output(source.video, source.audio.filter("atrim", 0, SECONDS / 2), str(out), vcodec="copy"))


@_case("half muted")
def _half_muted(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    muted = source.audio.filter("volume", 0, enable=f"gte(t,{SECONDS / 2})")
    run(ffmpeg.output(source.video, muted, str(out), vcodec="copy"))


@_case("vfr")
def _vfr(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    some = source.video.filter("select", "not(between(mod(n,7),3,4))")
    run(ffmpeg.output(some, source.audio, str(out), acodec="copy"))


@_case("low fps")
def _low_fps(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    run(ffmpeg.output(source.video.filter("fps", 5), source.audio, str(out), acodec="copy"))


@_case("rotation")
def _rotation(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good), display_rotation=90).output(str(out), c="copy"))


@_case("portrait")
def _portrait(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    run(ffmpeg.output(source.video.filter("transpose", 1), source.audio, str(out), acodec="copy"))


@_case("pixel aspect")
def _pixel_aspect(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    run(ffmpeg.output(source.video.filter("setsar", "4/3"), source.audio, str(out), acodec="copy"))


@_case("truncated, index last")
def _truncated_last(good: Path, out: Path) -> None:
    out.write_bytes(good.read_bytes()[: good.stat().st_size // 2])


@_case("truncated, index first")
def _truncated_first(good: Path, out: Path) -> None:
    _faststart(good, out)
    out.write_bytes(out.read_bytes()[: good.stat().st_size // 2])


@_case("zero bytes")
def _zero_bytes(good: Path, out: Path) -> None:
    out.touch()


@_case("garbage")
def _garbage(good: Path, out: Path) -> None:
    out.write_bytes(np.random.default_rng(0).bytes(50_000))


@_case("corrupt index")
def _corrupt_index(good: Path, out: Path) -> None:
    """The tables of frames are overwritten; the boxes around them are whole."""
    whole = bytearray(good.read_bytes())
    place = -1
    while (place := whole.find(b"stsz", place + 1)) >= 0:
        whole[place + 8 : place + 16] = bytes(8)
    out.write_bytes(whole)


@_case("bit rot")
def _bit_rot(good: Path, out: Path) -> None:
    _faststart(good, out)
    whole = bytearray(out.read_bytes())
    rng = np.random.default_rng(0)
    media = whole.find(b"mdat") + 5000
    for place in rng.integers(media, len(whole), 60):
        whole[place : place + 16] = rng.bytes(len(whole[place : place + 16]))
    out.write_bytes(whole)


@_case("hdr")
def _hdr(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good), t=2)
    colours = {"color_primaries": "bt2020", "color_trc": "smpte2084", "colorspace": "bt2020nc"}
    tagged = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none"
    options = {"vcodec": "libx265", "pix_fmt": "yuv420p10le", "x265-params": tagged, "acodec": "copy"}
    run(ffmpeg.output(source.video, source.audio, str(out), **options, **colours))


@_case("ten bits")
def _ten_bits(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good), t=2)
    options = {"vcodec": "libx264", "pix_fmt": "yuv420p10le", "acodec": "copy"}
    run(ffmpeg.output(source.video, source.audio, str(out), **options))


@_case("5.1")
def _surround(good: Path, out: Path) -> None:
    run(ffmpeg.output(ffmpeg.input(str(good)).video, _noise("5.1", 6), str(out), vcodec="copy", acodec="aac"))


@_case("anti-phase")
def _anti_phase(good: Path, out: Path) -> None:
    chirp = f"aevalsrc=0.3*sin(300*t*t)|-0.3*sin(300*t*t):s=44100:d={SECONDS}"
    mirrored = ffmpeg.input(chirp, f="lavfi")
    run(ffmpeg.output(ffmpeg.input(str(good)).video, mirrored, str(out), vcodec="copy", acodec="aac"))


@_case("8 kHz mono")
def _telephone(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good)).output(str(out), vcodec="copy", acodec="aac", ac=1, ar=8000))


@_case("audio late")
def _audio_late(good: Path, out: Path) -> None:
    late = ffmpeg.input(str(good), itsoffset=0.5)
    run(ffmpeg.output(ffmpeg.input(str(good)).video, late.audio, str(out), c="copy"))


@_case("video late")
def _video_late(good: Path, out: Path) -> None:
    late = ffmpeg.input(str(good), itsoffset=0.5)
    run(ffmpeg.output(late.video, ffmpeg.input(str(good)).audio, str(out), c="copy"))


@_case("edit list")
def _edit_list(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good), ss=1.3).output(str(out), c="copy"))


@_case("transport stream", ".ts")
def _transport_stream(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good)).output(str(out), c="copy", f="mpegts"))


@_case("too short")
def _too_short(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good), t=0.8).output(str(out), c="copy"))


@_case("still image")
def _still_image(good: Path, out: Path) -> None:
    image = out.with_suffix(".png")
    run(ffmpeg.input(str(good)).video.output(str(image), vframes=1))
    still = ffmpeg.input(str(image), loop=1, framerate=30, t=SECONDS)
    run(ffmpeg.output(still, ffmpeg.input(str(good)).audio, str(out), pix_fmt="yuv420p", acodec="copy"))


@_case("cover art")
def _cover_art(good: Path, out: Path) -> None:
    image = out.with_suffix(".png")
    run(ffmpeg.input(str(good)).video.output(str(image), vframes=1))
    cover = {"c:v": "png", "disposition:v:0": "attached_pic", "c:a": "copy"}
    run(ffmpeg.output(ffmpeg.input(str(image)), ffmpeg.input(str(good)).audio, str(out), **cover))


@_case("two sounds")
def _two_sounds(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    hum = ffmpeg.input(f"sine=frequency=50:duration={SECONDS}", f="lavfi")
    run(ffmpeg.output(source.video, source.audio, hum, str(out), vcodec="copy", acodec="aac"))


@_case("black")
def _black(good: Path, out: Path) -> None:
    source = ffmpeg.input(str(good))
    dark = source.video.filter("drawbox", color="black", t="fill", enable=f"lt(t,{SECONDS * 0.7})")
    run(ffmpeg.output(dark, source.audio, str(out), acodec="copy"))


def _noise(layout: str, channels: int) -> Any:
    """Independent noise that comes and goes, in each channel."""
    noises = (f"anoisesrc=d={SECONDS}:c=pink:r=44100:a=0.5:seed={seed}" for seed in range(channels))
    swelling = [ffmpeg.input(noise, f="lavfi").filter("tremolo", f=2, d=0.5) for noise in noises]
    return ffmpeg.filter(swelling, "join", inputs=channels, channel_layout=layout)


def _faststart(good: Path, out: Path) -> None:
    run(ffmpeg.input(str(good)).output(str(out), c="copy", movflags="faststart"))
