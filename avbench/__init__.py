"""avbench: the benchmark toolkit for joint audio-video generation.

>>> import avbench
>>> evaluation = avbench.evaluate("data/landscape", "samples/", samples=2048, runs=6)  # doctest: +SKIP
>>> evaluation.summary  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avbench.evaluation import Evaluation, evaluate

__version__ = "0.1.0"
__all__ = ["Evaluation", "__version__", "evaluate"]


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import; `avbench --help` does not need it.
    if name in ("Evaluation", "evaluate"):
        import avbench.evaluation

        return getattr(avbench.evaluation, name)
    raise AttributeError(f"module 'avbench' has no attribute '{name}'")
