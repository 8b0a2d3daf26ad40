"""What a gateway asks about the account and the market."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.domain.candle import Candle
from engine.domain.income import Income
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.report import (
    Balances,
    ContractSetting,
    HeldPosition,
    Ticker,
)
from engine.exchange.gateway_parts import GatewayParts


class AccountGateway(GatewayParts):
    """Asks for balances, positions, rules and prices."""

    def load_balances(self, lane: Lane, *, max_age_ms: int = 0, as_of_ms: int = 0) -> Balances:
        """Return the balances: of now, unless `max_age_ms` allows those that others asked for."""
        return self._holder.balances(lane, max_age_ms, as_of_ms)

    def load_income(self, since_ms: int, lane: Lane) -> tuple[Income, ...]:
        """Return what was booked to the wallets since (exchange time), oldest first."""
        self._questions.ready_to_sign(lane)
        symbols, now_ms = self._listed_symbols(lane), self._wire.exchange_now_ms()
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
