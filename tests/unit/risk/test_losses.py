"""Losses end entering orders, and never leaving ones; what nobody knows counts as too much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.config.risk import RiskSettings
from engine.domain.equity import DAY_MS, Performance, begin_performance
from engine.domain.fill import Side
from engine.risk.losses import MAX_AGE_MS
from tests.builders import NOW_MS
from tests.unit.risk.contexts import (
    build_balances,
    build_book,
    build_context,
    build_intent_of,
    build_position,
)
from tests.unit.risk.test_gate import code_of

D = Decimal


def fallen_to(equity: str, at_ms: int = NOW_MS) -> Performance:
    """Return an account that began the day with a thousand."""
    began = begin_performance(D(1000), "a-mark", at_ms - 1, {})
    return began.after(D(equity), D(0), at_ms, {})


@pytest.mark.parametrize(
    ("limits", "made", "expected"),
    [
        ({"max_daily_loss": D(100)}, fallen_to("900.01"), "approved"),
        ({"max_daily_loss": D(100)}, fallen_to("900"), "DAILY_LOSS"),
        ({"max_daily_loss": D(100)}, fallen_to("1500"), "approved"),
        ({"max_drawdown": D("0.1")}, fallen_to("900.01"), "approved"),
        ({"max_drawdown": D("0.1")}, fallen_to("900"), "DRAWDOWN"),
        ({"max_daily_loss": D(100)}, None, "EQUITY_UNKNOWN"),
        ({"max_drawdown": D("0.1")}, None, "EQUITY_UNKNOWN"),
        ({"max_drawdown": D("0.1")}, fallen_to("1000", NOW_MS - MAX_AGE_MS - 1), "EQUITY_UNKNOWN"),
        ({"max_drawdown": D("0.1")}, fallen_to("1000", NOW_MS - MAX_AGE_MS), "approved"),
        ({}, None, "approved"),
    ],
)
def test_losses_have_a_limit(
    limits: dict[str, Any], made: Performance | None, expected: str
) -> None:
    """To the cent; a sale passes whatever was lost."""
    context = build_context(
        settings=RiskSettings(**limits),
        performance=made,
        book=build_book(positions=(build_position("1"),)),
        balances=build_balances({"USDT": "999", "BTC": "1"}),
    )
    assert code_of(build_intent_of(), context) == expected
    assert code_of(build_intent_of(side=Side.SELL), context) == "approved"


def test_a_new_day_begins_without_a_loss() -> None:
    """The last look of the day before says nothing about this one."""
    midnight = (NOW_MS // DAY_MS + 1) * DAY_MS
    made = fallen_to("900", midnight - 1)
    for now_ms, expected in ((midnight - 1, "DAILY_LOSS"), (midnight, "approved")):
        context = build_context(
            settings=RiskSettings(max_daily_loss=D(100)), performance=made, now_ms=now_ms
        )
        assert code_of(build_intent_of(), context) == expected
