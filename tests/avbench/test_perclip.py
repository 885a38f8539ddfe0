import pandas as pd
import pytest
import torch
from rule_weights import audioclip_checkpoint
from tiny import TINY, make_movies, register_tiny_extractors

import avbench


@pytest.mark.slow
def test_clip_scores_are_a_column_of_the_clips(tmp_path):
    register_tiny_extractors()
    torch.save(audioclip_checkpoint(), tmp_path / "audioclip.pt")
    real, made = make_movies(tmp_path / "real", 4, seed=1), make_movies(tmp_path / "made", 3, seed=2)
    evaluation = avbench.evaluate(
        real,
        made,
        features=TINY,
        samples=3,
        runs=1,
        clip_scores=True,
        weights={"audioclip": tmp_path / "audioclip.pt"},
        out=tmp_path / "results",
    )
    scores = pd.read_parquet(evaluation.folder / "clips.parquet")["audio_video_score[audioclip]"]
    assert len(scores) == 3 and scores.between(-100, 100).all() and scores.nunique() == 3
