import numpy as np
import pytest

from avbench.errors import MachineError
from avbench.features.cache import FeatureCache


def rows(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_rows_come_back_as_they_were_put(tmp_path):
    FeatureCache("a", tmp_path).put({"x": rows(1, 2), "batch": np.ones((8, 2), np.float32)})
    found = FeatureCache("a", tmp_path).get(["x", "batch", "y"])
    np.testing.assert_array_equal(found["x"], rows(1, 2))
    assert found["batch"].shape == (8, 2) and "y" not in found


def test_rows_of_another_identity_are_never_taken(tmp_path):
    FeatureCache("weights A", tmp_path).put({"x": rows(1)})
    assert FeatureCache("weights B", tmp_path).missing(["x"]) == {"x"}


def test_a_row_that_is_there_stays(tmp_path):
    cache = FeatureCache("a", tmp_path)
    cache.put({"x": rows(1)})
    cache.put({"x": rows(2), "y": rows(3)})
    assert cache.get(["x"])["x"] == 1 and cache.missing(["x", "y", "z"]) == {"z"}


def test_thousands_of_rows_are_looked_up_at_once(tmp_path):
    cache = FeatureCache("a", tmp_path)
    names = [str(number) for number in range(3000)]
    cache.put({name: rows(float(name)) for name in names})
    assert len(cache.get(names)) == 3000 and not cache.missing(names)


def test_a_damaged_file_is_named_with_what_to_do(tmp_path):
    cache = FeatureCache("a", tmp_path)
    cache.close()
    cache.path.write_bytes(b"not a database" * 100)
    with pytest.raises(MachineError, match=f"{cache.path.name}: the feature cache cannot be used .*delete the file"):
        FeatureCache("a", tmp_path)
