"""A whole `prepare` from a list, really killed at each stage, ends with the bytes of one that was left alone."""

import signal
import subprocess
import sys
import time

import pytest
from published import publishing
from tiny import make_movies

PREPARE = "from avbench.cli.prepare import app; app()"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A server of four films, the command that prepares them but for its folder, and what it leaves."""
    tmp_path = tmp_path_factory.mktemp("web")
    folder = make_movies(tmp_path / "site", 4, seconds=2.5)
    with publishing(folder) as site:
        rows = [f"{site.url}/{name}" for name in (*(f"clip{k:03d}.mp4" for k in range(4)), "gone.mp4")]
        (folder / "list.csv").write_text("\n".join(["url", *rows]))
        options = ["--clip-seconds", "1", "--screen", "copies=true", "--fetch", "patience.between=0", "--workers", "1"]
        command = [sys.executable, "-c", PREPARE, "landscape", "--list", f"{site.url}/list.csv", *options]
        subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, stderr=subprocess.DEVNULL)
        yield command, contents(tmp_path / "whole")


def contents(path):
    return {
        file.name: file.read_bytes()
        for file in path.iterdir()
        if file.suffix in (".tar", ".json", ".csv") or file.name in ("clips.parquet", "index.parquet")
    }


def downloads(out):
    return list(out.glob(".work/.downloads/*.mp4"))


def encoded(out):
    return [path for path in out.glob(".work/*/item.json") if not path.parent.name.endswith(".tmp")]


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(lambda out: (out / "ledger.sqlite").exists(), id="at the first download"),
        pytest.param(lambda out: len(downloads(out)) >= 2, id="between downloads"),
        pytest.param(lambda out: len(encoded(out)) >= 2, id="between items that are encoded"),
    ],
)
def test_gives_the_same_bytes_after_kill_9(whole, tmp_path, there):
    command, expected = whole
    out = tmp_path / "out"
    process = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.DEVNULL)
    while not there(out):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "clipset.json").exists()
    subprocess.run([*command, "--out", str(out)], check=True, stderr=subprocess.DEVNULL)
    assert contents(out) == expected
