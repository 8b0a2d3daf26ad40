"""Guard positions from Python: stop-loss and take-profit plans of an account.

>>> guard = PositionGuard()                                                # doctest: +SKIP
>>> guard.protect("BTCUSDT", stop_loss=90_000, take_profit=120_000)        # doctest: +SKIP
"""

from __future__ import annotations

from decimal import Decimal

from engine.bootstrap import Engine
from engine.domain.decimals import parse_positive
from engine.domain.derivative import PositionSide
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order_terms import TriggerBy
from engine.domain.protection import Protection
from engine.domain.words import parse_word
from engine.exchange.symbols import resolve_symbol
from engine.execution.context import AccountContext
from engine.execution.protection.protection_wishes import (
    change_protection,
    end_protection,
    find_plan,
    protect_position,
)
from engine.order_request import Number, read_trigger_by
from engine.process_engine import get_engine

__all__ = ["PositionGuard", "Protection"]


class PositionGuard:
    """The plans of one account. What they ask for is placed by the workers."""

    def __init__(self, account: str | None = None, *, engine: Engine | None = None) -> None:
        """Connect to nothing yet; without an account there must be only one."""
        self._engine = engine or get_engine()
        self._account = account

    def protect(
        self,
        symbol: str,
        *,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        stop_trigger_by: TriggerBy | str | None = None,
        position_side: PositionSide | str = PositionSide.BOTH,
    ) -> Protection:
        """Guard what is held of a position now, at prices in quote currency.

        Raises InvalidRequest where nothing is held, a plan stands already, or a price is wrong.
        """
        return protect_position(
            self._context,
            self._resolve(symbol),
            stop_loss=_price(stop_loss, "stop_loss"),
            take_profit=_price(take_profit, "take_profit"),
            trigger_by=read_trigger_by(stop_trigger_by),
            position_side=parse_word(PositionSide, position_side, "position_side"),
        )

    def change(
        self,
        plan_id: str,
        *,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        stop_trigger_by: TriggerBy | str | None = None,
    ) -> Protection:
        """Move the stop, the target or both of a plan, or what its stop watches.

        None leaves it as it is. Raises InvalidRequest for a plan that is not known or is being
        ended, a price on the wrong side, or one that the stop cannot watch.
        """
        plan = find_plan(self._context, plan_id).value
        return change_protection(
            self._context,
            plan.plan_id,
            self._resolve(plan.symbol),
            stop_loss=_price(stop_loss, "stop_loss"),
            take_profit=_price(take_profit, "take_profit"),
            trigger_by=read_trigger_by(stop_trigger_by),
        )

    def end(self, plan_id: str) -> Protection:
        """End a plan and its orders; the position stays, unguarded. InvalidRequest if unknown."""
        return end_protection(self._context, plan_id)

    def list(self) -> tuple[Protection, ...]:
        """Return the plans that are not over, oldest first."""
        return tuple(stored.value for stored in self._context.store.list_protections())

    @property
    def _context(self) -> AccountContext:
        return self._engine.account(self._account)

    def _resolve(self, word: str) -> Instrument:
        return resolve_symbol(word, self._context.gateway.load_instruments(Lane.SUBMIT))


def _price(value: Number | None, field: str) -> Decimal | None:
    return None if value is None else parse_positive(value, field)
