"""Ask what risk would say, without recording anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings
from engine.domain.decimals import ZERO
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied, Verdict
from engine.domain.signal import Signal
from engine.exchange.symbols import resolve_symbol
from engine.execution.context import AccountContext
from engine.execution.placing.surroundings import Surroundings
from engine.execution.signalling.signal_sides import intent_of, settle_side
from engine.execution.signalling.signals import within_budget
from engine.order_request import OrderRequest
from engine.risk.balance import is_short
from engine.risk.gate import assess
from engine.risk.instrument_rules import require_valid
from engine.signal_fields import normalise_signal

__all__ = ["RiskManager", "RiskResult"]


@dataclass(frozen=True, kw_only=True)
class RiskResult:
    """The verdict about a signal or an order."""

    signal: Signal | OrderRequest
    approved: bool
    position_size: Decimal  # Base currency; 0 when denied, or when a quote amount is spent
    leverage: int
    code: str = ""  # Of the denial
    message: str = ""  # One sentence
    numbers: Mapping[str, str] = field(default_factory=dict)  # What was compared


class RiskManager:
    """The same gate that every order passes when it is recorded.

    What it says here holds for this moment only: the order itself is checked again, against
    whatever the others have reserved by then.
    """

    def __init__(
        self,
        config_path: str | None = None,
        *,
        account: str | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Connect to nothing yet. `account` may be left out where there is only one."""
        self._engine = engine or build_engine(load_settings(config_path))
        self._account = account

    def assess(self, signal: Signal | OrderRequest) -> RiskResult:
        """Return what risk says to a signal (sized here) or an order (never resized).

        Raises InvalidRequest for what is no signal or no order at all.
        """
        context = self._engine.account(signal.account or self._account)
        listed = context.gateway.load_instruments(Lane.SUBMIT)
        instrument = resolve_symbol(signal.symbol, listed)
        if isinstance(signal, OrderRequest):
            intent = signal.to_intent(context.name, instrument)
            return _result(signal, self._assess(context, intent, instrument, None))
        checked = settle_side(context, normalise_signal(context, signal))
        intent = intent_of(context, checked)
        scoped = within_budget(context, checked)
        return _result(checked, self._assess(scoped, intent, instrument, checked))

    def _assess(
        self,
        context: AccountContext,
        intent: OrderIntent,
        instrument: Instrument,
        signal: Signal | None,
    ) -> Verdict:
        book = context.store.load_risk_book()
        surroundings = Surroundings(context)
        seen = surroundings.look(intent, book, signal)
        require_valid(intent, instrument, seen.reference_price(intent.side), seen.now_ms)
        verdict = assess(intent, seen)
        if is_short(verdict) and surroundings.renew_balances():
            return assess(intent, surroundings.look(intent, book, signal))
        return verdict


def _result(asked: Signal | OrderRequest, verdict: Verdict) -> RiskResult:
    if isinstance(verdict, Denied):
        return RiskResult(
            signal=asked,
            approved=False,
            position_size=ZERO,
            leverage=1,
            code=verdict.code,
            message=verdict.message,
            numbers=dict(verdict.numbers),
        )
    return RiskResult(
        signal=asked,
        approved=True,
        position_size=verdict.terms.quantity or ZERO,
        leverage=verdict.leverage,
    )
