"""Folding from a cursor on a real store: late rows, races and repeats end in one position."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind, Side
from engine.domain.lanes import Lane
from engine.domain.position import empty_position, fold
from engine.execution.completing import updates
from engine.portfolio.portfolio_update import includes
from engine.portfolio.position_update import PositionUpdate, update_position
from tests.builders import NOW_MS, build_fill
from tests.desk import Desk

pytestmark = pytest.mark.integration

D = Decimal
#: A symbol that this account does not trade, so that only the test books its rows.
SYMBOL = "ETH/USDT"


def trade(number: int, side: str = "buy", quantity: str = "1", price: str = "100") -> Fill:
    return build_fill(
        trade_id=str(number),
        symbol=SYMBOL,
        side=Side(side),
        quantity=D(quantity),
        price=D(price),
        executed_at_ms=NOW_MS + number,
    )


def random_rows(chance: random.Random) -> list[LedgerRow]:
    rows: list[LedgerRow] = [
        trade(
            number,
            side=chance.choice(["buy", "sell"]),
            quantity=str(D(chance.randint(1, 999)).scaleb(-3)),
            price=str(D(chance.randint(9_000, 11_000)).scaleb(-2)),
        )
        for number in range(1, 25)
    ]
    rows.append(
        BalanceRow(
            row_id="opening:ETH",
            kind=RowKind.OPENING,
            symbol=SYMBOL,
            asset="ETH",
            quantity=D("0.7"),
            executed_at_ms=NOW_MS,
        )
    )
    return rows


def update(desk: Desk) -> str:
    return update_position(desk.context.store, SYMBOL, account="desk", now_ms=NOW_MS)


@pytest.mark.parametrize("seed", range(5))
def test_any_arrival_ends_in_the_fold_of_all_rows(desk: Desk, seed: int) -> None:
    """Shuffled, repeated, in parts, with a fold after each part."""
    chance = random.Random(seed)
    rows = random_rows(chance)
    arrived = rows + chance.sample(rows, 8)
    chance.shuffle(arrived)
    words = set()
    while arrived:
        count = chance.randint(1, 6)
        desk.context.store.append_rows(arrived[:count])
        arrived = arrived[count:]
        words.add(update(desk))
    position = desk.position(SYMBOL)
    assert position == fold(empty_position("desk", SYMBOL), rows)
    assert PositionUpdate.REFOLDED in words
    assert update(desk) == PositionUpdate.UNCHANGED


def test_a_late_row_changes_the_profit_of_the_rows_after_it(desk: Desk) -> None:
    """Sold 1 at 130 from 100 is 30; had 1 at 110 been bought before, it is 25."""
    store = desk.context.store
    store.append_rows([trade(1), trade(3, side="sell", price="130")])
    assert update(desk) == PositionUpdate.UPDATED
    store.append_rows([trade(2, price="110")])
    assert update(desk) == PositionUpdate.REFOLDED
    position = desk.position(SYMBOL)
    assert position is not None
    # (100 + 110) / 2 = 105 for each; 130 less 105
    assert position.realized_pnl == D(25)
    assert position.cursor == 3


def test_many_processes_fold_at_once(desk: Desk) -> None:
    """Each names the version that it read; the rows are counted once."""
    rows = random_rows(random.Random(7))
    desk.context.store.append_rows(rows)
    with ThreadPoolExecutor(8) as pool:
        words = list(pool.map(lambda _: update(desk), range(16)))
    assert set(words) <= {PositionUpdate.UPDATED, PositionUpdate.UNCHANGED}
    assert desk.position(SYMBOL) == fold(empty_position("desk", SYMBOL), rows)


def test_rows_of_an_asset_alone_make_no_position(desk: Desk) -> None:
    """A deposit of the quote currency is in the balances; the portfolio covers it all the same."""
    store = desk.context.store
    row = BalanceRow(
        row_id="gift",
        kind=RowKind.TRANSFER,
        symbol="USDT",
        asset="USDT",
        quantity=D(5),
        executed_at_ms=NOW_MS,
    )
    store.append_rows([row])
    assert updates.update_position(desk.context, "USDT") == PositionUpdate.NO_MARKET
    assert desk.position("USDT") is None
    portfolio = updates.record_portfolio(desk.context)
    assert includes(portfolio, store.load_cursors())


def test_a_portfolio_never_claims_what_it_has_not_folded(desk: Desk) -> None:
    """A booked row that no position includes is missing from the cursors, so the entry stays."""
    store = desk.context.store
    store.append_rows([trade(1)])
    store.open_outbox("late", {SYMBOL: 1})
    assert updates.update_portfolio(desk.context, "late") == "left"
    updates.update_position(desk.context, SYMBOL)
    assert updates.update_portfolio(desk.context, "late") == "updated"
    assert "late" not in {entry.entry_id for entry in store.list_outbox()}


def test_many_portfolio_updates_at_once_agree(desk: Desk) -> None:
    """All of them end, and the last one stored includes every row and the newest balances."""
    desk.place(quantity=D("0.5"))
    desk.deliver()
    with ThreadPoolExecutor(4) as pool:
        recorded = list(pool.map(lambda _: updates.record_portfolio(desk.context), range(8)))
    stored = desk.context.store.find_portfolio()
    assert stored is not None
    assert stored.value in recorded
    assert includes(stored.value, desk.context.store.load_cursors())
    balances = desk.context.gateway.load_balances(Lane.POLL)
    assert stored.value.balances_at_ms == balances.updated_at_ms
