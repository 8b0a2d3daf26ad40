"""Records keep every digit, bear newer fields and refuse newer versions."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.end_reason import Reason
from engine.domain.events import Event, EventKind
from engine.domain.fill import BalanceRow, Fill, Liquidity, RowKind, Side
from engine.domain.identity import AccountIdentity
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderTerms, OrderType, TimeInForce
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import Position
from engine.domain.report import Balance
from engine.domain.risk import Reservation
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.ports import OutboxEntry
from engine.store import codec
from engine.store.codec import Codec, UnreadableRecord
from tests.builders import IDENTITY, build_fill, build_order

#: Trailing zeros, exponents and forty digits are kept as they are.
numbers = st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [Decimal("0E-8"), Decimal("-0"), Decimal("1E+3"), Decimal("0." + "1" * 40)]
)
words = st.text(max_size=8)
times = st.integers(0, 2**53)
nothing = st.none()

fills = st.builds(
    Fill,
    trade_id=words,
    exchange_order_id=words,
    client_order_id=nothing | words,
    symbol=words,
    side=st.sampled_from(Side),
    quantity=numbers,
    price=numbers,
    cost=numbers,
    fee=numbers,
    fee_currency=words,
    liquidity=nothing | st.sampled_from(Liquidity),
    executed_at_ms=times,
)
balance_rows = st.builds(
    BalanceRow,
    row_id=words,
    kind=st.sampled_from(RowKind),
    symbol=words,
    asset=words,
    quantity=numbers,
    executed_at_ms=times,
    note=words,
)
terms = st.builds(
    OrderTerms,
    symbol=words,
    side=st.sampled_from(Side),
    order_type=st.sampled_from(OrderType),
    quantity=nothing | numbers,
    quote_quantity=nothing | numbers,
    price=nothing | numbers,
    trigger_price=nothing | numbers,
    time_in_force=nothing | st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
)
reasons = st.builds(
    Reason, code=words, message=words, evidence=st.lists(st.tuples(words, words)).map(tuple)
)
identities = st.builds(AccountIdentity, venue=words, uid=words, market_type=words)
orders = st.builds(
    Order,
    client_order_id=words,
    request_key=words,
    group_id=words,
    account=words,
    identity=identities,
    terms=terms,
    created_at_ms=times,
    valid_until_ms=times,
    status=st.sampled_from(OrderStatus),
    reason=nothing | reasons,
    nonce=nothing | words,
    signed_at_ms=nothing | times,
    exchange_order_id=nothing | words,
    reported_quantity=nothing | numbers,
    reported_filled_quantity=numbers,
    contradicted=st.booleans(),
    fills=st.lists(fills, max_size=3).map(tuple),
)
positions = st.builds(
    Position,
    account=words,
    symbol=words,
    base=words,
    quote=words,
    traded_quantity=numbers,
    traded_cost=numbers,
    untraded_quantity=numbers,
    realized_pnl=numbers,
    fees=st.dictionaries(words, numbers, max_size=3),
    cursor=times,
    last_sort_key=st.tuples(times, times, words),
)
position_rows = st.builds(
    PositionRow,
    symbol=words,
    net_quantity=numbers,
    entry_price=nothing | numbers,
    mark_price=nothing | numbers,
    realized_pnl=numbers,
    unrealized_pnl=nothing | numbers,
)
portfolios = st.builds(
    Portfolio,
    account=words,
    balances=st.dictionaries(words, st.builds(Balance, free=numbers, used=numbers), max_size=3),
    positions=st.lists(position_rows, max_size=2).map(tuple),
    equity=nothing | numbers,
    unpriced_assets=st.lists(words, max_size=2).map(tuple),
    cursors=st.dictionaries(words, times, max_size=3),
    balances_at_ms=times,
    updated_at_ms=times,
)
reservations = st.builds(
    Reservation,
    client_order_id=words,
    symbol=words,
    side=st.sampled_from(Side),
    quantity=numbers,
    price=numbers,
    reduces=st.booleans(),
    held_since_ms=nothing | times,
)
events = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    at_ms=times,
    client_order_id=words,
    symbol=words,
    message=words,
    details=st.dictionaries(words, words, max_size=3),
    event_id=words,
)
entries = st.builds(
    OutboxEntry,
    entry_id=words,
    group_id=words,
    cursors=st.dictionaries(words, times, max_size=3),
    created_at_ms=times,
    published=times,
)
signals = st.builds(
    SignalRecord,
    signal=st.builds(
        Signal,
        symbol=words,
        signal_type=st.sampled_from(SignalType),
        stop_price=nothing | numbers,
        created_at_ms=times,
        valid_until_ms=times,
    ),
    status=st.sampled_from(SignalStatus),
    client_order_id=nothing | words,
    code=words,
)
records = st.one_of(
    *(
        strategy.map(lambda record, own=own: (own, record))
        for own, strategy in (
            (codec.ORDER, orders),
            (codec.RESERVATION, reservations),
            (codec.ROW, fills | balance_rows),
            (codec.POSITION, positions),
            (codec.PORTFOLIO, portfolios),
            (codec.EVENT, events),
            (codec.OUTBOX_ENTRY, entries),
            (codec.SIGNAL, signals),
            (codec.IDENTITY, identities),
        )
    )
)


@settings(max_examples=150, deadline=None)
@given(records)
def test_every_record_comes_back_to_the_last_digit(pair: tuple[Codec[Any], Any]) -> None:
    """Equal as values, and as text: 1.50 does not become 1.5."""
    own, record = pair
    text = own.encode(record)

    again = own.decode(text)

    assert again == record
    assert type(again) is type(record)
    assert own.encode(again) == text


def test_decimals_are_text_in_the_record() -> None:
    """No program between may read them as floating point."""
    fields = json.loads(codec.ROW.encode(build_fill(quantity=Decimal("1.50"))))

    assert fields["quantity"] == "1.50"
    assert fields["v"] == codec.FORMAT_VERSION


def test_newer_field_is_borne() -> None:
    """A newer program may have added one; nested ones too."""
    fields = json.loads(codec.ORDER.encode(build_order(fills=(build_fill(),))))
    fields["added_later"] = {"x": 1}
    fields["fills"][0]["added_later"] = "y"

    assert codec.ORDER.decode(json.dumps(fields)) == build_order(fills=(build_fill(),))


def test_older_record_lacks_a_field() -> None:
    """What was added since has its default."""
    fields = json.loads(codec.ORDER.encode(build_order()))
    del fields["contradicted"]

    assert codec.ORDER.decode(json.dumps(fields)) == build_order()


def test_newer_version_is_refused_with_a_sentence() -> None:
    """A record that means something else must not be guessed at."""
    newer = codec.IDENTITY.encode(IDENTITY).replace('"v":1', '"v":2')

    with pytest.raises(UnreadableRecord, match=r"format version 2.*reads version 1"):
        codec.IDENTITY.decode(newer)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '"x"', "{}", '{"v":1}', '{"v":1,"venue":7,"uid":"1"}']
)
def test_broken_record_is_refused(text: str) -> None:
    """Whatever stands in the store, the answer is one of our errors."""
    with pytest.raises(UnreadableRecord):
        codec.IDENTITY.decode(text)


def test_broken_characters_do_not_lose_the_record() -> None:
    """Half a surrogate pair in an exchange's message is shown as a question mark."""
    order = build_order(reason=Reason(code="-1", message="a\ud800ß"))

    found = codec.ORDER.decode(codec.ORDER.encode(order))

    assert found == build_order(reason=Reason(code="-1", message="a?ß"))
