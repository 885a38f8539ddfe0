"""The server's requests: the page, the clips, and three calls that the page makes (join, vote, comment)."""

import json
import logging
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from avbench.errors import DataError, MachineError
from reports.study.pages.render import dealt_page
from reports.study.server.answers import RefusedError
from reports.study.server.media import UnsatisfiableError, open_clip, wanted_part
from reports.study.study import MEDIA_FOLDER
from reports.study.vote import parse_vote

if TYPE_CHECKING:
    from reports.study.server.running import StudyServer

_CLIP = re.compile(rf"/{MEDIA_FOLDER}/([0-9a-f]{{12}})\.mp4")
_MOST_BYTES = 16_384  # of a request's body
_PIECE = 1 << 16  # bytes of a clip read at a time
_JSON = "application/json; charset=utf-8"

logger = logging.getLogger(__name__)


class Handler(BaseHTTPRequestHandler):
    """One connection. Paths are compared, never joined to a folder, so that none leads outside."""

    server: "StudyServer"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body leave in two writes; the second must not wait for the first
    timeout = 60  # seconds that a connection may be idle or slow

    def do_GET(self) -> None:  # noqa: N802
        self._answer(self._get)

    def do_HEAD(self) -> None:  # noqa: N802
        self._answer(self._get)

    def do_POST(self) -> None:  # noqa: N802
        self._answer(self._post)

    def _answer(self, work: Callable[[], None]) -> None:
        try:
            try:
                work()
            except RefusedError as error:
                self._send_json(error.status, {"error": str(error)})
            except DataError as error:
                self._send_json(400, {"error": str(error)})
            except MachineError as error:
                logger.error("%s", error)
                self._send_json(507, {"error": "the answer could not be written to disk"})
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the browser has gone; players do that whenever they have enough

    def _get(self) -> None:
        self.server.guard.check_host(self.headers)
        path = self.path.partition("?")[0]
        if path in ("/", "/index.html"):
            headers = {"Cache-Control": "no-store", "Content-Security-Policy": "frame-ancestors 'none'"}
            self._send(200, self.server.page, "text/html; charset=utf-8", headers)
        elif (match := _CLIP.fullmatch(path)) and match.group(1) in self.server.clip_ids:
            self._send_clip(match.group(1))
        else:
            raise RefusedError(404, "there is nothing here")

    def _post(self) -> None:
        calls = {"/api/join": self._join, "/api/vote": self._vote, "/api/comment": self._comment}
        if self.path not in calls:
            self.close_connection = True  # its body was not read
            raise RefusedError(404, "there is nothing here")
        self._send_json(200, calls[self.path](self._body()))

    def _body(self) -> Any:
        """The request's JSON. It is read before anything is judged, so that the connection can serve the next one."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            raise RefusedError(411, "a request names its length")
        if int(length) > _MOST_BYTES:
            self.close_connection = True
            raise RefusedError(413, f"a request has at most {_MOST_BYTES} bytes")
        body = self.rfile.read(int(length))
        self.server.guard.check_host(self.headers)
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, "the request is not JSON") from error
        if not isinstance(content, dict):
            raise RefusedError(400, "the request is not a JSON object")
        return content

    def _join(self, content: dict[str, Any]) -> dict[str, Any]:
        self.server.guard.check_change(self.headers, self.server.answers.token())
        platform = content.get("platform")
        rater = str(content.get("rater_id", ""))
        raters, done = self.server.answers.join(rater, platform if isinstance(platform, dict) else {})
        return {
            "list_id": raters.list_id,
            "token": self.server.answers.token(rater),
            "pages": [dealt_page(self.server.answers.study.page(page_id)) for page_id in raters.page_ids],
            "done": [{"page_id": vote.page_id, "position": vote.position} for vote in done],
        }

    def _vote(self, content: dict[str, Any]) -> dict[str, Any]:
        self._check_rater(content)
        return {"outcome": self.server.answers.add(parse_vote(content, "vote"))}

    def _comment(self, content: dict[str, Any]) -> dict[str, Any]:
        self._check_rater(content)
        self.server.answers.comment(str(content["rater_id"]), str(content.get("comment", "")))
        return {"outcome": "stored"}

    def _check_rater(self, content: dict[str, Any]) -> None:
        """The token must be the one of the rater whom the request speaks for."""
        self.server.guard.check_change(self.headers, self.server.answers.token(str(content.get("rater_id", ""))))

    def _send_clip(self, clip_id: str) -> None:
        try:
            file, total = open_clip(self.server.media / f"{clip_id}.mp4")
        except FileNotFoundError:
            raise RefusedError(404, "there is no such clip") from None
        with file:
            try:
                part = wanted_part(self.headers.get("Range"), total)
            except UnsatisfiableError:
                self._send(416, b"", "video/mp4", {"Content-Range": f"bytes */{total}"})
                return
            headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600"}
            if part is not None:
                headers["Content-Range"] = f"bytes {part.first}-{part.last}/{total}"
                file.seek(part.first)
            left = total if part is None else part.length
            self._send_head(200 if part is None else 206, left, "video/mp4", headers)
            while self.command != "HEAD" and left > 0 and (piece := file.read(min(_PIECE, left))):
                self.wfile.write(piece)
                left -= len(piece)

    def _send_json(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode(), _JSON, {"Cache-Control": "no-store"})

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self._send_head(status, len(body), kind, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: int, length: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        fixed = {
            "Content-Type": kind,
            "Content-Length": str(length),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            # No other site may show our clips or open our page in a window that it can reach into.
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        for name, value in {**fixed, **headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library refuses by itself (a request that is none, a method we lack)."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else the library takes nonsense for HTTP/0.9, without a status
        self.command = getattr(self, "command", None) or "GET"
        self._send_json(code, {"error": "this is not a request that the server knows"})

    def version_string(self) -> str:
        return "avbench"

    def log_message(self, format: str, *args: Any) -> None:
        """Without the address: who took part from where is not to be written down."""
        logger.info(format, *args)
