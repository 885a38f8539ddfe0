import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_study import clip_id, mos_study, write_small_study
from study_server import Rater, Running, record, running_server

from avbench.errors import MachineError, UsageError
from reports.study.server import serve
from reports.study.server.answers import open_answers
from reports.study.server.running import StudyServer
from reports.study.vote import read_votes

RATERS = 50
CLIP = b"0123456789" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study for 60 raters, whose clips are no real ones."""
    study = mos_study(raters=60)
    folder = write_small_study(study, tmp_path / "study", media=False)
    (folder / "media").mkdir()
    for clip in (*study.clip_ids, *(item.clip_id for item in study.practice)):
        (folder / "media" / f"{clip}.mp4").write_bytes(CLIP)
    return folder


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """A server in this process."""
    with open_answers(mos_study(raters=60), folder) as answers:
        server = StudyServer(answers, folder / "media", "127.0.0.1", 0, ["lab.example.org"])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def rater(port: int) -> Iterator[Rater]:
    rater = Rater(port, "anna")
    rater.open_page()
    yield rater
    rater.close()


def test_fifty_raters_at_once_neither_lose_nor_double_a_vote(folder, port):
    failures = []
    together = threading.Barrier(RATERS)

    def go_through(name: str) -> None:
        rater = Rater(port, name)
        try:
            together.wait()
            rater.open_page()
            _, dealt = rater.join()
            for page in dealt["pages"]:
                for position in range(1, len(page["clips"]) + 1):
                    one = record("small-mos", name, page, position)
                    for expected in ("stored", "repeated"):  # as after an answer that was lost on its way
                        status, answer = rater.vote(one)
                        assert (status, answer["outcome"]) == (200, expected)
        except Exception as error:
            failures.append((name, error))
        finally:
            rater.close()

    threads = [threading.Thread(target=go_through, args=(f"rater-{number}",)) for number in range(RATERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    votes = read_votes(folder / "private" / "answers" / "votes.jsonl")
    assert failures == []
    assert len(votes) == RATERS * 6
    assert set(Counter(vote.place for vote in votes).values()) == {1}
    dealt = _lines(folder / "private" / "answers" / "raters.jsonl")
    lists = [line.split('"list_id":"')[1].split('"')[0] for line in dealt]
    assert len(set(lists)) == RATERS


def test_a_vote_outlives_a_kill_and_the_rater_goes_on_where_it_stopped(folder):
    with running_server(folder) as server:
        rater = Rater(server.port, "anna")
        rater.open_page()
        _, before = rater.join()
        page = before["pages"][0]
        assert rater.vote(record("small-mos", "anna", page, 1))[0] == 200
        server.kill()
    with (folder / "private" / "answers" / "votes.jsonl").open("a") as file:
        file.write('{"study_id":"small-mos","task_')  # what a kill in the middle of a write leaves

    with running_server(folder, server.port) as server:
        again = Rater(server.port, "anna")
        again._token = rater._token  # the page is still open, and was not loaded anew
        second = record("small-mos", "anna", page, 2, "5")
        assert again.vote(second) == (200, {"outcome": "stored"})
        assert again.vote(record("small-mos", "anna", page, 1)) == (200, {"outcome": "repeated"})
        again.open_page()
        _, after = again.join()
        rater.close()
        again.close()
        output, told = _end(server)

    assert after["list_id"] == before["list_id"]
    assert after["done"] == [{"page_id": "page-0", "position": 1}, {"page_id": "page-0", "position": 2}]
    assert [vote.answer for vote in read_votes(folder / "private" / "answers" / "votes.jsonl")] == ["4", "5"]
    assert "2 of 360 votes by 1 rater " in output
    assert "avbench study ingest" in told


def _end(server: Running) -> tuple[str, str]:
    server.process.terminate()
    output, told = server.process.communicate(timeout=60)
    assert server.process.returncode == 0
    return output, told


def test_deals_each_list_once_and_says_when_none_is_left(tmp_path):
    folder = tmp_path / "study"
    write_small_study(mos_study(), folder, media=False)
    with open_answers(mos_study(), folder) as answers:
        first, second = answers.join("anna", {})[0], answers.join("ben", {})[0]
        assert {first.list_id, second.list_id} == {"list-0", "list-1"}
        assert answers.join("anna", {})[0] == first
        with pytest.raises(Exception, match="all places in this study are taken"):
            answers.join("cleo", {})


def test_the_first_answer_to_a_clip_stands(folder, rater):
    _, dealt = rater.join()
    page = dealt["pages"][0]
    rater.vote(record("small-mos", "anna", page, 1, "4"))
    status, answer = rater.vote(record("small-mos", "anna", page, 1, "2"))
    assert status == 409
    assert "that answer stands" in answer["error"]
    assert [vote.answer for vote in read_votes(folder / "private" / "answers" / "votes.jsonl")] == ["4"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"answer": "6"}, "is not one of"),
        ({"consent": ""}, "no consent"),
        ({"study_id": "other"}, "belongs to the study other"),
        ({"page_id": "page-9"}, "was not dealt"),
        ({"position": 2}, "asks something else"),
        ({"seconds": float("nan")}, "finite"),
        ({"plays": True}, "wanted int"),
        ({"extra": 1}, "missing or unknown: extra"),
    ],
)
def test_refuses_a_vote_that_the_study_did_not_ask_for(folder, rater, change, told):
    _, dealt = rater.join()
    status, answer = rater.vote({**record("small-mos", "anna", dealt["pages"][0], 1), **change})
    assert status == 400
    assert told in answer["error"]
    assert read_votes(folder / "private" / "answers" / "votes.jsonl") == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"X_Study_Token": "0" * 64}, 403),
        ({"X_Study_Token": None}, 403),
        ({"Content_Type": "text/plain"}, 415),
        # A site that points its own name at this machine: its page is then of the same origin as its requests.
        ({"Host": "evil.example:80", "Origin": "http://evil.example:80"}, 421),
        ({"Host": "127.0.0.1@evil.example", "Origin": "http://127.0.0.1@evil.example"}, 421),
    ],
)
def test_takes_no_vote_from_a_foreign_page(folder, rater, headers, status):
    _, dealt = rater.join()
    answered, _ = rater.vote(record("small-mos", "anna", dealt["pages"][0], 1), **headers)
    assert answered == status
    assert read_votes(folder / "private" / "answers" / "votes.jsonl") == []


def test_one_rater_cannot_vote_for_another(rater, port):
    _, dealt = rater.join()
    other = Rater(port, "ben")
    other.open_page()
    other.join()
    assert rater.vote(record("small-mos", "ben", dealt["pages"][0], 1))[0] == 403
    other.close()


def test_answers_to_a_name_that_it_was_told(rater):
    assert rater.request("GET", "/", Host="lab.example.org")[0] == 200
    assert rater.request("GET", "/", Host="evil.example")[0] == 421


@pytest.mark.parametrize(
    "path",
    [
        "/private/key.csv",
        "/../private/key.csv",
        "/media/../private/key.csv",
        "/media/%2e%2e/private/key.csv",
        "/media/..%2fprivate%2fkey.csv",
        "/media/../../private/secret",
        "//private/key.csv",
        "/media/",
        "/media/000000000001.mp4/../../private/key.csv",
        "/media/ffffffffffff.mp4",
        "/media/000000000001.mp4%00",
        "/study.json",
        "/private/answers/votes.jsonl",
        "/batch_input.csv",
        "http://127.0.0.1/private/key.csv",
    ],
)
def test_hands_out_nothing_but_the_page_and_the_clips_of_the_study(rater, path):
    status, _, body = rater.request("GET", path)
    assert status == 404
    assert b"the-secret-method" not in body


def test_hands_out_no_clip_that_is_a_link_to_something_else(folder, rater):
    clip = folder / "media" / f"{clip_id(1)}.mp4"
    clip.unlink()
    clip.symlink_to(folder / "private" / "key.csv")
    assert rater.request("GET", f"/media/{clip_id(1)}.mp4")[0] == 404


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        (None, 200, CLIP, None),
        ("bytes=0-", 206, CLIP, "bytes 0-999/1000"),
        ("bytes=5-9", 206, b"56789", "bytes 5-9/1000"),
        ("bytes=998-5000", 206, b"89", "bytes 998-999/1000"),
        ("bytes=-3", 206, b"789", "bytes 997-999/1000"),
        ("bytes=1000-", 416, b"", "bytes */1000"),
        ("bytes=9-5", 200, CLIP, None),
        ("bytes=0-1,5-6", 200, CLIP, None),
        ("pages=1-2", 200, CLIP, None),
    ],
)
def test_hands_out_a_clip_whole_or_in_part(rater, asked, status, body, told):
    answered, headers, content = rater.request("GET", f"/media/{clip_id(1)}.mp4", Range=asked)
    assert (answered, content, headers["Content-Range"]) == (status, body, told)


def test_tells_the_size_of_a_clip_without_sending_it(rater):
    status, headers, body = rater.request("HEAD", f"/media/{clip_id(1)}.mp4")
    assert (status, headers["Content-Length"], body) == (200, "1000", b"")


def test_lets_no_other_site_show_the_page_or_the_clips(rater):
    _, page, _ = rater.request("GET", "/")
    _, clip, _ = rater.request("GET", f"/media/{clip_id(1)}.mp4")
    assert page["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert page["X-Content-Type-Options"] == clip["X-Content-Type-Options"] == "nosniff"
    assert clip["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /api/vote HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /api/vote HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST /api/vote HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST /api/vote HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n[]", b"400"),
        (b"POST /api/vote HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{", b"400"),
        (b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"421"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_answers_a_request_that_is_none_with_a_refusal(port, head, status):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        assert connection.recv(65536).split(b" ")[1] == status


def test_takes_comments_apart_from_votes(folder, rater):
    rater.join()
    status, _, _ = rater.request("POST", "/api/comment", {"rater_id": "anna", "comment": "It was loud."})
    assert status == 200
    assert '"comment":"It was loud."' in _lines(folder / "private" / "answers" / "comments.jsonl")[0]


def test_two_servers_cannot_keep_the_answers_of_one_study(folder, port):
    with pytest.raises(MachineError, match="another avbench command"):
        serve(folder, host="127.0.0.1", port=0, names=[], started=lambda bound: None)


def test_says_which_port_is_taken(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MachineError, match=f"port {port} is taken"):
            serve(folder, host="127.0.0.1", port=port, names=[], started=lambda bound: None)


def test_says_that_an_address_is_not_of_this_machine(folder):
    with pytest.raises(UsageError, match="192.0.2.1 is no address of this machine"):
        serve(folder, host="192.0.2.1", port=0, names=[], started=lambda bound: None)


def test_says_which_clips_are_missing(folder):
    (folder / "media" / f"{clip_id(1)}.mp4").unlink()
    with pytest.raises(Exception, match="1 of 8 clips are missing, 000000000001.mp4 among them"):
        serve(folder, host="127.0.0.1", port=0, names=[], started=lambda bound: None)


def test_a_damaged_record_of_votes_is_named_by_its_line(folder):
    (folder / "private" / "answers").mkdir(parents=True)
    (folder / "private" / "answers" / "votes.jsonl").write_text("{}\n")
    with pytest.raises(Exception, match="votes.jsonl, line 1: a vote has the fields"):
        serve(folder, host="127.0.0.1", port=0, names=[], started=lambda bound: None)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
