"""`avbench prepare`: make clip sets."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from avbench.cli.prepare.judge import audit, quality
from avbench.cli.prepare.local import folder, plugged_in, synthetic
from avbench.cli.prepare.push import push
from avbench.cli.prepare.reshape import reshape
from avbench.cli.prepare.run import run
from avbench.cli.prepare.shared import WebCommand, web_command
from avbench.cli.prepare.status import status
from avbench.cli.prepare.web import aist, audioset, landscape, vggsound


class _SourceGroup(TyperGroup):
    """Besides the commands below, one for every source that a plug-in registers."""

    # Any: Typer may carry a copy of click of its own, so its classes have no stable name.
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or plugged_in(cmd_name, ctx.params.get("plugin") or [])


app = typer.Typer(help="Make clip sets: WebDataset shards with an index.", no_args_is_help=True, cls=_SourceGroup)


@app.callback()
def prepare_(
    plugin: Annotated[
        list[Path] | None, typer.Option(help="A Python file that registers data sets; repeatable.")
    ] = None,
) -> None:
    """Make clip sets: WebDataset shards with an index."""


app.command()(folder)
app.command()(synthetic)
for choose in (landscape, aist, audioset, vggsound):
    app.command(cls=WebCommand)(web_command(choose, run))
app.command()(reshape)
app.command()(status)
app.command()(audit)
app.command()(quality)
app.command()(push)
