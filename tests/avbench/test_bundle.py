import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.bundle import export_features, import_features
from avbench.config import EvaluateConfig
from avbench.errors import DataError, UsageError
from avbench.protocol import get_protocol


@pytest.fixture(params=["published", "avbench"])
def settings(request):
    register_tiny_extractors()
    return {"protocol": get_protocol(request.param).with_samples(8), "features": TINY, "runs": 2}


@pytest.fixture
def exported(tmp_path, settings):
    real = make_movies(tmp_path / "real", 12, seed=1)
    make_movies(tmp_path / "made", 9, seed=2)
    file = tmp_path / "real.npz"
    export_features(EvaluateConfig(reference=real, generated=real, **settings), file)
    return file


def test_imported_features_give_the_same_values_without_the_videos(exported, settings, tmp_path, monkeypatch, own_home):
    with_videos = avbench.evaluate(tmp_path / "real", tmp_path / "made", out=tmp_path / "a", **settings)
    monkeypatch.setenv("AVBENCH_HOME", str(own_home / "elsewhere"))
    import_features(exported, tmp_path / "data" / "real")
    without = avbench.evaluate(tmp_path / "data" / "real", tmp_path / "made", out=tmp_path / "b", **settings)
    assert (without.folder / "results.csv").read_bytes() == (with_videos.folder / "results.csv").read_bytes()


def test_other_settings_than_the_exported_ones_are_refused_with_those(exported, settings, tmp_path):
    import_features(exported, tmp_path / "data" / "real")
    larger = settings["protocol"].with_switches({"size": "80"})
    with pytest.raises(DataError, match="only features are here.*--samples 8 --runs 2 --seed 0"):
        avbench.evaluate(tmp_path / "data" / "real", tmp_path / "made", **settings | {"protocol": larger})


def test_a_damaged_file_is_refused_and_leaves_nothing(exported, tmp_path):
    exported.write_bytes(exported.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"real\.npz: no file of `avbench features export`, or damaged"):
        import_features(exported, tmp_path / "data" / "real")
    assert not (tmp_path / "data").exists()


def test_a_folder_that_holds_something_else_is_left_alone(exported, tmp_path):
    with pytest.raises(UsageError, match="holds something else already"):
        import_features(exported, tmp_path / "made")
