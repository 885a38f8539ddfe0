"""`avbench study create`, `power` and `cost`: options, what is printed, exit codes."""

import pytest
from drawn_study import without_encoding
from tiny import make_movies


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "real", 3, size=16)
    make_movies(folder / "ours", 3, size=16, seed=1)
    return folder


@pytest.fixture
def study(avbench, movies, monkeypatch):
    """Creates a study of three movies a method; more options can be given, and take the place of the same ones."""
    without_encoding(monkeypatch)

    def study(*options, kind="mos", ours=f"ours={movies / 'ours'}"):
        common = ("--per-method", 3, "--votes", 2, "--size", 16, "--workers", 1, "--out", "studies/one")
        real = f"real={movies / 'real'}"
        return avbench("study", "create", kind, "--clips", real, "--clips", ours, *common, *options)

    return study


def test_a_study_is_created_and_what_to_heed_is_told(study, tmp_path):
    code, out, err = study()
    assert code == 0 and (tmp_path / "studies" / "one" / "batch_input.csv").is_file()
    assert "18 tasks, 36 votes" in out
    assert "placeholder addresses" in err and "keep studies/one/private to yourself" in err


def test_options_reach_the_study(study, tmp_path):
    code, out, _ = study("--media-url", "https://a.example/b", "--gold-per-page", 2, "--raters", 12, kind="turing")
    assert code == 0 and "12 votes, 1 pages of 9 clips, 12 rater lists" in out
    assert "https://a.example/b/" in (tmp_path / "studies" / "one" / "batch_input.csv").read_text()


def test_the_secret_of_an_earlier_study_can_be_used_again(study, tmp_path):
    study()
    first = (tmp_path / "studies" / "one" / "study.json").read_text()
    (tmp_path / "studies" / "one").rename(tmp_path / "first")
    study("--secret", "first/private/secret")
    assert (tmp_path / "studies" / "one" / "study.json").read_text() == first


@pytest.mark.parametrize("clips", ["ours", "=ours", "ours=", ":ours=ours"])
def test_clips_that_name_no_method_or_path_are_refused(study, clips):
    code, _, err = study(ours=clips)
    assert code == 2 and "--clips takes [DATASET:]METHOD=PATH" in err


@pytest.mark.parametrize("gold", ["best", "=best", "4;5", "video_quality:=best"])
def test_gold_without_answers_or_path_is_refused(study, gold):
    code, _, err = study("--gold", gold)
    assert code == 2 and "--gold takes [TASK:]ANSWER[,ANSWER]=PATH" in err


def test_a_path_that_does_not_exist_is_refused(study, tmp_path):
    code, _, err = study(ours="ours=absent")
    assert code == 2 and "absent does not exist" in err and not (tmp_path / "studies").exists()


def test_too_few_clips_are_an_error_of_the_data(study):
    code, _, err = study("--per-method", 4)
    assert code == 4 and "4 clips of real are asked for, and 3 can be shown" in err


def test_an_infeasible_design_names_its_constraint(study):
    code, _, err = study("--raters", 4)
    assert code == 2 and "4 raters are too few: no rater meets the clip" in err


def test_a_secret_that_cannot_be_read_is_refused(study):
    code, _, err = study("--secret", "absent")
    assert code == 2 and "--secret absent: it cannot be read" in err


def test_power_prints_what_500_clips_can_see(avbench):
    code, out, _ = avbench("study", "power", "--clips", 500, "--votes", 5, "--difference", 0.2)
    assert code == 0 and all(number in out for number in ("0.112", "0.039", "0.063", "157"))


def test_cost_prints_reward_fee_hours_and_total(study, avbench):
    study()
    code, out, _ = avbench("study", "cost", "studies/one", "--wage", 15, "--currency", "EUR")
    # 3 pages of 8 clips, 2 votes: 95.6 s a page, 0.40 a page, 20 % for the platform
    assert code == 0 and all(text in out for text in ("96 s", "0.2 h", "0.40 EUR", "2.40 EUR", "0.48 EUR", "2.88 EUR"))


@pytest.mark.parametrize("options", [("--wage", "much"), ("--wage", "0"), ("--wage", "15", "--fee", "nan")])
def test_a_wage_that_is_none_is_refused(study, avbench, options):
    study()
    assert avbench("study", "cost", "studies/one", *options)[0] == 2
