"""Pushing a set to object storage: moto's S3 server, on loopback."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from avbench.clipset import open_clipset
from avbench.errors import DataError, MissingError, UsageError
from pipelines.prepare import prepare
from pipelines.push import push
from pipelines.rendered import synthetic
from pipelines.storage import Storage

URL = "s3://sets/synthetic"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    """An empty bucket, and the environment that finds it."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    storage = fsspec.filesystem("s3", skip_instance_cache=True)
    storage.mkdir("sets")
    yield storage
    storage.rm("sets", recursive=True)
    fsspec.filesystem("s3").clear_instance_cache()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "set"
    prepare(synthetic(3), out, name="synthetic", storage=Storage(clip_seconds=None), workers=1, shard_bytes=1)
    (out / "ledger.sqlite").write_bytes(b"stays here")
    return out


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(made, tmp_path / "set"))


def there(bucket: fsspec.AbstractFileSystem) -> set[str]:
    bucket.invalidate_cache()
    return {path.removeprefix("sets/synthetic/") for path in bucket.find("sets/synthetic")}


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} - {"ledger.sqlite"}


@pytest.mark.slow
class TestOnS3:
    def test_puts_the_whole_set_and_leaves_the_ledger_here(self, folder, bucket, tmp_path):
        pushed = push(folder, URL)
        assert there(bucket) == visible(folder) and pushed.put == pushed.objects == len(visible(folder))
        bucket.get(URL, str(tmp_path / "back"), recursive=True)
        back = open_clipset(tmp_path / "back")
        assert len(back) == 3 and all(back.members(n) == open_clipset(folder).members(n) for n in range(3))

    def test_an_interrupted_push_has_no_manifest_and_goes_on(self, folder, bucket):
        def interrupt(what: str, done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            push(folder, URL, progress=interrupt)
        assert len(there(bucket)) == 1
        assert push(folder, URL).put == len(visible(folder)) - 1 and there(bucket) == visible(folder)

    def test_the_manifest_comes_last(self, folder, bucket):
        def look(what: str, done: int, total: int) -> None:
            assert ("clipset.json" in there(bucket)) == (done == total)

        push(folder, URL, progress=look)

    def test_what_is_there_is_not_put_again(self, folder, bucket):
        push(folder, URL)
        again = push(folder, URL)
        assert (again.put, again.bytes) == (0, 0)

    def test_what_was_lost_there_is_put_again(self, folder, bucket):
        push(folder, URL)
        shard = next(name for name in there(bucket) if name.endswith(".tar"))
        bucket.rm(f"sets/synthetic/{shard}")
        assert push(folder, URL).put == 2  # and the manifest, which was taken away meanwhile

    def test_another_set_takes_the_place_of_the_first(self, folder, bucket, tmp_path):
        push(folder, URL)
        for path in folder.glob("*"):
            path.unlink()
        prepare(synthetic(1), folder, name="synthetic", storage=Storage(clip_seconds=None), workers=1)
        push(folder, URL)
        assert there(bucket) == visible(folder)

    def test_a_bucket_that_does_not_exist_is_named(self, folder, bucket):
        with pytest.raises(MissingError, match="s3://nowhere/set"):
            push(folder, "s3://nowhere/set")

    def test_a_server_that_cannot_be_reached_is_named(self, folder, bucket, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(MissingError, match="127.0.0.1:9"):
            push(folder, URL)


def test_puts_a_set_into_another_folder_too(folder, tmp_path):
    push(folder, f"file://{tmp_path}/far/away")
    assert {path.name for path in (tmp_path / "far" / "away").iterdir()} == visible(folder)


def test_an_address_that_is_none_is_refused(folder):
    with pytest.raises(UsageError, match="nonsense://x"):
        push(folder, "nonsense://x")


def test_an_unfinished_set_is_not_pushed(tmp_path):
    with pytest.raises(DataError, match="no finished clip set"):
        push(tmp_path, f"file://{tmp_path}/away")
