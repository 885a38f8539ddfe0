"""What the embedded extractors must see, asked on real clips."""

import os

import pytest

from avbench.protocol import AVBENCH
from avbench.sanity.config import SanityConfig
from avbench.sanity.corruptions import CORRUPTIONS
from avbench.sanity.study import run_study

OF_PICTURES = ["blur", "frame-shuffle", "frame-drop"]
OF_SOUND = ["low-pass", "clipping", "pitch-shift"]
OF_TIME = "audio-video-shift"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def verdicts(clips, embedded_weights):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(embedded_weights))
        # Each corruption takes a minute of a core; only those are tried that a test asks about.
        asked = {name: CORRUPTIONS[name] for name in (*OF_PICTURES, *OF_SOUND, OF_TIME)}
        patch.setattr("avbench.sanity.study.CORRUPTIONS", asked)
        config = SanityConfig(
            clipset=clips,
            protocol=AVBENCH.with_samples(64),
            features="embedded",
            metrics=("fvd", "kvd", "fad"),
            workers=os.cpu_count() or 1,
        )
        study = run_study(config)
    return study.drop_duplicates(["metric", "corruption"]).set_index(["metric", "corruption"])["verdict"]


@pytest.mark.parametrize("corruption", OF_PICTURES)
@pytest.mark.parametrize("metric", ["FVD[transnetv2]", "KVD[transnetv2]"])
def test_transnetv2_sees(verdicts, metric, corruption):
    assert verdicts[metric, corruption] == "sees"


@pytest.mark.parametrize("corruption", OF_SOUND)
def test_aisfx_sees(verdicts, corruption):
    assert verdicts["FAD[aisfx]", corruption] == "sees"


@pytest.mark.parametrize("corruption", [OF_TIME, "pair-shuffling"])
def test_only_alignment_sees_what_parts_picture_and_sound(verdicts, corruption):
    seen = verdicts.xs(corruption, level="corruption")
    assert list(seen[seen == "sees"].index) == ["motion-onset"]
