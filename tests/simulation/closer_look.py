"""What must hold inside the store at the moments at which it matters, not only at the end.

What repairs itself before the end was wrong all the same: an exposure that nobody counted for a
second let an order pass in that second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.risk import RiskBook
from engine.domain.trading_state import TradingState
from engine.execution.placing.listing import may_both_open
from engine.ports import AccountStore
from engine.store.client import RedisClient, Session
from tests.simulation.halts import STOP_REASON

if TYPE_CHECKING:
    from tests.simulation import exchange as exchange_orders
    from tests.simulation.watch import Watch

NONE = Decimal(0)


class PlainClient(RedisClient):
    """Looks past all processes: no time passes, nothing gets lost."""

    def __init__(self, session: Session) -> None:
        self.place = "the store as it is"
        self._session = session

    @contextmanager
    def session(self) -> Iterator[Session]:
        yield self._session


class CloserLook:
    """Sees one account's store between two calls of anybody."""

    def __init__(self, store: AccountStore, watch: Watch) -> None:
        self._store = store
        self._watch = watch
        self._settled: set[str] = set()
        self._read: Counter[str] = Counter()  # Rows of each symbol that were looked at
        self._booked: set[tuple[str, str]] = set()

    def on_book(self, book: RiskBook) -> None:
        """See what limits are about to be compared with: every trade and every order counts."""
        if self._watch.has_lost_writes:
            return  # What a rebuild counts comes back one by one
        folded = {one.symbol: one.cursor for one in book.positions}
        for symbol, rows in self._store.load_cursors().items():
            counted = folded.get(symbol, 0) + len(book.unfolded.get(symbol, ()))
            if counted < rows:
                self._watch.violate("UNCOUNTED", f"{counted} of {rows} rows of {symbol} count")
            if rows > self._read[symbol]:
                self._read_on(symbol)
        reserved = {one.client_order_id: one.quantity for one in book.reservations}
        for name, order in self._watch.placed.items():
            if name not in self._settled:
                self._check_counted(name, order, reserved)

    def _read_on(self, symbol: str) -> None:
        """See what was booked since the last look: nothing is booked again."""
        for row in self._store.load_rows(symbol, after=self._read[symbol]):
            self._read[symbol] += 1
            if (symbol, row.row_id) in self._booked:
                text = f"{symbol} {row.row_id} is booked again"
                self._watch.violate("BOOKED_TWICE", text, row.row_id)
            self._booked.add((symbol, row.row_id))

    def _check_counted(
        self, name: str, placed: exchange_orders.Order, reserved: Mapping[str, Decimal]
    ) -> None:
        """An order holds what it may still trade, and what it has traded without our knowing."""
        there = self._watch.now_at_exchange(placed)
        may_trade = there.remaining_quantity if there.is_open else NONE
        counts = there.filled_quantity + may_trade
        order = self._watch.written.get(name)
        if order is not None and order.identity != self._store.identity:
            return
        if order is None or order.filled_quantity + _held(order, reserved) < counts:
            stored = self._store.find_order(name)  # Somebody died before the watch saw the write
            if stored is None:
                return
            order = stored.value
        if order.terms.quantity is None or (order.is_settled and not there.is_open):
            self._settled.add(name)  # An amount of the quote is held at the worst price
        if order.is_leg:
            return  # It can only shrink what its entry counts for
        held = _held(order, reserved)
        if order.terms.quantity is not None and order.filled_quantity + held < counts:
            text = f"{name} counts for {order.filled_quantity} + {held}, and is good for {counts}"
            self._watch.violate("UNCOUNTED", text, name)

    def on_settled(self, order: Order) -> None:
        """See an order that is looked at no more: all of its trades are booked."""
        placed = self._watch.placed.get(order.client_order_id)
        if placed is None or order.status in {OrderStatus.DENIED, OrderStatus.REJECTED}:
            return
        there = self._watch.now_at_exchange(placed)
        if order.filled_quantity < there.filled_quantity:
            name = order.client_order_id
            text = f"{name} is done with {order.filled_quantity} of {there.filled_quantity}"
            self._watch.violate("SETTLED_EARLY", text, name)

    def on_finish(self, entry_id: str) -> None:
        """See an outbox entry that is about to be done: the portfolio has all it asked for."""
        entry = next((one for one in self._store.list_outbox() if one.entry_id == entry_id), None)
        if entry is None or self._watch.has_lost_writes:
            return
        stored = self._store.find_portfolio()
        covered = stored.value.cursors if stored else {}
        if any(covered.get(symbol, 0) < rows for symbol, rows in entry.cursors.items()):
            text = f"{entry} counts as done, and the portfolio covers {dict(covered)}"
            self._watch.violate("DONE_TOO_EARLY", text, entry.group_id)

    def on_state(self, plan: Mapping[str, Any]) -> None:
        """See a trading state that is about to be written: no run that is over undoes a resume.

        Whoever worked on an emergency run may have slept while others ended it, and a person
        resumed the account. People would resume it again, so the end of a world shows nothing.
        """
        if (plan["state"], plan["reason"]) != (TradingState.HALTED, STOP_REASON):
            return
        state, stored = self._store.load_state(), self._store.find_emergency()
        is_refused = plan["instead_of"] not in ("", state.trading_state_id)
        if is_refused or state.trading_state is not TradingState.ACTIVE or stored is None:
            return
        if stored.value.is_over and not self._watch.has_lost_writes:
            run_id = stored.value.run_id
            self._watch.violate("HALTED_AGAIN", f"run {run_id} is over, and halts again", run_id)


def _held(order: Order, reserved: Mapping[str, Decimal]) -> Decimal:
    """Return what is held for an order (base); of a pair of which one trades, by either."""
    other = "" if may_both_open(order.terms) else order.partner_id or order.rival_id
    return max(reserved.get(one, NONE) for one in (order.client_order_id, other))
