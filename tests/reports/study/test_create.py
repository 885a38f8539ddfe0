"""Creating a study from clip sets: the folder, what raters may not learn from it, and what happens on the way."""

import csv
import json
import os
from dataclasses import replace

import av
import pytest
from drawn_study import without_encoding
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.errors import DataError, UsageError
from reports.study import create as module
from reports.study.config import CreateConfig, GoldSource
from reports.study.create import create_study
from reports.study.design.draw import ClipSource
from reports.study.keyed import read_keyed_study
from reports.study.study import read_study

SECRET = "c0" * 32


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    """Clip sets: six real movies, five of ours, and some that cannot be used."""
    folder = tmp_path_factory.mktemp("movies")
    make_movies(folder / "landscape", 6, size=16)
    make_movies(folder / "samples", 5, size=16, seed=1)
    make_movies(folder / "mute", 5, size=16, sound=False)
    make_movies(folder / "best", 1, size=16, seed=2)
    return folder


@pytest.fixture
def config(movies, tmp_path):
    return CreateConfig(
        kind="mos",
        sources=(
            ClipSource(method="real", path=movies / "landscape"),
            ClipSource(method="ours", path=movies / "samples"),
        ),
        out=tmp_path / "studies" / "one",
        per_method=4,
        votes=2,
        items_per_page=4,
        spec=ClipSpec(size=16),
        workers=1,
        secret=SECRET,
    )


@pytest.fixture
def encoded(monkeypatch):
    return without_encoding(monkeypatch)


def interrupted(config, monkeypatch):
    """Creates a study, interrupted when all clips are encoded."""

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "pad_alike", interrupt)
        create_study(config)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def public_files(folder):
    return [path for path in folder.rglob("*") if path.is_file() and "private" not in path.parts]


def test_the_folder_holds_design_sheets_media_and_apart_from_them_the_key(encoded, config):
    folder = create_study(config).folder
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    media = {name for name in names if name.startswith("media/")}
    study = read_study(folder)
    assert media == {item.media for page in study.pages for item in page.items} | {one.media for one in study.practice}
    assert names - media == {
        "study.json",
        "batch_input.csv",
        "hit_mos.html",
        "survey/index.html",
        "private/key.csv",
        "private/gold.csv",
        "private/secret",
        "private/design.md",
        "private/leaks.csv",
        "private/leaks.md",
    }
    assert os.listdir(folder.parent) == ["one"]


def test_the_key_tells_method_data_set_and_source_of_each_clip(encoded, config):
    folder = create_study(config).folder
    key = rows(folder / "private" / "key.csv")
    rating = [row for row in key if row["kind"] == "rating"]
    assert (
        sorted((row["dataset"], row["method"]) for row in rating)
        == [("landscape", "ours")] * 4 + [("landscape", "real")] * 4
    )
    assert {(row["study_id"], row["part"]) for row in key} == {("one", "mos")}
    assert all(row["source_id"].startswith("ours-clip") for row in rating if row["method"] == "ours")
    assert read_keyed_study(folder).gold


def test_nothing_that_raters_see_names_a_method_or_a_source(encoded, config):
    folder = create_study(config).folder
    for path in public_files(folder):
        if path.suffix in (".json", ".csv", ".html"):
            text = path.read_text()
            assert not any(word in text for word in ("two-stage", "samples", "clip00", SECRET, '"ours"', "gold_fail"))
    assert (folder / "private").stat().st_mode & 0o077 == 0


def test_files_on_show_have_one_size_and_one_time(encoded, config):
    files = list((create_study(config).folder / "media").iterdir())
    assert len({(file.stat().st_size, file.stat().st_mtime) for file in files}) == 1


def test_the_batch_has_a_column_for_each_variable_of_the_layout(encoded, config):
    folder = create_study(replace(config, media_url="https://cdn.example.org/s/")).folder
    raw = (folder / "batch_input.csv").read_bytes()
    batch = rows(folder / "batch_input.csv")
    places = range(1, 7)  # 4 clips, a gold one, one that asks for an answer
    assert list(batch[0]) == [
        "study_id",
        "page_id",
        "task",
        *(f"clip_{k}" for k in places),
        *(f"url_{k}" for k in places),
    ]
    assert raw.isascii() and b"\r" not in raw
    assert all(row[f"url_{k}"] == f"https://cdn.example.org/s/{row[f'clip_{k}']}.mp4" for row in batch for k in places)
    study = read_study(folder)
    assert [row["page_id"] for row in batch] == [page.page_id for page in study.pages]


def test_the_same_seed_and_secret_give_the_same_bytes(encoded, config, tmp_path):
    one = create_study(config).folder
    other = create_study(replace(config, out=tmp_path / "other" / "one", workers=2)).folder
    for path in sorted(path for path in one.rglob("*") if path.is_file()):
        assert path.read_bytes() == (other / path.relative_to(one)).read_bytes(), path


def test_a_new_secret_is_made_for_each_study(encoded, config, tmp_path):
    one, other = (
        create_study(replace(config, secret=None, out=tmp_path / name)).study.clip_ids for name in ("one", "two")
    )
    assert set(one).isdisjoint(other)


def test_raters_practise_on_noise_and_on_a_real_clip_that_they_are_not_asked_about(encoded, config):
    study = create_study(config).study
    key = {row["clip_id"]: row["kind"] for row in rows(config.out / "private" / "key.csv")}
    assert [key[item.clip_id] for item in study.practice] == ["practice", "practice"]
    assert not {item.clip_id for item in study.practice} & set(study.clip_ids)


def test_without_a_clip_to_spare_practice_is_noise_alone(encoded, config):
    sources = (config.sources[1], replace(config.sources[0], path=config.sources[0].path.parent / "samples"))
    assert len(create_study(replace(config, sources=sources, per_method=5, items_per_page=5)).study.practice) == 1


def test_gold_clips_of_the_user_join_the_noise(encoded, config, movies):
    gold = GoldSource(accepted=("4", "5"), path=movies / "best", task="video_quality")
    folder = create_study(replace(config, golds=(gold,), gold_per_page=3, items_per_page=2)).folder
    accepted = {(row["task"], row["accepted"]) for row in rows(folder / "private" / "gold.csv")}
    assert {("video_quality", "4;5"), ("video_quality", "1;2")} <= accepted
    assert ("audio_quality", "4;5") not in accepted


def test_two_data_sets_can_be_named(encoded, config):
    sources = tuple(replace(source, dataset=name) for name in ("landscape", "aist") for source in config.sources)
    created = create_study(replace(config, sources=sources))
    assert created.study.task_count == 2 * 2 * 4 * 3
    assert {one.dataset for one in created.leaks.separations} == {"landscape", "aist"}


def test_a_turing_test_has_a_sheet_of_its_own(encoded, config):
    created = create_study(replace(config, kind="turing"))
    assert (created.folder / "hit_turing.html").is_file() and not (created.folder / "hit_mos.html").exists()
    assert created.study.task_count == 8


def test_an_interrupted_study_is_taken_up_with_its_secret(encoded, config, monkeypatch):
    config = replace(config, secret=None)
    interrupted(config, monkeypatch)
    assert not config.out.exists() and encoded
    before = len(encoded)
    create_study(config)
    assert len(encoded) == before == len(list((config.out / "media").iterdir()))
    assert os.listdir(config.out.parent) == ["one"]


def test_an_interrupted_study_of_other_settings_is_left_alone(encoded, config, monkeypatch):
    interrupted(config, monkeypatch)
    with pytest.raises(UsageError, match=r"other settings \(votes differ\)"):
        create_study(replace(config, votes=3))


def test_a_study_is_never_overwritten(encoded, config):
    create_study(config)
    with pytest.raises(UsageError, match="a study is never overwritten"):
        create_study(config)


@pytest.mark.parametrize(
    ("error", "changes", "message"),
    [
        (DataError, {"per_method": 7}, "7 clips of real are asked for, and 6 can be shown"),
        (UsageError, {"raters": 3}, "3 raters are too few"),
        (UsageError, {"items_per_page": 3}, "all pages are full: 8 clips"),
        (UsageError, {"media_url": "http://example.org"}, "takes an https address"),
        (UsageError, {"study_id": "my study"}, '"my study" cannot name a study'),
        (UsageError, {"secret": "1234"}, "a secret is 64 hexadecimal digits"),
        (UsageError, {"hide_audio": True}, "asks for an answer does so in its picture"),
        (UsageError, {"kind": "turing", "mute_video": True}, "--mute-video belongs to opinion scores"),
        (UsageError, {"sources": ()}, "a study needs clips"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(encoded, config, error, changes, message):
    with pytest.raises(error, match=message):
        create_study(replace(config, **changes))
    assert not config.out.parent.exists() or os.listdir(config.out.parent) == []


def test_clips_without_sound_are_refused(encoded, config, movies):
    sources = (config.sources[0], ClipSource(method="ours", path=movies / "mute"))
    with pytest.raises(DataError, match="5 of 5 clips have no sound"):
        create_study(replace(config, sources=sources))


def test_a_turing_test_needs_real_clips(config):
    with pytest.raises(UsageError, match="mixes generated clips with real ones"):
        replace(config, kind="turing", sources=config.sources[1:])


def test_sources_without_a_data_set_belong_to_the_one_that_is_named(encoded, config):
    sources = (replace(config.sources[0], dataset="scenery"), config.sources[1])
    assert {one.dataset for one in create_study(replace(config, sources=sources)).leaks.separations} == {"scenery"}


def test_a_source_that_may_belong_to_two_data_sets_is_refused(encoded, config):
    sources = (*(replace(config.sources[0], dataset=name) for name in ("a", "b")), config.sources[1])
    with pytest.raises(UsageError, match="does not say which data set it belongs to: a or b"):
        create_study(replace(config, sources=sources))


def test_clips_that_must_be_enlarged_are_warned_of(encoded, config):
    warnings = create_study(replace(config, spec=ClipSpec(size=32))).warnings
    assert any("clips of ours have 16 pixels and are shown at 32" in warning for warning in warnings)


def test_a_method_is_named_once(encoded, config):
    with pytest.raises(UsageError, match="names the method ours of the data set landscape 2 times"):
        create_study(replace(config, sources=(*config.sources, config.sources[1])))


@pytest.mark.parametrize(
    ("gold", "message"),
    [({"task": "turing"}, "--gold names the task turing"), ({"accepted": ("6",)}, '"6" is no answer to video_quality')],
)
def test_gold_that_fits_no_question_is_refused(encoded, config, movies, gold, message):
    source = GoldSource(**{"accepted": ("5",), "path": movies / "best", **gold})
    with pytest.raises(UsageError, match=message):
        create_study(replace(config, golds=(source,)))


def test_real_clips_come_out_in_one_form(config, tmp_path):
    """The whole chain, with ffmpeg: every file plays, and none tells where it is from."""
    created = create_study(replace(config, per_method=2, items_per_page=2, spec=ClipSpec(size=64)))
    files = sorted((created.folder / "media").iterdir())
    forms = set()
    for file in files:
        with av.open(str(file)) as container:
            frames = sum(1 for _ in container.decode(video=0))
            forms.add((file.stat().st_size, frames, container.duration, json.dumps(dict(container.metadata))))
    assert len(forms) == 1 and len(files) >= 4 + 2
    assert not any("tags" in warning or "bytes" in warning.split(":")[1][:11] for warning in created.leaks.warnings)
