import pytest

from avbench.errors import DataError
from pipelines.web.address import read_address, youtube


@pytest.mark.parametrize(
    "text",
    [
        "abcd-fgh_jk",
        "https://www.youtube.com/watch?v=abcd-fgh_jk&t=3s",
        "http://youtube.com/watch?list=x&v=abcd-fgh_jk",
        "https://youtu.be/abcd-fgh_jk?si=1",
        "youtu.be/abcd-fgh_jk",
        "https://www.youtube.com/embed/abcd-fgh_jk",
        "https://m.youtube.com/shorts/abcd-fgh_jk",
    ],
)
def test_knows_a_video_of_youtube_in_all_spellings(text):
    assert read_address(text) == youtube("abcd-fgh_jk")


@pytest.mark.parametrize("text", ["", "rain", "ftp://example.org/a.mp4", "https://", "a b.com/c", "3.5", "rain.mp4"])
def test_rejects_what_is_no_address(text):
    with pytest.raises(DataError, match="is neither a URL nor an 11-character YouTube id"):
        read_address(text)


@pytest.mark.parametrize("text", ["https://www.youtube.com/watch?v=short", "https://www.youtube.com/@channel"])
def test_rejects_pages_of_youtube_that_are_no_videos(text):
    with pytest.raises(DataError, match="is not a YouTube id"):
        read_address(text)


def test_tells_files_from_pages():
    assert read_address("https://example.org/a/Rain.MP4?x=1").via == "http"
    assert read_address("https://example.org/watch/12").via == "youtube"


def test_gives_files_of_one_name_different_keys():
    one, two = (read_address(f"https://example.org/{folder}/rain.mp4").video for folder in "ab")
    assert one != two and one.startswith("rain-")
