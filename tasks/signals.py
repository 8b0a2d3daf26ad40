"""What can be asked with a signal, and of those who make them."""

from __future__ import annotations

import logging
from typing import Any

from engine.bootstrap import Engine
from engine.domain.candle import interval_ms, pause_s
from engine.domain.signal import SignalStatus
from engine.domain.strategy import tick_name
from engine.errors import EngineError
from engine.execution.signalling import signals, strategies
from engine.process_engine import get_engine
from engine.signal_processor import LiveSignalProcessor
from tasks.admission import BUSY, admission, admitted, strategy_admission
from tasks.app import app
from tasks.orders import poll_delay_s
from tasks.ticks import GUARD_SHARE, SIGN_OF_LIFE_MS, SKIPPED, take_tick

log = logging.getLogger(__name__)

#: Looks at the first half of a REVERSE before it is left to the sweep, the first after so long.
REVERSE_LOOKS, FIRST_LOOK_MS = 5, 200
#: A message to run a strategy is worth nothing when the next tick sends another one.
RUN_EXPIRES_S = 30.0


@app.task(name="signals.process_signal", bind=True, max_retries=REVERSE_LOOKS)
def process_signal(self: Any, account: str, signal_id: str) -> str:
    """Check and size a stored signal and record its order. Safe to run twice."""
    with admission(account, (self.name, (account, signal_id))) as is_admitted:
        if not is_admitted:
            return BUSY
        word = signals.process_signal(get_engine().account(account), signal_id)
    retries = self.request.retries
    if word == SignalStatus.RECEIVED and retries < REVERSE_LOOKS:
        # Half of a REVERSE: the other half waits for its fills
        jitter = get_engine().random.jitter()
        raise self.retry(countdown=poll_delay_s(FIRST_LOOK_MS, retries, jitter))
    return word


@app.task(name="signals.process_candles")
def process_candles(interval: str) -> str:
    """Have every strategy run for which a candle of this length has closed, or a fill is new."""
    engine = get_engine()
    tick = tick_name(interval)
    if not take_tick(engine, tick, int(pause_s(interval) * 1_000 * GUARD_SHARE)):
        return SKIPPED
    due = [pair for pair in assignments(engine, interval) if _is_due(engine, *pair, interval)]
    for account, name in due:
        app.send_task(
            "signals.run_strategy", args=(account, name), ignore_result=True, expires=RUN_EXPIRES_S
        )
    engine.store.beat(tick, engine.clock.now_ms(), SIGN_OF_LIFE_MS)
    return f"{len(due)} are due"


@app.task(name="signals.run_strategy")
@admitted
def run_strategy(account: str, name: str) -> str:
    """Ask a strategy about what is new, and send what it wants. Safe to run twice."""
    with strategy_admission() as is_admitted:
        if not is_admitted:
            return BUSY
        try:
            return LiveSignalProcessor(account=account, engine=get_engine()).run_strategy(name)
        except EngineError as error:  # Nothing was decided: the next tick asks again
            log.warning("strategy %s on account %s: %s", name, account, error)
            return "not now"


def assignments(engine: Engine, interval: str) -> list[tuple[str, str]]:
    """Return account and name of every enabled strategy of this interval."""
    settings = engine.settings
    return [
        (account, name)
        for name, strategy in settings.strategies.items()
        if strategy.enabled and strategy.interval == interval
        for account in settings.strategy_accounts(name)
        if settings.accounts[account].enabled
    ]


def _is_due(engine: Engine, account: str, name: str, interval: str) -> bool:
    return strategies.is_due(
        engine.store, account, name, interval_ms(interval), engine.clock.now_ms()
    )
