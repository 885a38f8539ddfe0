"""`avbench study`: ask people about clips, and make Tables 5 and 6 of their answers."""

import typer

from avbench.cli.study import cost, create, ingest, power, publish, report, serve

app = typer.Typer(help="Ask people: opinion scores and Turing tests.", no_args_is_help=True)
app.command("create")(create.create)
app.command("power")(power.power)
app.command("cost")(cost.cost)
app.command("serve")(serve.serve)
app.command("ingest")(ingest.ingest)
app.command("report")(report.report)
app.command("publish")(publish.publish)
