"""What an endpoint is: where it answers, what it costs, who may call it, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from workers.paper_exchange.spot.accounts import Account

from .parameters import Parameters


class Access(Enum):
    """What a caller must show."""

    PUBLIC = "public"
    READ = "read"  # A signed request of a key that may read
    TRADE = "trade"  # A signed request of a key that may trade
    KEY = "key"  # A key that may read, without a signature


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks; `account` is None for a public request."""

    address: str
    key: str = ""
    account: Account | None = None

    @property
    def uid(self) -> int:
        """Return the account's uid; only signed endpoints may ask."""
        assert self.account is not None
        return self.account.uid


MarketType = Literal["spot", "futures"]
#: The first argument is the venue of the endpoint's market type.
Handler = Callable[[Any, Caller, Parameters], object]
Weight = int | Callable[[Mapping[str, str]], int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One row of the table of endpoints."""

    method: str
    path: str
    market_type: MarketType = "spot"
    handler: Handler
    weight: Weight = 1
    access: Access = Access.PUBLIC
    ws_method: str = ""  # Empty: not on the WebSocket API
    is_free_on_success: bool = False  # Placing and canceling cost only when they fail
    reaches_matching: bool = False  # Its timestamp is checked again before the matching
    places_order: bool = False  # Counts against the number of orders

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def weight_of(self, values: Mapping[str, str]) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(values)
