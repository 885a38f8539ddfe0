"""One attempt at a file on a web server, going on where an earlier attempt, or process, stopped."""

import email.utils
import errno
import http.client
import mimetypes
import re
import time
import urllib.error
import urllib.parse
from email.message import Message
from pathlib import Path

from avbench.transfer import held, open_from, receive, version_of
from avbench.workspace import machine_errors
from pipelines.web.download.classify import RefusedError, reason_of_status
from pipelines.web.download.pace import Limits, Pace

_OTHER_KINDS = ("text/", "image/", "application/json", "application/xml", "application/xhtml")
_UNREACHABLE = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{2,4}")


def fetch_file(url: str, folder: Path, limits: Limits) -> Path:
    """Fetch the media file at `url` into `folder`, which keeps what there is of it when the attempt fails.

    Returns:
        The file, with the suffix it has on the server.

    Raises:
        RefusedError: it could not be had.
        MachineError: the disk is full or the folder cannot be written.
    """
    part, version_file = folder / "part", folder / "version"
    version = version_file.read_text() if version_file.is_file() else ""
    if not version:  # nobody can tell whether the rest would belong to these bytes
        part.unlink(missing_ok=True)
    try:
        with open_from(url, held(part), version, timeout=limits.silence) as response:
            _check_kind(response.headers)
            if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                part.unlink(missing_ok=True)
                with machine_errors(version_file):
                    version_file.write_text(version_of(response.headers))
            suffix = _suffix(url, response.headers)
            receive(url, response, part, size=None, progress=Pace(limits))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not held(part):
            raise RefusedError(
                reason_of_status(error.code),
                f"the server answers {error.code} {error.reason}",
                retry_after(error.headers.get("Retry-After")),
            ) from error
        if error.headers.get("Content-Range") != f"bytes */{held(part)}":
            part.unlink()
            return fetch_file(url, folder, limits)
        suffix = _suffix(url, error.headers)  # an earlier process had all of it
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _broken(error) from error
    if not held(part):
        raise RefusedError("truncated", "the server sends an empty file")
    return part.replace(folder / f"video{suffix}")


def retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for; it holds either them or a date."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def _check_kind(headers: Message) -> None:
    kind = headers.get_content_type() if "Content-Type" in headers else ""
    if kind.startswith(_OTHER_KINDS):
        raise RefusedError("not_media", f"the server sends {kind}, which is neither video nor sound")


def _suffix(url: str, headers: Message) -> str:
    suffix = Path(urllib.parse.urlparse(url).path).suffix
    if _SUFFIX.fullmatch(suffix):
        return suffix.lower()
    return mimetypes.guess_extension(headers.get_content_type()) or ".media"


def _broken(error: Exception) -> RefusedError:
    """What a connection that failed or broke says."""
    cause = getattr(error, "reason", error)  # urllib wraps what happens before the server answers
    message = str(cause) or type(cause).__name__
    if isinstance(error, ValueError):
        return RefusedError("other", message)
    if isinstance(error, urllib.error.URLError) or getattr(error, "errno", None) in _UNREACHABLE:
        return RefusedError("unreachable", message)
    if isinstance(error, ConnectionError) and "the connection ended after" in message:
        return RefusedError("truncated", message)
    return RefusedError("network", message)
