"""What an account may set: leverage, margin type, position mode, and isolated margin."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from workers.paper_exchange.errors import ApiError

from .desk import Desk
from .events import LeverageEvent
from .ledger import Ledger
from .margins import Margins
from .matcher import Matcher
from .orders import PositionSide
from .positions import Position
from .telling import account_event


class Settings:
    """Changes settings, and refuses what positions or orders do not allow."""

    def __init__(self, ledger: Ledger, desk: Desk, matcher: Matcher, margins: Margins) -> None:
        self._ledger = ledger
        self._desk = desk
        self._matcher = matcher
        self._margins = margins

    def set_leverage(self, uid: int, symbol: str, leverage: int) -> Decimal:
        """Set the leverage of a contract; return how large a position may be (quote)."""
        market = self._desk.market(symbol)
        if not 1 <= leverage <= market.rules.max_leverage:
            raise ApiError(-4028, f"Leverage {leverage} is not valid")
        setting = self._ledger.setting(uid, symbol)
        has_position = self._ledger.has_position(uid, symbol)
        if setting.is_isolated and has_position and leverage < setting.leverage:
            raise ApiError(
                -4161,
                "Leverage reduction is not supported in Isolated Margin Mode with open positions",
            )
        largest = market.rules.largest_notional(leverage)
        rows = self._margins.of_contract(uid, symbol)
        if any(row.initial * row.leverage > largest for row in rows):
            raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")
        self._ledger.put_setting(replace(setting, leverage=leverage))
        if self._margins.of(uid, market.rules.quote).free < 0 and leverage < setting.leverage:
            self._ledger.put_setting(setting)
            raise ApiError(-2028, "Leverage is smaller than permitted: insufficient margin balance")
        self._matcher.events.append(
            LeverageEvent(uid=uid, symbol=symbol, leverage=leverage, at_ms=self._matcher.clock())
        )
        return largest

    def set_margin_type(self, uid: int, symbol: str, *, is_isolated: bool) -> None:
        """Set cross or isolated margin of a contract that has neither position nor order."""
        self._desk.market(symbol)
        setting = self._ledger.setting(uid, symbol)
        if setting.is_isolated == is_isolated:
            raise ApiError(-4046, "No need to change margin type.")
        if len(self._ledger.open_of(uid, symbol)):
            raise ApiError(-4047, "Margin type cannot be changed if there exists open orders.")
        if self._ledger.has_position(uid, symbol):
            raise ApiError(-4048, "Margin type cannot be changed if there exists position.")
        self._ledger.put_setting(replace(setting, is_isolated=is_isolated))

    def set_hedged(self, uid: int, *, is_hedged: bool) -> None:
        """Set one-way or hedge mode of an account that has neither position nor order."""
        account = self._ledger.accounts[uid]
        if account.is_hedged == is_hedged:
            raise ApiError(-4059, "No need to change position side.")
        if self._ledger.open_orders(uid) or self._ledger.algo.open_orders(uid):
            raise ApiError(-4067, "Position side cannot be changed if there exists open orders.")
        if self._ledger.has_position(uid):
            raise ApiError(-4068, "Position side cannot be changed if there exists position.")
        self._ledger.put_account(replace(account, is_hedged=is_hedged))

    def move_margin(self, uid: int, symbol: str, side: PositionSide, amount: Decimal) -> Position:
        """Put margin (quote) into an isolated position, or below zero take it out."""
        market = self._desk.market(symbol)
        setting = self._ledger.setting(uid, symbol)
        position = self._ledger.position(uid, symbol, side)
        if not setting.is_isolated:
            raise ApiError(-4049, "Add margin only support for isolated position.")
        if not position.quantity:
            raise ApiError(-4054, "Cannot add position margin: position is 0.")
        if amount > self._margins.of(uid, market.rules.quote).available:
            raise ApiError(-4050, "Cross balance insufficient.")
        spare = position.isolated_wallet + min(Decimal(0), position.unrealized(market.mark_price))
        needed = abs(position.notional(market.mark_price)) / setting.leverage
        if amount < 0 and spare + amount < needed:
            raise ApiError(-4051, "Isolated balance insufficient.")
        now_ms = self._matcher.clock()
        position = replace(
            position, isolated_wallet=position.isolated_wallet + amount, updated_at_ms=now_ms
        )
        self._ledger.put_position(position)
        event = account_event(self._ledger, market, "MARGIN_TRANSFER", [position], at_ms=now_ms)
        self._matcher.events.append(event)
        return position
