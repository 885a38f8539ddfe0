"""`avbench demo`, with fewer clips and steps than users see."""

from pathlib import Path

import pytest

from avbench.cli.workflows import demo
from avbench.clipset import open_clipset


@pytest.mark.slow
def test_the_demo_goes_the_whole_way_and_then_finds_everything_done(avbench, embedded_weights, monkeypatch):
    monkeypatch.setenv("AVBENCH_HOME", str(embedded_weights))
    monkeypatch.setattr(demo, "CLIPS", 4)
    code, out, err = avbench("demo", "--steps", 2)
    assert code == 0, err
    assert "synthetic@16px-4kHz" in out and "FVD[transnetv2]" in out and "FAD[aisfx]" in out
    assert all(method in out for method in ("noise", "tiny-2-steps", "ground-truth"))
    real = open_clipset(Path("demo/runs/tiny-2-steps/eval/real"))
    samples = open_clipset(Path("demo/runs/tiny-2-steps/samples/sde-dpm++25-seed0-step2"))
    assert {(record.width, record.sample_rate) for record in (*real.records, *samples.records)} == {(16, 4_000)}
    assert len(samples) == 4
    assert avbench("demo", "--steps", 2)[:2] == (0, out)
