import hashlib
import hmac

import pytest

from avbench.errors import DataError
from reports.study.design.clips import check_distinct, clip_ids, new_secret


def test_an_id_is_the_beginning_of_the_hmac_of_the_clips_name():
    whole = hmac.new(bytes.fromhex("ab" * 32), b"real/clip.mp4", hashlib.sha256).hexdigest()
    assert clip_ids("ab" * 32, ["real/clip.mp4"]) == [whole[:12]]


def test_another_secret_gives_other_ids():
    assert clip_ids(new_secret(), ["a"]) != clip_ids(new_secret(), ["a"])


def test_two_clips_of_one_id_are_refused():
    with pytest.raises(DataError, match="2 clips got the id 0123456789ab"):
        check_distinct(["0123456789ab", "ba9876543210", "0123456789ab"])
