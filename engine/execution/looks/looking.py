"""One look at all open orders of an account, at a cost that does not grow with them.

The exchange's list of open orders is compared with the index of ours; only what differs is
loaded and written. Where lists weigh more than balances, balances are asked first: every fill,
cancel or new order moves one of them, and only the symbols that can be meant are listed then.
All symbols are listed every so often whatever the balances say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.domain.lanes import Lane
from engine.domain.look import LookMemory
from engine.domain.report import Balances
from engine.domain.stream import StreamHealth
from engine.domain.watched import Watched
from engine.errors import BudgetExhausted, ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.execution.looks import look_plan, pace
from engine.execution.looks.comparing import compare, tell_unlisted
from engine.execution.looks.strangers import book_strangers
from engine.execution.looks.targeted import Findings
from engine.execution.schedule import LONGEST_PLAN_MS, by_tick_ms, look_interval_ms


class Look:
    """One look; used once. Afterwards `memory` says what it saw and when the next one is due."""

    def __init__(
        self,
        context: AccountContext,
        entries: Iterable[Watched],
        memory: LookMemory,
        health: StreamHealth,
        findings: Findings,
        until_ms: int,
    ) -> None:
        """`until_ms` (monotonic): no list is asked for after it."""
        self._context = context
        self._entries = tuple(entries)
        self._with_conditional = any(entry.waits_for_trigger for entry in self._entries)
        weights = context.gateway.query_weights
        self._weights = weights.with_conditional() if self._with_conditional else weights
        self.open_entries = tuple(entry for entry in self._entries if entry.is_open)
        self._health = health
        self._findings = findings
        self._until_ms = until_ms
        self._before = memory
        self._spent = 0
        self._pointed: set[str] = set()  # Symbols that the balances point at
        self._listed: set[str] = set()
        self._explained: set[str] = set()  # Symbols whose list showed why
        self.asked_at_ms = context.clock.now_ms()
        self.memory = replace(memory, asked_at_ms=self.asked_at_ms)
        self.is_done = False
        self.has_failed = False

    def run(self) -> None:
        """Look. A question that fails ends the look: the next one asks again."""
        earliest_ms = 0
        try:
            self._look()
        except BudgetExhausted as error:
            self.has_failed = True
            earliest_ms = self._context.clock.now_ms() + error.retry_after_ms
        except (Retryable, ExchangeRefused):
            self.has_failed = True
        self.is_done = True
        self._remember()
        self.plan_next(self._health, earliest_ms)

    def plan_next(self, health: StreamHealth, earliest_ms: int = 0) -> None:
        """Plan the next look by how the stream is and by what the looks have used."""
        interval_ms = by_tick_ms(self._interval_ms(health), self._context.timings)
        next_ms = self.asked_at_ms + interval_ms
        paced_ms = self.memory.paid_until_ms - pace.BURST_MS
        next_ms = min(max(next_ms, paced_ms, earliest_ms), self.asked_at_ms + LONGEST_PLAN_MS)
        self.memory = replace(self.memory, next_ms=next_ms, was_live=health.is_live)

    def _interval_ms(self, health: StreamHealth) -> int:
        youngest_ms = max((entry.created_at_ms for entry in self.open_entries), default=0)
        age_ms = self.asked_at_ms - youngest_ms
        return look_interval_ms(age_ms, self._context.timings, is_live=health.is_live)

    def _remember(self) -> None:
        """Keep what balances pointed at and no list explained: balances may be ahead of lists."""
        again = set(self._before.unexplained)
        done = self._listed & (self._explained | again)
        paid_until_ms = pace.pay_ms(
            self._before.paid_until_ms, self.asked_at_ms, self._spent, self._context.polling_weight
        )
        self.memory = replace(
            self.memory,
            unexplained=tuple(sorted(self._pointed - done)),
            paid_until_ms=paid_until_ms,
        )

    # ---- what to ask -------------------------------------------------------------------------

    def _look(self) -> None:
        symbols = {entry.symbol for entry in self.open_entries}
        if not symbols:
            return
        stale = look_plan.stale_symbols(
            symbols, self.memory, self.asked_at_ms, self._full_ms(symbols)
        )
        self._pointed = symbols.intersection(self._before.unexplained)
        balances = None
        if look_plan.probe_pays(symbols, stale, self._weights):
            balances = self._probe(symbols)
        self._list(stale | self._pointed)
        self._look_for_strangers(balances)

    def _full_ms(self, symbols: set[str]) -> int:
        """Return how old a list may be; 0 where lists cost no more than balances."""
        weight = look_plan.list_weight(symbols, self._weights)
        if weight <= self._weights.balances:
            return 0
        interval_ms = self._interval_ms(self._health)
        full_ms = pace.full_list_ms(weight, interval_ms, self._context.polling_weight)
        return by_tick_ms(full_ms, self._context.timings)

    def _ask_balances(self) -> Balances:
        self._spent += self._weights.balances
        return self._context.gateway.load_balances(Lane.POLL)

    def _probe(self, symbols: set[str]) -> Balances | None:
        """Let the balances point; where they cannot be asked, all symbols are listed instead."""
        try:
            balances = self._ask_balances()
        except BudgetExhausted:
            raise
        except (Retryable, ExchangeRefused):
            self._pointed = symbols
            return None
        before, holdings = self._before.holdings, look_plan.describe_holdings(balances)
        is_explained = self._knows_news()
        self._pointed |= look_plan.pointed_symbols(symbols, before, holdings, is_explained)
        self.memory = replace(self.memory, holdings=holdings)
        return balances

    def _knows_news(self) -> bool:
        """Tell whether an order of ours changed since the look before."""
        since_ms = self._before.asked_at_ms
        return any(entry.last_event_at_ms >= since_ms for entry in self._entries)

    def _look_for_strangers(self, balances: Balances | None) -> None:
        age_ms = self.asked_at_ms - self.memory.totals_at_ms
        if self._health.is_live or age_ms < self._context.timings.foreign_check_ms:
            return
        self.memory = book_strangers(
            self._context, self.memory, lambda: balances or self._ask_balances(), self.asked_at_ms
        )

    # ---- lists -------------------------------------------------------------------------------

    def _list(self, symbols: set[str] | frozenset[str]) -> None:
        """List what is chosen; a symbol that is refused keeps no other from being listed."""
        refused = self.memory.refused
        ready = {
            one for one in symbols if not look_plan.is_waiting(refused.get(one), self.asked_at_ms)
        }
        for symbol in look_plan.choose_lists(ready, self._weights):
            if self._context.clock.monotonic_ms() >= self._until_ms:
                return
            self._list_one(symbol)

    def _list_one(self, symbol: str | None) -> None:
        self._spent += (
            self._weights.open_orders if symbol is None else self._weights.open_orders_of_symbol
        )
        known = {entry.symbol for entry in self._entries}
        asked_at_ms = self._context.clock.now_ms()
        try:
            listed = self._context.gateway.load_open_orders(
                symbol, Lane.POLL, known=known, with_conditional=self._with_conditional
            )
        except (Retryable, ExchangeRefused) as error:
            if symbol is None or isinstance(error, BudgetExhausted):
                raise
            self._refuse(symbol)
            return
        covered = known if symbol is None else {symbol}
        entries = [entry for entry in self._entries if entry.symbol in covered]
        self._explained |= compare(self._context, entries, listed, asked_at_ms, self._findings)
        self._note_listed(covered)
        if symbol is None:
            tell_unlisted(self._context, {entry.symbol for entry in self.open_entries})

    def _refuse(self, symbol: str) -> None:
        refused, first_ms = dict(self.memory.refused), self._context.timings.order_check_ms
        refused[symbol] = look_plan.missed(refused.get(symbol), self.asked_at_ms, first_ms)
        self.memory = replace(self.memory, refused=refused)

    def _note_listed(self, covered: set[str]) -> None:
        self._listed |= covered
        is_open = {entry.symbol for entry in self.open_entries}
        listed = {**self.memory.listed_at_ms, **dict.fromkeys(covered & is_open, self.asked_at_ms)}
        self.memory = replace(
            self.memory,
            listed_at_ms={name: at_ms for name, at_ms in listed.items() if name in is_open},
            refused={k: v for k, v in self.memory.refused.items() if k not in covered},
        )
