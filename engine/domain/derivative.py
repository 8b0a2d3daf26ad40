"""Names of contracts: what a derivative's symbol says, and how its positions are called. Pure."""

from __future__ import annotations

from enum import StrEnum

#: Stands between a market and the side of its position: no symbol has it.
_SIDE_MARK = "#"


class PositionSide(StrEnum):
    """Which position of a contract a trade belongs to."""

    BOTH = "both"  #: The only one: one-way mode, and spot
    LONG = "long"  #: Hedge mode has two
    SHORT = "short"


def settle_asset(symbol: str) -> str | None:
    """Return the asset that a contract settles in ("BTC/USDT:USDT"); None for a spot symbol."""
    return market_of(symbol).partition(":")[2] or None


def position_name(symbol: str, side: PositionSide) -> str:
    """Return the name of a position: by it the ledger, cursors and tasks know it.

    A market's own symbol where it has one position, so that hedge mode needs no other path.
    """
    if side is PositionSide.BOTH:
        return symbol
    return f"{symbol}{_SIDE_MARK}{side.upper()}"


def market_of(name: str) -> str:
    """Return the symbol of the market in which a position is traded."""
    return name.partition(_SIDE_MARK)[0]


def side_of(name: str) -> PositionSide:
    """Return which of its market's positions a name means."""
    side = name.partition(_SIDE_MARK)[2]
    return PositionSide(side.lower()) if side else PositionSide.BOTH
