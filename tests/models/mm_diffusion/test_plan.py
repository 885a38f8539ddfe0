from models.mm_diffusion.config import PAPER, CoupledUNetConfig
from models.mm_diffusion.plan import plan


def rows(blocks):
    """The residual blocks in their order, with the window that follows each."""
    for block in blocks:
        residual = block.residual
        what = residual.resampling or ("attention" if residual.video_attention else "")
        yield residual.inputs, residual.outputs, residual.dilation, what, block.window
        if block.up:
            yield block.up.inputs, block.up.outputs, block.up.dilation, block.up.resampling, None


def test_the_64_pixel_encoder_is_the_released_one():
    assert list(rows(plan(PAPER).encoder)) == [
        (128, 128, 2, "", None),
        (128, 128, 4, "", None),
        (128, 128, 8, "down", None),
        (128, 256, 16, "attention", 1),
        (256, 256, 32, "attention", 1),
        (256, 256, 64, "down", None),
        (256, 384, 128, "attention", 4),
        (384, 384, 256, "attention", 4),
        (384, 384, 512, "down", None),
        (384, 512, 1, "attention", 8),
        (512, 512, 2, "attention", 8),
    ]


def test_the_64_pixel_middle_is_the_released_one():
    middle = plan(PAPER).middle
    assert (middle.inputs, middle.outputs, middle.dilation) == (512, 512, 4)
    assert middle.video_attention and middle.audio_attention


def test_the_64_pixel_decoder_is_the_released_one():
    assert list(rows(plan(PAPER).decoder)) == [
        (512 + 512, 512, 2, "attention", 8),
        (512 + 512, 512, 1, "attention", 8),
        (512 + 384, 512, 512, "attention", 8),
        (512, 512, 256, "up", None),
        (512 + 384, 384, 256, "attention", 4),
        (384 + 384, 384, 128, "attention", 4),
        (384 + 256, 384, 64, "attention", 4),
        (384, 384, 32, "up", None),
        (384 + 256, 256, 32, "attention", 1),
        (256 + 256, 256, 16, "attention", 1),
        (256 + 128, 256, 8, "attention", 1),
        (256, 256, 4, "up", None),
        (256 + 128, 128, 4, "", None),
        (128 + 128, 128, 2, "", None),
        (128 + 128, 128, 1, "", None),
    ]


def test_attention_and_windows_stand_at_the_levels_that_the_settings_name():
    config = CoupledUNetConfig(
        channel_mult=(1, 1, 1), self_attention_factors=(4,), cross_attention_factors=(1,), windows=(2,)
    )
    found = {(what, window) for *_, what, window in rows(plan(config).encoder)}
    assert found == {("", 2), ("down", None), ("", None), ("attention", None)}


def test_dilations_start_over_after_512():
    dilations = [dilation for _, _, dilation, _, _ in rows(plan(CoupledUNetConfig(blocks_per_level=3)).encoder)]
    assert dilations == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1, 2, 4, 8, 16, 32]
