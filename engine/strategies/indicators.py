"""What a library computes, in our types: exact prices in, the newest values out.

An indicator is a statistic, not money: floats are good enough to decide by. What becomes a price
of an order is multiplied and rounded as a Decimal; no float ever becomes a quantity. Averages that
begin somewhere (RSI, ATR) depend on where; a strategy sees a fixed number of candles, so the same
candles always give the same value.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import talib
from numpy.typing import NDArray

from engine.domain.candle import Candle

#: Lengths after which the beginning of a smoothed average weighs less than a fiftieth.
SETTLED_LENGTHS = 4


def rsi(closes: Sequence[Decimal], length: int) -> NDArray[np.float64]:
    """Return Wilder's relative strength index, 0 to 100; NaN for the first `length` closes."""
    return talib.RSI(_floats(closes), length)


def atr(candles: Sequence[Candle], length: int) -> NDArray[np.float64]:
    """Return Wilder's average true range (quote currency); NaN for the first `length` candles."""
    return talib.ATR(
        _floats([candle.high for candle in candles]),
        _floats([candle.low for candle in candles]),
        _floats([candle.close for candle in candles]),
        length,
    )


def to_price(value: Decimal, like: Decimal) -> Decimal:
    """Return a number as a price with as many decimals as `like` has, a half to the even one."""
    place = Decimal(1).scaleb(min(int(like.as_tuple().exponent), 0))
    # Said here, since libraries change what a process rounds like
    return value.quantize(place, ROUND_HALF_EVEN)


def _floats(values: Sequence[Decimal]) -> NDArray[np.float64]:
    return np.array([float(value) for value in values])
