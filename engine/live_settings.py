"""What one live engine may use: its account, its symbols, its balance. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from engine.config import AccountSettings, Mode, Settings
from engine.domain.decimals import shorten
from engine.domain.instrument import Instrument
from engine.errors import ConfigurationError, InvalidRequest
from engine.exchange.symbols import resolve_symbol
from engine.order_request import check_key
from engine.strategies.strategy import Strategy

T = TypeVar("T")


def choose_account(settings: Settings, name: str | None, *, paper_trading: bool) -> AccountSettings:
    """Return the account; ConfigurationError where it is live and must not be."""
    chosen = settings.account(name)
    if paper_trading and chosen.mode is Mode.LIVE:
        raise ConfigurationError(
            f"account {chosen.name} trades real money, and paper_trading is True:"
            " choose another account, or say paper_trading=False."
        )
    return chosen


def choose_accounts(
    settings: Settings, name: str | None, names: Sequence[str], *, paper_trading: bool
) -> tuple[AccountSettings, ...]:
    """Return the accounts that are named, or the only one; each once."""
    if isinstance(names, str) or (name and names):
        raise InvalidRequest(
            f"accounts is {shorten(names)}; it must be a list of names, and account left out."
        )
    wanted = tuple(dict.fromkeys(names)) or (name,)
    return tuple(choose_account(settings, one, paper_trading=paper_trading) for one in wanted)


def name_strategies(
    strategy: Strategy | None, strategies: Sequence[Strategy] | Mapping[str, Strategy]
) -> dict[str, Strategy]:
    """Return the strategies by the name that their orders carry: their own, or their class's.

    Raises InvalidRequest for a name that is no name, or that two have.
    """
    given = [] if strategy is None else [(type(strategy).__name__, strategy)]
    if isinstance(strategies, Mapping):
        given += list(strategies.items())
    else:
        given += [(type(one).__name__, one) for one in strategies]
    for name, _ in given:
        if not isinstance(name, str) or not name.strip():
            raise InvalidRequest(f"strategies has the name {shorten(name)}; it must be a word.")
        if sum(name == other for other, _ in given) > 1:
            raise InvalidRequest(
                f"strategies has {check_key(name)} twice; give them names of their own:"
                ' strategies={"one": …, "other": …}.'
            )
    return {check_key(name): one for name, one in given}


def only(accounts: Mapping[str, T], what: str) -> T:
    """Return the only account; InvalidRequest where somebody must say which."""
    if len(accounts) == 1:
        return next(iter(accounts.values()))
    raise InvalidRequest(f"{what} is not clear with several accounts: {', '.join(accounts)}.")


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
