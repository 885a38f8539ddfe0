"""What the server keeps of a study: who goes through which list, and every vote."""

import contextlib
import dataclasses
import hmac
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from avbench.errors import AvbenchError, DataError
from avbench.workspace import atomic_write, lock, machine_errors
from reports.study.server.journal import Journal
from reports.study.study import RaterList, Study
from reports.study.vote import RATER, Vote, read_votes

FOLDER = "private/answers"

_LONGEST_COMMENT = 1000  # characters
_PLATFORM = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")


class RefusedError(AvbenchError):
    """A request that the server does not carry out; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Answers:
    """Lists dealt and votes taken, in memory and, before anybody is told, on disk. Threads may share it.

    Files, in `private/answers/` of the study's folder: `votes.jsonl` (one `Vote` a line), `raters.jsonl` (who got which
    list), `comments.jsonl`. They hold raters' ids as they were given.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        """Read what there is; `open_answers` is what makes sure that nobody else writes.

        Raises:
            DataError: a file there is damaged or belongs to another study.
            MachineError: the folder cannot be written.
        """
        self.study = study
        self.folder = folder
        self._lock = threading.Lock()
        self._is_open = True
        self._lists = {raters.list_id: raters for raters in study.rater_lists}
        self._asked = {
            (page.page_id, position): (page.task, item.clip_id)
            for page in study.pages
            for position, item in enumerate(page.items, start=1)
        }
        self._journals = {name: Journal(folder / f"{name}.jsonl") for name in ("votes", "raters", "comments")}
        self._dealt = self._read_dealt()
        self._votes = {vote.place: vote for vote in read_votes(folder / "votes.jsonl")}
        for vote in self._votes.values():
            if vote.study_id != study.study_id:
                raise DataError(f"{folder / 'votes.jsonl'}: it holds votes of the study {vote.study_id}")
        self._secret = _secret(folder / "server_secret")

    @property
    def raters(self) -> int:
        """How many raters have a list."""
        return len(self._dealt)

    @property
    def votes(self) -> int:
        """How many votes are on disk."""
        return len(self._votes)

    @property
    def wanted(self) -> int:
        """How many votes all lists together ask for."""
        sizes = {page.page_id: len(page.items) for page in self.study.pages}
        return sum(sizes[page_id] for raters in self.study.rater_lists for page_id in raters.page_ids)

    def token(self, rater: str | None = None) -> str:
        """What a request must carry: that the page came from here, or that this rater was let in.

        The same after a restart, so that pages that are open go on.
        """
        text = "page" if rater is None else f"rater/{rater}"
        return hmac.new(self._secret, text.encode(), "sha256").hexdigest()

    def join(self, rater: str, platform: Mapping[str, str]) -> tuple[RaterList, list[Vote]]:
        """The rater's list and the votes given so far: a new rater gets the next list that nobody has.

        Raises:
            RefusedError: the code is none, or every list is dealt.
            MachineError: it could not be written down.
        """
        if not RATER.fullmatch(rater):
            raise RefusedError(400, "a code has 1 to 64 letters, digits, - and _, and begins with a letter or digit")
        with self._writing():
            if rater not in self._dealt:
                self._deal(rater, platform)
            done = [vote for vote in self._votes.values() if vote.rater_id == rater]
            return self._lists[self._dealt[rater]], done

    def add(self, vote: Vote) -> Literal["stored", "repeated"]:
        """Take a vote; the time is the server's. The same vote again changes nothing.

        Raises:
            RefusedError: it is not an answer to a question that this rater was given, comes without consent (400), or
                its place has another answer already (409), which stands.
            MachineError: it could not be written down, and counts as not given.
        """
        self._check(vote)
        with self._writing():
            before = self._votes.get(vote.place)
            if before is not None:
                if before.answer != vote.answer:
                    raise RefusedError(409, "this clip was answered before, in another window; that answer stands")
                return "repeated"
            vote = dataclasses.replace(vote, timestamp=_now())
            self._journals["votes"].append(vote.to_json())
            self._votes[vote.place] = vote
            return "stored"

    def comment(self, rater: str, text: str) -> None:
        """Keep a comment, apart from the votes.

        Raises:
            RefusedError: it is longer than 1,000 characters.
            MachineError: it could not be written down.
        """
        if len(text) > _LONGEST_COMMENT:
            raise RefusedError(400, f"a comment has at most {_LONGEST_COMMENT} characters")
        with self._writing():
            self._write("comments", {"rater_id": rater, "comment": text, "timestamp": _now()})

    def close(self) -> None:
        """Close the files, once a write in progress has ended; nothing is taken any more."""
        with self._lock:
            self._is_open = False
            for journal in self._journals.values():
                journal.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            if not self._is_open:  # a thread that outlives the server must not write into a file that took its number
                raise RefusedError(503, "the server is being stopped")
            yield

    def _deal(self, rater: str, platform: Mapping[str, str]) -> None:
        taken = set(self._dealt.values())
        free = next((list_id for list_id in self._lists if list_id not in taken), None)
        if free is None:
            raise RefusedError(
                409, "all places in this study are taken; if you have begun already, use the same code as before"
            )
        known = {name: str(platform[name])[:64] for name in _PLATFORM if name in platform}
        self._write("raters", {"rater_id": rater, "list_id": free, "platform": known, "timestamp": _now()})
        self._dealt[rater] = free

    def _check(self, vote: Vote) -> None:
        if vote.study_id != self.study.study_id:
            raise RefusedError(400, f"the vote belongs to the study {vote.study_id}, this is {self.study.study_id}")
        if vote.consent != "yes":
            raise RefusedError(400, "there is no consent")
        list_id = self._dealt.get(vote.rater_id)
        if list_id is None or vote.page_id not in self._lists[list_id].page_ids:
            raise RefusedError(400, f"the page {vote.page_id} was not dealt to this rater")
        if self._asked.get((vote.page_id, vote.position)) != (vote.task, vote.clip_id):
            raise RefusedError(400, f"place {vote.position} of page {vote.page_id} asks something else")

    def _read_dealt(self) -> dict[str, str]:
        dealt = {}
        journal = self._journals["raters"]
        for number, line in enumerate(journal.lines(), start=1):
            try:
                record = json.loads(line)
                rater, list_id = str(record["rater_id"]), str(record["list_id"])
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{journal.path}, line {number}: it does not say who got which list") from error
            if list_id not in self._lists:
                raise DataError(f"{journal.path}, line {number}: the study has no list {list_id}")
            dealt[rater] = list_id
        return dealt

    def _write(self, name: str, record: Mapping[str, object]) -> None:
        self._journals[name].append(json.dumps(record, ensure_ascii=False, separators=(",", ":")))


@contextlib.contextmanager
def open_answers(study: Study, folder: Path) -> Iterator[Answers]:
    """The answers of the study in `folder`, for this process alone.

    Raises:
        DataError: a file there is damaged or belongs to another study.
        MachineError: another server keeps them already, or the folder cannot be written.
    """
    answers_folder = folder / FOLDER
    with machine_errors(answers_folder):
        answers_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock(answers_folder), contextlib.closing(Answers(study, answers_folder)) as answers:
        yield answers


def _secret(path: Path) -> bytes:
    """32 random bytes that tokens are made from; kept, since pages that are open must outlive a restart."""
    if not path.is_file():
        atomic_write(path, secrets.token_hex(32))
    path.chmod(0o600)
    return bytes.fromhex(path.read_text())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
