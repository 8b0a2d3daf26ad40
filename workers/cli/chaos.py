"""`augustan chaos`: random orders under every fault and kill, and the proof that none was lost."""

from __future__ import annotations

import random
import signal

import click

from workers.cli.output import ExitCode, json_option, to_json

#: How long orders may go on to begin, beyond a second for each: far more than they need.
PATIENCE_S = 300


@click.command()
@click.option(
    "--orders",
    type=click.IntRange(1, 1_000_000),
    default=1_000,
    show_default=True,
    help="How many orders to place.",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 7 * 86_400),
    help="Begin no order later than this (default: a second for each, and 300).",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31), help="The same seed: the same orders and troubles."
)
@json_option
def chaos(orders: int, seconds: int | None, seed: int | None, as_json: bool) -> int:
    """Torment a private system on paper, then prove that nothing was lost or done twice.

    Orders of every kind over many symbols, with faults at the exchange and kills of workers,
    beats, listeners and Redis. Exit code 0 when all that must be zero is zero, 1 when not; then
    the folder with logs and ledger is left.
    """
    from rich.console import Console

    from workers.chaos.result import build_table, describe_violations, to_document
    from workers.chaos.running import Wanted, run_chaos

    # So that TERM and a closed terminal end the processes as Ctrl-C does
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    console = Console(stderr=as_json)
    wanted = Wanted(
        orders=orders,
        seconds=PATIENCE_S + orders if seconds is None else seconds,
        seed=random.randrange(2**31) if seed is None else seed,
    )
    console.print(f"{orders} orders, seed {wanted.seed}", highlight=False)
    result = run_chaos(wanted, console)
    console.print(build_table(result))
    for line in describe_violations(result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(result.verdict, style="bold green" if result.proof.holds else "bold red")
    if as_json:
        click.echo(to_json(to_document(result)))
    return ExitCode.DONE if result.proof.holds else ExitCode.REFUSED
