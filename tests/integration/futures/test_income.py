"""Funding, liquidation, deleveraging and transfers: rows of the ledger, to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.request import urlopen

import pytest

from engine.domain.fill import BalanceRow, RowKind
from engine.domain.order_status import OrderStatus
from engine.domain.position import PositionState
from engine.portfolio.performance import sum_transfers
from tests.desk import TIMINGS, Desk
from tests.integration.execution.test_rebuild import change_settings
from tests.integration.futures.test_settings import hedge
from tests.integration.futures.test_trading import SYMBOL, WORD, differences, trade, wallet
from tests.waiting import eventually

D = Decimal


def rows_of(desk: Desk, ledger: str) -> list[BalanceRow]:
    rows = desk.context.store.load_rows(ledger)
    return [row for row in rows if isinstance(row, BalanceRow)]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_funding_is_profit_of_its_position(desk: Desk, side: str) -> None:
    """Paid or received, it is one row, and the position's profit is the wallet's."""
    trade(desk, side, "0.9")
    desk.paper.control.futures.fund(WORD, "0.001")
    assert differences(desk) == {}
    desk.deliver()
    (row,) = rows_of(desk, SYMBOL)
    position = desk.position(SYMBOL)
    assert position is not None
    assert (row.kind, position.funding) == (RowKind.FUNDING, row.quantity)
    assert (row.quantity < 0) is (side == "buy")
    assert 1_000_000 + position.realized_pnl == wallet(desk)


def test_reading_income_again_books_nothing_twice(desk: Desk) -> None:
    """Each line has the exchange's own number."""
    trade(desk, "buy", "0.9")
    for _ in range(2):
        desk.paper.control.futures.fund(WORD, "0.001")
        for _ in range(2):
            assert differences(desk) == {}
    assert len(rows_of(desk, SYMBOL)) == 2


@pytest.mark.parametrize("is_listed_first", [True, False])
def test_a_line_is_booked_once_whether_its_market_is_listed_or_not(
    desk: Desk, is_listed_first: bool
) -> None:
    """The same line is read again for minutes; meanwhile its market comes or goes."""
    trade(desk, "buy", "0.9")
    desk.paper.control.futures.fund(WORD, "0.001")
    trade(desk, "sell", "0.9")
    for is_listed in (is_listed_first, not is_listed_first):
        list_markets(desk, has_contract=is_listed)
        assert differences(desk) == {}
    rows = rows_of(desk, SYMBOL) + rows_of(desk, WORD)
    assert [row.kind for row in rows] == [RowKind.FUNDING]


def list_markets(desk: Desk, *, has_contract: bool) -> None:
    """Let the exchange's list of contracts have the one of these tests, or not."""
    control, path = desk.paper.control.futures, "/fapi/v1/exchangeInfo"
    control.clear_faults()
    with urlopen(f"{desk.paper.base_url}{path}") as answer:
        info = json.load(answer)
    info["symbols"] = [row for row in info["symbols"] if has_contract or row["symbol"] != WORD]
    control.add_fault(path=path, status=200, body=json.dumps(info), count=None, answer="status")
    change_settings(desk, execution=TIMINGS | {"instruments_max_age_ms": 1_000})
    eventually(lambda: is_listed(desk) == has_contract)


def is_listed(desk: Desk) -> bool:
    return any(item.symbol == SYMBOL for item in desk.context.gateway.load_instruments())


def test_a_liquidation_is_booked_as_a_strangers_trade(desk: Desk) -> None:
    """The position is flat, its loss and the clearance fee are what the exchange booked."""
    trade(desk, "buy", "0.9")
    desk.paper.control.futures.liquidate(WORD, uid=desk.uid)
    assert differences(desk) == {}
    desk.deliver()
    position = desk.position(SYMBOL)
    assert position is not None
    assert position.direction is PositionState.FLAT
    assert 1_000_000 + position.realized_pnl == wallet(desk)


def test_deleveraging_takes_part_of_a_position(desk: Desk) -> None:
    """An order that nobody placed reduces it; no row is unexplained."""
    trade(desk, "sell", "0.9")
    desk.paper.control.futures.adl(WORD, quantity="0.4", uid=desk.uid)
    assert differences(desk) == {}
    desk.deliver()
    assert desk.position(SYMBOL).net_quantity == D("-0.5")


def test_a_transfer_is_named(desk: Desk) -> None:
    """Money that came in is a row of its asset and no profit."""
    desk.paper.control.futures.deposit("USDT", 250, uid=desk.uid)
    assert differences(desk) == {}
    newest = rows_of(desk, "USDT")[-1]
    assert (newest.kind, newest.quantity, newest.note) == (RowKind.TRANSFER, D(250), "TRANSFER")


def test_a_rebuild_takes_income_once(desk: Desk) -> None:
    """Of before and after the loss of the store: the sum is the wallet, nothing is unexplained."""
    trade(desk, "buy", "0.9")
    desk.paper.control.futures.fund(WORD, "0.001")
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    desk.paper.control.futures.fund(WORD, "0.001")
    assert differences(desk) == {}
    kinds = [row.kind for row in rows_of(desk, SYMBOL)]
    assert kinds == [RowKind.FUNDING, RowKind.FUNDING]


@pytest.mark.parametrize("rate", ["0.001", "-0.001"])
def test_funding_belongs_to_its_side_in_hedge_mode(desk: Desk, rate: str) -> None:
    """The long's and the short's fee are rows of their own positions, read once or often."""
    hedge(desk)
    for side, quantity in (("long", "0.9"), ("short", "0.7")):
        opens = "buy" if side == "long" else "sell"
        assert trade(desk, opens, quantity, position_side=side) is OrderStatus.FILLED
    control = desk.paper.control.futures
    control.fund(WORD, rate)
    for _ in range(2):
        assert differences(desk) == {}
    desk.deliver()
    mark = D(control.ledger()["mark_prices"][WORD])
    long, short = rows_of(desk, f"{SYMBOL}#LONG"), rows_of(desk, f"{SYMBOL}#SHORT")
    assert [row.quantity for row in long] == [-D("0.9") * mark * D(rate)]
    assert [row.quantity for row in short] == [D("0.7") * mark * D(rate)]
    assert desk.position(f"{SYMBOL}#LONG").funding == long[0].quantity
    assert rows_of(desk, SYMBOL) == []


def test_income_that_is_listed_after_the_opening_is_counted_once(desk: Desk) -> None:
    """The balances of a rebuild had it; it is the position's all the same."""
    trade(desk, "buy", "0.9")
    desk.paper.control.futures.fund(WORD, "0.001")
    desk.paper.control.futures.add_fault(
        method="GET",
        path="/fapi/v1/income",
        key=desk.key,
        count=None,
        answer="status",
        status=200,
        body="[]",
    )
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    desk.paper.control.futures.clear_faults()
    for _ in range(2):
        assert differences(desk) == {}
    desk.deliver()
    (row,) = [one for one in rows_of(desk, SYMBOL) if one.kind is RowKind.FUNDING]
    position = desk.position(SYMBOL)
    assert position is not None
    assert position.funding == row.quantity
    assert sum_transfers(rows_of(desk, "USDT")) == {"USDT": 0}, "they came before"
