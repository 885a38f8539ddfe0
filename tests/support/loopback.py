"""A web server on this machine that serves files and pages, and can misbehave on demand."""

import contextlib
import http.server
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_PIECE = 16  # bytes at a time of a slow answer


@dataclass
class Served:
    """What the server answers for one path, and what it was asked."""

    content: bytes
    etag: str = '"one"'
    kind: str = ""  # Content-Type
    knows_ranges: bool = True
    names_length: bool = True
    statuses: list[int] = field(default_factory=list)  # of the next answers; 200 when used up
    retry_after: str = ""  # named with every other status
    breaks: list[int] = field(default_factory=list)  # bytes after which the next answers break off
    resets: bool = False  # breaking off is a reset, not an end
    pause: float = 0.0  # seconds between pieces of 16 bytes
    gate: threading.Event | None = None  # answers stop half-way until it is set
    ranges: list[str | None] = field(default_factory=list)  # Range header of every request
    sent: int = 0  # bytes of content in all
    url: str = ""


@contextlib.contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Serves until the block ends; `served.url` is where."""
    with serving_all({"weights.pt": served}):
        yield served


@contextlib.contextmanager
def serving_all(site: Mapping[str, Served]) -> Iterator[str]:
    """Serves many, by their path; yields the address of the whole. What is not among them is not found."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            served = site.get(self.path.lstrip("/"))
            if served is None:
                self.send_error(404)
                return
            served.ranges.append(self.headers.get("Range"))
            if (status := served.statuses.pop(0) if served.statuses else 200) != 200:
                self._refuse(status, served)
                return
            first = self._first(served)
            if first and first >= len(served.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(served.content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = served.content[first:]
            self.send_response(206 if first else 200)
            self.send_header("ETag", served.etag)
            if served.kind:
                self.send_header("Content-Type", served.kind)
            if first:
                total = len(served.content)
                self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
            if served.names_length:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            breaks = bool(served.breaks)
            body = body[: served.breaks.pop(0)] if breaks else body
            with contextlib.suppress(ConnectionError):  # the reader may have had enough
                half = len(body) // 2 if served.gate else 0
                self._send(body[:half], served)
                if served.gate:
                    served.gate.wait()
                self._send(body[half:], served)
            if breaks and served.resets:
                self.wfile.flush()
                time.sleep(0.1)  # else the reset may overtake what was sent before it
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            self.close_connection = True

        def _refuse(self, status: int, served: Served) -> None:
            self.send_response(status)
            if served.retry_after:
                self.send_header("Retry-After", served.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, body: bytes, served: Served) -> None:
            step = _PIECE if served.pause else len(body) or 1
            for begin in range(0, len(body), step):
                piece = body[begin : begin + step]
                served.sent += len(piece)  # before the reader has it, and may ask how much there was
                self.wfile.write(piece)
                time.sleep(served.pause)

        def _first(self, served: Served) -> int:
            wanted = self.headers.get("Range")
            if not wanted or not served.knows_ranges or self.headers.get("If-Range", served.etag) != served.etag:
                return 0
            return int(wanted.removeprefix("bytes=").rstrip("-"))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # a slow answer need not be awaited
    address = f"http://127.0.0.1:{server.server_address[1]}"
    for path, served in site.items():
        served.url = f"{address}/{path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
