"""Positions, portfolio and the risk book of one account."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.equity import EquityPoint
from engine.domain.events import Event
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.domain.risk import RiskBook, counted_once
from engine.domain.trading_state import Life, TradingState
from engine.errors import StoreUnclear
from engine.ports import Versioned
from engine.store.codec import EQUITY_POINT, PORTFOLIO, POSITION, RESERVATION, ROW
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import Plan, plan_events, plan_life, plan_points
from engine.store.refused import read_rejections


class Holdings(AccountPart):
    """What the account holds, as folded from its ledger."""

    def find_position(self, symbol: str) -> Versioned[Position] | None:
        version, body = self._client.read("HMGET", self._keys.position(symbol), "version", "body")
        if version is None:
            return None
        return Versioned(value=POSITION.decode(body), version=int(version))

    def list_positions(self) -> tuple[Position, ...]:
        """Return every position, flat ones too, by symbol."""
        keys = (self._keys.position_symbols(),)
        bodies = self._read("load_positions", keys, self._keys.position(""))
        return tuple(POSITION.decode(body) for body in bodies)

    def save_position(
        self, version: int, position: Position, *, life: Life, events: Sequence[Event] = ()
    ) -> bool:
        """Write a position; False when `version` is not the stored one or rows would be lost.

        Also when `life`, in which its rows were read, is over.
        """
        key = self._keys.position(position.symbol)
        plan = {
            "version": str(version),
            "body": POSITION.encode(position),
            "cursor": position.cursor,
            "symbol": position.symbol,
            "life": plan_life(life),
            "events": plan_events(self._keys, events),
        }
        keys = (key, self._keys.position_symbols(), self._keys.events(), self._keys.account())
        return self._save("save_position", keys, version, plan)

    def find_portfolio(self) -> Versioned[Portfolio] | None:
        version, body = self._client.read("HMGET", self._keys.portfolio(), "version", "body")
        if version is None:
            return None
        return Versioned(value=PORTFOLIO.decode(body), version=int(version))

    def save_portfolio(
        self,
        version: int,
        portfolio: Portfolio,
        *,
        life: Life,
        point: EquityPoint | None = None,
        events: Sequence[Event] = (),
    ) -> bool:
        """Write the portfolio, and its point of the equity series.

        False when `version` is not the stored one, or `life` is over.
        """
        plan = {
            "version": str(version),
            "body": PORTFOLIO.encode(portfolio),
            "life": plan_life(life),
            "points": plan_points(self._keys, point) if point else [],
            "events": plan_events(self._keys, events),
        }
        keys = (self._keys.portfolio(), self._keys.events(), self._keys.account())
        return self._save("save_portfolio", keys, version, plan)

    def load_equity(self, resolution: str, since_ms: int = 0) -> tuple[EquityPoint, ...]:
        """Return one part of the equity series, oldest first."""
        key = self._keys.equity(resolution)
        bodies = self._client.read("ZRANGEBYSCORE", key, since_ms, "+inf")
        return tuple(EQUITY_POINT.decode(body) for body in bodies)

    def _save(self, script: str, keys: Sequence[str], version: int, plan: Plan) -> bool:
        """Run a script whose first key is the versioned record that it writes."""
        write_id = fresh_write_id()
        try:
            return bool(self._write(script, keys, write_id, pack(plan)))
        except StoreUnclear as error:
            return self._was_written(keys[0], version, write_id, error)

    def load_risk_book(self) -> RiskBook:
        """Return one consistent look: no order can be between its reservation and its rows."""
        keys = (
            self._keys.account(),
            self._keys.reservations(),
            self._keys.cursors(),
            self._keys.position_symbols(),
            self._keys.paced(),
            self._keys.rejections(),
        )
        args = (self._keys.position(""), self._keys.ledger(""), self._now())
        version, state, reservations, positions, unfolded, now_ms, paced, refused = self._read(
            "load_risk_book", keys, *args
        )
        rows_of = zip(unfolded[::2], unfolded[1::2], strict=True)
        return RiskBook(
            version=int(version),
            trading_state=TradingState(state or TradingState.ACTIVE),
            reservations=counted_once(map(RESERVATION.decode, reservations)),
            positions=tuple(POSITION.decode(body) for body in positions),
            unfolded={
                symbol: tuple(ROW.decode(body) for body in bodies)
                for symbol, bodies in rows_of
                if bodies
            },
            orders_in_minute=int(paced),
            rejections=read_rejections(refused),
            read_at_ms=int(now_ms),
        )
