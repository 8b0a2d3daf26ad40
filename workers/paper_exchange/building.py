"""Put the two venues together as the options say, and as their ledgers left them."""

from __future__ import annotations

from typing import Any

from .clock import ExchangeClock
from .futures.storage import FuturesStorage
from .futures.venue import Venue as FuturesVenue
from .limits import Limits
from .market.marketplace import Marketplace
from .options import Options
from .spot.venue import Venue
from .sqlite_file import StorageError
from .storage import SqliteStorage

#: Orders that a minute of futures allows, in those of ten seconds.
_MINUTE_FACTOR = 4


def build_venue(options: Options, clock: ExchangeClock) -> Venue:
    """Return the spot venue as its ledger left it, or a new one, with its accounts open."""
    storage = SqliteStorage(options.data_dir) if options.data_dir is not None else None
    venue = Venue(options.rules, seed=options.seed, clock=clock, storage=storage)
    for symbol, ticks in options.replays.items():
        venue.replay(symbol, ticks)
    if storage is not None:
        if storage.load(venue.ledger):
            venue.ledger.forget_changes()
        _check_markets(venue, {o.symbol for o in venue.ledger.orders()})
        venue.resume()
    _set_limits(venue.limits, options)
    for key in options.keys:
        venue.open_account(key, options.balances)
    venue.commit()
    return venue


def build_futures(options: Options, clock: ExchangeClock) -> FuturesVenue:
    """Return the futures venue as its ledger left it, or a new one, with its accounts open."""
    storage = FuturesStorage(options.data_dir) if options.data_dir is not None else None
    venue = FuturesVenue(options.contracts, seed=options.seed, clock=clock, storage=storage)
    for symbol, ticks in options.replays.items():
        if symbol in venue.markets:
            venue.replay(symbol, ticks)
    if storage is not None:
        if storage.load(venue.ledger):
            venue.ledger.forget_changes()
        held = {p.symbol for p in venue.ledger.positions.values() if p.quantity}
        _check_markets(venue, held | {o.symbol for o in venue.ledger.orders()})
        venue.resume()
    _set_limits(venue.limits, options)
    for key in options.keys:
        venue.open_account(key.uid, options.futures_balances)
    venue.commit()
    return venue


def _set_limits(limits: Limits, options: Options) -> None:
    if options.orders_per_10s is not None:
        limits.orders_per_10s = options.orders_per_10s
        limits.orders_per_minute = _MINUTE_FACTOR * options.orders_per_10s
    if options.weight_per_minute is not None:
        limits.weight_per_minute = options.weight_per_minute


def _check_markets(venue: Marketplace[Any, Any], symbols: set[str]) -> None:
    """Refuse to run without a market in which the ledger has something."""
    missing = sorted(symbols - set(venue.markets))
    if missing:
        raise StorageError(f"--symbols: the ledger has orders in {missing[0]}; add that market")
