"""Funding: longs pay shorts, or the other way round, every eight hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from .events import AccountEvent
from .ledger import Ledger
from .market import FUNDING_EVERY_MS, Market
from .matcher import Matcher
from .positions import UNIT, Position
from .rates import FundingRate
from .telling import account_event, wallet_row


@dataclass(frozen=True, slots=True)
class Payment:
    """What one position pays (below zero) or gets, in quote."""

    position: Position
    amount: Decimal


class Funding:
    """Settles funding when its time has come, or when a test says so."""

    def __init__(self, ledger: Ledger, matcher: Matcher) -> None:
        self._ledger = ledger
        self._matcher = matcher

    def settle_due(self) -> None:
        """Settle every contract whose eight hours have passed; a new contract only begins them."""
        now_ms = self._matcher.clock()
        period = str(now_ms // FUNDING_EVERY_MS)
        for symbol, market in self._matcher.markets.items():
            name = f"funding/{symbol}"
            last = self._ledger.texts.get(name)
            if last == period:
                continue
            self._ledger.set_text(name, period)
            if last is not None:
                self.settle(market, market.funding_rate)

    def settle(self, market: Market, rate: Decimal) -> None:
        """Let every position of a contract pay or get `rate` (a fraction) of its notional now."""
        now_ms, symbol = self._matcher.clock(), market.rules.symbol
        mark_price = market.mark_price
        self._ledger.add_funding(
            FundingRate(symbol=symbol, rate=rate, mark_price=mark_price, at_ms=now_ms)
        )
        positions = [p for p in self._ledger.positions.values() if p.symbol == symbol]
        for position in positions:
            amount = -(position.notional(mark_price) * rate).quantize(UNIT, ROUND_HALF_EVEN)
            if amount:
                self._pay(market, Payment(position, amount), now_ms)
        self._matcher.wake(market)

    def _pay(self, market: Market, payment: Payment, now_ms: int) -> None:
        position, asset = payment.position, market.rules.quote
        self._ledger.add_income(
            position.uid,
            "FUNDING_FEE",
            asset,
            payment.amount,
            now_ms,
            symbol=position.symbol,
            information="FUNDING_FEE",
        )
        self._matcher.events.append(self._event(market, payment, asset, now_ms))

    def _event(self, market: Market, payment: Payment, asset: str, now_ms: int) -> AccountEvent:
        """Return what is told: cross margin changes the wallet only, an isolated one its own."""
        position, reason = payment.position, "FUNDING_FEE"
        if not self._ledger.setting(position.uid, position.symbol).is_isolated:
            row = wallet_row(self._ledger, position.uid, asset)
            return AccountEvent(
                uid=position.uid, reason=reason, wallets=(row,), positions=(), at_ms=now_ms
            )
        margin = max(Decimal(0), position.isolated_wallet + payment.amount)
        position = replace(position, isolated_wallet=margin, updated_at_ms=now_ms)
        self._ledger.put_position(position)
        return account_event(self._ledger, market, reason, [position], at_ms=now_ms)
