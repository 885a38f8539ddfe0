"""What a study is asked to be."""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avbench.clip import ClipSpec
from avbench.errors import UsageError
from reports.study.design.design import DesignSettings
from reports.study.design.draw import ClipSource
from reports.study.study import Kind, Task
from reports.study.texts import mos_tasks, turing_tasks

_ADDRESS = re.compile(r"https://[A-Za-z0-9._~:/%+-]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

#: The paper's shape, at the size of the pictures after super-resolution.
SHOWN = ClipSpec(frames=16, fps=Fraction(10), size=256, sample_rate=16_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldSource:
    """Clips of the user whose right answers are known."""

    accepted: tuple[str, ...]
    path: Path  # a clip set, a folder or a file
    task: str = ""  # "" for all tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConfig:
    """A study to create. The defaults are the paper's protocol, with checks of attention."""

    kind: Kind
    sources: tuple[ClipSource, ...]
    out: Path
    per_method: int = 500  # clips of each method in each data set
    votes: int = 5
    items_per_page: int | None = None  # None for about 10
    gold_per_page: int = 1
    attention_per_page: int = 1
    golds: tuple[GoldSource, ...] = ()  # besides noise, which is made
    raters: int | None = None  # lists on our own page
    clip_repeats: bool = False
    paired: bool = False  # clips of one key have one source
    spec: ClipSpec = SHOWN
    loudness_lufs: float = -23.0
    plain_words: bool = False
    mute_video: bool = False
    hide_audio: bool = False
    study_id: str = ""  # "" for the folder's name
    media_url: str = ""  # https; "" for a placeholder
    completion_code: str | None = None
    contact: str = "the people who sent you here"
    pay: str = "You are paid what the platform shows for this task."
    seed: int = 0
    secret: str | None = None  # 64 hexadecimal digits; None for a new one
    # Does not change what is made.
    workers: int = 0  # clips at a time; 0 for one per core

    def __post_init__(self) -> None:
        if not self.sources:
            raise UsageError("a study needs clips; name them with --clips METHOD=PATH")
        if self.per_method < 1:
            raise UsageError(f"per_method is {self.per_method}; it must be at least 1")
        if self.spec.size % 2:
            raise UsageError(f"--size {self.spec.size} is odd; H.264 needs an even number of pixels")
        if not _NAME.fullmatch(self.name):
            raise UsageError(f'"{self.name}" cannot name a study: use letters, digits, ., - and _, or --study-id')
        if not _ADDRESS.fullmatch(self.address):
            raise UsageError(f'--media-url takes an https address, not "{self.media_url}"')
        if self.secret is not None and not re.fullmatch("[0-9a-f]{64}", self.secret):
            raise UsageError("a secret is 64 hexadecimal digits, as in private/secret of a study")
        if self.hide_audio and self.attention_per_page:
            raise UsageError(
                "a clip that asks for an answer does so in its picture, which --hide-audio does not show; "
                "add --attention-per-page 0"
            )
        if self.kind == "turing":
            self._check_turing()

    def _check_turing(self) -> None:
        if not any(source.is_truth for source in self.sources):
            raise UsageError("a Turing test mixes generated clips with real ones; name those with --clips real=PATH")
        for name in ("plain_words", "mute_video", "hide_audio"):
            if getattr(self, name):
                raise UsageError(f"--{name.replace('_', '-')} belongs to opinion scores, not to a Turing test")

    @property
    def name(self) -> str:
        return self.study_id or self.out.resolve().name

    @property
    def address(self) -> str:
        """Where the clips will lie for Mechanical Turk."""
        return self.media_url.rstrip("/") or f"https://media.example.org/{self.name}"

    @property
    def warnings(self) -> list[str]:
        """What the study can do without, though it should not."""
        found = []
        if not any(source.is_truth for source in self.sources):
            found.append("there are no real clips (real=PATH): without them, scores mean little outside this study")
        if not self.media_url:
            found.append(f"batch_input.csv has placeholder addresses, {self.address}; the platform needs --media-url")
        return found

    @property
    def tasks(self) -> tuple[Task, ...]:
        if self.kind == "turing":
            return turing_tasks()
        return mos_tasks(plain_words=self.plain_words, mute_video=self.mute_video, hide_audio=self.hide_audio)

    def design(self, secret: str) -> DesignSettings:
        return DesignSettings(
            kind=self.kind,
            tasks=tuple(task.name for task in self.tasks),
            votes=self.votes,
            items_per_page=self.items_per_page,
            gold_per_page=self.gold_per_page,
            attention_per_page=self.attention_per_page,
            raters=self.raters,
            clip_repeats=self.clip_repeats,
            seed=self.seed,
            secret=secret,
        )
