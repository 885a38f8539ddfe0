import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.per_class import COLUMNS
from avbench.scoring import GROUND_TRUTH

SETTINGS = {"protocol": "avbench", "features": TINY, "samples": 64, "runs": 1}


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Dogs and cats, of which there are few, and birds, which only the model makes."""
    register_tiny_extractors()
    folder = tmp_path_factory.mktemp("sets")
    for seed, (label, real, made) in enumerate([("dog", 16, 9), ("cat", 3, 8), ("bird", 0, 2)]):
        make_movies(folder / "real" / label, real, seed=seed)
        make_movies(folder / "made" / label, made, seed=10 + seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(folder / "home"))
        evaluation = avbench.evaluate(folder / "real", folder / "made", out=folder / "results", **SETTINGS)
        dogs = avbench.evaluate(folder / "real" / "dog", folder / "made" / "dog", out=folder / "dogs", **SETTINGS)
    return pd.read_csv(evaluation.folder / "classes.csv", keep_default_na=False), dogs


def test_has_a_line_for_each_shared_label_method_and_metric(classes):
    table, _ = classes
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 * 2 * 3
    assert set(table["label"]) == {"cat", "dog"}
    assert set(table["method"]) == {"made", GROUND_TRUTH}


def test_the_value_of_a_class_is_that_of_its_clips_alone(classes):
    table, dogs = classes
    line = table[(table["label"] == "dog") & (table["method"] == "made") & (table["metric"] == "FVD[tiny_video]")]
    alone = dogs.results
    wanted = alone[(alone["method"] == "dog") & (alone["metric"] == "FVD[tiny_video]")]["value"].iloc[0]
    assert float(line["value"].iloc[0]) == pytest.approx(wanted, rel=1e-6)
    assert (line["n_reference"].iloc[0], line["n_generated"].iloc[0]) == (16, 9)


def test_a_class_of_too_few_clips_has_no_value_and_says_so(classes):
    table, _ = classes
    lines = table[(table["label"] == "cat") & (table["method"] == "made")].set_index("metric")
    assert set(lines["value"]) == {""}
    assert lines.loc["FVD[tiny_video]", "note"] == "needs 7 windows of each set"  # 6 features
    assert lines.loc["KVD[tiny_video]", "note"] == "needs 100 windows of each set"


def test_sets_without_labels_have_no_table(tmp_path, classes):
    real, made = make_movies(tmp_path / "real", 4), make_movies(tmp_path / "made", 4, seed=1)
    folder = avbench.evaluate(real, made, out=tmp_path / "results", **SETTINGS).folder
    assert not (folder / "classes.csv").exists()
