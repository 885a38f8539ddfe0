import json
import shutil
from pathlib import Path

import pytest
from tiny import TINY, make_movies, register_tiny_extractors

import avbench
from avbench.compare import compare
from avbench.errors import DataError, UsageError


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    """Two methods of one distribution, one of fewer clips, and two references."""
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 24, seed=1, size=16)
    make_movies(folder / "others", 24, seed=5, size=16)
    for name, seed in (("made", 2), ("alike", 3)):
        make_movies(folder / name, 12, seed=seed, size=16)
    make_movies(folder / "fewer", 11, seed=4, size=16)
    return folder


@pytest.fixture(scope="module")
def evaluated(movies, tmp_path_factory):
    """A folder whose `results` hold an evaluation of each method."""
    register_tiny_extractors()
    workspace = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(workspace / "home"))
        patch.chdir(workspace)
        for name in ("made", "alike", "fewer"):
            evaluate(movies, name)
        evaluate(movies, "alike", out=Path("results/other seed"), seed=1)
        evaluate(movies, "alike", out=Path("results/published"), protocol="published")
        evaluate(movies, "alike", reference="others")
    return workspace


def evaluate(movies, generated, reference="real", **settings):
    settings = {"protocol": "avbench", "features": TINY, "samples": 12, "runs": 1, "metrics": ("fvd", "kvd")} | settings
    return avbench.evaluate(movies / reference, movies / generated, **settings)


@pytest.fixture
def results(evaluated, tmp_path):
    """The results in a folder of the test's own."""
    shutil.copytree(evaluated / "results", tmp_path / "results")
    return tmp_path / "results"


def test_clip_sets_are_found_in_the_results(movies, results):
    by_set = compare(movies / "made", movies / "alike", results)
    by_folder = compare(results / "real-vs-made-avbench", results / "real-vs-alike-avbench", results)
    assert by_set.as_dict() == by_folder.as_dict()
    assert by_set.names == ("made", "alike")


def test_two_methods_of_one_distribution_are_a_tie_where_anything_can_be_told(movies, results):
    differences = compare(movies / "made", movies / "alike", results).differences
    assert {one.metric: one.better for one in differences} == {"KVD[tiny_video]": "tie", "FVD[tiny_video]": "unknown"}


def test_the_other_way_round_the_difference_has_the_other_sign(movies, results):
    (_, forth), (_, back) = (
        compare(movies / one, movies / other, results).differences
        for one, other in (("made", "alike"), ("alike", "made"))
    )
    assert (back.low, back.high) == pytest.approx((-forth.high, -forth.low))


def test_what_is_not_known_is_null_in_json(movies, results):
    told = json.dumps(compare(movies / "made", movies / "alike", results).as_dict(), allow_nan=False)
    fvd = json.loads(told)["differences"][0]
    assert fvd["low"] is None and fvd["why_unknown"].startswith("N = 12 is less than 4 x 6 features")
    assert fvd["n_reference"] == fvd["n_generated"] == 12


def test_unlike_protocols_are_refused_with_the_switches_that_differ(results):
    with pytest.raises(UsageError, match=r"protocols avbench and published \(.*antialias True and False"):
        compare(results / "real-vs-made-avbench", results / "published", results)


def test_unlike_seeds_are_refused(results):
    with pytest.raises(UsageError, match="seed 0 and 1"):
        compare(results / "real-vs-made-avbench", results / "other seed", results)


def test_unlike_references_are_refused(results):
    with pytest.raises(UsageError, match="references .*real and .*others hold other clips"):
        compare(results / "real-vs-made-avbench", results / "others-vs-alike-avbench", results)


def test_unlike_weights_are_refused(results):
    path = results / "real-vs-made-avbench" / "provenance.json"
    told = json.loads(path.read_text())
    (only,) = told["evaluations"].values()
    only["networks"]["tiny_video"]["weights_sha256"] = "0123456789abcdef"
    path.write_text(json.dumps(told))
    with pytest.raises(UsageError, match="weights of tiny_video 0123456789ab and "):
        compare(path.parent, results / "real-vs-alike-avbench", results)


def test_unlike_n_is_refused(movies, results):
    with pytest.raises(UsageError, match=r"has N = 12/12 and .*fewer.* 12/11, 11/11"):
        compare(movies / "made", movies / "fewer", results)


def test_a_set_that_was_not_evaluated_is_told_how(movies, results):
    with pytest.raises(UsageError, match="give `avbench eval --generated .*others`"):
        compare(movies / "made", movies / "others", results)


def test_a_path_that_does_not_exist_is_refused(movies, results):
    with pytest.raises(UsageError, match="nowhere does not exist"):
        compare(movies / "made", results / "nowhere", results)


def test_a_damaged_folder_is_refused(movies, results):
    (results / "real-vs-made-avbench" / "provenance.json").write_text("{")
    with pytest.raises(DataError, match=r"provenance\.json: damaged"):
        compare(movies / "made", movies / "alike", results)


def test_results_without_errors_are_refused(results):
    (results / "real-vs-made-avbench" / "statistics.json").unlink()
    with pytest.raises(UsageError, match=r"real-vs-made-avbench \(without statistics\.json\)"):
        compare(results / "real-vs-made-avbench", results / "real-vs-alike-avbench", results)
