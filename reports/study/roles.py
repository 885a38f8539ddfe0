"""Which of a study's methods is the ground truth, and which is the one under test, told by their names."""

from collections.abc import Collection

from avbench.errors import UsageError

GROUND_TRUTH = ("ground-truth", "ground_truth", "real", "gt", "truth")
OURS = ("ours", "mm-diffusion")
TWO_STAGE = ("two-stage", "two_stage", "2-stage", "2stage")

#: The rows of the paper's Table 5, in its order.
PAPER_METHODS = {"Ground-truth": GROUND_TRUTH, "2-Stage": TWO_STAGE, "Ours": OURS}


def find(names: Collection[str], known: tuple[str, ...], chosen: str | None, option: str) -> str | None:
    """The one of `names` that plays a role: the one the user chose, or the first with a known name; None without one.

    Raises:
        UsageError: the chosen name is not among `names`.
    """
    if chosen is not None:
        if chosen not in names:
            raise UsageError(f"{option} {chosen}: the study has no such method; it has {', '.join(sorted(names))}")
        return chosen
    return next((name for role in known for name in sorted(names) if name.lower() == role), None)


def paper_method(name: str) -> str | None:
    """The paper's name for a method of a study; None for one that the paper does not have."""
    return next((row for row, known in PAPER_METHODS.items() if name.lower() in known), None)
