"""When a clip begins and how long it lasts: the stretch that its picture and its sound share."""

from dataclasses import dataclass
from fractions import Fraction

from avbench.errors import DataError
from avbench.media.probe import AudioStream, VideoStream

# Encoders delay sound by some 20 ms and end it early: a gap up to this long is filled, a longer one is cut away.
PADDED_GAP = Fraction(50, 1000)  # seconds


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of an item: where it begins on the clocks of its streams, and its seconds."""

    video_origin: Fraction
    audio_origin: Fraction
    duration: Fraction


def shared_stretch(video: VideoStream | None, audio: AudioStream | None, *, separate: bool = False) -> Stretch:
    """The stretch in which there are both picture and sound; all of the only stream where there is one.

    Both streams of a file are on the container's clock. Time 0 is where the later one begins, except that sound which
    begins at most 50 ms after the picture is padded with zeros, and so is sound that ends that much earlier.

    Args:
        separate: the sound lies in a file of its own, whose first sample belongs to the first frame.

    Raises:
        DataError: there is nothing that both streams cover.
    """
    if video is None or audio is None:
        stream = video or audio
        assert stream is not None, "an item has a stream"
        return Stretch(stream.start, stream.start, stream.end - stream.start)
    lead = Fraction(0) if separate else audio.start - video.start  # by how much the sound begins later
    begin = lead if lead > PADDED_GAP else Fraction(0)
    video_end = video.end - video.start
    audio_end = audio.end - audio.start + lead
    end = video_end if audio_end >= video_end - PADDED_GAP else audio_end
    if end <= begin:
        raise DataError(
            f"picture (0 to {float(video_end):.2f} s) and sound ({float(lead):.2f} to {float(audio_end):.2f} s) "
            "do not overlap; nothing of it can be used"
        )
    # The sound's own clock starts elsewhere when it lies in another file.
    audio_zero = audio.start if separate else video.start
    return Stretch(video.start + begin, audio_zero + begin, end - begin)
