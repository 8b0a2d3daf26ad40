"""Markets of a measurement: as many as it wants, all at the same price."""

from __future__ import annotations

from collections.abc import Sequence

PRICE = 100
#: Where orders rest that nothing but a measurement fills.
RESTING_PRICE = 50


def market_names(count: int) -> list[str]:
    """Return symbols as we write them: C00/USDT, C01/USDT …"""
    return [f"C{number:02d}/USDT" for number in range(count)]


def with_price(symbols: Sequence[str]) -> list[str]:
    """Return symbols as the paper exchange wants them."""
    return [f"{symbol}={PRICE}" for symbol in symbols]


def exchange_name(symbol: str) -> str:
    """Return C00USDT for C00/USDT."""
    return symbol.replace("/", "")
