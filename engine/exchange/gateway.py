"""One account on one exchange, through ccxt.

Built after the fork, one per process and account, not for several threads. Every request takes
its allowance in its lane first; `submit` alone does not, because `prepare_submit` did it before
the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

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
from engine.exchange.account_questions import AccountQuestions
from engine.exchange.answers import RawAnswer
from engine.exchange.contract_settings import ContractSettings
from engine.exchange.dialect import Dialect
from engine.exchange.history import History
from engine.exchange.market_questions import MarketQuestions
from engine.exchange.order_questions import OrderQuestions
from engine.exchange.order_requests import OrderRequests
from engine.exchange.questions import Questions
from engine.exchange.wire import Wire
from engine.ports import Abilities, Clock, Cost, ExchangeAnswers, QueryWeights


class CcxtGateway:
    """Implements `engine.ports.Gateway`."""

    def __init__(
        self,
        *,
        account: str,
        abilities: Abilities,
        dialect: Dialect,
        wire: Wire,
        clock: Clock,
        answers: ExchangeAnswers,
        instruments_max_age_ms: int,
        margin_mode: str | None = None,
    ) -> None:
        """`margin_mode`: of contracts, "cross" or "isolated"; None leaves it as it is."""
        self._account = account
        self._abilities = abilities
        self._dialect = dialect
        self._wire = wire
        self._clock = clock
        self._margin_mode = margin_mode
        self._questions = Questions(wire, lambda lane: self._holder.confirm(lane))
        self._market = MarketQuestions(
            abilities=abilities,
            dialect=dialect,
            ask=self._questions.ask,
            answers=answers,
            clock=clock,
            instruments_max_age_ms=instruments_max_age_ms,
        )
        self._holder = AccountQuestions(
            account=account,
            abilities=abilities,
            dialect=dialect,
            ask_signed=self._questions.ask_signed,
            answers=answers.balances,
            clock=clock,
            certain_time_ms=wire.certain_time_ms,
            symbols=self._listed_symbols,
        )
        self._contracts = self._build_contracts()
        self._requests = OrderRequests(
            dialect=dialect,
            wire=wire,
            questions=self._questions,
            confirm=self._holder.confirm,
            contracts=self._contracts,
            on_rules=self._market.distrust_instruments,
        )
        self._orders = OrderQuestions(
            dialect,
            self._questions,
            exchange_now_ms=wire.exchange_now_ms,
            listed_symbols=self._listed_symbols,
        )
        self._history = History(dialect, self._questions.ask)

    def _build_contracts(self) -> ContractSettings | None:
        words = self._dialect.contracts
        if words is None:
            return None
        return ContractSettings(
            account=self._account,
            words=words,
            ask=self._questions.ask,
            clock=self._clock,
            margin_mode=self._margin_mode,
        )

    @property
    def account(self) -> str:
        return self._account

    @property
    def abilities(self) -> Abilities:
        return self._abilities

    @property
    def is_connected(self) -> bool:
        """Tell whether a connection to the exchange stands, as far as can be seen from here."""
        return self._wire.is_connected

    @property
    def query_weights(self) -> QueryWeights:
        return self._dialect.query_weights

    # ---- time and identity -------------------------------------------------------------------

    def measure_clock(self, lane: Lane = Lane.SUBMIT) -> int:
        """Ask the exchange's time; return its offset to our wall clock in ms."""
        self._wire.measure_clock(lane)
        return self._wire.exchange_now_ms() - self._clock.now_ms()

    def exchange_now_ms(self) -> int:
        """Return exchange time by the last measurement; ClockUnknown when it is too old."""
        return self._wire.exchange_now_ms()

    def exchange_past_ms(self) -> int:
        """Return an exchange time that is certainly over, by the error of the last measurement."""
        return self._wire.certain_time_ms(self._clock.monotonic_ms())

    def load_server_time_ms(self, lane: Lane) -> int:
        """Return the time that the exchange itself states in an answer."""
        return self._wire.measure_clock(lane)

    def warm(self, lane: Lane) -> None:
        """Do now what a first order would wait for: whose key, connection, clock, rules.

        Raises what a question raises, BudgetExhausted and IdentityConflict included.
        """
        self._holder.confirm(lane)
        if self._wire.is_cold or self._wire.is_clock_due:
            self._wire.measure_clock(lane)
        self._market.instruments(lane)

    def load_identity(self, lane: Lane = Lane.SUBMIT) -> AccountIdentity:
        """Ask which account the key belongs to; never from memory."""
        return self._holder.identity(lane)

    def expect_identity(self, identity: AccountIdentity) -> None:
        """Have the key looked at before its first use: it must open this account."""
        self._holder.expect(identity)

    def load_permissions(self) -> KeyPermissions:
        return self._questions.ask(
            self._dialect.ask_permissions(),
            Lane.POLL,
            "the rights of the key",
            self._dialect.read_permissions,
        )

    # ---- placing -----------------------------------------------------------------------------

    def prepare_submit(self, order: Order, *, nonce: str, lane: Lane = Lane.SUBMIT) -> None:
        """Make ready all that `submit` needs: connection, clock, and last the allowance.

        Raises InvalidRequest for an order that the exchange cannot express, BudgetExhausted,
        ExchangeUnavailable or ExchangeRefused; then no allowance is kept.
        """
        self._requests.prepare(order, nonce=nonce, lane=lane)

    def refund_submit(self, nonce: str) -> None:
        """Give the allowance back: the claim was lost and nothing is sent."""
        self._wire.refund(nonce)

    def submit(self, order: Order) -> SubmitAnswer:
        """Send a claimed order, signed with its `signed_at_ms`: one request, no waiting.

        Raises only before anything left, for an order that was not claimed or a forked process.
        """
        return self._requests.submit(order)

    def prepare_list(
        self, orders: tuple[Order, Order], *, nonce: str, lane: Lane = Lane.SUBMIT
    ) -> None:
        """Make ready all that `submit_list` needs; raises what `prepare_submit` raises."""
        self._requests.prepare_list(orders, nonce=nonce, lane=lane)

    def submit_list(self, orders: tuple[Order, Order]) -> tuple[SubmitAnswer, SubmitAnswer]:
        """Send two claimed orders in one request; what the answer proves of each is told alone.

        Raises only before anything left, as `submit` does.
        """
        return self._requests.submit_list(orders)

    def cancel(self, order: Order, lane: Lane = Lane.CANCEL) -> CancelAnswer:
        """Ask for the end of the order. May be repeated; raises BudgetExhausted only."""
        return self._requests.cancel(order, lane)

    def cancel_all(
        self, symbol: str, *, signed_at_ms: int, recv_window_ms: int, lane: Lane = Lane.CANCEL
    ) -> CancelAllAnswer:
        """End every open order of the symbol, whoever's and of any kind, signed for that time.

        Raises BudgetExhausted, ExchangeUnavailable or ExchangeRefused before it is sent only.
        """
        return self._requests.cancel_all(
            symbol, signed_at_ms=signed_at_ms, recv_window_ms=recv_window_ms, lane=lane
        )

    def set_countdown(self, symbol: str, length_ms: int, lane: Lane) -> None:
        """Have the exchange end every order of the symbol after so long; 0 takes that away."""
        self._requests.set_countdown(symbol, length_ms, lane)

    # ---- orders and trades -------------------------------------------------------------------

    def find_order(
        self,
        symbol: str,
        *,
        client_order_id: str | None = None,
        exchange_order_id: str | None = None,
        lane: Lane,
    ) -> OrderReport | None:
        """Return the order by exactly one of its ids; None when the exchange knows none."""
        return self._orders.find(symbol, client_order_id, exchange_order_id, lane)

    def load_open_orders(
        self,
        symbol: str | None,
        lane: Lane,
        *,
        known: Iterable[str] = (),
        with_conditional: bool = True,
    ) -> tuple[OrderReport, ...]:
        """Return the open orders of one symbol, or of all, also of markets listed no more."""
        return self._orders.open_orders(symbol, lane, known, with_conditional=with_conditional)

    def load_orders(self, symbol: str, since_ms: int, lane: Lane) -> tuple[OrderReport, ...]:
        """Return every order of the symbol created since `since_ms` (exchange time)."""
        return self._orders.orders_since(symbol, since_ms, lane)

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

        `after_trade_id` brings the rows of that id again: a trade of the account with itself has
        two, and the one that was seen may have been alone on its page.
        """
        return self._orders.fills(
            symbol,
            lane,
            since_ms=since_ms,
            after_trade_id=after_trade_id,
            exchange_order_id=exchange_order_id,
        )

    # ---- account and market ------------------------------------------------------------------

    def load_balances(self, lane: Lane, *, max_age_ms: int = 0, as_of_ms: int = 0) -> Balances:
        """Return the balances: of now, unless `max_age_ms` allows those that others asked for."""
        return self._holder.balances(lane, max_age_ms, as_of_ms)

    def load_income(self, since_ms: int, lane: Lane) -> tuple[Income, ...]:
        """Return what was booked to the wallets since (exchange time), oldest first."""
        self._questions.ready_to_sign(lane)
        symbols, now_ms = self._listed_symbols(lane), self.exchange_now_ms()
        return self._history.income_since(since_ms, now_ms, symbols, lane)

    def load_funding_rate(self, symbol: str, at_ms: int, lane: Lane) -> Decimal | None:
        """Return the rate of the settlement nearest to that exchange time; None: none near it."""
        return (
            None if self._contracts is None else self._contracts.funding_rate(symbol, at_ms, lane)
        )

    def load_positions(self, lane: Lane) -> tuple[HeldPosition, ...]:
        """Return the positions of contracts with their prices of now; none on spot."""
        request = self._dialect.ask_positions()
        if request is None:
            return ()
        symbols = self._listed_symbols(lane)
        return self._questions.ask(
            request,
            lane,
            "positions",
            lambda said: self._dialect.read_positions(said, symbols),
        )

    @property
    def margin_mode(self) -> str | None:
        """Return how the configuration wants contracts to be held; None leaves it as it is."""
        return self._margin_mode

    def is_hedged(self, lane: Lane) -> bool:
        """Tell whether longs and shorts of one contract are held apart; False on spot."""
        return self._contracts is not None and self._contracts.is_hedged(lane)

    def load_contract_setting(self, symbol: str, lane: Lane) -> ContractSetting | None:
        """Return leverage and margin mode of a contract; None on spot."""
        return None if self._contracts is None else self._contracts.setting(symbol, lane)

    def forget_balances(self) -> None:
        """Have no process take balances that were asked for before now for current ones."""
        self._holder.forget_balances()

    def load_instruments(self, lane: Lane = Lane.MARKET_DATA) -> tuple[Instrument, ...]:
        """Return the rules of every instrument, at most `instruments_max_age_ms` old."""
        return self._market.instruments(lane)

    def index_instruments(self, lane: Lane = Lane.MARKET_DATA) -> Mapping[str, Instrument]:
        """Return the same by our symbol."""
        return self._market.instruments_by_symbol(lane)

    def load_ticker(
        self, symbol: str, lane: Lane = Lane.MARKET_DATA, *, max_age_ms: int = 0
    ) -> Ticker:
        """Return the price: of now, unless `max_age_ms` allows one that others asked for."""
        return self._market.ticker(symbol, lane, max_age_ms)

    def load_candles(
        self,
        symbol: str,
        interval: str,
        limit: int,
        lane: Lane = Lane.MARKET_DATA,
        *,
        closed_until_ms: int = 0,
    ) -> tuple[Candle, ...]:
        return self._market.candles(
            symbol, interval, limit, lane, closed_until_ms=closed_until_ms
        ).items

    def close(self) -> None:
        self._wire.close()

    # ---- for a user stream -------------------------------------------------------------------

    def prepare_stream(self, cost: Cost, lane: Lane = Lane.POLL) -> None:
        """Make ready all that a subscription needs: whose key it is, clock, last the allowance.

        Raises BudgetExhausted, ExchangeUnavailable, ExchangeRefused or IdentityConflict.
        """
        self._wire.check_process()
        self._holder.confirm(lane)
        self._questions.ready_to_sign(lane)
        self._wire.reserve(cost, lane)

    def learn(self, answer: RawAnswer) -> None:
        """Take in what an answer that came another way says about traffic and time."""
        self._wire.learn(answer)

    def forget_instruments(self) -> None:
        """Ask anew before the next use: the exchange has named a symbol that is not listed."""
        self._market.forget_instruments()

    # ---- inside ------------------------------------------------------------------------------

    def _listed_symbols(self, lane: Lane) -> dict[str, str]:
        return {item.exchange_symbol: item.symbol for item in self.load_instruments(lane)}
