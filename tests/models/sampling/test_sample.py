"""From a run to a clip set: what is made, and that nothing but seed and number decides it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, MachineError, UsageError
from avbench.media.audio import read_audio
from avbench.media.probe import probe
from avbench.workspace import lock
from models.checkpoint import Checkpoint, save_checkpoint
from models.config import SamplingConfig
from models.draws import Draws
from models.registry import MODELS
from models.sampling.sample import sample_run

SPEC = ClipSpec(frames=4, size=8, sample_rate=500)
LUMA = np.array([0.2126, 0.7152, 0.0722])  # BT.709


def files(folder: Path) -> dict[str, bytes]:
    """What a user sees in a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")}


def interrupt(folder: Path, *missing: str) -> None:
    """Makes a finished set what a killed process leaves behind."""
    settings = json.loads((folder / "clipset.json").read_text())["made"]["settings"]
    for name in ("clipset.json", *missing):
        (folder / name).unlink()
    (folder / ".work").mkdir()
    (folder / ".work" / "settings.json").write_text(json.dumps(settings))


def test_samples_are_a_clip_set_of_movies_that_knows_how_they_were_made(run):
    folder = sample_run(run, 5).base
    assert folder == run.path / "samples" / "ddim5-seed0-step6"
    clipset = open_clipset(folder)
    assert (clipset.kind, len(clipset), clipset.failures) == ("folder", 5, ())
    assert [record.key for record in clipset.records] == [f"sample-{i:06d}" for i in range(5)]
    record = clipset.records[3]
    assert (record.frames, record.fps, record.width, record.sample_rate, record.channels) == (4, 10, 8, 500, 1)
    assert record.meta == {"model": "toy", "seed": 0, "steps": 5}


def test_files_hold_the_sound_to_the_sample_and_the_picture_as_well_as_crf_10_does(run):
    folder = sample_run(run, 2).base
    network = MODELS["toy"].build(run.config).eval()
    network.load_state_dict(torch.load(run.checkpoints()[-1], weights_only=True)["ema"])
    sample = MODELS["toy"].generate(network, run.config, Draws(0, "sample", members=[0, 1]))
    clip = open_clipset(folder).clip(1, spec=SPEC)
    heard = (sample["audio"][1].clamp(-1, 1) * 32768).round().clamp(-32768, 32767) / 32768
    assert np.array_equal(clip.audio, heard.numpy())
    info = probe(folder / "sample-000001.mp4")
    assert (info.video.codec, info.video.pix_fmt, info.audio.codec) == ("h264", "yuv420p", "flac")
    assert (info.video.start, info.audio.start) == (0, 0)
    # Colour is stored at half the size, which noise does not survive; brightness is stored in full.
    made = ((sample["video"][1] + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 3, 0).numpy()
    assert np.corrcoef((clip.video @ LUMA).ravel(), (made @ LUMA).ravel())[0, 1] > 0.97


def test_a_sample_depends_on_seed_and_number_alone(run, tmp_path):
    one = files(sample_run(run, 5, batch_size=1, out=tmp_path / "one").base)
    many = files(sample_run(run, 7, batch_size=7, out=tmp_path / "many").base)
    same = [name for name in one if name.startswith("sample") and one[name] == many[name]]
    assert len(same) == 5
    other = files(sample_run(run, 5, seed=1).base)
    assert not set(one.values()) & set(other.values())


def test_samples_whose_settings_nobody_knows_are_not_mixed_with_others(run, tmp_path):
    folder = sample_run(run, 2, out=tmp_path / "samples").base
    (folder / "clipset.json").unlink()
    with pytest.raises(UsageError, match="not empty, and avbench did not make it"):
        sample_run(run, 3, out=folder)


def test_a_set_is_finished_by_the_same_call_and_grows_by_a_larger_one(run, tmp_path):
    whole = files(sample_run(run, 6, batch_size=4, out=tmp_path / "samples").base)
    folder = tmp_path / "samples"
    kept = (folder / "sample-000000.mp4").stat().st_mtime_ns
    interrupt(folder, "sample-000002.mp4", "sample-000005.mp4")
    sample_run(run, 6, batch_size=4, out=folder)
    assert files(folder) == whole
    sample_run(run, 8, batch_size=4, out=folder)
    assert len(open_clipset(folder)) == 8
    assert (folder / "sample-000000.mp4").stat().st_mtime_ns == kept


def test_a_smaller_call_keeps_a_larger_set(run):
    sample_run(run, 6)
    assert len(open_clipset(sample_run(run, 2).base)) == 6


def test_nothing_is_made_that_is_there(run, monkeypatch):
    sample_run(run, 3)
    monkeypatch.setattr(type(MODELS["toy"]), "generate", None)
    sample_run(run, 3)


def test_progress_ends_with_all_samples(run):
    told = []
    sample_run(run, 5, batch_size=2, progress=lambda what, done, total: told.append((what, done, total)))
    assert told[-1] == ("samples", 5, 5)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_the_newest_checkpoint_is_sampled_unless_another_is_named(make_run):
    run = make_run(step=6)
    older = sample_run(run, 1).base
    make_run(step=8, weights_seed=1)
    assert sample_run(run, 1).base.name == "ddim5-seed0-step8"
    assert sample_run(run, 1, checkpoint=run.checkpoint_file(6)).base == older


def test_samples_of_other_settings_never_share_a_folder(run, tmp_path):
    folder = sample_run(run, 1, out=tmp_path / "samples").base
    with pytest.raises(UsageError, match=r"other settings \(seed: 0 -> 1\); choose another folder with --out"):
        sample_run(run, 1, seed=1, out=folder)
    with pytest.raises(UsageError, match=r"sampling\.steps: 5 -> 9"):
        sample_run(run, 1, sampling=SamplingConfig(solver="ddim", steps=9), out=folder)


def test_samples_of_other_weights_never_share_a_folder(make_run, tmp_path):
    folder = sample_run(make_run(), 1, out=tmp_path / "samples").base
    with pytest.raises(UsageError, match=r"network\.weights_sha256: \w+ -> \w+"):
        sample_run(make_run(weights_seed=1), 1, out=folder)


def test_other_settings_are_refused_while_the_first_ones_are_unfinished(run, tmp_path):
    folder = sample_run(run, 2, out=tmp_path / "samples").base
    interrupt(folder)
    with pytest.raises(DataError, match="interrupted"):
        open_clipset(folder)
    with pytest.raises(UsageError, match="seed: 0 -> 1"):
        sample_run(run, 2, seed=1, out=folder)
    assert len(open_clipset(sample_run(run, 2, out=folder).base)) == 2


def test_a_folder_of_other_things_is_left_alone(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "holiday.mp4").write_text("a video")
    with pytest.raises(UsageError, match=r"mine: the folder is not empty, and avbench did not make it"):
        sample_run(run, 1, out=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["holiday.mp4"]


def test_a_file_in_the_place_of_the_folder_is_the_machines_fault(run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MachineError, match="a file stands where a folder is needed"):
        sample_run(run, 1, out=tmp_path / "file")


def test_two_processes_do_not_write_into_one_folder(run, tmp_path):
    with lock(tmp_path / "samples"), pytest.raises(MachineError, match="another avbench command is writing there"):
        sample_run(run, 1, out=tmp_path / "samples")


def test_files_as_published_have_mp3_on_two_channels(make_run):
    run = make_run(spec=dataclasses.replace(SPEC, sample_rate=16_000))
    folder = sample_run(run, 1, as_published=True).base
    assert folder.name == "ddim5-seed0-step6-published"
    audio = probe(folder / "sample-000000.mp4").audio
    assert (audio.codec, audio.channels, audio.sample_rate) == ("mp3", 2, 16_000)
    window = read_audio(folder / "sample-000000.mp4", audio, audio.start, 6_400, 16_000)
    assert np.abs(window).max() > 0.01


@pytest.mark.parametrize(
    ("changes", "as_published", "message"),
    [
        ({"size": 7}, False, "needs an even width and height, the frames have 7x7"),
        ({"sample_rate": 500}, True, "MP3 has no sample rate of 500 Hz"),
    ],
)
def test_what_files_cannot_hold_is_refused_before_anything_is_made(make_run, changes, as_published, message):
    run = make_run(spec=dataclasses.replace(SPEC, **changes))
    with pytest.raises(UsageError, match=message):
        sample_run(run, 1, as_published=as_published)
    assert not run.samples_folder.exists()


def test_samples_that_are_not_finite_are_refused(run):
    weights = torch.load(run.checkpoints()[-1], weights_only=True)["ema"]
    weights["video_out.weight"].fill_(float("nan"))
    save_checkpoint(run, Checkpoint(model="toy", step=6, network=weights, ema=weights))
    with pytest.raises(DataError, match=r"sample-000000: its video is not finite; .* training diverged"):
        sample_run(run, 1)


def test_a_run_without_a_checkpoint_says_how_to_train_it(run):
    run.checkpoints()[-1].unlink()
    with pytest.raises(DataError, match="no checkpoint yet; train it"):
        sample_run(run, 1)


def test_a_checkpoint_of_another_network_is_refused_with_what_differs(run):
    weights = torch.load(run.checkpoints()[-1], weights_only=True)["ema"]
    weights["time.weight"] = torch.zeros(9, 1)
    save_checkpoint(run, Checkpoint(model="toy", step=6, network=weights, ema=weights))
    with pytest.raises(DataError, match=r"00000006\.pt: .*time\.weight is \(9, 1\) in the checkpoint .*config\.toml"):
        sample_run(run, 1)


def test_no_samples_are_no_set(run):
    with pytest.raises(UsageError, match="0 samples are asked for"):
        sample_run(run, 0)


def test_samples_have_the_look_of_the_set_that_the_network_was_trained_on(run, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "clipset.json").write_text('{"schema_version": 1, "fit": "crop", "channel": "left"}')
    clipset = open_clipset(sample_run(run, 1).base)
    assert (clipset.fit, clipset.channel) == ("crop", "left")
