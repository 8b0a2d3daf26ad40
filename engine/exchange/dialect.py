"""What the gateway must know of an exchange. A second exchange is one more implementation.

A dialect is pure: it says which request asks for what, and reads the answers. Every `read_…`
takes the JSON of a successful answer and raises Unreadable for what it does not understand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from engine.domain.candle import Candle
from engine.domain.fill import Fill
from engine.domain.income import Income
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.report import (
    Balances,
    ContractSetting,
    HeldPosition,
    KeyPermissions,
    OrderReport,
    Ticker,
)
from engine.exchange.brackets import LeverageBracket
from engine.exchange.error_codes import Codes
from engine.ports import Cost, QueryWeights


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One row of the exchange's price list."""

    api: str  # ccxt's word for the host and the kind of signature
    method: str
    path: str
    cost: Cost

    @property
    def is_signed(self) -> bool:
        """Tell whether a request carries a timestamp that the exchange checks."""
        return not self.api.lower().endswith("public")


@dataclass(frozen=True, kw_only=True)
class Request:
    endpoint: Endpoint
    parameters: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TimeRange:
    """Both ends included, exchange time in ms."""

    start_ms: int
    end_ms: int


class ContractWords(Protocol):
    """The words of one exchange about how contracts are held."""

    @property
    def unchanged(self) -> frozenset[str]:
        """Return the codes of refusals that mean: it is so already."""
        ...

    def ask_position_mode(self) -> Request: ...
    def read_is_hedged(self, answer: Any) -> bool: ...
    def ask_setting(self, symbol: str) -> Request: ...
    def read_setting(self, answer: Any) -> ContractSetting: ...
    def ask_funding_rates(self, symbol: str, during: TimeRange) -> Request: ...
    def read_funding_rates(self, answer: Any) -> tuple[tuple[int, Decimal], ...]:
        """Read settlements, each with its exchange time and its rate (a fraction)."""
        ...

    def ask_brackets(self, symbol: str) -> Request: ...
    def read_brackets(self, answer: Any) -> tuple[LeverageBracket, ...]: ...
    def set_leverage(self, symbol: str, leverage: int) -> Request: ...
    def set_margin_mode(self, symbol: str, margin_mode: str) -> Request: ...


class OrderWords(Protocol):
    """How orders are asked for and read, of one service that keeps them."""

    def exchange_symbol(self, symbol: str) -> str: ...
    def ask_order(
        self, symbol: str, client_order_id: str | None, exchange_order_id: str | None
    ) -> Request: ...
    def ask_open_orders(self, symbol: str | None) -> Request: ...
    def ask_orders(self, symbol: str, during: TimeRange) -> Request: ...
    def ask_orders_from(self, symbol: str, exchange_order_id: str) -> Request: ...
    def submit(self, order: Order) -> Request: ...
    def cancel(self, order: Order) -> Request: ...
    def cancel_all(self, symbol: str, signed_at_ms: int, recv_window_ms: int) -> Request: ...

    def read_orders(self, answer: Any, symbols: Mapping[str, str]) -> tuple[OrderReport, ...]: ...
    def read_all_orders(self, answer: Any, symbols: Mapping[str, str]) -> tuple[OrderReport, ...]:
        """Read rows of any market; one that is not among `symbols` goes by the exchange's word."""
        ...

    def read_order(
        self,
        answer: Any,
        symbol: str,
        client_order_id: str | None,
        exchange_order_id: str | None,
    ) -> OrderReport: ...
    def read_placed(self, answer: Any, order: Order) -> OrderReport: ...
    def read_canceled(self, answer: Any, order: Order) -> OrderReport: ...
    def read_canceled_all(self, answer: Any, symbol: str) -> tuple[OrderReport, ...]: ...

    def row_number(self, report: OrderReport) -> int:
        """Return the service's own number of the order: younger orders have larger ones."""
        ...


class ConditionalWords(OrderWords, Protocol):
    """The words of a service of its own for orders that wait for a trigger.

    Its `exchange_order_id`s are told from those of other orders by their form.
    """

    def is_id(self, exchange_order_id: str) -> bool: ...

    def keeps(self, order: Order) -> bool:
        """Tell whether the order stands there, or is to: no trigger is known to have placed one."""
        ...


class Dialect(OrderWords, Protocol):
    """The words of one exchange for one market type."""

    @property
    def codes(self) -> Codes: ...

    @property
    def usage_headers(self) -> Mapping[str, str]:
        """Return which response header (lower case) states the use of which budget window."""
        ...

    @property
    def intervals(self) -> tuple[str, ...]:
        """Lengths of candles, e.g. "1m"."""
        ...

    @property
    def page_rows(self) -> int:
        """Return how many rows a page of orders or trades has at most."""
        ...

    @property
    def history_ms(self) -> int:
        """Return the longest range that one question about orders or trades may span."""
        ...

    @property
    def submit_cost(self) -> Cost:
        """Return what a placement takes at most."""
        ...

    @property
    def query_weights(self) -> QueryWeights: ...

    @property
    def has_positions(self) -> bool:
        """Tell whether the exchange keeps positions of contracts beside balances."""
        ...

    @property
    def contracts(self) -> ContractWords | None:
        """Return how leverage, margin and position mode are spoken of; None on spot."""
        ...

    @property
    def conditional(self) -> ConditionalWords | None:
        """Return how conditional orders are spoken of; None where they are orders like others."""
        ...

    def check_order(self, order: Order) -> None:
        """Raise InvalidRequest when this exchange has no such kind of order."""
        ...

    # Requests
    def ask_server_time(self) -> Request: ...
    def ask_instruments(self) -> Request: ...
    def ask_holder(self) -> Request:
        """Ask whose key it is; where that is `ask_account`, one answer tells both."""
        ...

    def ask_account(self) -> Request: ...
    def ask_income(self, during: TimeRange, page: int) -> Request: ...
    def ask_positions(self) -> Request | None:
        """Ask for positions and their prices; None where there are none."""
        ...

    def ask_permissions(self) -> Request: ...
    def ask_ticker(self, symbol: str) -> Request: ...
    def ask_candles(self, symbol: str, interval: str, limit: int) -> Request: ...
    def ask_fills(self, symbol: str, during: TimeRange) -> Request: ...
    def ask_newest_fills(self, symbol: str) -> Request | None:
        """Ask for the newest page of all that there ever were; None where that is not told."""
        ...

    def ask_fills_from(
        self, symbol: str, trade_id: str, exchange_order_id: str | None = None
    ) -> Request: ...

    # Two orders in one list
    def check_list(self, orders: tuple[Order, Order]) -> Cost:
        """Return what placing both in one list takes.

        Raises InvalidRequest where this exchange has no such list.
        """
        ...

    def submit_list(self, orders: tuple[Order, Order]) -> Request: ...
    def read_listed(self, answer: Any, order: Order) -> OrderReport:
        """Read what the answer to a list says of one of its orders."""
        ...

    def set_countdown(self, symbol: str, length_ms: int) -> Request:
        """Ask for the end of every order of the symbol after so long; 0: not any more."""
        ...

    # Answers
    def read_server_time_ms(self, answer: Any) -> int: ...
    def read_instruments(self, answer: Any) -> tuple[Instrument, ...]: ...
    def read_uid(self, answer: Any) -> str: ...
    def read_balances(self, answer: Any, asked_at_ms: int, symbols: Mapping[str, str]) -> Balances:
        """Read what is held; `symbols` are the exchange's words for ours, as far as listed."""
        ...

    def read_income(self, answer: Any, symbols: Mapping[str, str]) -> tuple[Income, ...]: ...
    def read_positions(
        self, answer: Any, symbols: Mapping[str, str]
    ) -> tuple[HeldPosition, ...]: ...
    def read_permissions(self, answer: Any) -> KeyPermissions: ...
    def read_ticker(self, answer: Any, symbol: str, asked_at_ms: int) -> Ticker: ...
    def read_candles(self, answer: Any) -> tuple[Candle, ...]: ...
    def read_fills(self, answer: Any, symbols: Mapping[str, str]) -> tuple[Fill, ...]: ...
