"""Plug-ins: files and installed packages that register metrics, extractors, data sets and models of their own."""

import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from avbench.errors import MissingError, UsageError


def load_plugins(files: Iterable[Path] = ()) -> None:
    """Imports the modules of the entry-point group `avbench.plugins`, then `files`; importing registers.

    Raises:
        UsageError: a file does not exist or does not run, or a name is registered twice.
        MissingError: an installed plug-in cannot be imported.
    """
    for point in entry_points(group="avbench.plugins"):
        try:
            point.load()
        except ImportError as error:
            raise MissingError(f"plug-in {point.name} ({point.value}) cannot be imported: {error}") from error
    for file in files:
        _load_file(file)


def _load_file(file: Path) -> None:
    if not file.is_file():
        raise UsageError(f"{file}: the plug-in does not exist")
    name = f"avbench_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file}: a plug-in is a Python file, named *.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError) as error:
        raise UsageError(f"{file}: the plug-in cannot be imported: {error}") from error
