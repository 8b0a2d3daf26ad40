"""What the futures market refuses before an order is taken in, with its codes and words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.market.book import Resting

from .contracts import ContractRules
from .margin import Pending
from .margins import Margins
from .market import Market
from .orders import ZERO, OrderRequest, PositionSide, reduces_by_side

#: What an order at the market is taken to cost more than the best price.
_MARKET_MARGIN = Decimal("0.0005")


def check_filters(request: OrderRequest, market: Market) -> None:
    """Refuse what breaks a filter of the contract."""
    rules = market.rules
    if request.price:
        check_price(request.price, rules)
        _check_percent_price(request, market)
    if request.quantity:
        check_quantity(request.quantity, rules, at_market=not request.price)
    if not (request.is_reduce_only or reduces_by_side(request.position_side, request.side)):
        _check_notional(request, market)


def check_price(price: Decimal, rules: ContractRules) -> None:
    """Refuse a price that is off the grid of the contract."""
    if _has_more_digits(price, rules.price_precision):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if price < rules.tick_size:
        raise ApiError(-4013, f"Price less than min price {rules.tick_size}.")
    if price > rules.max_price:
        raise ApiError(-4002, "Price greater than max price.")
    if price % rules.tick_size:
        raise ApiError(-4014, "Price not increased by tick size.")


def check_quantity(quantity: Decimal, rules: ContractRules, *, at_market: bool) -> None:
    """Refuse a quantity that the lot sizes of the contract do not allow."""
    if _has_more_digits(quantity, rules.quantity_precision):
        raise ApiError(-1111, "Precision is over the maximum defined for this asset.")
    if quantity < rules.step_size:
        raise ApiError(-4004, "Quantity less than min quantity.")
    if quantity > (rules.market_max_quantity if at_market else rules.max_quantity):
        raise ApiError(-4005, "Quantity greater than max quantity.")
    if quantity % rules.step_size:
        raise ApiError(-4023, "Qty not increased by step size.")


def _has_more_digits(number: Decimal, digits: int) -> bool:
    return number != round(number, digits)


def _check_percent_price(request: OrderRequest, market: Market) -> None:
    worst = market.worst_price(request.side)
    if request.side == "BUY" and request.price > worst:
        raise ApiError(-4016, f"Limit price can't be higher than {worst.normalize():f}.")
    if request.side == "SELL" and request.price < worst:
        raise ApiError(-4024, f"Limit price can't be lower than {worst.normalize():f}.")


def _check_notional(request: OrderRequest, market: Market) -> None:
    notional = (request.price or market.mark_price) * request.quantity
    if notional < market.rules.min_notional:
        raise ApiError(
            -4164,
            f"Order's notional must be no smaller than {market.rules.min_notional:f} "
            "(unless you choose reduce only).",
        )


def check_position_side(side: PositionSide, *, is_hedged: bool) -> None:
    """Refuse a position side that is not one of the account's mode."""
    if is_hedged == (side == "BOTH"):
        raise ApiError(-4061, "Order's position side does not match user's setting.")


def check_taker(request: OrderRequest, market: Market, is_own: Callable[[Resting], bool]) -> None:
    """Refuse a post-only order that would take, and an all-or-nothing one that would not fill.

    `is_own` tells the account's own resting orders, with which it does not trade.
    """
    other_side = market.book.other_side(request.side)
    if request.time_in_force == "GTX" and next(other_side.up_to(request.price), None):
        raise ApiError(
            -5022,
            "Due to the order could not be executed as maker, the Post Only order will be "
            "rejected. The order will not be recorded in the order history",
        )
    if request.time_in_force != "FOK":
        return
    others = (r for r in other_side.up_to(request.price or None) if not is_own(r))
    offered = sum((r.remaining for r in others), ZERO)
    if offered < request.quantity:
        raise ApiError(
            -5021,
            "Due to the order could not be filled immediately, the FOK order has been rejected. "
            "The order will not be recorded in the order history",
        )


def check_best_price(request: OrderRequest, market: Market) -> None:
    """Refuse an order at the market whose best offer is too far from the mark price."""
    if request.price:
        return
    best = market.book.other_side(request.side).best()
    worst = market.worst_price(request.side)
    if best is not None and (best > worst if request.side == "BUY" else best < worst):
        raise ApiError(
            -4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."
        )


def check_margin(uid: int, request: OrderRequest, market: Market, margins: Margins) -> None:
    """Refuse an order that needs more margin than there is, or makes too large a position."""
    price = _expected_price(request, market)
    extra = Pending(
        side=request.side,
        position_side=request.position_side,
        notional=price * request.quantity,
    )
    symbol, asset = request.symbol, market.rules.quote
    before = margins.of(uid, asset)
    after = margins.of(uid, asset, symbol, extra)
    added = after.initial - before.initial
    if added <= 0:
        return
    leverage = next(r.leverage for r in after.rows if r.position.symbol == symbol)
    # What it would lose at once by its price, for the part that opens
    gap = price - market.mark_price if request.side == "BUY" else market.mark_price - price
    loss = max(ZERO, gap) * added * leverage / price
    if after.free < loss:
        raise ApiError(-2019, "Margin is insufficient.")
    mine = [r for r in after.rows if r.position.symbol == symbol]
    if any(r.initial * leverage > market.rules.largest_notional(leverage) for r in mine):
        raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")


def _expected_price(request: OrderRequest, market: Market) -> Decimal:
    if request.price:
        return request.price
    best = market.book.other_side(request.side).best() or market.mark_price
    if request.side == "BUY":
        return max(best, market.mark_price) * (1 + _MARKET_MARGIN)
    return max(best, market.mark_price)
