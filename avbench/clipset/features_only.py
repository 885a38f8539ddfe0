"""A reference without its videos: the clips' records, for evaluations whose features somebody exported."""

import json
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from avbench.clipset.clipset import ClipSet
from avbench.clipset.layout import from_row
from avbench.errors import DataError, UsageError

FEATURES = "features.npz"


class FeaturesOnlyClipSet(ClipSet):
    """The clip set whose features `path`/features.npz holds; `avbench features import` made it.

    Raises:
        DataError: the file is damaged or something else.
    """

    def __init__(self, path: Path) -> None:
        self.manifest = read_manifest(path / FEATURES)
        self.kind = self.manifest["kind"]
        super().__init__(
            path,
            name=self.manifest["name"],
            records=tuple(from_row(row) for row in self.manifest["records"]),
            failures=(),
            fit=self.manifest["fit"],
            channel=self.manifest["channel"],
        )

    def media(self, index: int, *, video: bool = True, audio: bool = True) -> NoReturn:
        settings = self.manifest["settings"]
        raise DataError(
            f"{self.path}: only features are here, not the clips, and they are for --protocol {settings['protocol']} "
            f"--samples {settings['samples']} --runs {settings['runs']} --seed {settings['seed']} "
            f"--features {settings['features']}; evaluate with these settings, or import the features again"
        )

    def as_webdataset(self, split: str | None = None) -> NoReturn:
        raise UsageError(f"{self.path}: only features are here, not the clips")


def read_manifest(file: Path) -> dict[str, Any]:
    """What a file of exported features tells of itself.

    Raises:
        DataError: it is damaged or something else.
    """
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            manifest: dict[str, Any] = json.loads(arrays["manifest"].tobytes())
        if manifest.get("schema_version") != 1:
            raise ValueError("unknown schema version")
        return manifest
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{file}: no file of `avbench features export`, or damaged ({error}); get it again") from error
