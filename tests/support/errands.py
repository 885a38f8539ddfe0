"""Work for worker processes, which cannot import functions of a test file."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from pipelines.workers import time_limit


@dataclass(frozen=True)
class Errand:
    """Leaves a line in `folder`/`name` each time it is begun."""

    folder: Path
    name: str
    deaths: int = 0  # how many of its first attempts kill their process
    seconds: float = 0.0  # that it takes


def run_errand(errand: Errand) -> str:
    notes = errand.folder / errand.name
    with notes.open("a") as file:
        file.write(f"{os.getpid()} {torch.get_num_threads()}\n")
    time.sleep(errand.seconds)
    if len(begun(notes)) <= errand.deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return errand.name


def hang(seconds: float) -> str:
    """Takes for ever, and is allowed `seconds`."""
    with time_limit(seconds):
        time.sleep(1_000_000)
    return "back"


def hurry(seconds: float) -> str:
    """Takes no time, of the `seconds` that it is allowed, and waits for them to pass."""
    with time_limit(seconds):
        pass
    time.sleep(2 * seconds)
    return "back"


def begun(notes: Path) -> list[str]:
    """The processes that began an errand."""
    return [line.split()[0] for line in notes.read_text().splitlines()]
