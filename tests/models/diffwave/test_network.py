import dataclasses

import golden_diffwave as golden
import pytest
import torch

from avbench.errors import DataError, UsageError
from models.diffwave.config import PAPER, RELEASED, DiffWaveConfig
from models.diffwave.network import DiffWave, rising_table

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}  # of the golden cases


def test_equals_lmnts_network():
    network, found = golden.with_golden_table(golden.lmnt()), golden.output("lmnt_uncond_forward")
    with torch.no_grad():
        steps = torch.tensor([3, 17])
        torch.testing.assert_close(network.diffusion_embedding(steps), found["step_embedding"], **TOLERANCE)
        torch.testing.assert_close(network(golden.audio(""), steps), found["output"], **TOLERANCE)


def test_a_step_between_two_is_interpolated_as_in_lmnts_network():
    network, found = golden.with_golden_table(golden.lmnt()), golden.output("lmnt_uncond_forward")
    with torch.no_grad():
        predicted = network(golden.audio("")[:1], torch.tensor([7.25]))
    torch.testing.assert_close(predicted, found["output_float_step"], **TOLERANCE)


def test_equals_the_authors_network():
    found = golden.output("authors_uncond")
    with torch.no_grad():
        predicted = golden.authors()(golden.audio("authors/"), torch.tensor([3, 17]))
    torch.testing.assert_close(predicted, found["output"], rtol=1e-3, atol=1e-4)


def test_the_table_of_steps_is_lmnts_but_for_the_last_bits_of_its_frequencies():
    # A frequency of 1e4 that is one bit off turns the angle at step 199 by 0.19.
    table, found = rising_table(200), golden.output("step_table_T200")["table"]
    torch.testing.assert_close(table[:, :40], found[:, :40], rtol=0, atol=1e-2)
    assert (table - found).abs().max() < 0.8


def test_a_fresh_network_predicts_a_constant():
    predicted = DiffWave(golden.LMNT)(golden.audio(""), torch.tensor([3, 17]))
    assert torch.all(predicted == predicted[0, 0, 0])


def test_a_sample_depends_on_no_other_sample_of_its_batch():
    network = golden.lmnt()
    with torch.no_grad():
        alone = network(golden.audio("")[1:], torch.tensor([17]))
        together = network(golden.audio(""), torch.tensor([3, 17]))
    torch.testing.assert_close(together[1:], alone)


def test_an_output_depends_on_the_receptive_field_and_no_further():
    network, audio = golden.lmnt(), torch.zeros(1, 1, 400, requires_grad=True)
    network(audio, torch.tensor([3]))[0, 0, 200].backward()
    (reached,) = audio.grad[0, 0].nonzero(as_tuple=True)
    half = golden.LMNT.receptive_field // 2
    assert (int(reached.min()), int(reached.max())) == (200 - half, 200 + half)


def test_recomputing_activations_changes_no_gradient():
    def gradient(recompute):
        network = golden.lmnt()
        network.activation_checkpointing = recompute
        network(golden.audio(""), torch.tensor([3, 17])).square().sum().backward()
        return network.input_projection.weight.grad

    torch.testing.assert_close(gradient(True), gradient(False))


@pytest.mark.parametrize(("config", "name"), [(PAPER, "lmnt_uncond_sc09_size"), (RELEASED, "authors_sc09")])
def test_full_published_checkpoints_fit_key_by_key(config, name):
    with torch.device("meta"):
        network = DiffWave(config)
    from models.diffwave.published import own_weights

    published = {key: torch.empty(shape, device="meta") for key, shape in golden.KEYS[name].items()}
    assert {key: tensor.shape for key, tensor in own_weights(published, network).items()} == {
        key: tensor.shape for key, tensor in network.state_dict().items()
    }
    assert sum(parameter.numel() for parameter in network.parameters()) == 24_034_305


def test_the_newer_names_of_weight_normalisation_are_known():
    renamed = {
        key.replace("weight_g", "parametrizations.weight.original0").replace(
            "weight_v", "parametrizations.weight.original1"
        ): tensor
        for key, tensor in golden.authors_weights().items()
    }
    assert list(renamed) != list(golden.authors_weights())
    network, other = DiffWave.from_published(renamed, golden.AUTHORS), golden.authors()
    assert all(torch.equal(tensor, other.state_dict()[key]) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    ("weights", "config", "message"),
    [
        (golden.lmnt_weights, golden.AUTHORS, r"variant lmnt.*--set network\.variant=lmnt"),
        (golden.authors_weights, golden.LMNT, r"variant authors.*--set network\.variant=authors"),
        (
            golden.lmnt_weights,
            dataclasses.replace(golden.LMNT, layers=4),
            r"residual_layers\.4\.\S+ is .* in the checkpoint and missing in the network",
        ),
        (
            golden.authors_weights,
            dataclasses.replace(golden.AUTHORS, skip_channels=16),
            r"skip_conv\.weight_g is \(12, 1, 1\) in the checkpoint and \(16, 1, 1\) in the network",
        ),
        (
            lambda: golden.lmnt_weights() | {"spectrogram_upsampler.conv1.weight": torch.ones(1, 1, 3, 32)},
            golden.LMNT,
            r"spectrogram_upsampler\.conv1\.weight is \(1, 1, 3, 32\) in the checkpoint and missing",
        ),
    ],
)
def test_the_checkpoint_of_another_network_is_refused_by_the_first_difference(weights, config, message):
    with pytest.raises(DataError, match=message):
        DiffWave.from_published(weights(), config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, r"network\.layers is 0"),
        ({"diffusion_steps": 1}, r"network\.diffusion_steps is 1"),
        ({"beta_end": 1e-5}, "must rise within"),
        ({"skip_channels": 128}, "in the variant lmnt they are the same"),
    ],
)
def test_settings_that_make_no_network_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        DiffWaveConfig(**changes)
