"""`augustan paper-exchange`: the paper exchange with its own arguments."""

from __future__ import annotations

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def paper_exchange(arguments: tuple[str, ...]) -> int:
    """Run the paper exchange; `augustan paper-exchange --help` lists its arguments."""
    from workers.paper_exchange.main import main

    return main(list(arguments))
