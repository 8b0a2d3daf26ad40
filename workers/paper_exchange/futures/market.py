"""A perpetual contract's market: its book, and the mark price beside it."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.market.market import Market as AnyMarket
from workers.paper_exchange.market.tape import Tape
from workers.paper_exchange.market.trades import Side

from .contracts import ContractRules

#: The exchange settles funding this often, at full multiples of it.
FUNDING_EVERY_MS = 8 * 3_600_000
_FIRST_FUNDING_RATE = Decimal("0.0001")


class Market(AnyMarket):
    """The state of one contract. Its mark price is the last price until somebody sets it."""

    rules: ContractRules

    def __init__(self, rules: ContractRules, tape: Tape) -> None:
        super().__init__(rules, tape)
        self.set_mark_price: Decimal | None = None
        self.funding_rate = _FIRST_FUNDING_RATE

    @property
    def mark_price(self) -> Decimal:
        return self.tape.last_price if self.set_mark_price is None else self.set_mark_price

    def worst_price(self, side: Side) -> Decimal:
        """Return the last price that an order at the market may trade at (PERCENT_PRICE)."""
        rules = self.rules
        factor = rules.multiplier_up if side == "BUY" else rules.multiplier_down
        return self.mark_price * factor


def next_funding_ms(now_ms: int) -> int:
    """Return when funding is settled next."""
    return now_ms - now_ms % FUNDING_EVERY_MS + FUNDING_EVERY_MS
