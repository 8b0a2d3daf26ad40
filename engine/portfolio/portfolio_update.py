"""Record the account at one moment: balances, marked positions, equity, and what it includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.events import Event, EventKind
from engine.domain.lanes import Lane
from engine.domain.portfolio import Portfolio
from engine.domain.report import Balances, HeldPosition
from engine.errors import ConcurrentChange, ExchangeUnavailable
from engine.portfolio.performance import next_performance, point_of
from engine.portfolio.prices import PriceSource, load_prices
from engine.portfolio.valuation import build_portfolio, portfolio_cursors, symbols_to_price
from engine.ports import AccountStore, Clock, Gateway

#: Each loss means that somebody else wrote a portfolio meanwhile.
MOST_TRIES = 10
#: Each in vain means that a position changed between two questions.
MOST_LOOKS = 5


def update_portfolio(
    store: AccountStore, gateway: Gateway, prices: PriceSource, clock: Clock
) -> Portfolio:
    """Write a new portfolio, or return the one of somebody who was faster and saw as much.

    Raises what the gateway raises when it has no balances to give, and ConcurrentChange when the
    race is lost every time; nothing is written then.
    """
    for _ in range(MOST_TRIES):
        state = store.load_state()  # First: what follows is of this life, or is not written
        seen, seen_prices = _look(store, gateway, prices, clock)
        stored = store.find_portfolio()
        before = stored.value if stored else None
        if before and has_overtaken(before, seen):
            return before
        if before and not includes(seen, before.cursors):
            continue  # Else what that look has counted would be counted again by the next
        portfolio = keep_newer_balances(before, seen)
        portfolio = replace(portfolio, performance=before.performance if before else None)
        if state.is_opened:  # Else a rebuild may still book transfers of before: they are in it
            made = next_performance(store, before, portfolio, seen_prices, state.life.mark)
            portfolio = replace(portfolio, performance=made)
        version = stored.version if stored else 0
        told, point = [_event(portfolio, clock.now_ms())], point_of(portfolio)
        if store.save_portfolio(version, portfolio, life=state.life, point=point, events=told):
            return portfolio
    raise ConcurrentChange("the portfolio changed all the time; try again")


def look(store: AccountStore, gateway: Gateway, prices: PriceSource, clock: Clock) -> Portfolio:
    """Return the portfolio of now, unsaved.

    The order matters: the positions are read before the balances are asked for, so the balances
    are never older than the trades that the portfolio claims to include.
    """
    return _look(store, gateway, prices, clock)[0]


def _look(
    store: AccountStore, gateway: Gateway, prices: PriceSource, clock: Clock
) -> tuple[Portfolio, Mapping[str, Decimal]]:
    """Return the portfolio of now with the prices that it was valued with."""
    now_ms = clock.now_ms()
    ledger, positions = store.load_cursors(), store.list_positions()
    balances, held = _load_holdings(gateway)
    quote = gateway.abilities.quote_assets[0]
    found = load_prices(prices, symbols_to_price(positions, balances, quote, held))
    portfolio = build_portfolio(
        account=gateway.account,
        quote=quote,
        positions=positions,
        balances=balances,
        prices=found,
        cursors=portfolio_cursors(positions, ledger),
        now_ms=now_ms,
        held=held,
    )
    return portfolio, found


def _load_holdings(gateway: Gateway) -> tuple[Balances, tuple[HeldPosition, ...]]:
    """Return wallets and contracts of one moment; ExchangeUnavailable when they never agree.

    What closes between the two questions is neither profit in the wallet nor unrealized any more:
    an equity that nobody had, and a peak for good.
    """
    for _ in range(MOST_LOOKS):
        balances, held = gateway.load_balances(Lane.POLL), gateway.load_positions(Lane.POLL)
        if {one.name: one.quantity for one in held} == balances.positions:
            return balances, held
    raise ExchangeUnavailable("the positions changed all the time; try again")


def has_overtaken(before: Portfolio, seen: Portfolio) -> bool:
    """Tell whether the stored portfolio is at least as new: by its rows, since clocks differ."""
    if not includes(before, seen.cursors):
        return False
    return before.updated_at_ms > seen.updated_at_ms or not includes(seen, before.cursors)


def includes(portfolio: Portfolio, cursors: Mapping[str, int]) -> bool:
    """Tell whether the portfolio was computed from at least these ledger rows."""
    return all(portfolio.cursors.get(symbol, 0) >= rows for symbol, rows in cursors.items())


def keep_newer_balances(before: Portfolio | None, seen: Portfolio) -> Portfolio:
    """Return `seen`, with the stored balances where the exchange answered with older ones."""
    if before is None or before.balances_at_ms <= seen.balances_at_ms:
        return seen
    return replace(
        seen,
        balances=before.balances,
        balances_at_ms=before.balances_at_ms,
        equity=before.equity,
        unpriced_assets=before.unpriced_assets,
    )


def _event(portfolio: Portfolio, now_ms: int) -> Event:
    equity = portfolio.equity
    return Event(
        kind=EventKind.PORTFOLIO_UPDATED,
        at_ms=now_ms,
        message="" if equity is not None else "some assets have no price",
        details={
            "equity": plain(equity) if equity is not None else "",
            "quote": portfolio.quote,
            "unpriced_assets": ",".join(portfolio.unpriced_assets),
        },
    )
