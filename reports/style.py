"""How all pictures of the reports look."""

from pathlib import Path

from matplotlib.figure import Figure

INK = "#22303c"
MUTED = "#6b7885"
FAINT = "#dfe4e8"
ACCENT = "#0f7b8a"
# Told apart also by the colour-blind (after Okabe and Ito), in the order of use.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#6b7885")
MARKERS = "os^Dv<>P"
DPI = 120


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG whose bytes depend on nothing but the figure."""
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})  # by default the version stands in it
