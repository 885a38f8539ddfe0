import pandas as pd
import pytest
from PIL import Image
from tiny import TINY, make_movies, register_tiny_extractors
from typer.testing import CliRunner

from avbench.cli.main import app
from avbench.errors import DataError


@pytest.fixture
def movies(tmp_path, monkeypatch):
    register_tiny_extractors()
    monkeypatch.chdir(tmp_path)
    make_movies(tmp_path / "movies", 5, sound=False)


def sanity(*arguments):
    return CliRunner().invoke(app, ["sanity", *arguments], catch_exceptions=False)


def test_prints_a_verdict_for_each_corruption_and_metric_and_keeps_the_numbers(movies, tmp_path):
    result = sanity("movies", "--features", TINY, "--samples", "4")
    assert result.exit_code == 0
    study = pd.read_csv(tmp_path / "results/sanity-movies/sanity.csv")
    lines = {line.split("│")[1].strip(): line for line in result.stdout.splitlines() if line.count("│") > 2}
    assert "[tiny_video]" in result.stdout  # not taken for markup
    assert set(lines) == set(study["corruption"])
    for corruption, rows in study.groupby("corruption"):
        verdicts = rows.drop_duplicates("metric")["verdict"]
        assert [cell.strip() for cell in lines[corruption].split("│")[2:-1]] == list(verdicts)


def test_draws_the_study_where_it_is_told(movies, tmp_path):
    sanity("movies", "--features", TINY, "--samples", "4", "--out", "elsewhere")
    with Image.open(tmp_path / "elsewhere/sanity.png") as picture:
        assert picture.width > 400
    assert not (tmp_path / "results").exists()


def test_the_same_study_writes_the_same_bytes(movies, tmp_path):
    for out in ("a", "b"):
        sanity("movies", "--features", TINY, "--samples", "4", "--out", out)
    for name in ("sanity.csv", "sanity.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_set_without_what_the_extractor_takes_is_refused(movies):
    with pytest.raises(DataError, match="neither picture nor sound that --features tiny_audio takes"):
        sanity("movies", "--features", "tiny_audio")
