"""Why an order expired: the numbers of `er` in ORDER_TRADE_UPDATE."""

from __future__ import annotations

IOC_REST = 2  # The rest of an IOC or FOK order
KNOCKED_OUT = 4  # A reducing order without a position to reduce
LIQUIDATED = 5  # Its account was liquidated
GOOD_TILL_DATE = 6  # Its time is over
DELISTED = 7
MARKET_REST = 9  # The rest of a market order
