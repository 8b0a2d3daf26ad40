"""What must hold at the end of a world, digit by digit against the exchange's own books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from engine.domain.derivative import market_of, side_of
from engine.domain.fill import BalanceRow, Fill, RowKind
from engine.domain.identity import is_ours, original_id
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.exchange.binance.mapping import STATUSES
from engine.ports import AccountStore, OrderFilter
from engine.store.keys import AccountKeys
from tests.simulation.exchange import SimulatedExchange, There
from tests.simulation.guards import look_at_guards
from tests.simulation.redis_link import SimulatedLink
from tests.simulation.watch import TAG, Violation
from workers.demo.contract_ledger_facts import OF_PROFIT
from workers.demo.our_facts import word


def check_account(
    store: AccountStore,
    exchange: SimulatedExchange,
    uid: int,
    link: SimulatedLink,
    *,
    has_lost_writes: bool,
) -> Iterator[Violation]:
    """Yield everything that is not as it must be for one account."""
    ours = store.list_orders(OrderFilter.RECENT)
    placed = exchange.orders_of(uid)
    if has_lost_writes:
        placed = [order for order in placed if not _is_beyond_recall(order, ours)]
    yield from check_orders(ours, placed)
    yield from check_fills(ours, placed)
    yield from check_ledger(store, exchange, uid)
    yield from check_holdings(store, exchange, uid)
    yield from check_leftovers(store, ours)
    yield from check_groups(ours, link, AccountKeys(store.identity.slug))


def check_guarded(
    store: AccountStore, exchange: SimulatedExchange, uid: int
) -> Iterator[Violation]:
    """Yield positions that lack their stop or target, and stops and targets of none."""
    guards = look_at_guards(store, exchange, uid)
    yield from (wrong("UNPROTECTED", one, one.split()[0]) for one in guards.unprotected)
    yield from (wrong("OUTLIVING", one, one.split()[0]) for one in guards.outliving)


def wrong(kind: str, text: str, *words: str) -> Violation:
    return Violation(kind=kind, text=text, words=words)


def _is_beyond_recall(order: There, ours: tuple[Order, ...]) -> bool:
    """Tell whether nothing shows that an order which the store lost was ours.

    It ended without a trade, and its end put another id in the place of ours, as that of a list's
    second order does.
    """
    is_nameless = (
        order.is_renamed and not order.trade_ids and order.status in {"CANCELED", "EXPIRED"}
    )
    return is_nameless and not any(
        one.exchange_order_id in order.ids and word(one.terms.symbol) == order.symbol
        for one in ours
    )


# ---- orders ----------------------------------------------------------------------------------


def check_orders(ours: tuple[Order, ...], placed: list[There]) -> Iterator[Violation]:
    """Each order of ours at the exchange is known here, once and as it is; others are nowhere."""
    by_exchange_id = {
        (word(order.terms.symbol), order.exchange_order_id): order
        for order in ours
        if order.exchange_order_id is not None
    }
    counted = Counter(order.name for order in placed if is_ours(order.name, TAG))
    for name, times in counted.items():
        if times > 1:
            yield wrong("DUPLICATE", f"{name} was placed {times} times", name)
    for order in placed:
        if is_ours(order.name, TAG):
            known = (by_exchange_id.get((order.symbol, one)) for one in order.ids)
            yield from _check_placed(order, next((one for one in known if one), None))
    for order in ours:
        yield from _check_known(order, counted)


def _check_placed(order: There, known: Order | None) -> Iterator[Violation]:
    name = original_id(order.name)
    if known is None or known.client_order_id != name:
        yield wrong("LOST", f"{order.symbol} {order.ids[0]} ({name}) is not known here", name)
        return
    if known.status is not STATUSES[order.status]:
        yield wrong("STATUS", f"{name} is {known.status} here, {order.status} there", name)
    if known.filled_quantity != order.filled_quantity:
        text = f"{name}: {known.filled_quantity} filled here, {order.filled_quantity} there"
        yield wrong("FILLED", text, name)
    if known.contradicted:
        yield wrong("CONTRADICTED", f"{name} was called ended, and stood at the exchange", name)


def _check_known(order: Order, counted: Counter[str]) -> Iterator[Violation]:
    name = order.client_order_id
    if order.exchange_order_id is not None or order.is_waiting:
        return
    if name in counted:
        return  # Told of already: LOST
    is_ended = order.status in {OrderStatus.DENIED, OrderStatus.REJECTED}
    if not is_ended or order.reason is None:
        yield wrong("UNEXPLAINED_END", f"{name} is {order.status}, reason {order.reason}", name)


# ---- trades ----------------------------------------------------------------------------------


def check_fills(ours: tuple[Order, ...], placed: list[There]) -> Iterator[Violation]:
    """Each order has each of its trades once."""
    trades = {(one.symbol, name): one.trade_ids for one in placed for name in one.ids}
    for order in ours:
        if order.exchange_order_id is None:
            continue
        there = trades.get((word(order.terms.symbol), order.exchange_order_id), ())
        here = tuple(sorted(fill.trade_id for fill in order.fills))
        if here != there:
            name = order.client_order_id
            yield wrong("FILLS", f"{name} has trades {here} here, {there} there", name)


def check_ledger(store: AccountStore, exchange: SimulatedExchange, uid: int) -> Iterator[Violation]:
    """The ledger has every trade of the account once, as the exchange booked it."""
    there = Counter(exchange.trades_of(uid))
    here: Counter[tuple[object, ...]] = Counter()
    for symbol in store.load_cursors():
        for row in store.load_rows(symbol):
            if isinstance(row, Fill):
                here[_row(row)] += 1
            elif isinstance(row, BalanceRow) and row.kind is RowKind.UNEXPLAINED:
                yield wrong("UNEXPLAINED", f"{row.asset} {row.quantity} in {row.row_id}")
    for row in there - here:
        yield wrong("LEDGER", f"trade {row} is missing here", f"{row[1]}")
    for row in here - there:
        yield wrong("LEDGER", f"trade {row} is here too often, or not there", f"{row[1]}")


def _row(fill: Fill) -> tuple[object, ...]:
    return (
        word(fill.symbol),
        fill.trade_id,
        fill.quantity,
        fill.price,
        fill.fee,
        fill.fee_currency,
    )


# ---- what is held ----------------------------------------------------------------------------


def check_holdings(
    store: AccountStore, exchange: SimulatedExchange, uid: int
) -> Iterator[Violation]:
    """Portfolio and positions hold what the exchange says, of the account's own market."""
    if store.identity.market_type == "spot":
        yield from _check_coins(store, exchange, uid)
    else:
        yield from _check_contracts(store, exchange, uid)


def _check_coins(store: AccountStore, exchange: SimulatedExchange, uid: int) -> Iterator[Violation]:
    balances = exchange.venue.ledger.accounts[uid].balances
    there = {asset: held.total for asset, held in balances.items() if held.total}
    yield from _check_portfolio(store, there)
    positions = {one.base: one.net_quantity for one in store.list_positions() if one.net_quantity}
    expected = {asset: total for asset, total in there.items() if asset != "USDT"}
    if positions != expected:
        yield wrong("POSITIONS", f"here {_plain(positions)}, exchange {_plain(expected)}")


def _check_portfolio(store: AccountStore, there: dict[str, Decimal]) -> Iterator[Violation]:
    stored = store.find_portfolio()
    held = {} if stored is None else stored.value.balances
    here = {asset: one.total for asset, one in held.items() if one.total}
    if here != there:
        yield wrong("BALANCES", f"portfolio {_plain(here)}, exchange {_plain(there)}")


def _check_contracts(
    store: AccountStore, exchange: SimulatedExchange, uid: int
) -> Iterator[Violation]:
    """The wallets, each position, and the profit of each contract to the last digit."""
    ledger = exchange.contracts.ledger
    wallets = {asset: one.balance for (owner, asset), one in ledger.wallets.items() if owner == uid}
    yield from _check_portfolio(store, {asset: held for asset, held in wallets.items() if held})
    here: dict[str, Decimal] = {}
    profits: dict[str, Decimal] = {}
    for position in (one for one in store.list_positions() if one.quote):
        side = side_of(position.symbol).upper()
        if position.net_quantity:
            here[f"{word(market_of(position.symbol))} {side}"] = position.net_quantity
        symbol = word(market_of(position.symbol))
        profits[symbol] = profits.get(symbol, Decimal(0)) + position.realized_pnl
    there = {
        f"{one.symbol} {one.side}": one.quantity
        for one in ledger.positions.values()
        if one.uid == uid and one.quantity
    }
    if here != there:
        yield wrong("POSITIONS", f"here {_plain(here)}, exchange {_plain(there)}")
    yield from _check_profits(exchange, uid, profits)


def _check_profits(
    exchange: SimulatedExchange, uid: int, profits: Mapping[str, Decimal]
) -> Iterator[Violation]:
    earned: dict[str, Decimal] = {}
    for row in exchange.contracts.ledger.income[uid]:
        if row.income_type in OF_PROFIT:
            earned[row.symbol] = earned.get(row.symbol, Decimal(0)) + row.amount
    for symbol in sorted({*earned, *profits}):
        here, there = profits.get(symbol, Decimal(0)), earned.get(symbol, Decimal(0))
        if here != there:
            yield wrong("PROFIT", f"{symbol}: {here} here, {there} in the income history")


def _plain(amounts: dict[str, Decimal]) -> str:
    return ", ".join(f"{asset} {amount.normalize()}" for asset, amount in sorted(amounts.items()))


# ---- nothing is left over --------------------------------------------------------------------


def check_leftovers(store: AccountStore, ours: tuple[Order, ...]) -> Iterator[Violation]:
    """Ended orders hold nothing, every outbox entry is done, the portfolio covers the ledger."""
    active = {order.client_order_id for order in ours if not order.is_settled}
    for reservation in store.load_risk_book().reservations:
        name = reservation.client_order_id
        if name not in active:
            yield wrong("RESERVATION", f"{name} is over and still holds {reservation}", name)
    for entry in store.list_outbox():
        yield wrong("OUTBOX", f"{entry} is never done", entry.group_id)
    stored = store.find_portfolio()
    covered = stored.value.cursors if stored else {}
    for symbol, rows in store.load_cursors().items():
        if covered.get(symbol, 0) < rows:
            yield wrong("UNCOVERED", f"the portfolio has {covered.get(symbol)} of {rows} {symbol}")


def check_groups(
    ours: tuple[Order, ...], link: SimulatedLink, keys: AccountKeys
) -> Iterator[Violation]:
    """Each group whose orders are all settled was completed: it has had its outbox entry."""
    groups: dict[str, list[Order]] = {}
    for order in ours:
        groups.setdefault(order.group_id, []).append(order)
    for group_id, orders in groups.items():
        size, entries = link.plain.ask("HMGET", keys.group(group_id), "size", "entries")
        is_whole = int(size or 0) == len(orders) and all(order.is_settled for order in orders)
        if is_whole and not int(entries or 0):
            yield wrong("GROUP", f"group {group_id} is settled and was never completed", group_id)
