"""What raters are asked and told, in plain words. A study records the texts it used, with their hash."""

from dataclasses import replace

from reports.study.study import Anchor, Kind, Presentation, Task, TaskName, Texts

VERSION = "1"

# The meanings are those of the paper's Table A.2 in words of our own.
_PICTURE = (
    "Noise only: nothing can be recognised.",
    "Something happens, but I cannot say what it is.",
    "I can tell what kind of scene it is, but it looks very unnatural.",
    "It looks natural, yet I notice that a machine made it.",
    "I cannot tell it from a real recording.",
)
_SOUND = (
    "Noise only: nothing can be recognised.",
    "Something can be heard, but I cannot say what it is.",
    "I can tell what kind of sound it is, but it sounds very unnatural.",
    "It sounds natural, yet I notice that a machine made it.",
    "I cannot tell it from a real recording.",
)
_MATCH = (
    "Picture and sound are both noise: they have no relation at all.",
    "I cannot say what is seen or heard: they do not belong together.",
    "I can tell what is seen and heard, but the sound does not fit the picture.",
    "Sound and picture fit broadly, but not in the details.",
    "Sound and picture fit in every detail and naturally.",
)
_WORDS = ("Bad", "Poor", "Fair", "Good", "Excellent")  # of an absolute category rating, ITU-T P.800


def mos_tasks(*, plain_words: bool, mute_video: bool, hide_audio: bool) -> tuple[Task, ...]:
    """The three questions of the paper's MOS study, each answered from 1 (bad) to 5 (good).

    Args:
        plain_words: the scale is bad, poor, fair, good, excellent, without the paper's meanings.
        mute_video: the question about the picture plays no sound.
        hide_audio: the question about the sound shows no picture.
    """
    return (
        _rating(
            "video_quality",
            "How good is the picture? Judge only what you see, not what you hear.",
            () if plain_words else _PICTURE,
            "muted" if mute_video else "both",
        ),
        _rating(
            "audio_quality",
            "How good is the sound? Judge only what you hear, not what you see.",
            () if plain_words else _SOUND,
            "hidden" if hide_audio else "both",
        ),
        _rating("av_alignment", "How well do sound and picture fit together?", () if plain_words else _MATCH, "both"),
    )


def turing_tasks() -> tuple[Task, ...]:
    """The one question of the paper's Turing test."""
    scale = (
        Anchor(answer="machine", label="Made by a machine", meaning=""),
        Anchor(answer="undetermined", label="I cannot tell", meaning=""),
        Anchor(answer="real", label="A real recording", meaning=""),
    )
    question = "Is this clip, picture and sound together, a real recording, or was it made by a machine?"
    return (Task(name="turing", question=question, scale=scale),)


def texts(kind: Kind, *, contact: str, pay: str) -> Texts:
    """What else raters read.

    Args:
        contact: whom they can ask.
        pay: what they get.
    """
    common = Texts(
        version=VERSION,
        title="How good are these clips?",
        purpose=(
            "We study clips of picture and sound. Some were made by machines. Your answers help to compare how the "
            "clips were made; they do not test you."
        ),
        stored=(
            "We keep your answers, how long they took, how often you played each clip, and a code in place of your "
            "name or account. We keep no address of your computer. Answers may be published, with the code and nothing "
            "else about you."
        ),
        pay=pay,
        rights="Taking part is voluntary. You can stop at any time without giving a reason.",
        contact=contact,
        warning="The clips show everyday scenes. Some contain unpleasant noise: set a moderate volume first.",
        instructions=(
            "Use headphones in a quiet room. Play each clip to its end with sound before you answer; you can play it "
            "as often as you like.",
            "Each page asks one question. Answer for each clip by itself; the clips range from pure noise to real "
            "recordings.",
            "Some clips are there to check attention: a clip that tells you which answer to choose wants exactly that "
            "answer.",
            "If a clip does not load, say so in place of an answer.",
        ),
        practice=(
            "This clip is at the bottom of the range: there is nothing to recognise in it.",
            "This clip is at the top of the range: it is a real recording.",
        ),
    )
    return common if kind == "mos" else replace(common, title="Real, or made by a machine?")


def _rating(name: TaskName, question: str, meanings: tuple[str, ...], presentation: Presentation) -> Task:
    meanings = meanings or ("",) * len(_WORDS)
    scale = tuple(
        Anchor(answer=str(score), label=word, meaning=meaning)
        for score, (word, meaning) in enumerate(zip(_WORDS, meanings, strict=True), start=1)
    )
    return Task(name=name, question=question, scale=scale, presentation=presentation)
