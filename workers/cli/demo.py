"""`augustan demo`: a minute of trading on paper, and the proof that nothing was lost."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from workers.cli.output import ExitCode, json_option, to_json


@click.command()
@click.option("--seconds", type=click.IntRange(5, 3_600), default=60, help="How long to trade.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=7, help="The same seed: the same market."
)
@click.option("--no-view", is_flag=True, help="Print lines instead of the moving page.")
@click.option("--output", default="demo", metavar="FOLDER", help="Where the plot goes (./demo).")
@click.option("--capture", metavar="FILE.svg", help="Also save what the terminal shows.")
@json_option
def demo(
    seconds: int, seed: int, no_view: bool, output: str, capture: str | None, as_json: bool
) -> int:
    """Trade on a paper exchange of its own, then compare every digit with its ledger.

    Starts everything in a temporary folder and leaves nothing but a plot. Exit code 0 when
    orders, trades, positions and balances equal the exchange's ledger, 1 when they do not.
    """
    from rich.console import Console

    from workers.demo.capture import draw_terminal
    from workers.demo.run import Plan, run_demo
    from workers.demo.summary import build_table, describe_differences, to_document

    # So that TERM and a closed terminal end the processes as Ctrl-C does; a script's background
    # jobs begin with INT ignored
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    console = Console(stderr=as_json)
    plan = Plan(
        seconds=seconds,
        seed=seed,
        wants_page=not (no_view or as_json),
        output=Path(output),
        capture=Path(capture) if capture else None,
    )
    result = run_demo(plan, console)
    console.print(build_table(result))
    for line in describe_differences(result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(result.verdict, style="bold green" if result.is_equal else "bold red")
    if plan.capture:
        draw_terminal(plan.capture, result)
    if as_json:
        click.echo(to_json(to_document(result)))
    return ExitCode.DONE if result.is_equal else ExitCode.REFUSED
