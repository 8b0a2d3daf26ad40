"""An exchange that answers slowly: work takes longer than a measured clock is believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.execution.reconciling import reconcile
from engine.execution.stream.gap import GapLook
from tests.desk import Desk

SYMBOL = "BTC/USDT"


def slow_down(desk: Desk, monkeypatch: pytest.MonkeyPatch, *questions: str) -> None:
    """Let each of these questions take longer than a measurement may be old."""
    gateway, monotonic_ms, waited_ms = desk.context.gateway, desk.clock.monotonic_ms, 0
    monkeypatch.setattr(desk.clock, "monotonic_ms", lambda: monotonic_ms() + waited_ms)

    def slow(ask: Callable[..., Any]) -> Callable[..., Any]:
        def ask_and_wait(*args: Any, **options: Any) -> Any:
            nonlocal waited_ms
            answer = ask(*args, **options)
            waited_ms += desk.context.timings.clock_max_age_ms + 1
            return answer

        return ask_and_wait

    for question in questions:
        monkeypatch.setattr(gateway, question, slow(getattr(gateway, question)))


@pytest.mark.parametrize("is_held", [False, True], ids=["opened", "held"])
def test_a_slow_reconcile_is_finished(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    """It measures the clock again instead of beginning, and ending early, for ever."""
    desk.place(SYMBOL, "buy", quantity="0.1")
    desk.deliver()
    if is_held:
        desk.place(SYMBOL, "buy", quantity="0.1", order_type="limit", price="50")
        desk.context.store.hold_claims()
    slow_down(desk, monkeypatch, "load_balances", "load_open_orders", "load_fills")
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_finished
    assert not desk.context.store.load_state().is_held


def test_a_slow_look_after_a_gap_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its pieces measures the clock where the one before it took too long."""
    desk.place(SYMBOL, "buy", quantity="0.1")
    desk.deliver()
    slow_down(desk, monkeypatch, "load_fills")
    look = GapLook(desk.context)
    pieces = 1
    while not look.step():
        pieces += 1
    assert pieces > 1
