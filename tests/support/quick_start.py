"""`avbench` commands as processes that start in a moment, for tests that start, and kill, many of them.

Most of a short command's time goes into imports. So one process does them, and forks itself for each command. From then
on, the command is a process like any other, with its own folder, environment and files for what it prints.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import torch

_IMPORTED = ("avbench.cli.main", "models.sampling.sample", "models.training.train", "models.mm_diffusion")


class Command:
    """A command at work; its members are those of `subprocess.Popen`."""

    def __init__(self, server: Connection, pid: int, printed: tuple[Path, Path]) -> None:
        self._server, self._pid, self._printed = server, pid, printed
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = _ask(self._server, _status_of, self._pid)
        return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self._pid, signal.SIGKILL)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it printed to standard output and to standard error, once it has ended."""
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                self.kill()
                raise TimeoutError(f"the command goes on after {timeout} s")
            time.sleep(0.005)
        out, messages = (path.read_text() for path in self._printed)
        return out, messages


class Starter:
    """Starts commands; see `starter`."""

    def __init__(self, server: Connection, folder: Path) -> None:
        self._server, self._folder, self._started = server, folder, 0

    def start(self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Command:
        """`avbench ARGUMENTS` in a folder, with more in its environment."""
        self._started += 1
        printed = self._folder / f"{self._started}.out", self._folder / f"{self._started}.err"
        pid = _ask(self._server, _fork, (list(arguments), folder, dict(environment), printed))
        return Command(self._server, pid, printed)


@contextmanager
def starter() -> Iterator[Starter]:
    """For the time of a block, something that starts commands. They compute with one thread."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,))
    process.start()
    theirs.close()
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Starter(ours, Path(folder))
    finally:
        ours.close()
        process.join()


def _ask(server: Connection, function: Any, argument: Any) -> Any:
    server.send((function, argument))
    return server.recv()


# What follows runs in the process that forks itself.


def _serve(requests: Connection) -> None:
    for module in _IMPORTED:
        import_module(module)
    torch.set_num_threads(1)  # a forked process cannot use the threads of the one it comes from
    while True:
        try:
            function, argument = requests.recv()
        except EOFError:
            return
        requests.send(function(argument))


def _fork(what: tuple[list[str], Path, dict[str, str], tuple[Path, Path]]) -> int:
    return os.fork() or _become(*what)


def _status_of(pid: int) -> int | None:
    """How a command ended, as `subprocess.Popen.returncode`; None: it has not."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(arguments: list[str], folder: Path, environment: dict[str, str], printed: tuple[Path, Path]) -> NoReturn:
    from avbench.cli.main import run

    code: Any = 1
    try:
        os.chdir(folder)
        os.environ.update(environment)
        sys.argv = ["avbench", *arguments]
        for descriptor, path in zip((1, 2), printed, strict=True):
            with path.open("w") as file:
                os.dup2(file.fileno(), descriptor)
        run()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Not `sys.exit`: it would end the function that this process was in before it was forked.
        os._exit(code)
