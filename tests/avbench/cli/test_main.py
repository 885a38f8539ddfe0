"""The command line as users meet it: what it prints, where, and its exit codes."""

import json
import sys

import pytest
from tiny import TINY, make_movies, register_tiny_extractors

from avbench.cli.main import run


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 6, seed=1)
    make_movies(folder / "made", 5, seed=2)
    make_movies(folder / "silent", 3, seed=3, sound=False)
    make_movies(folder / "short", 3, seed=4, seconds=0.5)
    make_movies(folder / "one", 1, seed=5)
    (folder / "empty").mkdir()
    (folder / "texts").mkdir()
    (folder / "texts" / "notes.txt").write_text("no video")
    for name, data in {"text": b"not a video", "nothing": b""}.items():
        make_movies(folder / name, 3, seed=6)
        (folder / name / "bad.mp4").write_bytes(data)
    whole = (folder / "real" / "clip000.mp4").read_bytes()
    make_movies(folder / "truncated", 3, seed=7)
    (folder / "truncated" / "bad.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "a file").write_text("in the place of a folder")
    return folder


@pytest.fixture
def avbench(movies, tmp_path, monkeypatch, capsys):
    """Runs a command in an empty folder; returns exit code, standard output and standard error."""
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)

    def avbench(*arguments):
        monkeypatch.setattr(sys, "argv", ["avbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run()
            sys.exit(0)
        captured = capsys.readouterr()
        return ended.value.code, captured.out, " ".join(captured.err.split())

    return avbench


@pytest.fixture
def evaluate(avbench, movies):
    def evaluate(reference="real", generated="made", *options):
        sets = ["--reference", movies / reference, "--generated", movies / generated]
        return avbench("eval", *sets, "--features", TINY, "--samples", 4, "--runs", 2, *options)

    return evaluate


def test_the_table_goes_to_standard_output_and_everything_else_to_standard_error(evaluate):
    code, out, err = evaluate()
    assert code == 0, err
    assert "FVD[tiny_video]" in out and "ground-truth" in out
    assert "protocol published" in err and "results: results/real-vs-made-published" in err


def test_json_is_for_machines(evaluate):
    code, out, _ = evaluate("real", "made", "--json")
    assert code == 0
    assert {row["metric"] for row in json.loads(out)} == {"FVD[tiny_video]", "KVD[tiny_video]", "FAD[tiny_audio]"}


def test_a_spec_makes_a_protocol_of_its_own(evaluate):
    code, _, err = evaluate("real", "made", "--protocol", "avbench", "--spec", "frames=8,fps=5,size=32")
    assert code == 0 and "protocol avbench+fps=5+frames=8+size=32" in err


@pytest.mark.parametrize(
    ("reference", "generated", "options", "code", "message"),
    [
        ("nowhere", "made", [], 2, "nowhere does not exist"),
        ("real", "empty", [], 4, "empty"),
        ("real", "texts", [], 4, "texts"),
        ("real", "text", [], 4, "bad.mp4: not a media file"),
        ("real", "nothing", [], 4, "bad.mp4"),
        ("real", "truncated", [], 4, "bad.mp4"),
        ("real", "silent", ["--metrics", "fad"], 4, "3 of 3 clips have no sound"),
        ("real", "short", ["--protocol", "avbench"], 4, "no clip is as long as a window of protocol avbench, 1.6 s"),
        ("real", "one", ["--protocol", "avbench"], 4, "a distance needs at least 2"),
        ("real", "made", ["--out", "OUT"], 6, "a file stands where a folder is needed"),
        ("real", "made", ["--protocol", "paper"], 2, 'no protocol is called "paper"; known: published'),
        ("real", "made", ["--metrics", "fid"], 2, 'no metric is called "fid"; known: audio_video_score'),
        ("real", "made", ["--switch", "fit"], 2, '--switch takes NAME=VALUE, not "fit"'),
        ("real", "made", ["--features", "vgg"], 2, 'no feature extractor is called "vgg"'),
        ("real", "made", ["--features", "i3d", "--offline"], 3, "avbench weights fetch i3d"),
        ("real", "made", ["--features", "i3d", "--weights", "i3d=none.pt"], 2, "none.pt: there is no such file"),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(
    evaluate, movies, tmp_path, reference, generated, options, code, message
):
    options = [str(movies / "a file" / "results") if option == "OUT" else option for option in options]
    got, out, err = evaluate(reference, generated, *options)
    assert (got, out) == (code, ""), err
    assert message in err and "Traceback" not in err
    assert not (tmp_path / "results").exists() or not list((tmp_path / "results").rglob("*.csv"))


def test_a_checkpoint_of_another_network_is_refused(evaluate, tmp_path):
    import torch

    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "other.pt")
    code, _, err = evaluate("real", "made", "--features", "i3d", "--weights", "i3d=other.pt")
    assert code == 4 and "other.pt" in err


def test_a_checkpoint_that_would_run_code_is_refused_and_not_run(evaluate, tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "trapped"), "w"))

    (tmp_path / "trap.pt").write_bytes(pickle.dumps(Trap(), protocol=2))
    code, _, err = evaluate("real", "made", "--features", "i3d", "--weights", "i3d=trap.pt")
    assert code == 4 and "trap.pt" in err
    assert not (tmp_path / "trapped").exists()


def test_nothing_prepared_and_nothing_named_says_what_to_do(avbench):
    code, _, err = avbench("eval")
    assert code == 2 and "--generated PATH" in err


def test_an_interrupted_command_exits_with_130(avbench, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("avbench.defaults.choose_sets", interrupted)
    code, _, err = avbench("eval")
    assert code == 130 and "the same command goes on from it" in err


def test_explain_tells_the_metric_the_clips_the_chain_and_the_network(avbench):
    code, out, _ = avbench("explain", "fad")
    assert code == 0
    for piece in (
        "FAD under protocol published",
        "times 10,000",
        "[batch_statistics=true]",
        "AudioCLIP-Full-Training.pt",
    ):
        assert piece in out


def test_explain_refuses_unknown_metrics(avbench):
    assert avbench("explain", "fid")[0] == 2
