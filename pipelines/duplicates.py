"""Which clips show or sound the same, among all clips of a set, without comparing each with each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.fingerprint import SOUND_BITS, SoundPrint, agreement

_NEAR_BITS = 7  # of 64: re-encoded and rescaled pictures differ by fewer, pictures of other things by some 32
_SHARE = 0.3  # of a clip's pictures that must be near; shifted by a third of a second, 0.37 to 1 of them were
_COPY_SHARE = 0.8  # for an item to be dropped: recordings from one studio may share some pictures

_BANDS = 8  # bytes of a word: words at most 7 bits apart have one of them in common
_BLOCK = 2_000  # words compared with each other at once

_NEIGHBOURS = 8  # equal words that are paired; one that many sounds have tells nothing
_VOTES = 3  # equal words at one shift that make a shift worth trying
_WORDS = 256  # words that must overlap, 2.7 s (Haitsma & Kalker 2002, section 4.3)
_ERRORS = 0.35  # share of differing bits up to which two sounds are the same one (section 4.4)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clips that are near-duplicates, `first` before `second` in alphabetical order."""

    first: str
    second: str
    score: float  # share of equal pictures, or of equal bits of the sound


def picture_pairs(words: Mapping[str, NDArray[np.uint64]], share: float = _SHARE) -> list[Pair]:
    """Clips of which at least a `share` of the pictures are nearly equal to pictures of the other.

    Args:
        words: by key, what `hash_pictures` gives, for some pictures of each clip.
    """
    keys = sorted(words)
    clips = np.repeat(np.arange(len(keys)), [len(words[key]) for key in keys])
    flat = np.concatenate([words[key] for key in keys]) if keys else np.zeros(0, np.uint64)
    candidates: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        byte = (flat >> np.uint64(8 * band)) & np.uint64(255)
        for value in range(256):
            inside = np.flatnonzero(byte == value)
            candidates |= _near_clips(flat[inside], clips[inside])
    scored = (
        Pair(keys[a], keys[b], agreement(words[keys[a]], words[keys[b]], _NEAR_BITS)) for a, b in sorted(candidates)
    )
    return [pair for pair in scored if pair.score >= share]


def sound_pairs(prints: Mapping[str, SoundPrint]) -> list[Pair]:
    """Clips that have 2.7 seconds of sound in common, at any shift; silence does not count."""
    keys = sorted(key for key in prints if len(prints[key].words))
    best: dict[tuple[int, int], float] = {}
    for a, b, shift in _shifts([prints[key] for key in keys]):
        errors = _bit_errors(prints[keys[a]], prints[keys[b]], shift)
        if errors is not None and errors <= _ERRORS:
            best[a, b] = max(best.get((a, b), 0.0), 1 - errors)
    return [Pair(keys[a], keys[b], score) for (a, b), score in sorted(best.items())]


def copies(words: Mapping[str, NDArray[np.uint64]], sources: Mapping[str, str]) -> dict[str, str]:
    """Items that look like one before them: the key of the item by the key of its copy.

    Of each group the first in alphabetical order stays, whatever the order in which items arrived. Stretches of one
    source may look alike, where a camera stands still, and are no copies of each other.

    Args:
        words: picture hashes by key.
        sources: the video that each item was taken from.
    """
    original: dict[str, str] = {}
    for pair in picture_pairs(words, _COPY_SHARE):
        if sources[pair.first] != sources[pair.second] and pair.first not in original:
            original.setdefault(pair.second, pair.first)
    return original


def _near_clips(words: NDArray[np.uint64], clips: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Pairs of different clips with words at most `_NEAR_BITS` apart."""
    found: set[tuple[int, int]] = set()
    for begin in range(0, len(words), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        for other in range(begin, len(words), _BLOCK):
            columns = slice(other, other + _BLOCK)
            near = np.bitwise_count(words[rows, None] ^ words[None, columns]) <= _NEAR_BITS
            a, b = clips[rows, None], clips[None, columns]
            pairs = np.argwhere(near & (a < b))
            found |= {(int(clips[begin + i]), int(clips[other + j])) for i, j in pairs}
    return found


def _shifts(prints: Sequence[SoundPrint]) -> list[tuple[int, int, int]]:
    """Clips a < b, and by how many words a's sound comes later in b, that have a few equal words there."""
    clips = np.repeat(np.arange(len(prints)), [len(one.words) for one in prints])
    places = np.concatenate([np.arange(len(one.words)) for one in prints]) if prints else np.zeros(0, np.int64)
    words = np.concatenate([one.words for one in prints]) if prints else np.zeros(0, np.uint32)
    loud = np.concatenate([one.loud for one in prints]) if prints else np.zeros(0, bool)
    clips, places, words = clips[loud], places[loud], words[loud]
    order = np.argsort(words, kind="stable")  # so that of equal words the earlier clip comes first
    clips, places, words = clips[order], places[order], words[order]
    votes = []
    for distance in range(1, _NEIGHBOURS + 1):
        equal = (words[distance:] == words[:-distance]) & (clips[distance:] != clips[:-distance])
        shift = places[distance:] - places[:-distance]
        votes.append(np.stack([clips[:-distance], clips[distance:], shift], axis=1)[equal])
    tried, count = np.unique(np.concatenate(votes), axis=0, return_counts=True)
    return [(int(a), int(b), int(shift)) for a, b, shift in tried[count >= _VOTES]]


def _bit_errors(first: SoundPrint, second: SoundPrint, shift: int) -> float | None:
    """Share of differing bits where both are heard, with `second` begun `shift` words in; None if it is too little."""
    a, b = slice(max(0, -shift), None), slice(max(0, shift), None)
    length = min(len(first.words[a]), len(second.words[b]))
    heard = first.loud[a][:length] & second.loud[b][:length]
    if heard.sum() < _WORDS:
        return None
    differing = np.bitwise_count(first.words[a][:length] ^ second.words[b][:length])
    return float(differing[heard].mean() / SOUND_BITS)
