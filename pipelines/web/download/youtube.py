"""One attempt at a video behind a web page, by yt-dlp: YouTube's, or any that yt-dlp can read."""

import errno
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avbench.errors import MissingError
from avbench.media.filters import ffmpeg_program
from avbench.workspace import home, machine_errors
from pipelines.web.download.classify import RefusedError, reason_of_text
from pipelines.web.download.http import retry_after
from pipelines.web.download.pace import Limits, Pace

logger = logging.getLogger(__name__)

_NO_RUNTIME = re.compile(r"no supported javascript runtime|challenge solving failed|signature solving failed", re.I)
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_FACTS = (
    "id", "extractor", "format_id", "ext", "width", "height", "fps", "vcodec", "acodec", "duration", "filesize",
    "filesize_approx", "live_status", "license",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """How yt-dlp asks.

    Raises:
        MissingError: the file of cookies does not exist.
    """

    height: int = 720  # of the format that is preferred; larger ones only where there is no other
    cookies: Path | None = None  # Netscape format; read, never written
    bytes_per_second: int | None = None  # at most; None: as they come
    request_pause: float = 1.0  # seconds between two questions to the site
    js_runtime: bool = True  # False: do without; the site then hides formats

    def __post_init__(self) -> None:
        if self.cookies is not None and not self.cookies.is_file():
            raise MissingError(f"{self.cookies}: the file of cookies does not exist")


def fetch_page(url: str, folder: Path, limits: Limits, options: PageOptions) -> tuple[Path, dict[str, Any]]:
    """Fetch the video that the page `url` shows, whole: what is wanted of it is cut out later, since tools that fetch
    sections begin at the key frame before and let picture and sound drift apart (yt-dlp issues 4216, 10970, 13331).

    Returns:
        The file, and what is known of it.

    Raises:
        RefusedError: it could not be had. What there is of it stays in `folder`, for the next attempt.
        MachineError: the disk is full, the folder cannot be written, or there is no ffmpeg.
    """
    pace = Pace(limits)

    def hook(status: Mapping[str, Any]) -> None:
        done = int(status.get("downloaded_bytes") or 0)
        pace(done, int(status.get("total_bytes") or done))

    wanted = {
        # With its format, since yt-dlp would complete a part of one format with another.
        "outtmpl": {"default": str(folder / "video.%(format_id)s.%(ext)s")},
        "merge_output_format": "mp4/mkv",
        "ffmpeg_location": ffmpeg_program(),
        "progress_hooks": [hook],
        "updatetime": False,
    }
    info = _ask(url, _parameters(limits, options) | wanted, folder)
    files = [Path(file["filepath"]) for file in info.get("requested_downloads", ())]
    if not files or not files[0].is_file():
        raise RefusedError("extraction", "yt-dlp says that all is well, but there is no file")
    return files[0], _facts(info)


def read_facts(url: str, limits: Limits, options: PageOptions) -> dict[str, Any]:
    """What the page says of the video in the format that `fetch_page` would take: height, fps, duration and so on.

    Raises:
        RefusedError: it cannot be read.
    """
    return _facts(_ask(url, _parameters(limits, options), None))


def _parameters(limits: Limits, options: PageOptions) -> dict[str, Any]:
    return {
        "format": "bv*+ba/b",
        "format_sort": [f"res:{options.height}", "fps", "vcodec:h264", "acodec:aac"],
        "noplaylist": True,
        "playlist_items": "1",
        "socket_timeout": limits.silence,
        "ratelimit": options.bytes_per_second,
        "sleep_interval_requests": options.request_pause,
        # When to try again is decided for all downloads together.
        "retries": 0,
        "extractor_retries": 0,
        "fragment_retries": 3,
        "skip_unavailable_fragments": False,  # a video with holes is no video
        # As text, so that yt-dlp does not write the site's new cookies back into the user's file.
        "cookiefile": io.StringIO(options.cookies.read_text()) if options.cookies else None,
        "cachedir": str(home() / "yt-dlp"),
        "js_runtimes": {"deno": {}} if options.js_runtime else {},
        "color": {"stdout": "no_color", "stderr": "no_color"},
        "noprogress": True,
    }


def _ask(url: str, parameters: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """What yt-dlp finds at `url`, and, where there is a `folder`, brings into it."""
    import yt_dlp  # takes a second

    said = _Said()
    try:
        with yt_dlp.YoutubeDL(parameters | {"logger": said}) as ydl:
            info = ydl.extract_info(url, download=folder is not None)
    except (yt_dlp.utils.YoutubeDLError, OSError) as error:
        raise _refusal(error, said, folder or home()) from error
    if not info:
        raise RefusedError(reason_of_text(said.text), said.text or "yt-dlp says nothing")
    entries = list(info.get("entries") or [])  # a page that shows several videos
    return dict(entries[0] if entries else info)


def _facts(info: Mapping[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in _FACTS if info.get(name) is not None}


@dataclass
class _Said:
    """Keeps what yt-dlp says, in the place of a log."""

    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.lines)

    def debug(self, message: str) -> None:  # all that is neither a warning nor an error
        if "max-filesize" in message:
            self.lines.append(message.strip())

    def warning(self, message: str) -> None:
        logger.debug("yt-dlp: %s", message)
        self.lines.append(message)

    def error(self, message: str) -> None:
        self.lines.append(message)


def _refusal(error: Exception, said: _Said, folder: Path) -> RefusedError:
    """
    Raises:
        MachineError: it is this machine that refuses, to write into `folder`.
    """
    message = re.sub(
        r"^ERROR: |; please report this issue on .*| \(caused by .*", "", str(error), flags=re.DOTALL
    ).strip()
    number = _ERRNO.search(message)
    if number and int(number[1]) in _DISK:
        with machine_errors(folder):
            raise OSError(int(number[1]), message)
    reason = reason_of_text(message)
    if reason == "no_format" and _NO_RUNTIME.search(said.text):
        return RefusedError(
            "no_js_runtime",
            f"{message} (no JavaScript runtime solved the site's challenges: pip install 'yt-dlp[default,deno]')",
        )
    return RefusedError(reason, message, _named_pause(error))


def _named_pause(error: BaseException) -> float | None:
    """The Retry-After of the answer that `error` came from, if there was one."""
    for cause in _causes(error):
        response = getattr(cause, "response", None)
        if response is not None:
            return retry_after(response.headers.get("Retry-After"))
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and all that it came from; yt-dlp keeps them in places of its own."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if not isinstance(error, BaseException) or id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        _, inner, _ = getattr(error, "exc_info", None) or (None, None, None)
        waiting += [error.__context__, error.__cause__, getattr(error, "cause", None), inner]
