"""One account on one exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from engine.domain.candle import Candle
from engine.domain.fill import Fill
from engine.domain.identity import AccountIdentity
from engine.domain.income import Income
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import (
    Balances,
    CancelAllAnswer,
    CancelAnswer,
    ContractSetting,
    HeldPosition,
    KeyPermissions,
    OrderReport,
    SubmitAnswer,
    Ticker,
)
from engine.ports.abilities import Abilities, QueryWeights


class Gateway(Protocol):
    """One account on one exchange.

    Questions raise BudgetExhausted, ExchangeUnavailable or ExchangeRefused; they may be asked
    again. `submit` and `cancel` never raise for what the exchange did or did not say: their
    answer says it.
    """

    @property
    def account(self) -> str: ...

    @property
    def abilities(self) -> Abilities: ...

    @property
    def query_weights(self) -> QueryWeights: ...

    def load_identity(self, lane: Lane = Lane.SUBMIT) -> AccountIdentity:
        """Ask which account the key belongs to; never from memory."""
        ...

    def warm(self, lane: Lane) -> None:
        """Do now what a first order would wait for: whose key, connection, clock, rules."""
        ...

    def expect_identity(self, identity: AccountIdentity) -> None:
        """Refuse to ask or send anything for another account: IdentityConflict from then on."""
        ...

    def measure_clock(self, lane: Lane = Lane.SUBMIT) -> int:
        """Ask the exchange's time; return its offset to our wall clock in ms."""
        ...

    def exchange_now_ms(self) -> int:
        """Return exchange time by the last measurement; ClockUnknown when it is too old."""
        ...

    def exchange_past_ms(self) -> int:
        """Return an exchange time that is certainly over; ClockUnknown when none was measured."""
        ...

    def load_server_time_ms(self, lane: Lane) -> int:
        """Return the time that the exchange itself states in an answer."""
        ...

    def load_permissions(self) -> KeyPermissions: ...

    @property
    def margin_mode(self) -> str | None:
        """Return how the configuration wants contracts to be held; None leaves it as it is."""
        ...

    def is_hedged(self, lane: Lane) -> bool:
        """Tell whether longs and shorts of one contract are held apart; False on spot."""
        ...

    def load_contract_setting(self, symbol: str, lane: Lane) -> ContractSetting | None:
        """Return leverage and margin mode of a contract, a minute old at most; None on spot."""
        ...

    def load_instruments(self, lane: Lane = Lane.MARKET_DATA) -> tuple[Instrument, ...]: ...

    def index_instruments(self, lane: Lane = Lane.MARKET_DATA) -> Mapping[str, Instrument]:
        """Return the same by our symbol; made once for each list."""
        ...

    def prepare_submit(self, order: Order, *, nonce: str, lane: Lane = Lane.SUBMIT) -> None:
        """Make ready all that `submit` needs: connection, clock, allowance.

        Raises InvalidRequest for what the venue cannot express; then nothing is kept.
        """
        ...

    def refund_submit(self, nonce: str) -> None:
        """Give the allowance back: the claim was lost and nothing is sent."""
        ...

    def submit(self, order: Order) -> SubmitAnswer:
        """Send a claimed order, signed with its `signed_at_ms`. Waits for nothing first."""
        ...

    def prepare_list(
        self, orders: tuple[Order, Order], *, nonce: str, lane: Lane = Lane.SUBMIT
    ) -> None:
        """Make ready all that `submit_list` needs, as `prepare_submit` does."""
        ...

    def submit_list(self, orders: tuple[Order, Order]) -> tuple[SubmitAnswer, SubmitAnswer]:
        """Send two claimed orders in one request: the exchange ends one when the other trades."""
        ...

    def cancel(self, order: Order, lane: Lane = Lane.CANCEL) -> CancelAnswer: ...

    def cancel_all(
        self, symbol: str, *, signed_at_ms: int, recv_window_ms: int, lane: Lane = Lane.CANCEL
    ) -> CancelAllAnswer:
        """End every open order of the symbol, foreign ones too, where `can_cancel_all`.

        The exchange refuses the request once its window has passed. Never raises for what the
        exchange did or did not say; what a question raises, before anything was sent.
        """
        ...

    def set_countdown(self, symbol: str, length_ms: int, lane: Lane) -> None:
        """Have the exchange end every order of the symbol after so long; 0 takes that away.

        Whatever was said before is void. Only where `dead_man`; may be repeated, and raises what
        a question raises.
        """
        ...

    def find_order(
        self,
        symbol: str,
        *,
        client_order_id: str | None = None,
        exchange_order_id: str | None = None,
        lane: Lane,
    ) -> OrderReport | None:
        """Return the order by exactly one of its ids; None when the exchange knows none.

        One whose trigger has placed another order is shown as that one stands, under both ids.
        """
        ...

    def load_open_orders(
        self,
        symbol: str | None,
        lane: Lane,
        *,
        known: Iterable[str] = (),
        with_conditional: bool = True,
    ) -> tuple[OrderReport, ...]:
        """Return the open orders of one symbol, or of all.

        `with_conditional`: also those that wait for a trigger, where these are listed apart.

        `known` are symbols that the caller has orders in: their rows are told apart also where
        the exchange lists the market no more. A market that neither knows goes by the
        exchange's own word.
        """
        ...

    def load_orders(self, symbol: str, since_ms: int, lane: Lane) -> tuple[OrderReport, ...]:
        """Return every order of the symbol created since `since_ms` (exchange time)."""
        ...

    def load_fills(
        self,
        symbol: str,
        *,
        lane: Lane,
        since_ms: int | None = None,
        after_trade_id: str | None = None,
        exchange_order_id: str | None = None,
    ) -> tuple[Fill, ...]:
        """Return our trades of the symbol by one of the three, oldest first, all pages.

        `after_trade_id` brings that id's own rows again: a self-trade has two of them.
        """
        ...

    def load_balances(self, lane: Lane, *, max_age_ms: int = 0, as_of_ms: int = 0) -> Balances:
        """Return the balances: of now, unless `max_age_ms` allows those that others asked for.

        Shared ones hold everything up to `as_of_ms` (exchange time): their `updated_at_ms` is no
        later than what they are certain for.
        """
        ...

    def load_income(self, since_ms: int, lane: Lane) -> tuple[Income, ...]:
        """Return what was booked to the wallets since (exchange time), where `lists_income`."""
        ...

    def load_funding_rate(self, symbol: str, at_ms: int, lane: Lane) -> Decimal | None:
        """Return the rate of the settlement nearest to that exchange time; None: none near it."""
        ...

    def load_positions(self, lane: Lane) -> tuple[HeldPosition, ...]:
        """Return the positions of contracts with their prices of now; none on spot."""
        ...

    def forget_balances(self) -> None:
        """Have no process take balances that were asked for before now for current ones."""
        ...

    def load_ticker(
        self, symbol: str, lane: Lane = Lane.MARKET_DATA, *, max_age_ms: int = 0
    ) -> Ticker:
        """Return the price: of now, unless `max_age_ms` allows one that others asked for."""
        ...

    def load_candles(
        self,
        symbol: str,
        interval: str,
        limit: int,
        lane: Lane = Lane.MARKET_DATA,
        *,
        closed_until_ms: int = 0,
    ) -> tuple[Candle, ...]:
        """Return the newest candles, oldest first; the last one is not closed yet.

        `closed_until_ms` (exchange time) allows what others asked for, as soon as every candle
        that opened before it is closed there; 0 asks anew.
        """
        ...

    def close(self) -> None: ...
