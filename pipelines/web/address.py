"""What a cell of a list means: the address of a YouTube video, of another page, or of a file."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from avbench.clipset.scan import VIDEO_SUFFIXES
from avbench.errors import DataError
from pipelines.web.item import Via

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "www.youtube-nocookie.com"}
_ID_FOLDERS = {"embed", "shorts", "v", "live"}  # youtube.com/<one of these>/<id>
_STEM_LENGTH = 64  # as keys of a folder's files


@dataclass(frozen=True, slots=True)
class Address:
    """Where a video is, and what it is called: YouTube's own id, or its file's stem and 6 hex digits of the URL."""

    url: str
    via: Via
    video: str


def youtube(video_id: str) -> Address:
    """The address of the video with this id.

    Raises:
        DataError: it is not an id.
    """
    if not _YOUTUBE_ID.fullmatch(video_id):
        raise DataError(f'"{video_id}" is not a YouTube id: 11 letters, digits, _ and -')
    return Address(f"https://www.youtube.com/watch?v={video_id}", "youtube", video_id)


def read_address(text: str) -> Address:
    """The address that a cell holds: an 11-character id, a YouTube URL, or the URL of another page or of a file.

    Raises:
        DataError: it is none of these.
    """
    text = text.strip()
    if _YOUTUBE_ID.fullmatch(text):
        return youtube(text)
    is_url = "://" in text or re.match(r"[\w-]+(\.[\w-]+)+/", text)  # youtu.be/ID is one too
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if not is_url or parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise DataError(f'"{text}" is neither a URL nor an 11-character YouTube id')
    video_id = _youtube_id(parts.hostname, parts.path, parts.query)
    if video_id is not None:
        return youtube(video_id)
    suffix = parts.path[parts.path.rfind(".") :].lower()
    via: Via = "http" if suffix in VIDEO_SUFFIXES else "youtube"
    return Address(parts.geturl(), via, _name_of(parts.geturl(), parts.path))


def _youtube_id(host: str, path: str, query: str) -> str | None:
    """The id in a YouTube URL; None for other sites."""
    folders = [folder for folder in path.split("/") if folder]
    if host == "youtu.be":
        return folders[0] if folders else ""
    if host not in _YOUTUBE_HOSTS:
        return None
    if len(folders) == 2 and folders[0] in _ID_FOLDERS:
        return folders[1]
    return parse_qs(query).get("v", [""])[0]


def _name_of(url: str, path: str) -> str:
    stem = unquote(path).rsplit("/", 1)[-1].rsplit(".", 1)[0]
    digest = hashlib.sha256(url.encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', stem)[:_STEM_LENGTH]}-{digest}"
