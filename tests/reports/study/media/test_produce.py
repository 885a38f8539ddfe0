"""Files are made once, in parallel, and a failure leaves what is done."""

from dataclasses import asdict, replace

import pytest

from avbench.errors import DataError
from avbench.progress import silent
from reports.study.media import produce as module
from reports.study.media.encode import MediaFacts
from reports.study.media.produce import Production, file_of, produce

FACTS = MediaFacts(
    video_bytes=1,
    audio_bytes=2,
    seconds=1.6,
    width=64,
    height=64,
    frames=16,
    sample_rate=16_000,
    channels=1,
    loudness_lufs=None,
    peak_dbfs=-1.5,
    tags="",
)


@pytest.fixture
def encoded(monkeypatch):
    """What was encoded, in place of encoding it; a clip that is called "bad" fails."""
    done = []

    def encode_clip(path, clip, media):
        if clip == "bad":
            raise DataError("bad: ffmpeg cannot read it")
        path.write_text(clip)
        done.append(clip)
        return replace(FACTS, video_bytes=len(clip))

    monkeypatch.setattr(module, "encode_clip", encode_clip)
    return done


def productions(*names):
    return [Production(name, lambda name=name: name) for name in names]


def test_every_clip_is_written_with_its_facts(encoded, tmp_path):
    facts = produce(productions("a", "bb"), tmp_path, None, workers=2, progress=silent)
    assert {clip: fact.video_bytes for clip, fact in facts.items()} == {"a": 1, "bb": 2}
    assert file_of(tmp_path, "bb").read_text() == "bb"


def test_what_is_there_is_not_made_again(encoded, tmp_path):
    first = produce(productions("a"), tmp_path, None, workers=1, progress=silent)
    seen = []
    again = produce(
        productions("a", "b"), tmp_path, None, workers=1, progress=lambda what, done, total: seen.append((done, total))
    )
    assert encoded == ["a", "b"] and asdict(again["a"]) == asdict(first["a"])
    assert seen == [(1, 2), (2, 2)]


def test_a_clip_without_its_facts_was_not_finished(encoded, tmp_path):
    file_of(tmp_path, "a").write_text("half")
    produce(productions("a"), tmp_path, None, workers=1, progress=silent)
    assert file_of(tmp_path, "a").read_text() == "a"


def test_a_clip_that_fails_is_told_and_the_others_stay(encoded, tmp_path):
    with pytest.raises(DataError, match="bad: ffmpeg cannot read it"):
        produce(productions("a", "bad"), tmp_path, None, workers=1, progress=silent)
    assert file_of(tmp_path, "a").is_file()
