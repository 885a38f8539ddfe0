"""`avbench inspect`: what is in a clip set or a folder of videos."""

import json
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output
from avbench.errors import UsageError


def inspect(
    path: Annotated[Path, typer.Argument(help="A clip set or a folder of videos.", show_default=False)],
    clips: Annotated[int, typer.Option(help="Clips on the contact sheet; 0 for no sheet.", min=0)] = 8,
    out: Annotated[
        Path | None, typer.Option(help="The contact sheet. Default: results/inspect/NAME.png.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Tell what is in a clip set: counts, labels, shapes, failures; and draw a contact sheet with waveforms."""
    from avbench.clipset import open_clipset
    from avbench.inspection import inspect as inspected
    from avbench.inspection import previews
    from reports.contact_sheet import contact_sheet
    from reports.inspection import inspection_tables

    clipset = open_clipset(path)
    sheet = out or Path("results", "inspect", f"{clipset.name}.png")
    if clips and clipset.kind == "folder" and sheet.resolve().is_relative_to(path.resolve()):
        raise UsageError(
            f"the contact sheet {sheet} would lie in the inspected folder {path}, where nothing is written; "
            "choose another place with --out, or none with --clips 0"
        )
    inspection = inspected(clipset)
    if as_json:
        print(json.dumps(inspection.as_dict()))
    else:
        for table in inspection_tables(inspection):
            output.print(table)
    if clips:
        shown = previews(clipset, clips)
        contact_sheet(shown, sheet, title=f"{clipset.name} · {len(shown)} of {len(clipset)} clips")
        errors.print(f"contact sheet: {sheet}", highlight=False, soft_wrap=True)
