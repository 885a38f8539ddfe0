import pytest

from reports.study.texts import mos_tasks, texts, turing_tasks
from reports.study.vote import answers_to


def rating(**changes):
    return mos_tasks(**{"plain_words": False, "mute_video": False, "hide_audio": False, **changes})


@pytest.mark.parametrize("task", [*rating(), *turing_tasks()])
def test_scales_are_those_that_votes_know(task):
    assert task.answers == answers_to(task.name)


def test_by_default_scores_have_the_papers_meanings_and_clips_play_whole():
    assert all(anchor.meaning for task in rating() for anchor in task.scale)
    assert {task.presentation for task in rating()} == {"both"}


def test_plain_words_leave_the_meanings_out():
    tasks = rating(plain_words=True)
    assert [anchor.label for anchor in tasks[0].scale] == ["Bad", "Poor", "Fair", "Good", "Excellent"]
    assert not any(anchor.meaning for task in tasks for anchor in task.scale)


def test_picture_and_sound_can_be_judged_by_themselves():
    assert [task.presentation for task in rating(mute_video=True, hide_audio=True)] == ["muted", "hidden", "both"]


def test_raters_are_told_whom_to_ask_and_what_they_get():
    told = texts("turing", contact="lab@example.org", pay="One dollar.")
    assert (told.contact, told.pay) == ("lab@example.org", "One dollar.")
