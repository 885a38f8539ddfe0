import json
import re
from dataclasses import replace

import html5lib
import pytest
from small_study import mos_study, turing_study, write_small_study

from reports.study.pages import survey_page, write_pages
from reports.study.pages.render import hit_page
from reports.study.study import Study

NASTY = "</script><script>alert(1)</script><!-- ${clip_1} & \"'\u2028"


def pages() -> list[tuple[str, str]]:
    return [
        ("hit_mos", hit_page(mos_study())),
        ("hit_turing", hit_page(turing_study())),
        ("survey", survey_page(mos_study())),
        ("survey_turing", survey_page(turing_study())),
        ("served", survey_page(mos_study(), token="0" * 64)),
    ]


@pytest.mark.parametrize(("name", "text"), pages())
def test_every_page_is_valid_html(name, text):
    html5lib.HTMLParser(strict=True).parse(text)


@pytest.mark.parametrize(("name", "text"), pages())
def test_no_id_stands_twice_and_every_field_has_a_label(name, text):
    document = html5lib.parse(text, namespaceHTMLElements=False)
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    labelled = {field for label in document.iter("label") for field in label.iter()}
    fields = [
        field
        for tag in ("input", "textarea")
        for field in document.iter(tag)
        if field.get("type") != "hidden" and field.get("aria-label") is None
    ]
    assert len(ids) == len(set(ids))
    assert fields and all(field in labelled for field in fields)


@pytest.mark.parametrize(("name", "text"), pages())
def test_scripts_hold_nothing_that_the_platform_would_fill_in(name, text):
    for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL):
        assert "${" not in script


@pytest.mark.parametrize(("name", "text"), pages())
def test_a_page_loads_nothing_from_elsewhere(name, text):
    assert re.findall(r'<(?:link|script|img|iframe)[^>]*(?:src|href)="(?!data:,)', text) == []
    assert "@import" not in text and "url(" not in text


def test_the_offline_page_may_reach_no_network():
    policy = _policy(survey_page(mos_study()))
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy and "unsafe" not in policy


def test_the_served_page_may_talk_to_its_server_alone():
    assert "connect-src 'self'" in _policy(survey_page(mos_study(), token="0" * 64))


def test_a_layout_has_the_variables_of_the_batch_and_no_others():
    expected = {
        "study_id",
        "page_id",
        "task",
        *(f"{name}_{number}" for name in ("clip", "url") for number in (1, 2, 3)),
    }
    assert set(re.findall(r"\$\{(\w+)\}", hit_page(mos_study()))) == expected


def test_a_layout_sends_an_answer_seconds_and_plays_for_each_clip_under_names_of_their_own():
    document = html5lib.parse(hit_page(mos_study()), namespaceHTMLElements=False)
    (form,) = document.iter("form")
    kinds = [(field.get("name"), field.get("type")) for field in form.iter("input") if field.get("name")]
    named = {name for name, _ in kinds}
    singles = [name for name, kind in kinds if kind != "radio"]
    assert named == {"assignmentId", "audio_check", "consent"} | {f"{kind}{n}" for kind in "qsp" for n in (1, 2, 3)}
    assert len(singles) == len(set(singles))
    assert form.get("action") == "https://www.mturk.com/mturk/externalSubmit"


def test_words_of_the_study_stay_words(tmp_path):
    study = _with_title(mos_study(), NASTY)
    for text in (survey_page(study), hit_page(study)):
        document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
        assert len(list(document.iter("script"))) == 2
        assert NASTY in [element.text for element in document.iter("title")]


def test_questions_inside_the_design_stay_json():
    study = mos_study()
    tasks = tuple(replace(task, question=NASTY) for task in study.tasks)
    text = survey_page(replace(study, tasks=tasks))
    document = html5lib.parse(text, namespaceHTMLElements=False)
    (design,) = [script.text for script in document.iter("script") if script.get("id") == "design"]
    assert [task["question"] for task in json.loads(design)["tasks"]] == [NASTY, NASTY]


def test_no_page_tells_the_method(tmp_path):
    folder = write_small_study(mos_study(), tmp_path / "study", media=False)
    for page in folder.rglob("*.html"):
        assert "the-secret-method" not in page.read_text()


def test_the_same_study_gives_the_same_bytes(tmp_path):
    first = write_pages(mos_study(), tmp_path / "a")
    second = write_pages(mos_study(), tmp_path / "b")
    assert [path.name for path in first] == ["hit_mos.html", "index.html"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def _policy(text: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    return found.group(1).replace("&#39;", "'")


def _with_title(study: Study, title: str) -> Study:
    return replace(study, texts=replace(study.texts, title=title))
