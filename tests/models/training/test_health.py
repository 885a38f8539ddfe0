import math

import pytest
from toy_training import toy_config

from models.run import Run
from models.training.health import DivergenceError, check_finite, check_loss_scale


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", toy_config(tmp_path))


def test_numbers_pass(run):
    check_finite(run, 3, {"video": 1e6, "audio": 0.0}, 1e9)
    check_loss_scale(run, 3, 1.0)


@pytest.mark.parametrize(("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.inf)])
def test_a_number_that_is_none_is_named_with_its_step(run, loss, norm):
    with pytest.raises(DivergenceError, match=f"step 3 gave video {loss:g}, gradient norm {norm:g}"):
        check_finite(run, 3, {"video": loss}, norm)


def test_without_a_checkpoint_the_message_says_to_start_again(run):
    with pytest.raises(DivergenceError, match="no checkpoint yet: start again under another --name"):
        check_finite(run, 3, {"video": math.nan}, 1.0)


def test_a_collapsed_loss_scale_names_the_checkpoint_and_a_precision_that_does_not_need_one(run):
    run.checkpoint_file(20).parent.mkdir()
    run.checkpoint_file(20).touch()
    with pytest.raises(DivergenceError, match=r"collapsed to 0\.5 at step 33.*00000020\.pt.*training\.precision=bf16"):
        check_loss_scale(run, 33, 0.5)
