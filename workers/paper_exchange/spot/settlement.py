"""What an order sets aside and what an execution moves between balances."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

from workers.paper_exchange.market.trades import Fill

from .accounts import Account
from .ledger import Ledger
from .orders import ZERO, Execution, Order
from .symbols import ASSET_PRECISION, SymbolRules

_UNIT = Decimal(1).scaleb(-ASSET_PRECISION)

#: A third coin pays a quarter less, as BNB does.
THIRD_COIN_FACTOR = Decimal("0.75")

#: asset, other asset -> price of the first in the second, None when there is no market.
PriceOf = Callable[[str, str], Decimal | None]


def given_asset(order: Order, rules: SymbolRules) -> str:
    return rules.quote if order.side == "BUY" else rules.base


def amount_to_lock(order: Order) -> Decimal:
    """Return what a resting order sets aside, in the asset it gives."""
    if order.side == "SELL":
        return order.remaining_quantity
    # A stop without a limit locks at its trigger: the nearest known price
    price = order.price or order.trigger_price
    return price * order.remaining_quantity


def lock(ledger: Ledger, order: Order, rules: SymbolRules, now_ms: int) -> Order:
    """Set aside what `order` may give; return it with the amount."""
    amount = amount_to_lock(order)
    ledger.move(order.uid, given_asset(order, rules), -amount, amount, now_ms)
    return order.changed(locked=amount)


def unlock(ledger: Ledger, order: Order, rules: SymbolRules, now_ms: int) -> Order:
    """Give back what is still set aside."""
    if order.locked:
        ledger.move(order.uid, given_asset(order, rules), order.locked, -order.locked, now_ms)
    return order.changed(locked=ZERO)


def _third_coin_fee(
    account: Account, asset: str, value: Decimal, price_of: PriceOf
) -> Decimal | None:
    """Return the fee in the account's fee coin, None when it cannot pay in it."""
    if account.fee_asset is None or account.fee_asset == asset:
        return None
    price = price_of(account.fee_asset, asset)
    if not price:
        return None
    fee = (value * THIRD_COIN_FACTOR / price).quantize(_UNIT, ROUND_DOWN)
    return fee if account.balance(account.fee_asset).free >= fee else None


def fee_of(
    account: Account, received_asset: str, received: Decimal, is_maker: bool, price_of: PriceOf
) -> tuple[Decimal, str]:
    """Return the fee and its asset: the received one, or the account's fee coin."""
    value = received * (account.maker_rate if is_maker else account.taker_rate)
    third = _third_coin_fee(account, received_asset, value, price_of)
    if third is not None and account.fee_asset is not None:
        return third, account.fee_asset
    return value.quantize(_UNIT, ROUND_DOWN), received_asset


def settle(
    ledger: Ledger, order: Order, fill: Fill, rules: SymbolRules, price_of: PriceOf
) -> Order:
    """Book `fill` for its order: balances, execution, and the order's new state."""
    quote = fill.price * fill.quantity
    account, now_ms = ledger.accounts[order.uid], fill.executed_at_ms
    is_buy = order.side == "BUY"
    received_asset, received = (rules.base, fill.quantity) if is_buy else (rules.quote, quote)
    given = quote if is_buy else fill.quantity
    order = _pay(ledger, order, given, fill, rules)
    ledger.move(order.uid, received_asset, received, ZERO, now_ms)
    fee, fee_asset = fee_of(account, received_asset, received, fill.is_maker, price_of)
    ledger.move(order.uid, fee_asset, -fee, ZERO, now_ms)
    ledger.add_execution(
        Execution(
            symbol=order.symbol,
            trade_id=fill.trade_id,
            order_id=order.order_id,
            uid=order.uid,
            side=order.side,
            price=fill.price,
            quantity=fill.quantity,
            quote_quantity=quote,
            fee=fee,
            fee_asset=fee_asset,
            is_maker=fill.is_maker,
            executed_at_ms=now_ms,
        )
    )
    filled = order.filled_quantity + fill.quantity
    order = order.changed(
        filled_quantity=filled,
        filled_quote=order.filled_quote + quote,
        status="FILLED" if filled >= order.quantity else "PARTIALLY_FILLED",
        updated_at_ms=now_ms,
    )
    ledger.put_order(order)
    return order


def _pay(ledger: Ledger, order: Order, given: Decimal, fill: Fill, rules: SymbolRules) -> Order:
    """Take what the fill costs, from what is locked first; free what a better price left over."""
    if not order.locked:
        ledger.move(order.uid, given_asset(order, rules), -given, ZERO, fill.executed_at_ms)
        return order
    reserved = order.price * fill.quantity if order.side == "BUY" and order.price else given
    reserved = min(reserved, order.locked)
    ledger.move(
        order.uid, given_asset(order, rules), reserved - given, -reserved, fill.executed_at_ms
    )
    return order.changed(locked=order.locked - reserved)
