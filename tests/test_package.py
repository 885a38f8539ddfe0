"""What an installed avbench is, outside of its checkout."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The `avbench` command of a wheel in an environment of its own, which sees this one's libraries."""
    folder = tmp_path_factory.mktemp("package")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    # Building leaves files beside the sources, and another process of the same tests may be building.
    source = folder / "source"
    source.mkdir()
    for room in ("avbench", "models", "pipelines", "reports"):
        shutil.copytree(_ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(_ROOT / file, source / file)
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run(build, check=True, timeout=300)
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    (wheel,) = folder.glob("avbench-*.whl")
    target = next((environment / "lib").glob("python*")) / "site-packages"
    install = [*pip, "--python", environment / "bin" / "python", "install", "--no-deps", wheel]
    subprocess.run(install, check=True, timeout=300)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (target / "libraries.pth").write_text("\n".join(libraries))
    return environment / "bin" / "avbench"


def test_the_wheel_gives_a_command_that_works_from_another_folder(installed, tmp_path):
    done = subprocess.run([installed, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "eval" in done.stdout and "prepare" in done.stdout


def test_the_wheel_holds_all_four_packages(installed, tmp_path):
    code = (
        "import avbench, models, pipelines, reports, pathlib\n"
        "for room in (avbench, models, pipelines, reports): print(pathlib.Path(room.__file__).parents[1])"
    )
    python = installed.parent / "python"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {str(next((installed.parents[1] / "lib").glob("python*")) / "site-packages")}
