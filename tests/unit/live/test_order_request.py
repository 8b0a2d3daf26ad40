"""What a caller writes into an order is read as it stands, or refused in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidRequest
from engine.order_request import OrderRequest
from tests.builders import build_instrument


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"leverage": 2.5}, "leverage is 2.5; it must be a whole number."),
        ({"leverage": "5"}, "leverage is '5'; it must be a whole number."),
        ({"leverage": True}, "leverage is True; it must be a whole number."),
        ({"good_till_ms": 1.5}, "good_till_ms is 1.5; it must be a whole number of ms."),
        ({"reduce_only": "false"}, "reduce_only is 'false'; it must be True or False."),
        ({"post_only": 1}, "post_only is 1; it must be True or False."),
        ({"close_position": None}, "close_position is None; it must be True or False."),
        ({"key": 5}, "id is 5; it must be text of at most 200 printable characters."),
        ({"chase": True}, "chase is True; it must be a Chase or None."),
        (
            {"quantity": 10**5_000},
            "quantity is a number of too many digits; it must be a finite number of at most 40"
            " digits.",
        ),
    ],
)
def test_a_field_of_another_kind_is_one_sentence(fields: dict[str, Any], sentence: str) -> None:
    """Before anything is asked of anybody: no traceback, and nothing is guessed."""
    request = OrderRequest(**{"symbol": "BTC/USDT", "side": "buy", "quantity": 1} | fields)
    with pytest.raises(InvalidRequest) as refused:
        request.to_intent("paper", build_instrument())
    assert str(refused.value) == sentence


def test_whole_numbers_and_flags_are_taken_as_they_are() -> None:
    """What is right passes unchanged."""
    request = OrderRequest(symbol="BTC/USDT", side="buy", quantity=1, leverage=5, reduce_only=True)
    intent = request.to_intent("paper", build_instrument())
    assert (intent.leverage, intent.reduce_only, intent.post_only) == (5, True, False)
