import pandas as pd
import pytest
from results_folders import Folder, sampled

from reports.claims import Claim, claims, claims_to_markdown
from reports.comparison.scored import read_results
from reports.comparison.table import compare
from reports.paper_rows import paper_tables

NO_OPINIONS = pd.DataFrame(columns=["study_id", "dataset", "method", "metric", "value", "low", "high", "n", "screened"])


def found(name: str, *, comparisons=(), opinions=NO_OPINIONS, parameters=None) -> Claim:
    (claim,) = [one for one in claims(comparisons, opinions, parameters or {}, []) if one.claim == name]
    return claim


@pytest.mark.parametrize(("metric", "percent"), [("FVD", "25.0 %"), ("FAD", "32.9 %")])
def test_the_gains_on_landscape_follow_from_the_printed_numbers(metric, percent):
    claim = found(f"Landscape: gain in {metric} over the best baseline")
    assert claim.paper == percent
    assert claim.recomputed.startswith(percent)
    assert claim.remark.startswith("follows from the printed numbers")


@pytest.mark.parametrize(("metric", "given"), [("FVD", "−47.8 % or 36.6 %"), ("FAD", "18.1 % or 32.2 %")])
def test_the_gains_on_aist_match_no_printed_pair(metric, given):
    claim = found(f"AIST++: gain in {metric} over the best baseline")
    assert claim.recomputed == given
    assert claim.remark.startswith("matches no pair of printed numbers")


def test_our_gain_is_taken_of_our_own_baseline(tmp_path):
    Folder(tmp_path / "a", {"FVD": 150.0}).write()
    Folder(tmp_path / "b", {"FVD": 200.0}, method="digan", made=sampled("digan", windows=None)).write()
    comparison = compare(paper_tables()[1], read_results(tmp_path).scored)
    assert found("Landscape: gain in FVD over the best baseline", comparisons=[comparison]).ours == "25.0 %"


def test_counted_parameters_stand_beside_those_of_the_paper():
    parameters = {"mm-diffusion": 133_675_524, "super-resolution": 311_027_910}
    coupled = found("parameters of the coupled U-Net", parameters=parameters)
    assert (coupled.paper, coupled.ours) == ("115.13M", "133,675,524")
    assert coupled.remark == "not what it says; the released code has as many as ours"
    assert found("parameters of the super-resolution network", parameters=parameters).remark == "agrees"


def test_votes_of_our_studies_are_counted():
    opinions = NO_OPINIONS.copy()
    opinions.loc[0] = ["a", "landscape", "ours", "turing_pass_percent", 80.0, 1.0, 2.0, 120, 0]
    assert found("votes in the Turing test", opinions=opinions).ours == "120"
    assert found("votes in the user study", opinions=opinions).ours == ""


def test_claims_are_a_markdown_table():
    lines = claims_to_markdown(claims([], NO_OPINIONS, {}, [])).splitlines()
    assert lines[0].startswith("| the paper's claim |")
    assert any("45k" in line and "45,000" in line for line in lines)
