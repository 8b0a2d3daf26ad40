"""What was booked, and what is folded from it: that part of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.domain.equity import EquityPoint
from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.domain.trading_state import Life
from engine.ports.records import Versioned


class LedgerRecords(Protocol):
    """The ledger of each symbol, its positions, the portfolio and its equity over time."""

    def append_rows(
        self, rows: Sequence[LedgerRow], *, events: Sequence[Event] = (), life: Life | None = None
    ) -> int:
        """Book rows that belong to no order of ours; return how many were new.

        Rows that were reckoned from others name the life of the data that those were read in:
        AccountHeld when it is over, and nothing is booked.
        """
        ...

    def load_rows(self, symbol: str, after: int = 0) -> tuple[LedgerRow, ...]:
        """Return the rows beyond the first `after`, without those that left for the archive."""
        ...

    def load_cursors(self) -> Mapping[str, int]:
        """Return the number of rows that every symbol's ledger ever had."""
        ...

    def find_first_fill(self, symbol: str) -> Fill | None:
        """Return the newest trade that left, else the oldest among the ledger's first rows."""
        ...

    def is_booked(self, row: LedgerRow) -> bool:
        """Tell whether the row is in the ledger; one that left is not known here any more."""
        ...

    def begin_ledger(
        self,
        ledger_epoch: int,
        positions: Mapping[str, Position | None],
        portfolio: Versioned[Portfolio] | None,
        *,
        began_at_ms: int,
        events: Sequence[Event],
    ) -> bool:
        """Put the ledger aside, because the exchange reset its own, and begin one after it.

        `positions` has every symbol with rows: a flat position, None where there is no market.
        `portfolio` is the stored one, without cursors. Claims are held and the account is not
        opened until a reconcile has rebuilt it. False when another ledger began, or rows or a
        portfolio were written, meanwhile.
        """
        ...

    def load_former_rows(self, ledger_epoch: int, symbol: str) -> tuple[LedgerRow, ...]:
        """Return the rows of a ledger that the exchange has reset since."""
        ...

    def load_former_cursors(self, ledger_epoch: int) -> Mapping[str, int]:
        """Return the number of rows of every symbol of a ledger that was reset since."""
        ...

    def find_position(self, symbol: str) -> Versioned[Position] | None: ...

    def list_positions(self) -> tuple[Position, ...]: ...

    def save_position(
        self, version: int, position: Position, *, life: Life, events: Sequence[Event] = ()
    ) -> bool:
        """Write it over `version`; False when another stands, or `life` is over.

        `life` was read before the rows: what was folded before a loss is worth nothing after.
        """
        ...

    def find_portfolio(self) -> Versioned[Portfolio] | None: ...

    def save_portfolio(
        self,
        version: int,
        portfolio: Portfolio,
        *,
        life: Life,
        point: EquityPoint | None = None,
        events: Sequence[Event] = (),
    ) -> bool:
        """Write it and its point over `version`; False when another stands, or `life` is over."""
        ...

    def load_equity(self, resolution: str, since_ms: int = 0) -> tuple[EquityPoint, ...]:
        """Return a part of the equity series ("minute", "hour", "day"), oldest first."""
        ...

    def find_trade_cursor(self, symbol: str) -> str | None:
        """Return the last trade id that REST showed us; the stream never moves it."""
        ...

    def save_trade_cursor(
        self, symbol: str, mark: str, *, read_from: str | None, life: Life
    ) -> bool:
        """Move it on from the one that was read, in this life of the data.

        False when it is another one by now, or that life is over: what was read may be lost.
        """
        ...

    def reset_trade_cursor(self, symbol: str, mark: str) -> None:
        """Set it whatever it is, to read again from there."""
        ...
