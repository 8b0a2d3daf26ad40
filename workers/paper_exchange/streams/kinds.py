"""The market streams of each market type: where they are, what they are called, how they say it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workers.paper_exchange.market.candles import INTERVALS
from workers.paper_exchange.market.marketplace import Marketplace

from . import market_events
from .feeds import Feeds, Outlet
from .futures_feeds import FuturesFeeds

_SHARED = (
    r"[a-z0-9]+@(?:trade|aggTrade|bookTicker|ticker|miniTicker"
    r"|depth(?:5|10|20)?(?:@100ms|@250ms|@500ms|@1000ms)?|kline_(?:" + "|".join(INTERVALS) + r")"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamKind:
    """One market type's streams."""

    prefix: str
    names: re.Pattern[str]
    make_feeds: Callable[[Marketplace[Any, Any], Outlet], Feeds]


SPOT = StreamKind(
    prefix="/stream/",
    names=re.compile(rf"^(?:!(?:ticker|miniTicker)@arr|{_SHARED}))$"),
    make_feeds=lambda venue, outlet: Feeds(venue, outlet, market_events),
)
FUTURES = StreamKind(
    prefix="/fstream/",
    names=re.compile(
        r"^(?:!(?:ticker|miniTicker)@arr|!(?:markPrice@arr(?:@1s)?|forceOrder@arr)"
        rf"|{_SHARED}|markPrice(?:@1s)?|forceOrder))$"
    ),
    make_feeds=FuturesFeeds,
)
