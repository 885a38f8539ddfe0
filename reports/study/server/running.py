"""Running the server until somebody stops it."""

import contextlib
import errno
import http.server
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from avbench.errors import DataError, MachineError, UsageError
from reports.study.pages.render import survey_page
from reports.study.server.answers import Answers, open_answers
from reports.study.server.guard import Guard, is_loopback
from reports.study.server.handler import Handler
from reports.study.study import MEDIA_FOLDER, Study, read_study

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bound:
    """A server that listens."""

    address: str  # what a rater opens
    is_loopback: bool  # only this machine reaches it
    answers: Answers


class StudyServer(http.server.ThreadingHTTPServer):
    """One thread a connection; a few hundred raters at once are what it is for."""

    daemon_threads = True  # a browser that keeps a connection open does not keep the server from ending
    request_queue_size = 256  # a whole room may press Start in the same second

    def __init__(self, answers: Answers, media: Path, host: str, port: int, names: Sequence[str]) -> None:
        """Listen at `host`:`port` (0: any that is free).

        Raises:
            MachineError: the port is taken or may not be used.
            UsageError: `host` is no address of this machine.
        """
        self.answers = answers
        self.media = media
        study = answers.study
        self.clip_ids = frozenset(study.clip_ids) | {item.clip_id for item in study.practice}
        self.page = survey_page(study, answers.token()).encode()
        self.guard = Guard(tuple(names))
        self.is_loopback = is_loopback(host)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise _refusal(error, host, port) from error

    @property
    def address(self) -> str:
        """What a rater opens, from this machine where the server listens to all."""
        host, port = self.server_address[:2]
        name = "localhost" if host in ("0.0.0.0", "::") else str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}/"

    def server_bind(self) -> None:
        # Not the parent's, which asks the network for this machine's name and may wait for an answer.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that breaks off is daily business; anything else is a bug, told without the address."""
        if not isinstance(sys.exception(), ConnectionError):
            logger.exception("a request failed")


def serve(folder: Path, *, host: str, port: int, names: Sequence[str], started: Callable[[Bound], None]) -> Bound:
    """Serve the study in `folder` until Ctrl-C or SIGTERM.

    Args:
        host: address to listen at; a loopback one is reached from this machine alone.
        port: 0 for any that is free.
        names: under which the server is reached besides its address, e.g. that of a proxy before it.
        started: called when raters can come.

    Returns:
        The server, ended; its answers say how much is on disk.

    Raises:
        UsageError, DataError: there is no study, it has no lists for raters, clips are missing, or answers are damaged.
        MachineError: another server keeps these answers, the port is taken, or the folder cannot be written.
    """
    study = read_study(folder)
    _check(study, folder)
    with (
        open_answers(study, folder) as answers,
        StudyServer(answers, folder / MEDIA_FOLDER, host, port, names) as server,
    ):
        bound = Bound(server.address, server.is_loopback, answers)
        with _ended_by_signals(server):
            started(bound)
            server.serve_forever(poll_interval=0.2)
    return bound


def _check(study: Study, folder: Path) -> None:
    if not study.rater_lists:
        raise UsageError(f"{folder}: the study has no lists of pages for raters; create it anew with raters to deal to")
    wanted = [*study.clip_ids, *(item.clip_id for item in study.practice)]
    missing = [clip for clip in wanted if not (folder / MEDIA_FOLDER / f"{clip}.mp4").is_file()]
    if missing:
        raise DataError(
            f"{folder / MEDIA_FOLDER}: {len(missing)} of {len(wanted)} clips are missing, {missing[0]}.mp4 among them; "
            "copy them there, or create the study anew"
        )


@contextlib.contextmanager
def _ended_by_signals(server: StudyServer) -> Iterator[None]:
    """Ctrl-C and SIGTERM end `serve_forever` in good order: a vote that is being written is written."""

    def end(number: int, frame: FrameType | None) -> None:
        # From a thread: shutdown waits for the loop that this handler has interrupted.
        threading.Thread(target=server.shutdown).start()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refusal(error: OSError, host: str, port: int) -> MachineError | UsageError:
    if error.errno == errno.EADDRINUSE:
        return MachineError(f"port {port} is taken; choose another with --port, or --port 0 for any that is free")
    if error.errno == errno.EACCES:
        return MachineError(f"port {port} may not be used by you; choose one from 1024 on with --port")
    return UsageError(f"{host} is no address of this machine ({error.strerror or error}); see --host")
