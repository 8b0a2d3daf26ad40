"""Plant every bug in a copy of the product, and see the finders find it.

    python -m tests.planted [--bug NAME] [--seconds S] [--json]

Exit code 1 when one was not found, or when the product itself shows what a bug should.
"""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

from tests.planted.bugs import BUGS
from tests.planted.hunting import Hunt, hunt, hunt_nothing, not_found
from tests.planted.report import as_documents, as_row, as_table
from tests.planted.tree import DoesNotApply

BY_NAME = {bug.name: bug for bug in BUGS}


@click.command()
@click.option("--bug", "names", multiple=True, type=click.Choice(list(BY_NAME)), help="Only this.")
@click.option(
    "--seconds",
    default=900.0,
    show_default=True,
    type=click.FloatRange(1.0),
    help="The most that one finder may take for one bug.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def main(names: tuple[str, ...], seconds: float, as_json: bool) -> None:
    """Plant bugs, and see them found."""
    hunts: list[Hunt] = []
    progress = Console(stderr=True)
    try:
        for name in names or BY_NAME:
            found = hunt(BY_NAME[name], seconds)
            hunts += found
            for one in found:
                progress.print(" · ".join(as_row(one)), markup=False, highlight=False)
        hunts += hunt_nothing(hunts, seconds)
    except DoesNotApply as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(list(as_documents(hunts)), indent=2))
    else:
        Console().print(as_table(hunts))
    sys.exit(bool(not_found(hunts)))


if __name__ == "__main__":
    main()
