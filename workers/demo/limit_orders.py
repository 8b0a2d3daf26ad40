"""Limit orders that fill in parts: larger than one level of the book, the rest of them rests."""

from __future__ import annotations

import logging
import threading
from decimal import Decimal

from engine.domain.decimals import ZERO, plain, round_down
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.report import Ticker
from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager, OrderRequest, OrderResult, OrderType

log = logging.getLogger(__name__)

#: What one purchase is worth, in quote currency: about three levels of the book.
NOTIONAL = Decimal(9_000)
#: How long an order may rest before it is canceled.
PATIENCE_S = 5.0
LOOK_EVERY_S = 0.2
#: After a failure, and between two orders: each uses allowance that market data needs, too.
PAUSE_S = 1.5
#: A purchase must be worth so many smallest orders before it is sold again: the rest is dust.
WORTH_SELLING = 2


class LimitTrader:
    """Buys at the ask, sells at the bid, by turns, in a thread of its own."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="limit orders", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Place nothing any more; what rests is left to the caller."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        # An engine of its own: a gateway serves one thread
        manager = OrderManager()
        try:
            while not self._stop.is_set():
                self._trade_safely(manager)
                self._stop.wait(PAUSE_S)
        finally:
            manager.close()

    def _trade_safely(self, manager: OrderManager) -> None:
        try:
            self._trade(manager)
        except EngineError as error:
            log.info("no limit order now: %s", error)

    def _trade(self, manager: OrderManager) -> None:
        (context,) = manager.contexts()
        request = self._next_request(context)
        result = manager.place_order(request)
        waited_s = 0.0
        while is_working(result) and waited_s < PATIENCE_S and not self._stop.is_set():
            self._stop.wait(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
            result = manager.get_order_status(result.order_id)
        if is_working(result) and not self._stop.is_set():
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
