"""`avbench explain`: what exactly a metric computes."""

from typing import Annotated

import typer


def explain(
    metric: Annotated[str, typer.Argument(help="fvd, kvd, fad or another registered metric.")],
    protocol: Annotated[str, typer.Option(help="published, avbench or avbench@256.")] = "published",
    features: Annotated[str, typer.Option(help="published, embedded, or extractors by name.")] = "published",
) -> None:
    """Tell what exactly a metric computes under a protocol."""
    from avbench.explain import explain as explained
    from avbench.plugins import load_plugins
    from avbench.protocol import get_protocol

    load_plugins()
    print(explained(metric, get_protocol(protocol), features))
