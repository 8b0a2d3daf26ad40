"""What a venue can do, and what its questions weigh: data, so that another exchange is a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.ports.budget import Window


class IdScope(StrEnum):
    OPEN = "open"  #: A client id is unique among open orders only
    RECENT = "recent"
    FOREVER = "forever"
    RETURNS_EXISTING = "returns_existing"  #: The same id brings the first order back


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a venue can do. Data, so that a second exchange is a row and a mapping."""

    venue: str
    market_type: str
    id_scope: IdScope
    id_alphabet: str  # A regular expression of one character
    id_length: int
    can_query_by_id: bool
    #: The request parameter by which the exchange itself refuses an old order; None: it has
    #: none, and then time alone never shows that an order did not arrive.
    expiry_parameter: str | None
    batch_max: int
    #: One request ends every open order of a symbol, whoever placed it.
    can_cancel_all: bool
    #: The exchange itself watches trailing stops that we place; else we watch the price for them.
    trails: bool = False
    #: The exchange lists what it booked without a trade: funding, transfers.
    lists_income: bool = False
    ack_is_final: bool  # The answer to a placement comes from the matching engine
    dead_man: bool
    replaces_id_on_cancel: bool
    windows: tuple[Window, ...]
    #: So long the exchange knows an order that ended without a fill; then absence shows nothing.
    unfilled_kept_ms: int
    quote_assets: tuple[str, ...] = ("USDT",)


@dataclass(frozen=True, kw_only=True)
class QueryWeights:
    """What the questions of a look take of the request weight, so that the cheapest is asked."""

    open_orders: int  # Of all symbols at once
    open_orders_of_symbol: int
    order: int
    fills: int  # Of a symbol
    fills_of_order: int
    balances: int
    #: Of orders that wait for a trigger, where these are listed apart; 0 where they are not.
    open_conditional: int = 0
    open_conditional_of_symbol: int = 0

    def with_conditional(self) -> QueryWeights:
        """Return the weights where each list of open orders includes conditional ones."""
        return replace(
            self,
            open_orders=self.open_orders + self.open_conditional,
            open_orders_of_symbol=self.open_orders_of_symbol + self.open_conditional_of_symbol,
        )
