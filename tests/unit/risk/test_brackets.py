"""The stop of an order that cannot have one, or is larger than it may be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.risk.brackets import bracket_violations
from tests.builders import build_instrument
from tests.unit.risk.contexts import build_intent_of

D = Decimal
BUY, SELL, LONG, SHORT = Side.BUY, Side.SELL, PositionSide.LONG, PositionSide.SHORT


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"side": SELL, "position_side": LONG, "stop_loss": D(110)}, "of the long position"),
        ({"side": BUY, "position_side": SHORT, "stop_loss": D(90)}, "of the short position"),
        ({"side": SELL, "reduce_only": True, "stop_loss": D(110)}, "reduce-only"),
        ({"quantity": D("50.1"), "stop_loss": D(90)}, "it must be at most 50 BTC"),
        ({"side": BUY, "position_side": LONG, "stop_loss": D(90)}, ""),
        ({"side": SELL, "position_side": SHORT, "stop_loss": D(110)}, ""),
        ({"quantity": D(50), "stop_loss": D(90)}, ""),
        ({"quantity": D("50.1"), "take_profit": D(110)}, ""),
    ],
)
def test_a_stop_belongs_to_an_entry_that_it_can_close(
    fields: dict[str, Any], sentence: str
) -> None:
    """In hedge mode, too, a close has none; one that is too large would be refused each time."""
    rules = build_instrument(
        symbol="BTC/USDT:USDT", market_type="linear", market_max_quantity=D(50)
    )
    found = bracket_violations(build_intent_of(**fields), rules, D(100))
    assert [sentence in one.message for one in found] == [True] * bool(sentence)
