import functools

import pytest
import torch
from gaussians import SCHEDULE
from golden_diffusion import CASES, MODALITIES, Recorded, denoiser, deviation, inputs, step_noise

from models.diffusion.conditioning import Given
from models.diffusion.conditioning_published import FP16_LOSS_SCALE, sample_conditional_as_published

CONDITIONAL = [name for name, case in CASES.items() if isinstance(case, dict) and case["kind"] == "conditional"]


@functools.cache
def run(name):
    """The run of a case: what the network was asked, the given modality's place, and the end state."""
    case, recorded = CASES[name], Recorded(denoiser)
    index = MODALITIES.index(case["condition"]["modality"])
    prefix = case["condition"]["input"].split(".")[0]
    clean = inputs(f"{prefix}.cond", 2, case["condition"]["input_scale"])[index].clamp(-1, 1)
    start = inputs(f"{prefix}.init", 2)
    given = Given(index, clean, start[index])
    end = sample_conditional_as_published(
        recorded,
        given.leave_out(start),
        step_noise(prefix, 2),
        SCHEDULE.respaced(case["timestep_respacing"]),
        given,
        scale=case["classifier_scale"],
        loss_scale=FP16_LOSS_SCALE if case["use_fp16_loss_scale"] else 1.0,
    )
    return recorded, index, end


@pytest.mark.parametrize("name", CONDITIONAL)
def test_every_step_is_that_of_the_released_code(name):
    case, (recorded, index, end) = CASES[name], run(name)
    generated = 1 - index
    after_steps = [state[generated] for state in recorded.states[1:]] + [end[generated]]
    assert [t.tolist() for t in recorded.timesteps] == [[n, n] for n in case["network_timesteps"]]
    for k in case["compare"].get("steps", range(4)):
        difference = deviation(after_steps[k], f"{name}.step{k}.{MODALITIES[generated]}")
        assert difference < case["compare"]["max_abs_over_std"]


@pytest.mark.parametrize("name", CONDITIONAL)
def test_the_given_modality_comes_out_as_the_released_code_leaves_it(name):
    _, index, end = run(name)
    difference = deviation(end[index], f"{name}.{MODALITIES[index]}")
    assert difference < CASES[name]["compare"]["max_abs_over_std"]


def test_its_guidance_weakens_with_the_batch_as_published():
    clean, start = torch.full((1, 8), 0.5), torch.linspace(-1, 1, 8)[None]

    def first_pull(batch):
        """What guidance does to the first sample in the first step."""
        given = Given(0, clean.expand(batch, 8), start.expand(batch, 8))

        def after_first_step(scale):
            recorded = Recorded(lambda state, t: (state[1], state[0]))
            sample_conditional_as_published(
                recorded,
                (start.expand(batch, 8),),
                lambda k: (torch.zeros(batch, 8), torch.zeros(batch, 8)),
                SCHEDULE.respaced("50"),
                given,
                scale=scale,
            )
            return recorded.states[1][1][0]

        return after_first_step(3) - after_first_step(0)

    torch.testing.assert_close(first_pull(1), 4 * first_pull(4), rtol=1e-4, atol=1e-6)
    assert float(first_pull(1).abs().max()) > 0
