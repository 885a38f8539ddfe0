"""A web server on this machine that serves one file and can misbehave on demand."""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Served:
    """What the server answers, and what it was asked."""

    content: bytes
    etag: str = '"one"'
    knows_ranges: bool = True
    names_length: bool = True
    statuses: list[int] = field(default_factory=list)  # of the next answers; 200 when used up
    breaks: list[int] = field(default_factory=list)  # bytes after which the next answers break off
    ranges: list[str | None] = field(default_factory=list)  # Range header of every request
    sent: int = 0  # bytes of content in all
    url: str = ""


@contextlib.contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Serves until the block ends; `served.url` is where."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            served.ranges.append(self.headers.get("Range"))
            if (status := served.statuses.pop(0) if served.statuses else 200) != 200:
                self.send_error(status)
                return
            first = self._first()
            if first and first >= len(served.content):
                self.send_error(416)
                return
            body = served.content[first:]
            self.send_response(206 if first else 200)
            self.send_header("ETag", served.etag)
            if first:
                total = len(served.content)
                self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
            if served.names_length:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            body = body[: served.breaks.pop(0)] if served.breaks else body
            served.sent += len(body)
            self.wfile.write(body)
            self.close_connection = True

        def _first(self) -> int:
            wanted = self.headers.get("Range")
            if not wanted or not served.knows_ranges or self.headers.get("If-Range", served.etag) != served.etag:
                return 0
            return int(wanted.removeprefix("bytes=").rstrip("-"))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}/weights.pt"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
