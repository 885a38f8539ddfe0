"""One attempt at a file over HTTP: going on from what is held already, never mixing two versions of the file."""

import http.client
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from avbench.errors import DataError
from avbench.workspace import machine_errors

_CHUNK = 1 << 18


def held(part: Path) -> int:
    """The bytes that `part` holds; 0 if it does not exist."""
    return part.stat().st_size if part.is_file() else 0


def open_from(url: str, offset: int, version: str, *, timeout: float) -> http.client.HTTPResponse:
    """Ask for `url` from byte `offset` on, if the server still has `version` of it, else for all of it.

    Args:
        version: what `version_of` said of the answer that brought the bytes before; "" where that is not known.
        timeout: seconds of silence.

    Raises:
        urllib.error.HTTPError: the server refuses; status 416 means that it has nothing beyond `offset`.
        OSError, http.client.HTTPException: there is no connection.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "avbench"})
    if offset:
        request.add_header("Range", f"bytes={offset}-")
        if version:
            request.add_header("If-Range", version)
    response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
    return response


def version_of(headers: Message) -> str:
    """The server's name for the file's content; "" where it promises nothing."""
    tag = headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag  # weak tags do not promise equal bytes


def receive(
    url: str,
    response: http.client.HTTPResponse,
    part: Path,
    *,
    size: int | None,
    progress: Callable[[int, int], None],
) -> None:
    """Write the answer to `open_from` into `part`, behind what it holds if the server sends no more than the rest.

    Args:
        size: the bytes of the whole file, if known.
        progress: told the bytes there are and the bytes wanted (the same number where these are not known), with
            every piece that arrives; what it raises ends the transfer.

    Raises:
        DataError: the server offers a file of another size.
        ConnectionError, OSError, http.client.HTTPException: the connection broke.
        MachineError: the disk is full or `part` cannot be written.
    """
    # A server that knows no ranges answers 200 and sends all from the start.
    done = held(part) if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length")
    total = size if length is None else done + int(length)
    if size is not None and total != size:
        raise DataError(f"{url}: the server offers {total:,} bytes; wanted are {size:,}. It is not the published file")
    with machine_errors(part):
        file = part.open("r+b" if done else "wb")
    with file:
        file.seek(done)
        while chunk := response.read1(_CHUNK):  # read() would wait for a whole chunk of a slow server
            with machine_errors(part):
                file.write(chunk)
                file.flush()
            done += len(chunk)
            progress(done, total or done)
    if total is not None and done < total:  # reading ends silently when the connection does
        raise ConnectionError(f"the connection ended after {done:,} of {total:,} bytes")
