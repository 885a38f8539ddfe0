"""study.json: what is written comes back, and what avbench did not write is refused with its place."""

import json
from dataclasses import replace

import pytest
from small_study import mos_study, turing_study

from avbench.errors import DataError, UsageError
from reports.study.study import Item, Page, RaterList, read_study, write_study


@pytest.fixture
def changed(tmp_path):
    """Writes a study, changes its JSON by a function, and returns the folder."""

    def changed(change):
        write_study(mos_study(), tmp_path)
        document = json.loads((tmp_path / "study.json").read_text())
        change(document)
        (tmp_path / "study.json").write_text(json.dumps(document))
        return tmp_path

    return changed


@pytest.mark.parametrize("study", [mos_study(), turing_study(), mos_study(completion_code="C0DE")])
def test_what_is_written_is_read_back(tmp_path, study):
    write_study(study, tmp_path)
    assert read_study(tmp_path) == study


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(UsageError, match="study.json does not exist"):
        read_study(tmp_path)


def test_another_schema_is_refused(changed):
    with pytest.raises(DataError, match="it has schema 99, this avbench reads schema 1"):
        read_study(changed(lambda document: document.update(schema_version=99)))


def test_what_is_no_json_is_refused(tmp_path):
    (tmp_path / "study.json").write_text('{"schema_version": 1, ')
    with pytest.raises(DataError, match="it is not JSON"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.pop("seed"), "seed is missing"),
        (lambda document: document.update(method="ours"), "method is unknown"),
        (lambda document: document.update(kind="poll"), 'kind is "poll", which does not fit'),
        (lambda document: document.update(votes="5"), 'votes is "5", which does not fit'),
        (lambda document: document.update(votes=True), "votes is true, which does not fit"),
        (lambda document: document["pages"][1].update(items=3), r"pages\[1\].items is 3, which does not fit"),
        (lambda document: document["media"].pop("fps"), "media.fps is missing"),
        (lambda document: document["pages"][0]["items"].append(5), r"pages\[0\].items\[3\] is not an object"),
        (lambda document: document["texts"].update(pay="Nothing after all."), "its texts are not those"),
    ],
)
def test_a_study_that_was_changed_is_refused_with_the_place(changed, change, message):
    with pytest.raises(DataError, match=message):
        read_study(changed(change))


def test_texts_and_questions_decide_the_hash_and_nothing_else():
    study = mos_study()
    assert study.texts_sha256 == replace(study, seed=study.seed + 1).texts_sha256
    assert study.texts_sha256 != replace(study, texts=replace(study.texts, pay="More.")).texts_sha256


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (Page(page_id="p", task="turing", items=()), "asks turing, which is none of the study's tasks"),
        (Page(page_id="p q", task="video_quality", items=()), 'page name "p q" has other characters'),
        (Page(page_id="p", task="video_quality", items=(Item(clip_id="ours-1"),)), "12 hexadecimal digits"),
        (Page(page_id="p", task="video_quality", items=(Item(clip_id="0" * 12),) * 2), "shows the clip 0{12} 2 times"),
    ],
)
def test_pages_that_make_no_sense_are_refused(page, message):
    with pytest.raises(DataError, match=message):
        replace(mos_study(), pages=(page,), rater_lists=())


def test_a_page_stands_there_once():
    study = mos_study()
    with pytest.raises(DataError, match="the page page-0 stands there 2 times"):
        replace(study, pages=(study.pages[0],) * 2, rater_lists=())


def test_a_list_of_pages_that_do_not_exist_is_refused():
    with pytest.raises(DataError, match="names the page absent, which does not exist"):
        replace(mos_study(), rater_lists=(RaterList(list_id="1", page_ids=("absent",)),))


def test_what_a_study_does_not_have_is_told():
    with pytest.raises(UsageError, match="has no task turing; it has video_quality, audio_quality"):
        mos_study().task("turing")
    with pytest.raises(UsageError, match="has no page absent"):
        mos_study().page("absent")


def test_the_papers_tasks_are_questions_about_clips():
    study = mos_study(pages=2, clips_per_page=3)
    assert study.task_count == study.items_per_page * 2
    assert study.pages[0].task_id(study.pages[0].items[0]) == f"video_quality:{study.pages[0].items[0].clip_id}"
