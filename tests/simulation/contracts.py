"""The futures half of a world's exchange: the paper exchange's own books of contracts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.futures.algo_orders import AlgoOrder
from workers.paper_exchange.futures.contracts import ContractRules
from workers.paper_exchange.futures.orders import ZERO, Order, OrderRequest, PositionSide
from workers.paper_exchange.futures.positions import Position
from workers.paper_exchange.futures.takeovers import DELEVERAGING
from workers.paper_exchange.futures.venue import Venue
from workers.paper_exchange.market.rules import MarketRules

if TYPE_CHECKING:
    from tests.simulation.world import World

#: More than any position of a world may lose.
FIRST = {"USDT": Decimal(1_000_000)}
#: What may befall contracts alone, and how often in a second.
FUNDINGS, DELEVERAGINGS, LIQUIDATIONS = 0.08, 0.03, 0.015
SECOND_MS = 1_000


@dataclass(frozen=True, kw_only=True)
class Conditional:
    """A conditional order, and the order that its trigger placed: one for its wish."""

    algo: AlgoOrder
    child: Order | None = None

    @property
    def client_order_id(self) -> str:
        return self.algo.client_algo_id

    @property
    def order_id(self) -> str:
        return f"algo-{self.algo.algo_id}"

    @property
    def is_open(self) -> bool:
        return self.child.is_open if self.child else self.algo.is_open

    @property
    def status(self) -> str:
        """Return what has become of the wish, in the words for orders."""
        if self.child is not None:
            return self.child.status
        return {"TRIGGERING": "NEW", "REJECTED": "EXPIRED"}.get(self.algo.status, self.algo.status)

    @property
    def filled_quantity(self) -> Decimal:
        return self.child.filled_quantity if self.child else ZERO

    @property
    def remaining_quantity(self) -> Decimal:
        return self.algo.quantity - self.filled_quantity


def conditional(venue: Venue, algo_id: int) -> Conditional:
    """Return a conditional order as it is now."""
    algo = venue.ledger.algo.by_id[algo_id]
    return Conditional(algo=algo, child=venue.algo.child_of(algo))


def open_contracts(
    rules: Sequence[MarketRules], seed: int, clock: ExchangeClock, uids: tuple[int, ...]
) -> Venue:
    """Return a futures market with a contract for each spot market, and accounts."""
    contracts = [
        ContractRules(
            base=rule.base,
            quote=rule.quote,
            start_price=rule.start_price,
            tick_size=rule.tick_size,
            step_size=rule.step_size,
        )
        for rule in rules
    ]
    venue = Venue(contracts, seed=seed, clock=clock)
    for uid in uids:
        venue.open_account(uid, dict(FIRST))
    venue.commit()
    return venue


def hedge(venue: Venue, uid: int) -> None:
    """Give an account two positions of each contract, as its owner would."""
    venue.settings.set_hedged(uid, is_hedged=True)
    venue.commit()


def position_sides(venue: Venue, uid: int) -> tuple[PositionSide, ...]:
    return ("LONG", "SHORT") if venue.ledger.accounts[uid].is_hedged else ("BOTH",)


def stranger_order(
    venue: Venue, dice: random.Random, uid: int, symbol: str, quantity: Decimal
) -> OrderRequest:
    """Return an order at the market as somebody else on the account would place it."""
    return OrderRequest(
        symbol=symbol,
        side=dice.choice(("BUY", "SELL")),
        order_type="MARKET",
        position_side=dice.choice(position_sides(venue, uid)),
        quantity=quantity,
    )


class ContractFate:
    """What befalls positions of contracts from outside: funding, and takeovers."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._dice = random.Random(f"contracts/{seed}")
        self._is_over = False

    def begin(self) -> None:
        self._world.scheduler.after(SECOND_MS, self._second)

    def end(self) -> None:
        self._is_over = True

    def _second(self) -> None:
        if self._is_over:
            return
        self._maybe(FUNDINGS, self._fund)
        self._maybe(DELEVERAGINGS, self._deleverage)
        self._maybe(LIQUIDATIONS, self._liquidate)
        self._world.scheduler.after(SECOND_MS, self._second)

    def _maybe(self, chance: float, act: Callable[[Venue], str]) -> None:
        if self._dice.random() >= chance:
            return
        venue = self._world.exchange.contracts
        told = act(venue)
        venue.commit()
        if told:
            self._world.watch.seen[told] += 1
            self._world.scheduler.story.tell(
                self._world.scheduler.now_ms, "FATE", told, of_all=True
            )

    def _fund(self, venue: Venue) -> str:
        market = self._dice.choice(list(venue.markets.values()))
        venue.funding.settle(market, Decimal(self._dice.randrange(-50, 50)) / 10_000)
        return "funding"

    def _deleverage(self, venue: Venue) -> str:
        position = self._any_position(venue)
        if position is None:
            return ""
        price = venue.markets[position.symbol].mark_price
        venue.takeovers.close(position, price, DELEVERAGING)
        return "deleveraging"

    def _liquidate(self, venue: Venue) -> str:
        position = self._any_position(venue)
        if position is None:
            return ""
        rows = venue.margins.of_contract(position.uid, position.symbol)
        venue.liquidation.take(next(row for row in rows if row.position.key == position.key))
        return "liquidation"

    def _any_position(self, venue: Venue) -> Position | None:
        held = [one for one in venue.ledger.positions.values() if one.quantity]
        return self._dice.choice(held) if held else None
