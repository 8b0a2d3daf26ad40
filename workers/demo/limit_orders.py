"""Limit orders that fill in parts: larger than one level of the book, the rest of them rests."""

from __future__ import annotations

import time
from decimal import Decimal

from engine.domain.decimals import ZERO, plain, round_down
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.report import Ticker
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager, OrderRequest, OrderResult, OrderType
from workers.demo.trader import Trader

#: What one purchase is worth, in quote currency: about three levels of the book.
NOTIONAL = Decimal(9_000)
#: How long an order may rest before it is canceled.
PATIENCE_S = 5.0
#: A purchase must be worth so many smallest orders before it is sold again: the rest is dust.
WORTH_SELLING = 2


class LimitTrader(Trader):
    """Buys at the ask, sells at the bid, by turns; what rests at the stop is left to the caller."""

    def trade(self, manager: OrderManager, context: AccountContext) -> None:
        result = manager.place_order(self._next_request(context))
        deadline_s = time.monotonic() + PATIENCE_S
        while is_working(result) and time.monotonic() < deadline_s and not self.is_stopped:
            self.pause()
            result = manager.get_order_status(result.order_id)
        if is_working(result) and not self.is_stopped:
            manager.cancel_order(result.order_id)

    def _next_request(self, context: AccountContext) -> OrderRequest:
        rules = {item.symbol: item for item in context.gateway.load_instruments()}
        stored = context.store.find_position(self._symbol)
        held = stored.value.net_quantity if stored else ZERO
        ticker = context.gateway.load_ticker(self._symbol)
        return next_request(rules[self._symbol], held, ticker)


def next_request(instrument: Instrument, held: Decimal, ticker: Ticker) -> OrderRequest:
    """Return an order to sell what is held (base currency), or to buy when that is dust. Pure.

    At the other side's best price: the first level is taken at once, the rest waits there.
    """
    sellable = instrument.round_quantity(held)
    has_enough = (
        instrument.notional(sellable, ticker.bid) >= WORTH_SELLING * instrument.min_notional
    )
    if sellable >= instrument.min_quantity and sellable > 0 and has_enough:
        return _limit(instrument, Side.SELL, sellable, ticker.bid)
    quantity = instrument.round_quantity(NOTIONAL / ticker.ask)
    return _limit(instrument, Side.BUY, quantity, ticker.ask)


def is_working(result: OrderResult) -> bool:
    """Tell whether the order may still fill."""
    return result.status in {"initialized", "submitted", "accepted", "partially_filled"}


def _limit(instrument: Instrument, side: Side, quantity: Decimal, price: Decimal) -> OrderRequest:
    return OrderRequest(
        symbol=instrument.symbol,
        side=side,
        order_type=OrderType.LIMIT,
        quantity=plain(quantity),
        price=plain(round_down(price, instrument.price_tick)),
        test=True,
    )
