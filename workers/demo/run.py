"""The demo from the first process to the last line."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from engine.errors import ConfigurationError
from engine.execution.context import AccountContext
from engine.execution.placing.readiness import await_ready
from engine.live_engine import LiveTradingEngine
from engine.process_engine import close_engine, get_engine
from engine.strategies.moving_average_cross import MovingAverageCross
from workers.demo import market
from workers.demo.account_view import AccountView
from workers.demo.brackets import BracketTrader
from workers.demo.comparing import compare_accounts
from workers.demo.limit_orders import LimitTrader
from workers.demo.plot import draw_plot
from workers.demo.private_up import PrivateUp, use_environment
from workers.demo.recorder import Recorder
from workers.demo.screen import Screen, choose_screen
from workers.demo.settling import cancel_open_orders, is_at_rest
from workers.demo.snapshot import Snapshot, is_worth_showing
from workers.demo.summary import Result
from workers.supervisor.kept import free_port

LOOK_EVERY_S = 0.25
#: Settling: what was in flight ends, is booked, and reaches the portfolio.
REST_TIMEOUT_S = 60.0
#: How much longer a busy machine may take until there is something to compare.
PATIENCE_S = 60.0
#: Candles of a second: quick enough for crosses of both averages within a minute.
INTERVAL = "1s"
STRATEGY = MovingAverageCross(fast=3, slow=8)
PLOT_FILE = "equity-and-fills.png"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the user asked for."""

    seconds: int
    seed: int
    wants_page: bool
    output: Path  # Folder of the plot
    capture: Path | None = None  # Where to draw what the terminal shows


def run_demo(plan: Plan, console: Console) -> Result:
    """Trade on paper for so many seconds and compare both sides.

    Raises ConfigurationError when the processes cannot start. Whatever ends it, no process and
    no file but the plot is left.
    """
    _make_folder(plan.output)
    if plan.capture:
        _make_folder(plan.capture.parent)
    with TemporaryDirectory(prefix="augustan-demo-") as name:
        folder = Path(name)
        document = market.configuration(seed=plan.seed, flower_port=free_port(), folder=folder)
        with PrivateUp(folder, document) as up:
            use_environment(up.config)
            logging.basicConfig(filename=folder / "demo.log", level=logging.INFO, force=True)
            addresses = _await_start(up, console)
            try:
                result = _trade_and_compare(plan, console, str(addresses["paper_url"]))
            finally:
                close_engine()
        # The processes have ended: their logs are whole
        return result if result.is_equal else _keep_logs(result, folder, plan.output)


def _await_start(up: PrivateUp, console: Console) -> dict[str, Any]:
    words = "Starting Redis, the paper exchange, Celery workers, two beats and Flower"
    if not console.is_terminal:
        console.print(words)
    with console.status(words):
        addresses = up.await_addresses()
    flower = f"{addresses['flower_url']} (user {addresses['flower_user']}"
    console.print(f"Flower shows the workers: {flower}, password {up.flower_password()})")
    return addresses


def _trade_and_compare(plan: Plan, console: Console, paper_url: str) -> Result:
    contexts = [get_engine().account(name) for name in market.ACCOUNTS]
    for context in contexts:
        await_ready(context)
    views = [AccountView(context, market.ACCOUNTS[context.name]) for context in contexts]
    start = market.BALANCE * len(contexts)
    recorder = Recorder(views, contexts[0].clock, seconds=plan.seconds, start=start)
    with choose_screen(console, wants_page=plan.wants_page) as screen:
        traded = _trade(plan, recorder, screen)
        for context in contexts:
            cancel_open_orders(context)
        rests = _await_rest(contexts, recorder, screen)
        compared, found = compare_accounts(contexts, paper_url)
        snapshot = recorder.look("at rest")
    path = plan.output / PLOT_FILE
    title = f"Augustan demo, seed {plan.seed}: {len(snapshot.fills)} fills on paper"
    draw_plot(path, recorder.samples, snapshot.fills, title=title, quote=snapshot.quote)
    return Result(
        traded=traded,
        snapshot=snapshot,
        compared=compared,
        differences=found,
        is_at_rest=rests,
        plot=path,
    )


def _trade(plan: Plan, recorder: Recorder, screen: Screen) -> Snapshot:
    """Let strategy, limit orders and brackets trade for so long; return the last sight of it."""
    live = LiveTradingEngine(
        watchlist=market.SYMBOLS,
        initial_balance=market.BALANCE,
        account=market.SPOT,
        strategy=STRATEGY,
        interval=INTERVAL,
    )
    others = (
        LimitTrader(market.SPOT, market.LIMIT_SYMBOL),
        BracketTrader(market.FUTURES, market.CONTRACT),
    )
    try:
        live.start()
        for other in others:
            other.start()
        recorder.begin()
        return _show_until(lambda: _is_enough(plan, recorder), recorder, screen, "trading")
    finally:
        for other in others:
            other.stop()
        live.close()


def _is_enough(plan: Plan, recorder: Recorder) -> bool:
    """Tell whether the time is over; a machine too busy to show anything is given some more."""
    elapsed_s = recorder.elapsed_s
    if elapsed_s < plan.seconds:
        return False
    return is_worth_showing(recorder.orders()) or elapsed_s >= plan.seconds + PATIENCE_S


def _await_rest(contexts: Sequence[AccountContext], recorder: Recorder, screen: Screen) -> bool:
    """Wait until nothing is open or unbooked; return whether that came in time."""
    deadline_s = time.monotonic() + REST_TIMEOUT_S

    def is_over() -> bool:
        return all(map(is_at_rest, contexts)) or time.monotonic() > deadline_s

    _show_until(is_over, recorder, screen, "settling")
    return all(map(is_at_rest, contexts))


def _show_until(
    is_over: Callable[[], bool], recorder: Recorder, screen: Screen, note: str
) -> Snapshot:
    while True:
        was_over = is_over()
        snapshot = recorder.look(note)
        screen.show(snapshot, recorder.read_events())
        if was_over:
            return snapshot
        time.sleep(LOOK_EVERY_S)


def _keep_logs(result: Result, folder: Path, output: Path) -> Result:
    """Save what explains a difference before the folder is removed."""
    logs = tuple(Path(shutil.copy(path, output)) for path in sorted(folder.glob("*.log")))
    return replace(result, logs=logs)


def _make_folder(folder: Path) -> None:
    """Make a folder before a minute is spent; one sentence if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be made: {error.strerror}.") from None
