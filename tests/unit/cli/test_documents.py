"""What the verbs print as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.end_reason import Reason
from engine.domain.order_status import OrderStatus
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from tests.builders import NOW_MS, build_fill, build_order, build_terms
from workers.cli.documents import iso_time, number, order_document, signal_document
from workers.cli.ledger_documents import fill_document

#: What the command promises for every order.
PROMISED = {
    "client_order_id",
    "exchange_order_id",
    "account",
    "symbol",
    "side",
    "type",
    "status",
    "in_doubt",
    "quantity",
    "filled_quantity",
    "average_price",
    "reason",
}


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_time_survives_its_text(time_ms: int):
    """ISO 8601 in UTC, to the millisecond."""
    text = iso_time(time_ms)

    assert text.endswith("Z")
    moment = datetime.fromisoformat(text)
    assert round(moment.timestamp() * 1000) == time_ms


def test_a_time_beyond_the_calendar_is_told_as_it_is():
    """An absurd number from outside must not end the command."""
    assert iso_time(10**18) == f"{10**18} ms"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_number_is_exact_text_without_exponent(value: Decimal):
    """What is read back is the same number."""
    text = number(value)

    assert text is not None
    assert "e" not in text.lower()
    assert Decimal(text) == value


def test_an_order_has_every_promised_field_and_is_json():
    """From the first moment on, before anything is known."""
    document = order_document(build_order())

    assert set(document) >= PROMISED
    assert json.loads(json.dumps(document)) == document
    assert document["filled_quantity"] == "0"
    assert (document["average_price"], document["reason"]) == (None, None)


def test_a_doubt_says_when_it_settles_and_nothing_else_does():
    """The time means something only while the order is in doubt."""
    order = build_order().to(OrderStatus.SUBMITTED)

    doubtful = order_document(order, NOW_MS + 5)
    known = order_document(order.to(OrderStatus.ACCEPTED), NOW_MS + 5)

    assert (doubtful["in_doubt"], doubtful["settles_at_ms"]) == (True, NOW_MS + 5)
    assert doubtful["settles_at"] == iso_time(NOW_MS + 5)
    assert (known["in_doubt"], known["settles_at"], known["settles_at_ms"]) == (False, None, None)


def test_a_reason_is_a_code_a_sentence_and_numbers():
    """Programs read the code, people the sentence."""
    reason = Reason(code="TOO_MUCH", message="it is too much", evidence=(("needed", "5"),))
    document = order_document(build_order().to(OrderStatus.DENIED, reason))

    assert document["reason"] == "TOO_MUCH: it is too much"
    assert (document["code"], document["evidence"]) == ("TOO_MUCH", {"needed": "5"})


def test_an_average_price_is_over_all_fills():
    """1 at 100 and 3 at 104 is 4 at 103."""
    fills = (
        build_fill(trade_id="1", quantity=Decimal(1), price=Decimal(100)),
        build_fill(trade_id="2", quantity=Decimal(3), price=Decimal(104)),
    )
    document = order_document(replace(build_order(), fills=fills))

    assert (document["filled_quantity"], document["average_price"]) == ("4", "103")


def test_an_order_by_quote_amount_has_no_quantity_yet():
    """The exchange says it; until then there is none."""
    terms = build_terms(quantity=None, quote_quantity=Decimal("50.50"))
    document = order_document(build_order(terms=terms))

    assert (document["quantity"], document["quote_quantity"]) == (None, "50.5")


def test_a_fill_without_a_fee_names_no_currency():
    """An empty word would read as a currency of that name."""
    document = fill_document("paper", build_fill())

    assert (document["fee"], document["fee_currency"]) == ("0", None)
    assert document["account"] == "paper"


def test_a_signal_tells_its_denial():
    """With its code, as the order's own reason does."""
    signal = Signal(symbol="BTC/USDT", signal_type=SignalType.LONG, account="paper", key="k")
    record = SignalRecord(
        signal=signal, status=SignalStatus.DENIED, code="ALREADY_LONG", message="it is long"
    )
    document = signal_document(record, None)

    assert (document["status"], document["code"]) == ("denied", "ALREADY_LONG")
    assert document["reason"] == "ALREADY_LONG: it is long"
    assert document["order"] is None
