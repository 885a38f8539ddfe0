"""A study's server as its own process, and raters who talk to it without a browser."""

import contextlib
import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def running_server(folder: Path, port: int = 0) -> Iterator[Running]:
    """`avbench study serve`; killed when the block ends, if it still runs."""
    command = [sys.executable, "-m", "avbench", "study", "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            told = ""
            while not (found := re.search(r"http://[\d.]+:(\d+)/", told)):
                line = process.stderr.readline()
                assert line, f"the server ended: {told}"
                told += line
            yield Running(process, int(found.group(1)))
        finally:
            process.kill()


class Rater:
    """Joins and votes as the page does, over one connection."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._page_token = ""
        self._token = ""

    def request(
        self, method: str, path: str, content: Any = None, **headers: str | None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body. Headers are those of our own page unless told otherwise; None leaves one out."""
        own: dict[str, str | None] = {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/json",
            "X-Study-Token": self._token or self._page_token,
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**own, **given}.items() if value is not None}
        body = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def open_page(self) -> str:
        """The page's text; its token is kept."""
        status, _, body = self.request("GET", "/")
        assert status == 200
        found = re.search(r'"token":"([0-9a-f]{64})"', body.decode())
        assert found is not None
        self._page_token = found.group(1)
        return body.decode()

    def join(self) -> tuple[int, dict[str, Any]]:
        """Status and answer; the rater's token is kept."""
        self._token = ""
        status, _, body = self.request("POST", "/api/join", {"rater_id": self.name, "platform": {}})
        answer = json.loads(body)
        self._token = answer.get("token", "")
        return status, answer

    def vote(self, record: dict[str, Any], **headers: str | None) -> tuple[int, dict[str, Any]]:
        status, _, body = self.request("POST", "/api/vote", record, **headers)
        return status, json.loads(body)

    def close(self) -> None:
        self._connection.close()


def record(study_id: str, rater: str, page: dict[str, Any], position: int, answer: str = "4") -> dict[str, Any]:
    """A vote as the page sends it."""
    clip_id = page["clips"][position - 1]
    return {
        "study_id": study_id,
        "task_id": f"{page['task']}:{clip_id}",
        "rater_id": rater,
        "clip_id": clip_id,
        "task": page["task"],
        "answer": answer,
        "seconds": 4.25,
        "plays": 1,
        "timestamp": "2026-01-31T12:00:00Z",
        "consent": "yes",
        "audio_check": "pass",
        "page_id": page["page_id"],
        "position": position,
    }
