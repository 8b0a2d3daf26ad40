"""Leverage, margin and position mode: made as an order wants them, before its claim.

They are the account's, not the order's, and a person or another program may change them at any
time. So what was seen is believed for a minute only.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.domain.derivative import PositionSide
from engine.domain.lanes import Lane
from engine.domain.order_terms import OrderTerms
from engine.domain.report import ContractSetting
from engine.errors import ExchangeRefused, InvalidRequest
from engine.exchange.brackets import LeverageBracket, leverage_fault
from engine.exchange.dialect import ContractWords, Request, TimeRange
from engine.exchange.market_questions import Ask
from engine.exchange.questions import accept
from engine.ports import Clock

#: What was seen is believed for so long.
MAX_AGE_MS = 60_000
#: A fee is booked within seconds of its settlement, and settlements are an hour apart at least.
FUNDING_NEAR_MS = 60_000
#: Brackets change with an announcement of the exchange.
BRACKETS_MAX_AGE_MS = 3_600_000


class ContractSettings:
    """The settings of one account, as one process saw them last."""

    def __init__(
        self, *, account: str, words: ContractWords, ask: Ask, clock: Clock, margin_mode: str | None
    ) -> None:
        """`margin_mode`: "cross" or "isolated" as configured; None leaves it as it is."""
        self._account = account
        self._words = words
        self._ask = ask
        self._clock = clock
        self._margin_mode = margin_mode
        self._mode: tuple[int, bool] | None = None  # Seen when (monotonic), hedged
        self._brackets: dict[str, tuple[int, tuple[LeverageBracket, ...]]] = {}
        self._seen: dict[str, tuple[int, ContractSetting]] = {}

    def prepare(self, terms: OrderTerms, lane: Lane) -> None:
        """Make the account hold the contract as the order wants it.

        Raises InvalidRequest, a sentence for the caller, where the position mode is another or
        the exchange refuses; what a question raises when it does not answer.
        """
        self._check_mode(terms.position_side, lane)
        if terms.only_reduces:
            return  # What closes must not wait for a setting
        self._check_leverage(terms, lane)
        setting = self.setting(terms.symbol, lane)
        if self._margin_mode not in (None, setting.margin_mode):
            assert self._margin_mode is not None
            request = self._words.set_margin_mode(terms.symbol, self._margin_mode)
            self._change(terms.symbol, request, f"margin_mode {self._margin_mode}", lane)
            setting = replace(setting, margin_mode=self._margin_mode)
        if terms.leverage not in (None, setting.leverage):
            assert terms.leverage is not None
            request = self._words.set_leverage(terms.symbol, terms.leverage)
            self._change(terms.symbol, request, f"leverage {terms.leverage}", lane)
            setting = replace(setting, leverage=terms.leverage)
        if terms.symbol not in self._seen:
            self._seen[terms.symbol] = (self._clock.monotonic_ms(), setting)

    def _check_leverage(self, terms: OrderTerms, lane: Lane) -> None:
        if terms.leverage is None:
            return
        fault = leverage_fault(terms, self._load_brackets(terms.symbol, lane))
        if fault is not None:
            raise InvalidRequest(fault)

    def _load_brackets(self, symbol: str, lane: Lane) -> tuple[LeverageBracket, ...]:
        seen_ms, known = self._brackets.get(symbol, (0, ()))
        now_ms = self._clock.monotonic_ms()
        if not known or now_ms - seen_ms > BRACKETS_MAX_AGE_MS:
            request, read = self._words.ask_brackets(symbol), self._words.read_brackets
            known = self._ask(request, lane, f"the leverage brackets of {symbol}", read)
            self._brackets[symbol] = (now_ms, known)
        return known

    def _check_mode(self, side: PositionSide, lane: Lane) -> None:
        is_hedged = self.is_hedged(lane)
        if is_hedged is (side is not PositionSide.BOTH):
            return
        mode, allowed = ("hedge", "long or short") if is_hedged else ("one-way", "both")
        raise InvalidRequest(
            f"position_side is {side}, but account {self._account} is in {mode} mode;"
            f" it must be {allowed}."
        )

    def is_hedged(self, lane: Lane) -> bool:
        """Tell whether longs and shorts of one contract are held apart."""
        now_ms = self._clock.monotonic_ms()
        if self._mode is None or now_ms - self._mode[0] > MAX_AGE_MS:
            request, read = self._words.ask_position_mode(), self._words.read_is_hedged
            self._mode = (now_ms, self._ask(request, lane, "the position mode", read))
        return self._mode[1]

    def setting(self, symbol: str, lane: Lane) -> ContractSetting:
        """Return how the account holds the contract, as it was seen a minute ago at most."""
        seen_ms, known = self._seen.get(symbol, (0, None))
        now_ms = self._clock.monotonic_ms()
        if known is None or now_ms - seen_ms > MAX_AGE_MS:
            request, read = self._words.ask_setting(symbol), self._words.read_setting
            known = self._ask(request, lane, f"the settings of {symbol}", read)
            self._seen[symbol] = (now_ms, known)
        return known

    def funding_rate(self, symbol: str, at_ms: int, lane: Lane) -> Decimal | None:
        """Return the rate of the settlement nearest to that exchange time; None: none near it."""
        near = TimeRange(start_ms=at_ms - FUNDING_NEAR_MS, end_ms=at_ms + FUNDING_NEAR_MS)
        request, read = self._words.ask_funding_rates(symbol, near), self._words.read_funding_rates
        rates = self._ask(request, lane, f"funding rates of {symbol}", read)
        return min(rates, key=lambda one: abs(one[0] - at_ms))[1] if rates else None

    def _change(self, symbol: str, request: Request, what: str, lane: Lane) -> None:
        self._seen.pop(symbol, None)  # Whatever comes of it, the next order looks again
        try:
            self._ask(request, lane, f"{what} of {symbol}", accept)
        except ExchangeRefused as error:
            if error.exchange_code not in self._words.unchanged:
                raise InvalidRequest(f"The exchange refuses {error}") from error
