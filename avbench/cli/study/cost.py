"""`avbench study cost`: what a study costs, before it is published."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from avbench.cli.console import output
from avbench.errors import UsageError


def cost(
    study: Annotated[Path, typer.Argument(help="The study's folder.")],
    wage: Annotated[str, typer.Option(help="Pay for an hour, for example 15.")],
    currency: Annotated[str, typer.Option(help="Of the wage.")] = "USD",
    fee: Annotated[
        str | None, typer.Option(help="The platform's share of rewards. Default: Mechanical Turk's, 0.2 or 0.4.")
    ] = None,
    overhead: Annotated[
        float, typer.Option(help="Seconds of a page besides its clips: consent, sound check, waiting.", min=0)
    ] = 30.0,
) -> None:
    """Hours, reward for a page, fee and total at an hourly wage. Nothing is published."""
    from reports.study.cost import cost_of
    from reports.study.study import read_study

    found = cost_of(
        read_study(study),
        _number("--wage", wage),
        overhead_seconds=overhead,
        fee_share=None if fee is None else _number("--fee", fee),
    )
    table = Table(title=f"{study}: at {wage} {currency} an hour", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("pages", f"{found.pages:,}")
    table.add_row("pages paid for (times votes)", f"{found.assignments:,}")
    table.add_row("time for a page (clips played twice, 5 s to answer)", f"{found.seconds_per_page:,.0f} s")
    table.add_row("time of all raters", f"{found.hours:,.1f} h")
    table.add_row("reward for a page", f"{found.reward:,.2f} {currency}")
    table.add_row("reward for a task (a question about a clip)", f"{found.reward_per_task:,.3f} {currency}")
    table.add_row("rewards", f"{found.rewards:,.2f} {currency}")
    table.add_row(f"platform fee ({found.fee_share:.0%})", f"{found.fee:,.2f} {currency}")
    table.add_row("total", f"{found.total:,.2f} {currency}", style="bold")
    output.print(table)


def _number(option: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise UsageError(f'{option} takes a number, not "{text}"') from error
    if not number.is_finite():
        raise UsageError(f'{option} takes a number, not "{text}"')
    return number
