"""What a study shows: clips with what is known of them and must stay hidden, and their blinded names."""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from avbench.errors import DataError

ClipKind = Literal["rating", "gold", "practice"]

_DIGITS = 12  # hexadecimal; two of 10,000 clips collide once in 6 million studies


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyClip:
    """A clip to be rated. All but its id belongs to the key."""

    clip_id: str
    dataset: str
    method: str
    source_id: str  # clips of one source in a data set show the same scene, or were made to fit the same condition


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldClip:
    """A clip whose right answer is known: a check of attention."""

    clip_id: str
    task: str
    accepted: tuple[str, ...]  # answers that are right
    kind: Literal["gold", "attention"] = "gold"  # attention: the clip itself says which answer to give


def new_secret() -> str:
    """The secret of a study, as 64 hexadecimal digits."""
    return secrets.token_hex(32)


def clip_ids(secret: str, names: Sequence[str]) -> list[str]:
    """The blinded names of clips: 12 hexadecimal digits of HMAC-SHA256 under the study's secret.

    Args:
        secret: 64 hexadecimal digits.
        names: what tells each clip from all others, for example its path.

    Raises:
        DataError: two clips get one id.
    """
    ids = [hmac.new(bytes.fromhex(secret), name.encode(), hashlib.sha256).hexdigest()[:_DIGITS] for name in names]
    check_distinct(ids)
    return ids


def check_distinct(ids: Iterable[str]) -> None:
    """Refuses ids that stand for more than one clip.

    Raises:
        DataError: one does.
    """
    clip_id, count = max(Counter(ids).items(), key=lambda pair: pair[1], default=("", 0))
    if count > 1:
        raise DataError(f"{count} clips got the id {clip_id}; give the command again with another --secret")
