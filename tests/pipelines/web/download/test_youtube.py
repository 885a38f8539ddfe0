"""yt-dlp itself, before a real server with real clips behind pages (its generic extractor)."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from full_disk import no_file_above
from loopback import Served, serving_all

from avbench.errors import MachineError, MissingError
from avbench.media.probe import probe
from pipelines.web.download import youtube
from pipelines.web.download.classify import RefusedError
from pipelines.web.download.pace import Limits
from pipelines.web.download.youtube import PageOptions, fetch_page, read_facts

# yt-dlp leaves connections that it gives up to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

LIMITS = Limits(silence=5)
OPTIONS = PageOptions(request_pause=0)


@pytest.fixture
def video(clip: bytes) -> Served:
    return Served(clip, kind="video/mp4")


@pytest.fixture
def site(video: Served, page: Callable[[str], Served]) -> Iterator[str]:
    pages = {"watch": page("/clips/a.mp4"), "empty": Served(b"<html>nothing</html>", kind="text/html")}
    with serving_all({**pages, "clips/a.mp4": video}) as address:
        yield address


@pytest.fixture(autouse=True)
def no_litter() -> Iterator[None]:
    """So that they are not collected during another test."""
    yield
    gc.collect()


def reason(url: str, folder: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(RefusedError) as refused:
        fetch_page(url, folder, limits, OPTIONS)
    return refused.value.reason


def test_brings_the_video_of_a_page_whole(site: str, video: Served, tmp_path: Path) -> None:
    file, facts = fetch_page(f"{site}/watch", tmp_path, LIMITS, OPTIONS)
    assert file.read_bytes() == video.content and file.suffix == ".mp4"
    assert probe(file).video is not None and facts["ext"] == "mp4"


def test_brings_a_file_that_is_no_page(site: str, video: Served, tmp_path: Path) -> None:
    file, _ = fetch_page(video.url, tmp_path, LIMITS, OPTIONS)
    assert file.read_bytes() == video.content


def test_goes_on_where_the_connection_broke(site: str, video: Served, tmp_path: Path) -> None:
    half = len(video.content) // 2
    video.breaks = [half]
    assert reason(f"{site}/watch", tmp_path) in ("truncated", "network")
    file, _ = fetch_page(f"{site}/watch", tmp_path, LIMITS, OPTIONS)
    assert file.read_bytes() == video.content
    begun = int(str(video.ranges[-1]).removeprefix("bytes=").rstrip("-"))  # yt-dlp throws an unfinished block away
    assert 0 < begun <= half


@pytest.mark.parametrize(
    ("status", "expected"), [(404, "removed"), (403, "forbidden"), (503, "server"), (429, "rate_limit")]
)
def test_says_how_the_file_is_refused(site: str, video: Served, tmp_path: Path, status: int, expected: str) -> None:
    video.statuses = [status] * 9
    assert reason(f"{site}/watch", tmp_path) == expected


def test_hears_when_the_server_wants_to_be_asked_again(site: str, video: Served, tmp_path: Path) -> None:
    video.statuses, video.retry_after = [429] * 9, "17"
    with pytest.raises(RefusedError) as refused:
        fetch_page(f"{site}/watch", tmp_path, LIMITS, OPTIONS)
    assert refused.value.retry_after == 17


def test_says_that_there_is_no_such_page(site: str, tmp_path: Path) -> None:
    assert reason(f"{site}/nothing", tmp_path) == "removed"


def test_says_that_a_page_has_no_video(site: str, tmp_path: Path) -> None:
    assert reason(f"{site}/empty", tmp_path) == "no_video"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/watch", "https://www.youtube.invalid/watch?v=aaaaaaaaaaa"])
def test_says_that_there_is_no_connection(tmp_path: Path, url: str) -> None:
    assert reason(url, tmp_path) == "unreachable"


def test_a_part_of_one_format_is_not_completed_with_another(site: str, video: Served, tmp_path: Path) -> None:
    (tmp_path / "video.other.mp4.part").write_bytes(b"something else")
    file, _ = fetch_page(f"{site}/watch", tmp_path, LIMITS, OPTIONS)
    assert file.read_bytes() == video.content


def test_ends_a_trickle(site: str, video: Served, tmp_path: Path) -> None:
    video.pause = 0.005
    assert reason(f"{site}/watch", tmp_path, Limits(silence=5, least_speed=10**6, patience=0.3)) == "slow"


def test_refuses_what_is_too_large(site: str, video: Served, tmp_path: Path) -> None:
    assert reason(f"{site}/watch", tmp_path, Limits(silence=5, max_bytes=1000)) == "too_large"


def test_a_disk_that_takes_no_more_is_no_fault_of_the_sites(site: str, video: Served, tmp_path: Path) -> None:
    # The clip is larger than what may be written, the cache of yt-dlp smaller.
    with no_file_above(20_000), pytest.raises(MachineError, match="takes no larger file"):
        fetch_page(f"{site}/watch", tmp_path, LIMITS, OPTIONS)


def test_tells_what_a_page_says_without_fetching_the_video(site: str, video: Served, tmp_path: Path) -> None:
    facts = read_facts(f"{site}/watch", LIMITS, OPTIONS)
    assert facts["ext"] == "mp4" and video.sent < 2 * len(video.content)


def test_the_users_cookies_are_shown_to_the_site_and_never_written(
    site: str, video: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tsecret\n"
    cookies.write_text(text)
    options = PageOptions(request_pause=0, cookies=cookies)
    folder = tmp_path / "out"
    _, facts = fetch_page(f"{site}/watch", folder, LIMITS, options)
    assert cookies.read_text() == text and "secret" not in str(facts)
    assert not any(b"secret" in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_says_that_the_file_of_cookies_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="the file of cookies does not exist"):
        PageOptions(cookies=tmp_path / "cookies.txt")


def test_prefers_720_lines_then_rate_then_h264_and_aac() -> None:
    import yt_dlp

    formats = [
        {"format_id": name, "url": f"http://x/{name}", "ext": "mp4", "vcodec": vcodec, "acodec": "aac"} | more
        for name, vcodec, more in (
            ("1080", "avc1", {"height": 1080, "width": 1920, "fps": 60}),
            ("720-30", "avc1", {"height": 720, "width": 1280, "fps": 30}),
            ("720-60-vp9", "vp9", {"height": 720, "width": 1280, "fps": 60}),
            ("720-60", "avc1", {"height": 720, "width": 1280, "fps": 60}),
            ("360", "avc1", {"height": 360, "width": 640, "fps": 30}),
        )
    ]
    with yt_dlp.YoutubeDL(youtube._parameters(LIMITS, OPTIONS) | {"quiet": True}) as ydl:
        info = ydl.process_video_result({"id": "x", "title": "x", "extractor": "x", "formats": formats}, download=False)
    assert info["format_id"] == "720-60"


def test_a_missing_runtime_is_told_from_a_missing_format() -> None:
    import yt_dlp

    said = youtube._Said()
    error = yt_dlp.utils.DownloadError("ERROR: [youtube] x: Requested format is not available. Use --list-formats")
    assert youtube._refusal(error, said, Path()).reason == "no_format"
    said.warning("No supported JavaScript runtime could be found. Only deno is enabled by default")
    refused = youtube._refusal(error, said, Path())
    assert refused.reason == "no_js_runtime" and "pip install" in refused.message


def test_the_runtime_that_is_installed_along_is_found() -> None:
    import yt_dlp

    with yt_dlp.YoutubeDL(youtube._parameters(LIMITS, OPTIONS) | {"quiet": True}) as ydl:
        deno = ydl._js_runtimes["deno"]
        assert deno is not None and deno.info is not None and deno.info.supported
