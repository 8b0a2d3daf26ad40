"""What must hold at the end of a world, digit by digit against the exchange's own books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from engine.domain.fill import BalanceRow, Fill, RowKind
from engine.domain.identity import is_ours, original_id
from engine.domain.order import Order, OrderStatus
from engine.exchange.binance.mapping import STATUSES
from engine.ports import AccountStore, OrderFilter
from engine.store.keys import AccountKeys
from tests.simulation.exchange import SimulatedExchange
from tests.simulation.redis_link import SimulatedLink
from tests.simulation.watch import TAG, Violation
from workers.paper_exchange.spot import orders as theirs


def check_account(
    store: AccountStore, exchange: SimulatedExchange, uid: int, link: SimulatedLink
) -> Iterator[Violation]:
    """Yield everything that is not as it must be for one account."""
    ours = store.list_orders(OrderFilter.RECENT)
    placed = exchange.orders_of(uid)
    yield from check_orders(ours, placed)
    yield from check_fills(ours, exchange, uid)
    yield from check_ledger(store, exchange, uid)
    yield from check_balances(store, exchange, uid)
    yield from check_leftovers(store, ours)
    yield from check_groups(ours, link, AccountKeys(store.identity.slug))


def wrong(kind: str, text: str, *words: str) -> Violation:
    return Violation(kind=kind, text=text, words=words)


# ---- orders ----------------------------------------------------------------------------------


def check_orders(ours: tuple[Order, ...], placed: list[theirs.Order]) -> Iterator[Violation]:
    """Each order of ours at the exchange is known here, once and as it is; others are nowhere."""
    by_exchange_id = {
        (order.terms.symbol.replace("/", ""), order.exchange_order_id): order
        for order in ours
        if order.exchange_order_id is not None
    }
    counted = Counter(
        order.client_order_ids[0] for order in placed if is_ours(order.client_order_ids[0], TAG)
    )
    for name, times in counted.items():
        if times > 1:
            yield wrong("DUPLICATE", f"{name} was placed {times} times", name)
    for order in placed:
        if is_ours(order.client_order_ids[0], TAG):
            known = by_exchange_id.get((order.symbol, str(order.order_id)))
            yield from _check_placed(order, known)
    for order in ours:
        yield from _check_known(order, counted)


def _check_placed(order: theirs.Order, known: Order | None) -> Iterator[Violation]:
    name = original_id(order.client_order_ids[0])
    if known is None or known.client_order_id != name:
        yield wrong("LOST", f"{order.symbol} {order.order_id} ({name}) is not known here", name)
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
    if order.exchange_order_id is not None:
        return
    if name in counted:
        return  # Told of already: LOST
    is_ended = order.status in {OrderStatus.DENIED, OrderStatus.REJECTED}
    if not is_ended or order.reason is None:
        yield wrong("UNEXPLAINED_END", f"{name} is {order.status}, reason {order.reason}", name)


# ---- trades ----------------------------------------------------------------------------------


def check_fills(
    ours: tuple[Order, ...], exchange: SimulatedExchange, uid: int
) -> Iterator[Violation]:
    """Each order has each of its trades once."""
    for order in ours:
        if order.exchange_order_id is None:
            continue
        key = (order.terms.symbol.replace("/", ""), int(order.exchange_order_id))
        there = sorted(
            str(row.trade_id) for row in exchange.venue.ledger.executions_of.get(key, ())
        )
        here = sorted(fill.trade_id for fill in order.fills)
        if here != there:
            name = order.client_order_id
            yield wrong("FILLS", f"{name} has trades {here} here, {there} there", name)


def check_ledger(store: AccountStore, exchange: SimulatedExchange, uid: int) -> Iterator[Violation]:
    """The ledger has every trade of the account once, as the exchange booked it."""
    there: Counter[tuple[object, ...]] = Counter()
    for (owner, symbol), rows in exchange.venue.ledger.executions.items():
        if owner == uid:
            there.update(
                (symbol, str(row.trade_id), row.quantity, row.price, row.fee, row.fee_asset)
                for row in rows
            )
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
    symbol = fill.symbol.replace("/", "")
    return (symbol, fill.trade_id, fill.quantity, fill.price, fill.fee, fill.fee_currency)


# ---- what is held ----------------------------------------------------------------------------


def check_balances(
    store: AccountStore, exchange: SimulatedExchange, uid: int
) -> Iterator[Violation]:
    """Portfolio and positions hold what the exchange says."""
    balances = exchange.venue.ledger.accounts[uid].balances
    there = {asset: held.total for asset, held in balances.items() if held.total}
    stored = store.find_portfolio()
    held = {} if stored is None else stored.value.balances
    here = {asset: one.total for asset, one in held.items() if one.total}
    if here != there:
        yield wrong("BALANCES", f"portfolio {_plain(here)}, exchange {_plain(there)}")
    positions = {one.base: one.net_quantity for one in store.list_positions() if one.net_quantity}
    expected = {asset: total for asset, total in there.items() if asset != "USDT"}
    if positions != expected:
        yield wrong("POSITIONS", f"here {_plain(positions)}, exchange {_plain(expected)}")


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
