from pathlib import Path

import pytest

from avbench.errors import DataError, UsageError
from avbench.media.container import name_of, open_source, pick_stream


def test_media_in_memory_has_a_name_for_messages():
    assert name_of(b"...") == "<in memory>"
    assert name_of(Path("a/b.mp4")) == "a/b.mp4"


def test_a_colon_in_a_file_name_is_no_protocol(clips, tmp_path):
    (tmp_path / "http:clip %02d?.mp4").write_bytes((clips / "cough.mp4").read_bytes())
    with open_source(tmp_path / "http:clip %02d?.mp4") as container:
        assert pick_stream(container, "video").codec_context.name == "h264"


def test_a_stream_of_a_kind_that_is_not_there_is_none(clips):
    with open_source(clips / "carphone_silent.mp4") as container:
        assert pick_stream(container, "audio") is None


def test_a_folder_is_no_media_file(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        open_source(tmp_path)


def test_media_in_memory_that_is_empty_is_named(tmp_path):
    with pytest.raises(DataError, match=r"<in memory>: the file is empty \(0 bytes\)"):
        open_source(b"")
