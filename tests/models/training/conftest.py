"""Data to train the toy model on."""

import pytest
from toy_training import make_data


@pytest.fixture(scope="session")
def movies(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data") / "movies")
