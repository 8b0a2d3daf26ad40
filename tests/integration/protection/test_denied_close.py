"""A signal that comes to no order takes no stop away: nothing would be closed for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.domain.signal import Signal, SignalStatus, SignalType
from engine.execution.context import AccountContext
from engine.execution.signalling import signals
from engine.execution.stopping import trading
from engine.risk.own_checks import OwnCheck
from engine.signal_processor import LiveSignalProcessor
from tests.desk import Desk
from tests.integration.protection.scenes import enter, open_at_exchange

pytestmark = pytest.mark.integration

GUARDED = {"STOP_LOSS": Decimal("0.1998"), "LIMIT_MAKER": Decimal("0.1998")}


def _halted(desk: Desk) -> AccountContext:
    trading.halt(desk.context, "a test")
    return desk.context


def _too_late(desk: Desk) -> AccountContext:
    desk.clock.pass_time(60_000)
    return desk.context


def _disabled(desk: Desk) -> AccountContext:
    return replace(desk.context, is_enabled=False)


def _by_a_check(desk: Desk) -> AccountContext:
    night = OwnCheck(name="night", rule=lambda candidate: "the desk is closed.")
    return replace(desk.context, own_checks=(night,))


@pytest.mark.parametrize("kind", [SignalType.CLOSE, SignalType.SHORT, SignalType.REVERSE])
@pytest.mark.parametrize(
    ("deny", "code"),
    [
        (_halted, "HALTED"),
        (_too_late, "STALE_SIGNAL"),
        (_disabled, "ACCOUNT_DISABLED"),
        (_by_a_check, "OWN_CHECK"),
    ],
)
def test_a_close_that_is_denied_leaves_the_stop(
    desk: Desk, deny: Callable[[Desk], AccountContext], code: str, kind: SignalType
) -> None:
    """Halted above all: what was ended for it could not be placed again before a resume."""
    enter(desk)
    wish = Signal(symbol="BTCUSDT", signal_type=kind, key="out")
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(wish)
    desk.messages.waiting.clear()
    context = deny(desk)
    assert signals.process_signal(context, receipt.signal_id) == SignalStatus.DENIED
    desk.deliver()
    record = desk.engine.store.find_signal(receipt.signal_id)
    assert record is not None
    assert record.code == code
    assert open_at_exchange(desk) == GUARDED


def test_a_close_that_was_cut_off_leaves_the_stop_of_a_later_entry(desk: Desk) -> None:
    """A worker died after it recorded the close; the position that follows is another one."""
    enter(desk)
    wish = Signal(symbol="BTCUSDT", signal_type=SignalType.CLOSE, key="out")
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(wish)
    for _ in range(3):
        desk.deliver()
        desk.messages.process_signal("desk", receipt.signal_id)
    desk.deliver().sweep()
    desk.engine.store.save_signal(receipt.signal_id, receipt.record, only_new=False)
    enter(desk)
    guarded = open_at_exchange(desk)
    assert guarded.keys() == GUARDED.keys()
    assert signals.process_signal(desk.context, receipt.signal_id) == SignalStatus.ORDERED
    desk.deliver()
    assert open_at_exchange(desk) == guarded
