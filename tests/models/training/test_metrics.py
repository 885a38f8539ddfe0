import math

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from avbench.errors import MachineError
from models.training.metrics import Means, MetricsFile, read_metrics


def write(path, rows, *, after=0):
    file = MetricsFile(path, after=after)
    for step, row in rows.items():
        file.write(step, row)
    file.sync()
    file.close()


def test_losses_are_told_by_part_and_by_quartile_of_the_noise_level():
    means = Means()
    means.add_losses(
        "loss",
        {"video": torch.tensor([1.0, 2.0, 4.0]), "audio": torch.tensor([10.0, 20.0, 40.0])},
        torch.tensor([0.0, 0.249, 0.999]),
    )
    taken = means.take()
    assert taken["loss"] == pytest.approx(77 / 3) and taken["video"] == pytest.approx(7 / 3)
    assert (taken["loss_q1"], taken["audio_q1"], taken["video_q4"]) == (16.5, 15.0, 4.0)
    assert taken["loss_q2"] is None and taken["loss_q3"] is None


def test_the_means_begin_anew_when_they_are_taken():
    means = Means()
    means.add("x", torch.tensor([1.0]))
    means.take()
    means.add("x", torch.tensor([3.0, 5.0]))
    assert means.take() == {"x": 4.0}


def test_the_means_go_on_from_where_they_were_put_aside():
    whole, first, second = Means(), Means(), Means()
    values = torch.linspace(0.1, 0.7, 11)
    whole.add("x", values[:4]), whole.add("x", values[4:])
    first.add("x", values[:4])
    second.load_state_dict(first.state_dict())
    second.add("x", values[4:])
    assert second.take() == whole.take()


def test_what_overflowed_is_left_out_of_the_mean():
    means = Means()
    means.add("norm", torch.tensor([2.0, math.inf, math.nan]))
    assert means.take() == {"norm": 2.0}


def test_rows_come_back_as_they_were_written(tmp_path):
    write(tmp_path / "metrics.csv", {1: {"loss": 1 / 3, "scale": None}, 2: {"loss": 0.1, "scale": 4.0}})
    first, second = read_metrics(tmp_path / "metrics.csv")
    assert first["loss"] == 1 / 3 and math.isnan(first["scale"])
    assert second == {"step": 2, "loss": 0.1, "scale": 4.0}


def test_rows_of_steps_that_will_be_done_again_are_removed(tmp_path):
    path = tmp_path / "metrics.csv"
    write(path, {1: {"loss": 1.0}, 2: {"loss": 2.0}, 3: {"loss": 3.0}})
    write(path, {2: {"loss": 20.0}}, after=1)
    assert path.read_text() == "step,loss\n1,1.0\n2,20.0\n"


@pytest.mark.parametrize("torn", ["st", "step,loss", "step,loss\n", "step,loss\n1,1.0\n2,2", "step,loss\n1,1.0\n2"])
def test_a_row_that_a_killed_process_left_unfinished_is_removed(tmp_path, torn):
    path = tmp_path / "metrics.csv"
    path.write_text(torn)
    write(path, {2: {"loss": 2.0}}, after=1)
    assert path.read_text() in ("step,loss\n1,1.0\n2,2.0\n", "step,loss\n2,2.0\n")


def test_tensorboard_gets_the_same_numbers(tmp_path):
    write(tmp_path / "metrics.csv", {5: {"loss": 0.5, "loss_q1": 0.25, "memory_gib": 1.5, "loss_scale": None}})
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    found = {tag: (event.step, event.value) for tag in events.Tags()["scalars"] for event in events.Scalars(tag)}
    assert found == {"training/loss": (5, 0.5), "noise_level/loss/1": (5, 0.25), "machine/memory_gib": (5, 1.5)}


def test_a_file_in_the_place_of_the_folder_is_a_machine_error(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(MachineError):
        MetricsFile(tmp_path / "run" / "metrics.csv", after=0)


def test_what_is_first_told_in_a_later_row_is_a_column_at_the_end(tmp_path):
    path = tmp_path / "metrics.csv"
    write(path, {1: {"loss": 1.0, "rate": 0.5}, 2: {"loss": 2.0, "penalty": 7.0, "rate": 0.5}, 3: {"loss": 3.0}})
    assert path.read_text() == "step,loss,rate,penalty\n1,1.0,0.5,\n2,2.0,0.5,7.0\n3,3.0,,\n"
    write(path, {2: {"loss": 20.0, "penalty": 8.0}}, after=1)
    assert path.read_text() == "step,loss,rate,penalty\n1,1.0,0.5,\n2,20.0,,8.0\n"
