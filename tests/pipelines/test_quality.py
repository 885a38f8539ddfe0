import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avbench.clipset import open_clipset
from avbench.errors import DataError
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.quality import quality
from pipelines.storage import Storage


@pytest.fixture
def clipset(tmp_path, movie):
    """Two classes, a video without sound, and a file that is none."""
    movie(tmp_path / "videos" / "rain" / "a.mp4", seconds=4)
    movie(tmp_path / "videos" / "rain" / "b.mp4", sample_rate=16_000, channels=1)
    movie(tmp_path / "videos" / "wind" / "c.mp4", sound=False)
    (tmp_path / "videos" / "wind" / "d.mp4").write_text("no video")
    prepare(folder(tmp_path / "videos"), tmp_path / "set", name="set", storage=Storage(clip_seconds=2), workers=1)
    return open_clipset(tmp_path / "set")


def test_has_a_row_for_every_clip(clipset):
    clips = quality(clipset).clips.set_index("source")
    assert len(clips) == 4
    assert clips.loc["rain/b.mp4", "source_sample_rate"] == 16_000
    assert clips.loc["rain/b.mp4", "rms_dbfs"] == pytest.approx(-26, abs=2)
    assert pd.isna(clips.loc["wind/c.mp4", "rms_dbfs"])


def test_counts_by_class_and_by_reason(clipset):
    found = quality(clipset)
    assert found.classes.set_index("label")["clips"].to_dict() == {"": 0, "rain": 3, "wind": 1}
    assert found.classes.set_index("label").loc["", ["failed", "not_media"]].tolist() == [1, 1]
    assert found.failures["reason"].tolist() == ["not_media"]


def test_takes_classes_of_failures_and_screening_from_the_ledger(clipset):
    key = clipset.records[0].key.rpartition("_")[0]
    rows = [
        {"key": key, "label": "rain", "facts": json.dumps({"loudness_lufs": -21.5, "cuts": 0})},
        {"key": "wind/d.mp4", "label": "wind", "facts": "{}"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), clipset.path / "ledger.parquet")
    found = quality(clipset)
    assert found.clips["loudness_lufs"].dropna().unique().tolist() == [-21.5]
    assert found.classes.set_index("label").loc["wind", ["clips", "failed"]].tolist() == [1, 1]


def test_a_damaged_ledger_is_named(clipset):
    (clipset.path / "ledger.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"ledger\.parquet: the table is damaged"):
        quality(clipset)


def test_writes_its_tables(clipset, tmp_path):
    quality(clipset).write(tmp_path / "report")
    assert len(pd.read_csv(tmp_path / "report" / "quality.csv")) == 4
    assert pd.read_csv(tmp_path / "report" / "classes.csv")["clips"].sum() == 4
    statistics = pd.read_csv(tmp_path / "report" / "dataset_statistics.csv").set_index("figure")
    assert statistics.loc["clips", "ours"] == 4
