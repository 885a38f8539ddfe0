import os
import subprocess
import sys
import textwrap

import pytest
from tiny import make_movies
from torch import nn

from avbench.clipset import open_clipset
from avbench.errors import UsageError
from avbench.plugins import load_plugins
from models.registry import MODELS

_METRIC = textwrap.dedent(
    '''
    """Distance of the means: a metric from outside."""
    import numpy as np
    from avbench.metrics.metric import metric
    from tiny import register_tiny_extractors

    register_tiny_extractors()

    @metric("mean_shift", modality="video", better="lower", explanation="Distance of the means.")
    def mean_shift(reference, generated):
        return float(np.linalg.norm(reference.mean(0) - generated.mean(0)))
    '''
)


def evaluate(folder, environment, *options):
    arguments = "eval --reference real --generated made --runs 1 --samples 4 --protocol avbench"
    arguments += " --features tiny_video --metrics mean_shift"
    command = [sys.executable, "-m", "avbench", *arguments.split(), *options]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)


@pytest.fixture
def movies(tmp_path):
    make_movies(tmp_path / "real", 5, seed=1)
    make_movies(tmp_path / "made", 5, seed=2)
    return tmp_path


@pytest.fixture
def environment(own_home, support):
    return os.environ | {"AVBENCH_HOME": str(own_home), "PYTHONPATH": str(support), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def support(request):
    return request.config.rootpath / "tests" / "support"


def test_a_plug_in_file_brings_a_metric_of_its_own(movies, environment):
    (movies / "outside.py").write_text(_METRIC)
    done = evaluate(movies, environment, "--plugin", "outside.py")
    assert done.returncode == 0, done.stderr
    assert "MEAN_SHIFT[tiny_video]" in done.stdout


def test_an_installed_package_brings_a_metric_by_its_entry_point(movies, environment, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "outside_metrics.py").write_text(_METRIC)
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "outside-metrics"\nversion = "1"\n'
        '[project.entry-points."avbench.plugins"]\noutside = "outside_metrics"\n'
        '[tool.setuptools]\npy-modules = ["outside_metrics"]\n'
    )
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", target, package], check=True, timeout=200)
    environment["PYTHONPATH"] += f":{target}"
    done = evaluate(movies, environment)
    assert done.returncode == 0, done.stderr
    assert "MEAN_SHIFT[tiny_video]" in done.stdout


def test_a_missing_plug_in_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.py: the plug-in does not exist"):
        load_plugins([tmp_path / "nowhere.py"])


def test_a_plug_in_that_does_not_run_is_named(tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    with pytest.raises(UsageError, match=r"broken\.py: the plug-in cannot be imported: .*syntax"):
        load_plugins([tmp_path / "broken.py"])


def test_a_name_that_is_taken_is_refused(tmp_path):
    (tmp_path / "again.py").write_text(
        "from avbench.metrics.metric import METRICS, metric\n"
        "METRICS['fvd']\n"
        "metric('fvd', modality='video', better='lower', explanation='')(lambda a, b: 0.0)\n"
    )
    with pytest.raises(UsageError, match='metric "fvd" is registered twice'):
        load_plugins([tmp_path / "again.py"])


_DATA_SET = textwrap.dedent(
    '''
    from pathlib import Path
    from pipelines.source import SOURCES, source

    @source("outside")
    def outside():
        """Somebody's videos."""
        return SOURCES["folder"](Path("real"))
    '''
)


def test_a_plug_in_brings_a_data_set_of_its_own(movies, environment):
    (movies / "outside.py").write_text(_DATA_SET)
    command = [sys.executable, "-m", "avbench", "prepare", "--plugin", "outside.py", "outside", "--workers", "1"]
    done = subprocess.run(command, cwd=movies, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert len(open_clipset(movies / "data" / "outside")) == 5


def test_a_plug_in_brings_a_model_of_its_own(tmp_path):
    (tmp_path / "model.py").write_text(
        "from torch import nn\nfrom models.registry import MODELS\nMODELS.register('outside')(nn.Identity)\n"
    )
    load_plugins([tmp_path / "model.py"])
    assert MODELS["outside"] is nn.Identity


def test_a_data_set_that_nobody_registered_is_a_usage_error(movies, environment):
    command = [sys.executable, "-m", "avbench", "prepare", "nothing"]
    done = subprocess.run(command, cwd=movies, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 2 and "No such command" in done.stderr
