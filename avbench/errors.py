"""The errors a user can meet, each with its exit code.

A message names the place, what was found, what was wanted and the next step. The command line prints
it without a traceback; anything that is not an `AvbenchError` is a bug (exit code 1).
"""


class AvbenchError(Exception):
    """Base of all errors that a user can act upon."""

    exit_code = 1


class UsageError(AvbenchError):
    """The command asks for something that does not exist or contradicts itself."""

    exit_code = 2


class MissingError(AvbenchError):
    """Weights, a dependency or the network are missing."""

    exit_code = 3


class DataError(AvbenchError):
    """A file, clip set or checkpoint is not what it should be."""

    exit_code = 4


class TooManyFailuresError(AvbenchError):
    """The work is done, but more items failed than `--max-failures` allows."""

    exit_code = 5


class MachineError(AvbenchError):
    """The machine stands in the way: disk full, not writable, locked, out of memory."""

    exit_code = 6
