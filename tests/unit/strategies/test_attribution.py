"""A strategy's own position: its own fills, each once, never more than it bought."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind, Side
from engine.domain.position import empty_position
from engine.strategies.attribution import fold_own, own_fills

FLAT = empty_position("desk", "BTC/USDT")


def a_fill(number: int, side: Side, quantity: int | str, order: str | None = "own") -> Fill:
    amount = Decimal(quantity)
    return Fill(
        trade_id=str(number),
        exchange_order_id=str(number),
        client_order_id=order,
        symbol="BTC/USDT",
        side=side,
        quantity=amount,
        price=Decimal(100),
        cost=amount * 100,
        fee=amount,
        fee_currency="USDT",
        executed_at_ms=number,
    )


def test_rows_of_others_are_not_its_own() -> None:
    """Of five rows, the one of its own order counts; all of them were read."""
    rows: list[LedgerRow] = [
        a_fill(1, Side.BUY, 1),
        a_fill(2, Side.BUY, 2, "another"),
        a_fill(3, Side.BUY, 3, None),
        a_fill(4, Side.BUY, 4, "forgotten"),
        BalanceRow(
            row_id="5",
            kind=RowKind.TRANSFER,
            symbol="BTC/USDT",
            asset="BTC",
            quantity=Decimal(5),
            executed_at_ms=5,
        ),
    ]
    owners = {"own": "cross", "another": "donchian"}
    fills = own_fills(rows, "cross", lambda name: owners.get(name, ""))
    assert fills == (rows[0],)
    position = fold_own(FLAT, fills, cursor=5)
    assert (position.net_quantity, position.cursor) == (1, 5)
    assert own_fills(rows, "", lambda name: owners.get(name, "")) == (rows[3],)


def test_a_sale_of_more_than_it_bought_ends_its_position() -> None:
    """Bought 2 at 100, fee 2; 5 were sold at 100 for a fee of 5: its 2 cost 2 of that fee."""
    position = fold_own(FLAT, [a_fill(1, Side.BUY, 2), a_fill(2, Side.SELL, 5)], cursor=2)
    assert position.net_quantity == 0
    assert position.realized_pnl == -4
    assert fold_own(position, [a_fill(3, Side.SELL, 1)], cursor=3).net_quantity == 0


def test_a_derivative_may_be_short() -> None:
    """Where a short can be held, a sale from flat is one."""
    short = replace(a_fill(1, Side.SELL, 3), symbol="BTC/USDT:USDT", fee=Decimal(0))
    position = fold_own(empty_position("desk", "BTC/USDT:USDT"), [short], cursor=1)
    assert position.net_quantity == -3


@given(
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 9)), max_size=12), st.integers(0, 12)
)
def test_a_fold_in_two_parts_is_the_fold_of_all(trades: list[tuple[Side, int]], cut: int) -> None:
    """However often it is read on, and a spot position is never below nothing."""
    fills = [a_fill(number, side, size) for number, (side, size) in enumerate(trades)]
    whole = fold_own(FLAT, fills, cursor=len(fills))
    half = fold_own(FLAT, fills[:cut], cursor=min(cut, len(fills)))
    assert fold_own(half, fills[cut:], cursor=len(fills)) == whole
    assert whole.net_quantity >= 0
