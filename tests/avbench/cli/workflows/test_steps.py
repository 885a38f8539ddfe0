"""Chains of commands: what is skipped, what is run, and what a killed chain leaves behind."""

import json

import pytest
import typer

from avbench.cli.workflows import steps
from avbench.cli.workflows.steps import Mark, Step, call, has_clips, run_steps
from avbench.errors import DataError, UsageError


@pytest.fixture
def ran(monkeypatch):
    """The commands that are run; they do nothing."""
    ran = []
    monkeypatch.setattr(steps, "call", lambda arguments: ran.append(" ".join(arguments)))
    return ran


def step(name, *, done=False, mark=None):
    return Step(arguments=(name,), done=lambda: done, mark=mark)


def test_what_is_done_is_skipped_and_told(ran, capsys):
    run_steps([step("prepare", done=True), step("train")])
    assert ran == ["train"]
    assert "done before: avbench prepare" in capsys.readouterr().err


def test_all_that_builds_upon_a_missing_step_is_run_again(ran):
    run_steps([step("prepare"), step("train", done=True), step("eval", done=True)])
    assert ran == ["prepare", "train", "eval"]


def test_a_command_is_printed_so_that_a_shell_takes_it():
    spaced = Step(arguments=("eval", "--generated", "my clips"), done=lambda: False)
    assert spaced.command == "avbench eval --generated 'my clips'"


def test_results_are_marked_before_the_first_of_them_and_complete_after_the_last(tmp_path, monkeypatch):
    mark = Mark(tmp_path / "results" / "mark.json", {"row": 7})
    seen = []
    monkeypatch.setattr(steps, "call", lambda arguments: seen.append(json.loads(mark.file.read_text())))
    run_steps([step("eval", mark=mark)])
    assert seen == [{"row": 7, "complete": False}]
    assert json.loads(mark.file.read_text()) == {"row": 7, "complete": True}


def test_a_mark_is_complete_only_when_it_tells_of_just_these_results(tmp_path):
    mark = Mark(tmp_path / "mark.json", {"row": 7})
    assert not mark.is_complete()
    mark.begin()
    assert not mark.is_complete()
    mark.finish()
    assert mark.is_complete()
    assert not Mark(tmp_path / "mark.json", {"row": 8}).is_complete()


def test_a_failing_command_ends_the_chain_and_leaves_the_mark_incomplete(tmp_path, monkeypatch):
    def fail(arguments):
        raise DataError("no")

    mark = Mark(tmp_path / "mark.json", {})
    monkeypatch.setattr(steps, "call", fail)
    with pytest.raises(DataError):
        run_steps([step("eval", mark=mark), step("report")])
    assert not mark.is_complete()


def test_a_command_is_run_as_if_it_had_been_typed(capsys):
    call(["explain", "fvd", "--protocol", "avbench"])
    assert capsys.readouterr().out.startswith("FVD under protocol avbench")


@pytest.mark.parametrize("ended", [KeyboardInterrupt(), typer.Exit(3)])
def test_a_command_that_is_interrupted_or_ends_early_ends_the_chain(ended, monkeypatch):
    def end(*arguments):
        raise ended

    monkeypatch.setattr("avbench.explain.explain", end)
    with pytest.raises(type(ended)):
        call(["explain", "fvd"])


def test_the_errors_of_a_command_are_its_own():
    with pytest.raises(UsageError, match='no protocol is called "mine"'):
        call(["explain", "fvd", "--protocol", "mine"])


def test_a_folder_of_clips_is_done_when_it_has_as_many_as_are_wanted(tmp_path):
    enough = has_clips(tmp_path, 2)
    assert not enough()
    for clips, expected in (([{}], False), ([{}, {}], True), (1, False), (2, True)):  # samples; shards
        (tmp_path / "clipset.json").write_text(json.dumps({"clips": clips}))
        assert enough() is expected
