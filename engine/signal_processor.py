"""Take signals in: checked, recorded once, handed to the workers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.bootstrap import Engine, build_engine
from engine.config import Settings, load_settings
from engine.domain.decimals import shorten
from engine.domain.derivative import PositionSide
from engine.domain.lanes import Lane
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.errors import ConfigurationError, KeyConflict
from engine.exchange.symbols import resolve_symbol
from engine.execution.signalling.strategies import Assignment, run_strategy
from engine.signal_fields import normalise_signal
from engine.strategies.job import Job

__all__ = ["LiveSignalProcessor", "Signal", "SignalReceipt", "SignalStatus", "SignalType"]

#: Between two looks at a signal that somebody waits for.
LOOK_EVERY_MS = 20


@dataclass(frozen=True, kw_only=True)
class SignalReceipt:
    """A signal that was taken in, and what has become of it so far."""

    signal_id: str
    record: SignalRecord
    #: The key was used before, for the same wish: nothing was recorded or done again.
    is_repeat: bool = False


class LiveSignalProcessor:
    """The door for signals of strategies, scripts and alerts.

    What comes in is recorded before anybody is told; the workers size it and place its order.
    The same key again is the same signal: it is never acted on twice.
    """

    def __init__(
        self,
        config_path: str | None = None,
        *,
        account: str | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Connect to nothing yet. `account` may be left out where there is only one."""
        self._engine = engine or build_engine(load_settings(config_path))
        self._account = account

    def process_signal(self, signal: Signal, *, wait: bool = False) -> SignalReceipt:
        """Record the signal and have it acted on; with `wait`, return when its order is recorded.

        Raises InvalidRequest for what is no signal, KeyConflict when its key was used for another
        one; then nothing was recorded. A denial of risk is no error: the receipt tells it.
        """
        context = self._engine.account(signal.account or self._account)
        checked = normalise_signal(context, signal)
        signal_id = f"{context.name}:{checked.key}"
        record, is_repeat = self._record(signal_id, checked)
        receipt = SignalReceipt(signal_id=signal_id, record=record, is_repeat=is_repeat)
        if receipt.record.status is SignalStatus.RECEIVED:
            context.dispatcher.process_signal(context.name, signal_id)
        return self.await_outcome(receipt) if wait else receipt

    def await_outcome(self, receipt: SignalReceipt) -> SignalReceipt:
        """Return the receipt when the signal's order is recorded or denied (30 s at most)."""
        context, record = self._engine.account(receipt.record.signal.account), receipt.record
        deadline_ms = context.clock.monotonic_ms() + context.timings.place_wait_ms
        while record.status is SignalStatus.RECEIVED and context.clock.monotonic_ms() < deadline_ms:
            context.clock.wait(LOOK_EVERY_MS)
            record = self._engine.store.find_signal(receipt.signal_id) or record
        return replace(receipt, record=record)

    def find_signal(self, signal_id: str) -> SignalRecord | None:
        """Return what became of a signal; None for an id that is not known (any more)."""
        return self._engine.store.find_signal(signal_id)

    def run_strategy(self, name: str) -> str:
        """Run a configured strategy on the account, if a candle closed or a fill is new.

        Its signals go the way of all signals; a run that fails is counted, and too many in a row
        pause the strategy. Returns what came of it in some words. Raises ConfigurationError for
        an unknown name, and what exchange or store raise; then it is simply run again.
        """
        settings, context = self._engine.settings, self._engine.account(self._account)
        return run_strategy(
            context,
            Assignment(
                name=name,
                job=job_of(settings, name),
                resolve=lambda word: (
                    resolve_symbol(word, context.gateway.load_instruments(Lane.MARKET_DATA)).symbol
                ),
                send=lambda signal: not self._send(context.name, signal).is_repeat,
            ),
        )

    # ---- inside ------------------------------------------------------------------------------

    def _send(self, account: str, signal: Signal) -> SignalReceipt:
        return self.process_signal(replace(signal, account=account))

    def _record(self, signal_id: str, checked: Signal) -> tuple[SignalRecord, bool]:
        """Record the signal; return what stands under its id, and whether it stood before."""
        new = SignalRecord(signal=checked)
        store = self._engine.store
        if store.save_signal(signal_id, new, only_new=True):
            return new, False
        known = store.find_signal(signal_id) or new
        if not is_same_wish(known.signal, checked):
            raise KeyConflict(f"id {checked.key!r} was already used for another signal.")
        return known, True


def job_of(settings: Settings, name: str) -> Job:
    """Return a configured strategy, ready to be run; ConfigurationError for an unknown name."""
    if name not in settings.strategies:
        known = ", ".join(sorted(settings.strategies)) or "none"
        raise ConfigurationError(f"There is no strategy {shorten(name)}; configured: {known}.")
    path = settings.config_path
    return Job(
        settings=settings.strategies[name],
        history=settings.execution.candle_history,
        folder=path.parent if path else None,
    )


def is_same_wish(first: Signal, second: Signal) -> bool:
    """Tell whether two signals under one key ask for the same; when they were made is no part.

    A side that the second leaves open may have been settled in the first meanwhile.
    """
    sides = {first.position_side, PositionSide.BOTH}
    return second.position_side in sides and (
        first.symbol,
        first.signal_type,
        first.stop_price,
        first.target_price,
        first.stop_trigger_by,
    ) == (
        second.symbol,
        second.signal_type,
        second.stop_price,
        second.target_price,
        second.stop_trigger_by,
    )
