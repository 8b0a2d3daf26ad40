"""`augustan up`: everything on this machine, in one terminal."""

from __future__ import annotations

import sys

import click

from workers.cli.output import json_option, show


@click.command()
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="Run only this; repeatable.")
@click.option(
    "--egress",
    "egresses",
    multiple=True,
    metavar="NAME",
    help="Do the work of this outgoing address only; repeatable.",
)
@click.option("--no-color", is_flag=True, help="Print without colours.")
@json_option
def up(roles: tuple[str, ...], egresses: tuple[str, ...], no_color: bool, as_json: bool) -> None:
    """Run the store, the paper exchange, workers, listeners, beats and Flower until Ctrl-C.

    Roles: store, paper, emergency, cancel, worker, archive, stream, beat, flower. Without one, all.
    Accounts may leave from different addresses (`egress`); the workers here do the work of all
    of them, or of those that --egress names, `default` included.
    With --json the log goes to standard error and one document tells the addresses when
    everything answers.
    """
    from workers.supervisor.choices import read_roles
    from workers.supervisor.console import Console
    from workers.supervisor.up import Up

    stream = sys.stderr if as_json else sys.stdout
    console = Console(use_colour=not no_color and stream.isatty(), stream=stream)
    try:
        Up(
            read_roles(roles),
            console,
            egresses=egresses,
            on_ready=lambda addresses: show(addresses, True, lambda: None) if as_json else None,
        ).run()
    finally:
        console.close()
