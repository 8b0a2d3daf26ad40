"""Import early what the accounts' exchanges need; nothing connects."""

from __future__ import annotations

from engine.config import Settings
from engine.exchange.abilities import ABILITIES
from engine.exchange.ccxt_class import load_exchange_class, load_stream_class


def preload_exchanges(settings: Settings) -> None:
    """Import what the accounts' exchanges need; connects to nothing.

    Before the fork: the children then share one copy, and none of them spends time on it.
    """
    for exchange in _known_exchanges(settings):
        load_exchange_class(exchange)


def preload_streams(settings: Settings) -> None:
    """Import what the accounts' user streams need; connects to nothing.

    A listener in waiting takes over in seconds; half a second of imports comes before.
    """
    for exchange in _known_exchanges(settings):
        load_stream_class(exchange)


def _known_exchanges(settings: Settings) -> set[str]:
    """Leave out what we do not speak: its account fails by itself and disturbs no other."""
    named = {account.exchange for account in settings.accounts.values()}
    return named & {exchange for exchange, _ in ABILITIES}
