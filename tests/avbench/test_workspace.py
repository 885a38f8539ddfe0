import errno
import os
import signal
import subprocess
import sys

import pytest

from avbench import workspace
from avbench.errors import MachineError


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), workspace.atomic_file(path) as temporary:
        temporary.write_text("half of the ne")
        raise RuntimeError("interrupted")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_on_the_way(tmp_path):
    workspace.atomic_write(tmp_path / "a" / "b" / "c.txt", "text")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "text"


def test_a_file_in_the_place_of_a_folder_is_a_machine_error(tmp_path):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(MachineError, match="a file stands where a folder is needed"):
        workspace.atomic_write(tmp_path / "a" / "b.txt", "text")


def test_a_file_system_that_takes_no_more_is_a_machine_error_and_leaves_nothing(tmp_path):
    script = (
        "import pathlib, resource, signal\n"
        "from avbench.errors import MachineError\n"
        "from avbench.workspace import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: atomic_write(pathlib.Path('large.bin'), b'x' * 100_000)\n"
        "except MachineError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "large.bin: the file system or a limit (ulimit -f) takes no larger file" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_machine_error_with_advice(tmp_path):
    with pytest.raises(MachineError, match=r"out\.csv: the disk is full: free some space"):
        with workspace.machine_errors(tmp_path / "out.csv"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_is_held_by_one_process_and_free_when_it_dies(tmp_path):
    script = (
        "import pathlib, time\n"
        "from avbench.workspace import lock\n"
        "with lock(pathlib.Path('.')): print('held', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(MachineError, match="another avbench command is writing there"), workspace.lock(tmp_path):
        pass
    holder.kill()
    holder.communicate(timeout=60)
    with workspace.lock(tmp_path):
        pass


def test_a_forked_process_that_outlives_the_holder_does_not_hold_the_folder(tmp_path):
    script = (
        "import multiprocessing, os, pathlib, signal, time\n"
        "from avbench.workspace import lock\n"
        "def live(): print(os.getpid(), flush=True); time.sleep(60)\n"
        "with lock(pathlib.Path('.')):\n"
        "    multiprocessing.get_context('fork').Process(target=live).start()\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    child = int(holder.stdout.readline())
    with pytest.raises(MachineError), workspace.lock(tmp_path):
        pass
    holder.kill()
    holder.wait(timeout=60)
    with workspace.lock(tmp_path):
        pass
    os.kill(child, signal.SIGKILL)
    holder.communicate(timeout=60)


def test_the_home_is_chosen_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("AVBENCH_HOME", str(tmp_path / "mine"))
    assert workspace.home() == tmp_path / "mine"
    monkeypatch.delenv("AVBENCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert workspace.home() == tmp_path / "avbench"
