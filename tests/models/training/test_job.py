from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_training import toy_config, train_toy

from avbench.errors import DataError, UsageError
from avbench.ranks import Ranks
from models.checkpoint import load_weights
from models.training.job import prepare_job


def job(config, **options):
    return prepare_job(config, Ranks(), **options)


def test_tells_what_was_opened_and_built(movies):
    made = job(toy_config(movies))
    assert (len(made.examples), made.parameters) == (5, sum(p.numel() for p in made.network.parameters()))
    assert made.needed_gib == pytest.approx(0.014) and made.available_gib > made.needed_gib


def test_first_weights_depend_on_the_seed_alone(movies):
    config = toy_config(movies)
    first, again = (job(config).network.state_dict() for _ in range(2))
    torch.rand(1)
    other = job(replace(config, seed=1)).network.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["video_in.weight"], other["video_in.weight"])


@pytest.fixture(scope="module")
def run(movies, tmp_path_factory):
    return train_toy(tmp_path_factory.mktemp("runs") / "run", toy_config(movies, steps=2))


def assert_same_weights(network, weights):
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())


def test_the_first_weights_are_those_of_a_run(movies, run):
    for start in (run.path, run.checkpoints()[-1]):
        assert_same_weights(job(replace(toy_config(movies), init=start)).network, load_weights(run))


def test_the_first_weights_are_those_of_a_published_file(movies, run, tmp_path):
    torch.save(dict(load_weights(run)), tmp_path / "published.pt")
    made = job(replace(toy_config(movies), init=tmp_path / "published.pt"))
    assert_same_weights(made.network, load_weights(run))


def test_weights_of_another_network_are_refused_by_the_first_difference(movies, run):
    config = toy_config(movies)
    wider = replace(config, network=replace(config.network, channels=8), init=run.path)
    with pytest.raises(DataError, match=r"run: .*video_in\.weight is \(4, 3, 1, 3, 3\) in the checkpoint and \(8,"):
        job(wider)


def test_a_run_that_has_begun_does_not_need_its_first_weights_any_more(movies):
    gone = replace(toy_config(movies), init=Path("gone.pt"))
    job(gone, begun=True)
    with pytest.raises(DataError, match=r"gone\.pt: there is no such checkpoint"):
        job(gone)


def test_data_that_does_not_exist_is_named(movies):
    with pytest.raises(UsageError, match="nowhere does not exist"):
        job(replace(toy_config(movies), data=Path("nowhere")))
