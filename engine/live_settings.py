"""What one live engine may use: its account, its symbols, its balance. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from engine.config import AccountSettings, Mode, Settings
from engine.domain.instrument import Instrument
from engine.errors import ConfigurationError, InvalidRequest
from engine.exchange.symbols import resolve_symbol


def choose_account(settings: Settings, name: str | None, *, paper_trading: bool) -> AccountSettings:
    """Return the account; ConfigurationError where it is live and must not be."""
    chosen = settings.account(name)
    if paper_trading and chosen.mode is Mode.LIVE:
        raise ConfigurationError(
            f"account {chosen.name} trades real money, and paper_trading is True:"
            " choose another account, or say paper_trading=False."
        )
    return chosen


def check_watchlist(watchlist: Sequence[str]) -> tuple[str, ...]:
    """Return the watchlist; InvalidRequest for none, and for a bare string in its place."""
    if isinstance(watchlist, str) or not watchlist:
        raise InvalidRequest(
            f"watchlist is {watchlist!r:.40}; it must be a list of at least one symbol."
        )
    return tuple(watchlist)


def resolve_watchlist(
    watchlist: Iterable[str], configured: Iterable[str], listed: Sequence[Instrument]
) -> tuple[str, ...]:
    """Return the symbols by their one name, each once.

    Raises InvalidRequest for one that the exchange does not list, or that a configured
    watchlist leaves out.
    """
    allowed = {resolve_symbol(word, listed).symbol for word in configured}
    symbols = tuple(dict.fromkeys(resolve_symbol(word, listed).symbol for word in watchlist))
    for symbol in symbols:
        if allowed and symbol not in allowed:
            raise InvalidRequest(
                f"watchlist has {symbol}; the configuration allows only"
                f" {', '.join(sorted(allowed))}."
            )
    return symbols


def compare_balance(
    initial_balance: Decimal, equity: Decimal | None, budget: Decimal, *, is_paper: bool
) -> str:
    """Return a sentence where the paper account does not hold what the script supposes.

    Its ledger belongs to the exchange and outlives a script; nobody sets it back.
    """
    if not is_paper or equity is None or equity == initial_balance:
        return ""
    return (
        f"initial_balance is {initial_balance:f}, but the paper account is worth {equity:f}:"
        f" it is left as it is, and positions may use up to {budget:f}."
    )
