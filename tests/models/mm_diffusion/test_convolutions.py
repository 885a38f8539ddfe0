import pytest
import torch
import torch.nn.functional as F

from models.mm_diffusion.convolutions import AudioConv, VideoConv, enlarged, from_pictures, reduced, to_pictures

VIDEO, AUDIO = torch.randn(2, 4, 6, 8, 3), torch.randn(2, 32, 3)  # channels last


def by_frame_and_pixel(conv, x):
    """The frames one by one, then the pixels one by one."""
    frames = torch.stack([conv.spatial(frame.movedim(-1, 1)) for frame in x.unbind(1)], dim=2)
    weight, bias = conv.temporal.weight[..., 0], conv.temporal.bias
    pixels = [F.conv1d(pixel, weight, bias, padding=1) for pixel in frames.flatten(3).unbind(3)]
    return torch.stack(pixels, dim=3).view(frames.shape).permute(0, 2, 3, 4, 1)


def test_video_is_convolved_within_frames_then_along_time():
    conv = VideoConv(3, 5)
    torch.testing.assert_close(conv(VIDEO), by_frame_and_pixel(conv, VIDEO))


def test_reducing_video_gives_the_means_of_four_pixels_of_what_the_convolution_gives():
    conv = VideoConv(3, 5, reduce=True)
    torch.testing.assert_close(conv(VIDEO), reduced(by_frame_and_pixel(conv, VIDEO)))


def test_sound_is_convolved_with_taps_a_dilation_apart():
    conv = AudioConv(3, 5, dilation=4)
    expected = F.conv1d(AUDIO.mT, conv.weight[:, :, 0], conv.bias, padding=4, dilation=4).mT
    torch.testing.assert_close(conv(AUDIO), expected)


def test_reducing_sound_gives_the_means_of_four_samples_of_what_the_convolution_gives():
    conv = AudioConv(3, 5, reduce=True)
    expected = F.avg_pool1d(F.conv1d(AUDIO.mT, conv.weight[:, :, 0], conv.bias, padding=1), 4).mT
    torch.testing.assert_close(conv(AUDIO), expected)


@pytest.mark.parametrize(("x", "shape"), [(VIDEO, (2, 4, 12, 16, 3)), (AUDIO, (2, 128, 3))])
def test_reducing_undoes_enlarging(x, shape):
    assert enlarged(x).shape == shape
    torch.testing.assert_close(reduced(enlarged(x)), x)


@pytest.mark.parametrize("x", [VIDEO, AUDIO])
def test_features_become_pictures_and_back_without_moving_memory(x):
    pictures = to_pictures(x)
    assert pictures.is_contiguous(memory_format=torch.channels_last)
    assert from_pictures(pictures, x).data_ptr() == x.data_ptr() and torch.equal(from_pictures(pictures, x), x)
