"""How numbers are written in reports."""

from reports.study.analysis.opinion import Interval

TASK_METRICS = {"video_quality": "VQ", "audio_quality": "AQ", "av_alignment": "A-V"}
PASS_METRIC = "turing_pass_percent"
NONE = "–"


def metric(task: str) -> str:
    """A task as the paper's columns call it."""
    return TASK_METRICS.get(task, task)


def decimal(value: float | None, digits: int = 2) -> str:
    """A number with so many decimals and a true minus sign; a dash for none."""
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "−")


def percent(share: float | None) -> str:
    """A share in [0, 1] as percent with one decimal."""
    return NONE if share is None else decimal(100 * share, 1)


def interval(bounds: Interval | None, digits: int = 2, *, scale: float = 1) -> str:
    """`[low, high]`; a dash for none."""
    if bounds is None:
        return NONE
    low, high = (decimal(scale * bound, digits) for bound in bounds)
    return f"[{low}, {high}]"


def p_value(p: float | None) -> str:
    """Three decimals, or that it is below the last of them."""
    return NONE if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def span(counts: list[int]) -> str:
    """The one number that all are, or the least and the largest."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
