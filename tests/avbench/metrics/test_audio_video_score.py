import json
import math

import numpy as np
import torch
from rule_weights import audioclip_checkpoint, golden_input

from avbench.features.audioclip_frames import AudioCLIPFrames
from avbench.features.extractor import Compute, Switches
from avbench.metrics.audio_video_score import audio_video_score


def test_rows_of_sound_and_picture_give_the_published_score(golden, tmp_path):
    case = json.loads((golden / "features" / "audioclip_cases.json").read_text())["audio_video"]
    checkpoint = tmp_path / "audioclip.pt"
    torch.save(audioclip_checkpoint(), checkpoint)
    B, T, C, H, W = case["video_shape"]
    shape = (1, T, C, math.ceil(H / 8), math.ceil(W / 8))
    noise = torch.cat([golden_input(f"{case['name']}/video/{i}", shape) for i in range(B)])
    pixels = noise.repeat_interleave(8, -1).repeat_interleave(8, -2)[..., :H, :W]
    video = (127.5 + 50 * pixels).clamp(0, 255).round().transpose(1, 2) / 255
    with np.load(golden / "features" / "audioclip_av.npz") as arrays:
        sound = arrays[f"{case['name']}/audio_embedding"]
        expected = np.diag(arrays[f"{case['name']}/score_matrix"])
    with torch.inference_mode():
        picture = AudioCLIPFrames().load(checkpoint, Compute(), Switches())(video)
    np.testing.assert_allclose(audio_video_score(sound, picture.numpy(), fps=10).values, expected, atol=1e-5)
