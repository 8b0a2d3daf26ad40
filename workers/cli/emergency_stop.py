"""`augustan emergency-stop`: halt, cancel everything, close every position, and see that it is so.

The command works itself, in this process: it needs the store and the exchange and no worker.
When it is interrupted the emergency lane goes on.
"""

from __future__ import annotations

import click

from engine.bootstrap import Engine
from engine.domain.emergency import EmergencyRun
from engine.errors import ConfigurationError, EngineError, StoreUnavailable
from engine.execution.context import AccountContext
from engine.execution.stopping import emergency
from engine.process_engine import get_engine
from workers.cli.documents import Document
from workers.cli.emergency_report import report_sheet, run_document
from workers.cli.halt import check_reason
from workers.cli.local_stop import stop_locally
from workers.cli.output import ExitCode, Refusal, json_option, show

#: One account is worked on for so long before the next one has its turn.
SLICE_MS = 2_000
#: While a worker is at it, it is looked at so often.
LOOK_EVERY_MS = 200
LOCAL = "`augustan emergency-stop --local` goes straight to the exchange without it"


@click.command("emergency-stop")
@click.option("--account", metavar="NAME", help="The account (else all of them).")
@click.option("--keep-positions", is_flag=True, help="End orders only; close no position.")
@click.option("--reason", default="emergency stop by hand", show_default=True)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.IntRange(1, 86_400),
    default=300,
    show_default=True,
    metavar="S",
    help="Stop waiting; the run goes on.",
)
@click.option("--abandon", is_flag=True, help="End a run where it is; the account stays halted.")
@click.option("--local", is_flag=True, help="Without the store: straight to the exchange.")
@json_option
def emergency_stop(
    account: str | None,
    keep_positions: bool,
    reason: str,
    timeout_s: int,
    abandon: bool,
    local: bool,
    as_json: bool,
) -> int:
    """End every order and close every position; exit code 0 only when that is done."""
    check_reason(reason)
    if local:
        return stop_locally(
            account, keep_positions=keep_positions, timeout_s=timeout_s, as_json=as_json
        )
    try:
        engine = get_engine()
        names = (
            [engine.settings.account(account).name] if account else list(engine.settings.accounts)
        )
        if abandon:
            return _abandon(engine, names, as_json)
        stop = _Stop(engine, names)
        stop.begin(reason, keep_positions=keep_positions)
        stop.work(timeout_s * 1_000)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} Or {LOCAL}.") from None
    except StoreUnavailable as error:
        raise Refusal(f"{error} {LOCAL}.", code=error.code) from None
    return stop.report(as_json)


class _Stop:
    """The runs of some accounts, worked on in turn: one that fails keeps no other waiting."""

    def __init__(self, engine: Engine, names: list[str]) -> None:
        self._engine = engine
        self._names = names
        self._runs: dict[str, EmergencyRun] = {}
        self._failures: dict[str, str] = {}

    def begin(self, reason: str, *, keep_positions: bool) -> None:
        """Halt all of them before anything else; StoreUnavailable when none could be."""
        unreachable: StoreUnavailable | None = None
        for name in self._names:
            try:
                self._runs[name] = emergency.begin_emergency(
                    self._engine.account(name), reason, keep_positions=keep_positions
                )
                click.echo(f"{name}: halted", err=True)
            except StoreUnavailable as error:
                unreachable = error
                self._failures[name] = str(error)
            except EngineError as error:  # Another account can still be stopped
                self._failures[name] = str(error)
        if unreachable is not None and not self._runs:
            raise unreachable

    def work(self, timeout_ms: int) -> None:
        """Work until every run is over, or the time is up."""
        clock = self._engine.clock
        deadline_ms = clock.monotonic_ms() + timeout_ms
        while clock.monotonic_ms() < deadline_ms:
            going_on = [name for name, run in self._runs.items() if not run.is_over]
            if not going_on:
                return
            for name in going_on:
                self._work_on(self._engine.account(name))
            clock.wait(LOOK_EVERY_MS)

    def _work_on(self, context: AccountContext) -> None:
        before = self._runs[context.name]
        try:
            run = emergency.work_emergency(context, SLICE_MS)
        except EngineError as error:  # It is tried again until the time is up
            self._failures[context.name] = str(error)
            return
        self._failures.pop(context.name, None)
        if run is None:
            self._failures[context.name] = "the store lost the run; call it again"
        elif (run.step, run.round) != (before.step, before.round):
            click.echo(f"{context.name}: {run.step}, round {run.round}", err=True)
        self._runs[context.name] = run or before

    def report(self, as_json: bool) -> int:
        """Show every account; exit code 0 only when each is done, 3 while one goes on."""
        documents: list[Document] = []
        for name, run in self._runs.items():
            documents.append(run_document(self._engine.account(name), run))
        document = {"accounts": documents, "failures": self._failures}
        show(document, as_json, lambda: report_sheet(document))
        for name, sentence in self._failures.items():
            click.echo(f"{name}: {sentence}", err=True)
        unfinished = [name for name, run in self._runs.items() if not run.is_over]
        if unfinished:
            click.echo(
                f"NOT over on {', '.join(unfinished)}: it goes on by itself where the emergency"
                " worker runs; the same command joins it",
                err=True,
            )
            return ExitCode.IN_DOUBT
        return ExitCode.REFUSED if self._failures else ExitCode.DONE


def _abandon(engine: Engine, names: list[str], as_json: bool) -> int:
    if len(names) > 1:
        raise Refusal("--abandon needs --account: a run is ended one at a time.")
    context = engine.account(names[0])
    run = emergency.abandon_emergency(context)
    document = {"accounts": [run_document(context, run)], "failures": {}}
    show(document, as_json, lambda: report_sheet(document))
    return ExitCode.DONE
