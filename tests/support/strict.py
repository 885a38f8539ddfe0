"""What a test does when this machine lacks what it needs."""

import os

import pytest


def missing(what: str) -> None:
    """Skips the test for a missing tool or file; where `AVBENCH_TEST_STRICT=1`, fails it."""
    if os.environ.get("AVBENCH_TEST_STRICT") == "1":
        pytest.fail(f"AVBENCH_TEST_STRICT=1 and {what}")
    pytest.skip(what)
