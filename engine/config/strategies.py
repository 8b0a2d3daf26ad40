"""What makes signals by itself: which class, on which markets, for which accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from engine.config.fields import AccountName, Section, Symbol, Whole, split_commas
from engine.config.services import THAWED, frozen

#: What a strategy may be called; it becomes part of store keys and of its signals' ids.
StrategyName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class StrategySettings(Section):
    """One strategy: the workers run it at the end of each candle."""

    model_config = ConfigDict(populate_by_name=True)

    class_path: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$", max_length=200),
    ] = Field(alias="class", description="The class, as module.Class")
    symbols: Annotated[
        tuple[Symbol, ...], BeforeValidator(split_commas), Field(min_length=1, max_length=200)
    ] = Field(description="The symbols whose candles it sees and whose positions it wishes")
    interval: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}[smhdw]$")] = Field(
        default="1m", description="The length of its candles, for example 1m, 4h or 1d"
    )
    accounts: Annotated[
        tuple[AccountName, ...], BeforeValidator(split_commas), Field(max_length=1_000)
    ] = Field(default=(), description="The accounts that trade it; empty: the only one")
    parameters: Annotated[Mapping[str, Any], AfterValidator(frozen), THAWED] = Field(
        default_factory=lambda: frozen({}), description="Passed to the class, by field"
    )
    enabled: bool = Field(default=True, description="false: it is not run, and sends nothing")
    signal_age_ms: Annotated[Whole, Field(ge=1_000, le=86_400_000)] | None = Field(
        default=None,
        description="How long after its candle a signal may be acted on; none: as long as the"
        " candle, five minutes at most",
    )
    time_limit_ms: Annotated[Whole, Field(ge=50, le=30_000)] = Field(
        default=5_000, description="How long one run may take before it is ended"
    )
    max_failures: Annotated[Whole, Field(ge=1, le=100)] = Field(
        default=5, description="Failed runs in a row after which it is paused with an alarm"
    )


def check_strategies(
    strategies: Mapping[str, StrategySettings],
    accounts: Sequence[str],
    watchlist: Sequence[str],
) -> None:
    """Raise ValueError for a strategy without its account, or two on one position."""
    watched = {_squeezed(symbol) for symbol in watchlist}
    traders: dict[tuple[str, str], str] = {}
    for name, strategy in strategies.items():
        for account in _accounts_of(name, strategy, accounts):
            for symbol in strategy.symbols:
                if watched and _squeezed(symbol) not in watched:
                    raise ValueError(
                        f"strategies.{name}.symbols has {symbol}; the watchlist allows only:"
                        f" {', '.join(watchlist)}"
                    )
                other = traders.setdefault((account, _squeezed(symbol)), name)
                if other != name:
                    raise ValueError(
                        f"strategies.{name} and strategies.{other} both trade {symbol} on account"
                        f" {account}; one position follows one strategy: give each its own account"
                    )


def _accounts_of(name: str, strategy: StrategySettings, accounts: Sequence[str]) -> tuple[str, ...]:
    if not strategy.accounts and len(accounts) > 1:
        raise ValueError(
            f"strategies.{name}.accounts is missing; name the accounts that trade it, of:"
            f" {', '.join(sorted(accounts))}"
        )
    for account in strategy.accounts:
        if account not in accounts:
            raise ValueError(
                f"strategies.{name}.accounts names {account!r}; configured are:"
                f" {', '.join(sorted(accounts))}"
            )
    return strategy.accounts or tuple(accounts)


def _squeezed(symbol: str) -> str:
    """Return what all ways to write a symbol have in common."""
    return "".join(char for char in symbol if char.isalnum()).upper()
