"""Downloads over HTTP that survive broken connections: they go on where they stopped."""

import http.client
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from avbench.errors import DataError, MissingError
from avbench.workspace import machine_errors

logger = logging.getLogger(__name__)

_TIMEOUT = 30.0  # seconds of silence
_ATTEMPTS = 3  # in a row that bring nothing
_FIRST_PAUSE = 1.0  # seconds, after an attempt that brought nothing; doubled after the next
_CHUNK = 1 << 18
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


def download(url: str, part: Path, *, size: int | None, progress: Callable[[int, int], None]) -> None:
    """Fetch `url` into the file `part`, going on from what it holds already.

    Args:
        size: the bytes wanted, if known.
        progress: told the bytes there are and the bytes wanted.

    Raises:
        MissingError: the server cannot be reached, refuses, or breaks off again and again.
        DataError: the server offers a file of another size.
        MachineError: the disk is full or `part` cannot be written.
    """
    if size is not None and _held(part) > size:
        part.unlink()
    version = ""  # the server's name for the file's content: a part of one version is not completed with another
    failures = 0
    while size is None or _held(part) < size:
        before = _held(part)
        try:
            with _open(url, before, version) as response:
                version = _version(response.headers)
                _receive(url, response, part, size, progress)
            return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:  # nothing beyond what is held, which is therefore not a part of this file
                part.unlink(missing_ok=True)
            elif error.code not in _TRY_AGAIN:
                raise MissingError(f"{url}: the server answers {error.code} {error.reason}") from error
            reason = f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        failures = 0 if _held(part) > before else failures + 1
        if failures == _ATTEMPTS:
            raise MissingError(f"{url}: {reason}")
        logger.info("%s: %s; trying again from byte %d", url, reason, _held(part))
        time.sleep(_FIRST_PAUSE * 2 ** (failures - 1))


def _held(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _open(url: str, offset: int, version: str) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "avbench"})
    if offset:
        request.add_header("Range", f"bytes={offset}-")
        if version:
            request.add_header("If-Range", version)
    response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT)
    return response


def _version(headers: Message) -> str:
    tag = headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag  # weak tags do not promise equal bytes


def _receive(
    url: str,
    response: http.client.HTTPResponse,
    part: Path,
    size: int | None,
    progress: Callable[[int, int], None],
) -> None:
    # A server that knows no ranges answers 200 and sends all from the start.
    done = _held(part) if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length")
    total = size if length is None else done + int(length)
    if size is not None and total != size:
        raise DataError(f"{url}: the server offers {total:,} bytes; wanted are {size:,}. It is not the published file")
    with machine_errors(part):
        file = part.open("r+b" if done else "wb")
    with file:
        file.seek(done)
        while chunk := response.read(_CHUNK):
            with machine_errors(part):
                file.write(chunk)
                file.flush()
            done += len(chunk)
            progress(done, total or done)
    if total is not None and done < total:  # read() ends silently when the connection does
        raise ConnectionError(f"the connection ended after {done:,} of {total:,} bytes")
