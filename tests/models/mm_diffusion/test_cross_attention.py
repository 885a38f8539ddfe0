import golden_mm_diffusion as golden
import pytest
import torch
import torch.nn.functional as F

from models.mm_diffusion.cross_attention import CrossModalAttention, reach_of_shifts, windows

TABLES = golden.CASES["rsmma_index"]["tables"]
FRAMES, WINDOW, HEADS = 4, 2, 2


@pytest.mark.parametrize("table", TABLES)
def test_frames_see_the_sound_and_segments_the_pixels_that_they_see_in_the_released_code(table):
    frames, shift = table["frames"], table["shift"]
    reach = reach_of_shifts(frames, table["window"])[shift]

    def seen(tokens):
        numbers = torch.arange(tokens, dtype=torch.float32).view(1, 1, -1, 1)
        return windows(numbers, reach, frames)[0, ..., 0].int().tolist()

    assert seen(table["audio_len"]) == table["audio_tokens_seen_by_each_frame"]
    assert seen(frames * table["h"] * table["w"]) == table["video_tokens_seen_by_each_segment"]


@pytest.mark.parametrize(("frames", "window"), [(4, 1), (4, 3), (4, 4), (5, 2)])
def test_windows_of_every_shift_leave_no_frame_unseen(frames, window):
    tokens = torch.arange(float(frames)).view(1, 1, -1, 1)
    reaches = reach_of_shifts(frames, window)
    assert len(reaches) == frames - window + 1
    for reach in reaches:
        assert windows(tokens, reach, frames).unique().tolist() == list(range(frames))


@pytest.mark.parametrize("samples", [12, 14])  # the latter has a rest of 2
@pytest.mark.parametrize("window", [1, 3, 4])
def test_each_frame_attends_to_its_window_of_sound_and_each_segment_to_its_window_of_frames(samples, window, awake):
    layer = awake(CrossModalAttention(32, frames=FRAMES, window=window, head_channels=16))
    video, audio = torch.randn(2, FRAMES, 2, 3, 32), torch.randn(2, samples, 32)
    shift = FRAMES - window
    seen, heard = layer(video, audio, torch.tensor(shift))
    video_q, video_k, video_v = heads(layer.video_qkv(layer.video_norm(video)).flatten(1, 3))
    audio_q, audio_k, audio_v = heads(layer.audio_qkv(layer.audio_norm(audio)))
    for frame in range(FRAMES):
        start, last = frame + shift, frame == FRAMES - 1
        of_audio = (start * 3 + torch.arange(window * 3)) % samples
        of_video = (start * 6 + torch.arange(window * 6)) % (FRAMES * 6)
        looked = F.scaled_dot_product_attention(
            video_q[:, :, frame * 6 : frame * 6 + 6], audio_k[:, :, of_audio], audio_v[:, :, of_audio]
        )
        expected = video[:, frame] + layer.video_out(looked.transpose(1, 2).flatten(2)).view(2, 2, 3, 32)
        torch.testing.assert_close(seen[:, frame], expected)
        segment = slice(frame * 3, None if last else frame * 3 + 3)
        listened = F.scaled_dot_product_attention(
            audio_q[:, :, segment], video_k[:, :, of_video], video_v[:, :, of_video]
        )
        expected = audio[:, segment] + layer.audio_out(listened.transpose(1, 2).flatten(2))
        torch.testing.assert_close(heard[:, segment], expected)


def heads(qkv):
    """Queries, keys and values: each (B, heads, L, D)."""
    return (x.unflatten(2, (HEADS, -1)).transpose(1, 2) for x in qkv.chunk(3, dim=2))
