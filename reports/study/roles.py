"""Which of a study's methods is the ground truth and which is the one under test, told by their names."""

from collections.abc import Collection

from avbench.errors import UsageError

GROUND_TRUTH = ("ground-truth", "ground_truth", "real", "gt", "truth")
OURS = ("ours",)
TWO_STAGE = ("two-stage", "two_stage", "2-stage")

#: Names of the paper's rows, in its order.
PAPER_ROWS = {"Ground-truth": GROUND_TRUTH, "2-Stage": TWO_STAGE, "Ours": OURS}
PAPER_DATASETS = {"Landscape": ("landscape",), "AIST++": ("aist++", "aist", "aistpp")}


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


def paper_name(name: str, paper: dict[str, tuple[str, ...]]) -> str | None:
    """The paper's name for a data set or a method of a study; None where the paper has none of that name."""
    return next((row for row, known in paper.items() if name.lower() in known), None)
