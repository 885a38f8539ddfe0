"""Downloads over HTTP that survive broken connections: they go on where they stopped."""

import http.client
import logging
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path

from avbench.errors import MissingError
from avbench.transfer import held, open_from, receive, version_of

logger = logging.getLogger(__name__)

_TIMEOUT = 30.0  # seconds of silence
_ATTEMPTS = 3  # in a row that bring nothing
_FIRST_PAUSE = 1.0  # seconds, after an attempt that brought nothing; doubled after the next
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
    if size is not None and held(part) > size:
        part.unlink()
    version = ""  # the server's name for the file's content: a part of one version is not completed with another
    failures = 0
    while size is None or held(part) < size:
        before = held(part)
        try:
            with open_from(url, before, version, timeout=_TIMEOUT) as response:
                version = version_of(response.headers)
                receive(url, response, part, size=size, progress=progress)
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
        failures = 0 if held(part) > before else failures + 1
        if failures == _ATTEMPTS:
            raise MissingError(f"{url}: {reason}")
        logger.info("%s: %s; trying again from byte %d", url, reason, held(part))
        time.sleep(_FIRST_PAUSE * 2 ** (failures - 1))
