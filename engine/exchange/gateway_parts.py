"""The parts that a gateway is made of: built once, shared by all that it does."""

from __future__ import annotations

from engine.domain.lanes import Lane
from engine.exchange.account_questions import AccountQuestions
from engine.exchange.contract_settings import ContractSettings
from engine.exchange.dialect import Dialect
from engine.exchange.history import History
from engine.exchange.market_questions import MarketQuestions
from engine.exchange.order_questions import OrderQuestions
from engine.exchange.order_requests import OrderRequests
from engine.exchange.questions import Questions
from engine.exchange.wire import Wire
from engine.ports import Abilities, Clock, ExchangeAnswers, QueryWeights


class GatewayParts:
    """Everything that one account needs to speak with one exchange."""

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

    def _listed_symbols(self, lane: Lane) -> dict[str, str]:
        return {item.exchange_symbol: item.symbol for item in self._market.instruments(lane)}
