"""The command `augustan`: find the verb, run it, tell what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module, metadata

import click

from workers.cli.output import ExitCode, report_error

#: Every verb, where it is, and what it does. Nothing is imported before it is called:
#: `augustan --help` answers at once.
VERBS = {
    "init": ("workers.cli.init:init", "Write a commented example configuration."),
    "up": ("workers.cli.up:up", "Run everything on this machine until Ctrl-C."),
    "demo": ("workers.cli.demo:demo", "Trade on paper for a minute and show the result."),
    "chaos": ("workers.cli.chaos:chaos", "Torment a private system on paper and prove it right."),
    "paper-exchange": ("workers.cli.paper_exchange:paper_exchange", "Run the paper exchange."),
    "doctor": ("workers.cli.doctor:doctor", "Check that everything can work."),
    "order": ("workers.cli.order:order", "Place, list, show, cancel and settle orders."),
    "signal": ("workers.cli.signal:signal", "Send a trading signal."),
    "strategies": ("workers.cli.strategies:strategies", "List and test what makes signals."),
    "close": ("workers.cli.close:close", "Close a position."),
    "fills": ("workers.cli.fills:fills", "List what was traded."),
    "export": ("workers.cli.export:export", "Write orders, fills or signals to a file."),
    "archive": ("workers.cli.archive:archive", "Show what left Redis, or move it now."),
    "denials": ("workers.cli.denials:denials", "List what was refused before it was sent."),
    "positions": ("workers.cli.positions:positions", "List positions."),
    "protections": (
        "workers.cli.protections:protections",
        "List what guards positions, or change it.",
    ),
    "portfolio": ("workers.cli.portfolio:portfolio", "Show balances and equity."),
    "status": ("workers.cli.status:status", "Show what runs and whether orders can flow."),
    "budget": ("workers.cli.budget:budget", "Show the request allowance and who used it."),
    "reconcile": ("workers.cli.reconcile:reconcile", "Compare with the exchange now."),
    "halt": ("workers.cli.halt:halt", "Stop taking orders; cancels still pass."),
    "emergency-stop": (
        "workers.cli.emergency_stop:emergency_stop",
        "End every order and close every position.",
    ),
    "dead-man": ("workers.cli.dead_man:dead_man", "Show the dead-man switch, or turn it off."),
    "resume": ("workers.cli.resume:resume", "Take orders again."),
}


class Verbs(click.Group):
    """A group that imports a verb only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(f"There is no command {args[0][:40]!r}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="FILE", help="The configuration (else AUGUSTAN_CONFIG).")
@click.option("--live", is_flag=True, help="Allow accounts that trade real money.")
@click.version_option(metadata.version("augustan"), prog_name="augustan")
def augustan(config: str | None, live: bool) -> None:
    """Execute orders on crypto exchanges, each placed exactly once."""
    # By variable, so that whatever is loaded or started from here reads the same settings
    if config is not None:
        os.environ["AUGUSTAN_CONFIG"] = os.path.abspath(config)
    if live:
        os.environ["AUGUSTAN_LIVE"] = "yes"


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; every error is one sentence."""
    as_json = "--json" in arguments
    try:
        result = augustan.main(list(arguments), prog_name="augustan", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except BrokenPipeError:
        # The reader went away, as `head` does; a second complaint at exit would help nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # The border: nothing may
        # leave as a traceback
        return report_error(error, as_json)
    return result if isinstance(result, int) else ExitCode.DONE


def main() -> None:
    """Run `augustan` with the arguments of this process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
