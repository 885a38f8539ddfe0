"""What exactly a metric computes under a protocol, in sentences."""

from collections.abc import Callable, Iterator, Mapping

from avbench import weights
from avbench.features.extractor import Extractor, Switches
from avbench.features.suites import extractors_of, metric_label
from avbench.metric_choice import pair_extractors
from avbench.metrics.metric import METRICS, SynchronyMetric
from avbench.protocol import Protocol

# What each value of a switch means; numbers are told in `_numbers`.
MEANINGS: Mapping[str, Mapping[object, str]] = {
    "windows": {
        "stride1": "Any stretch of a clip may be drawn, starting at every frame; windows overlap.",
        "grid": "Clips are cut into windows that do not overlap.",
        "one": "Each clip gives one window, at its start.",
    },
    "short_sets": {
        "repeat": "A set with fewer than N windows is read again in the same order until there are N rows.",
        "shrink": "A set with fewer than N windows gives what it has; no window counts twice.",
    },
    "frame_choice": {
        "index": "Frames are chosen by index: number floor(k x source rate / rate), time stamps are not read.",
        "time": "Frames are chosen by time stamp: the last one at or before k / rate.",
    },
    "fit": {
        "letterbox": "The picture keeps its aspect and gets black bars.",
        "crop": "The picture's centre square is taken.",
    },
    "antialias": {
        False: "It is shrunk by bicubic interpolation without antialiasing.",
        True: "It is shrunk by antialiased bicubic interpolation, once, from the stored picture.",
    },
    "eight_bit": {
        True: "It is rounded to 8 bits and truncated again on the way, which lowers the levels 1 to 63 by one.",
        False: "It stays in floating point.",
    },
    "audio_reader": {
        "ffmpeg": "Sound is read as ffmpeg gives it at 44,100 Hz, stereo, 16 bit, counted from the first sample; a "
        "mono source comes out 3 dB quieter.",
        "exact": "Sound is cut by time stamp and resampled with one windowed sinc kernel.",
    },
    "audio_span": {
        "source-frames": "Its length is counted in frames of the source, so that sources faster than the window's rate "
        "end in zeros.",
        "exact": "It lasts as long as the picture.",
    },
    "channel": {"left": "The left channel is heard.", "mix": "The mean of the channels is heard."},
    "batch_statistics": {
        True: "The network is left in training mode: each row depends on the other rows of its batch.",
        False: "The network is in evaluation mode.",
    },
}

_VIDEO = ("frame_choice", "fit", "antialias", "eight_bit")
_AUDIO = ("audio_reader", "audio_span", "channel")


def explain(name: str, protocol: Protocol, features: str) -> str:
    """What `metric` is, over which features, of which windows, as paragraphs of text.

    Raises:
        UsageError: no such metric or features.
    """
    metric = METRICS[name]
    if isinstance(metric, SynchronyMetric):
        label, extractors = metric.label, list(pair_extractors(metric))
    else:
        extractor = extractors_of(features)[metric.modality]
        label, extractors = metric_label(metric, extractor), [extractor]
    switches = protocol.as_dict()

    def meaning(switch: str) -> str:
        return f"{MEANINGS[switch][switches[switch]]} [{switch}={str(switches[switch]).lower()}]"

    paragraphs = [f"{label} under protocol {protocol.name} ({protocol.hash})", metric.explanation]
    clips = [
        f"N = {protocol.samples} windows of each set, from split {protocol.split}, shuffled by a seeded generator."
    ]
    paragraphs.append("\n".join(["Clips", *clips, meaning("windows"), meaning("short_sets")]))
    for extractor in extractors:
        if extractor.modality == "video":
            shape = f"{protocol.frames} frames at {protocol.fps} per second, {protocol.size} x {protocol.size} pixels."
            paragraphs.append("\n".join(["Picture", shape, *map(meaning, _VIDEO)]))
        else:
            shape = f"{float(protocol.seconds):g} s at {extractor.sample_rate:,} Hz."
            paragraphs.append("\n".join(["Sound", shape, *map(meaning, _AUDIO)]))
        # The networks of a pair don't heed the protocol's switches.
        inside = Switches() if isinstance(metric, SynchronyMetric) else protocol.switches
        paragraphs.append("\n".join(["Features", *_network(extractor, protocol, inside, meaning)]))
    return "\n\n".join(paragraphs)


def _network(
    extractor: Extractor, protocol: Protocol, switches: Switches, meaning: Callable[[str], str]
) -> Iterator[str]:
    """What is told of an extractor, line by line."""
    if not extractor.weights:
        yield f"{extractor.name}, version {extractor.version}, no weights"
        return
    known = weights.get(extractor.weights)
    yield f"{extractor.name}, {extractor.dimensions} dimensions, version {extractor.version}"
    yield f"weights {known.file}, SHA-256 {known.sha256 or 'held to at first use'}, {known.licence}"
    if extractor.identity(switches) != f"{extractor.name} {extractor.version}":  # it heeds the switches
        if switches == protocol.switches:
            batch = f"It is fed batches of {protocol.audio_batch}. " if protocol.batch_statistics else ""
            yield f"{batch}{meaning('batch_statistics')}"
        yield f"The waveform in [-1, 1] is multiplied by {switches.waveform_scale:g}. [waveform_scale]"
    if extractor.sees_the_batch(switches):
        yield "Rows cannot be shared between runs, so every run costs its full price."
    if extractor.blind_to:
        yield f"Blind to: {extractor.blind_to}"
