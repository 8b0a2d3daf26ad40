"""The ledger of one account: every row once, in the order of booking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.domain.derivative import market_of
from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.domain.trading_state import Life
from engine.errors import AccountHeld, Retryable, StoreUnclear
from engine.ports import Versioned
from engine.store.codec import CHECKPOINT, PORTFOLIO, POSITION, ROW
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import only_fills, plan_events, plan_life, plan_rows

#: Trades begin within so many rows: before them are openings only.
_FIRST_ROWS = 100


class Ledger(AccountPart):
    """Rows by symbol, and how far the exchange's trades were read."""

    def append_rows(
        self, rows: Sequence[LedgerRow], *, events: Sequence[Event] = (), life: Life | None = None
    ) -> int:
        """Book rows that belong to no order of ours; return how many were new.

        The events are told only when a row was new. AccountHeld when `life` is over.
        """
        if not rows:
            return 0
        write_id = fresh_write_id()
        plan = {
            "rows": plan_rows(self._keys, rows),
            "events": plan_events(self._keys, events),
            **({"life": plan_life(life)} if life else {}),
        }
        keys = (self._keys.account(), self._keys.cursors(), self._keys.events())
        try:
            booked = int(self._write("append_rows", keys, write_id, pack(plan)))
        except StoreUnclear as error:
            return self._count_booked(rows, write_id, error)
        if booked < 0:
            raise AccountHeld
        return booked

    def _count_booked(self, rows: Sequence[LedgerRow], write_id: str, error: StoreUnclear) -> int:
        """See after a lost reply who booked the rows; Retryable when one is not booked."""
        ledger_epoch = self._client.read("HGET", self._keys.account(), "ledger_epoch") or "0"
        writers = [
            self._client.read(
                "HGET", self._keys.ledger_rows(row.ledger), f"{ledger_epoch}/{row.row_id}"
            )
            for row in rows
        ]
        if None in writers:
            raise Retryable("Redis did not book the rows; nothing was changed.") from error
        return writers.count(write_id)

    def load_rows(self, symbol: str, after: int = 0) -> tuple[LedgerRow, ...]:
        """Return the rows of a symbol beyond the first `after`, in the order of booking.

        Without those that left for the archive: `load_ledger` tells what they came to.
        """
        keys = (self._keys.ledger(symbol), self._keys.cursors(), self._keys.checkpoint(symbol))
        _, _, bodies = self._read("load_ledger", keys, symbol, after)
        return tuple(ROW.decode(body) for body in bodies)

    def find_first_fill(self, symbol: str) -> Fill | None:
        """Return the newest trade that left, else the oldest among the first rows, if any."""
        body = self._client.read("HGET", self._keys.checkpoint(symbol), "body")
        left = CHECKPOINT.decode(body).newest_fill if body else None
        if left is not None:
            return left
        bodies = self._client.read("LRANGE", self._keys.ledger(symbol), 0, _FIRST_ROWS - 1)
        return next(iter(only_fills(map(ROW.decode, bodies))), None)

    def is_booked(self, row: LedgerRow) -> bool:
        """Tell whether the row is in the ledger; one that left is not known here any more."""
        key, field = self._keys.ledger_rows(row.ledger), f"{row.ledger_epoch}/{row.row_id}"
        return bool(self._client.read("HEXISTS", key, field))

    def load_former_rows(self, ledger_epoch: int, symbol: str) -> tuple[LedgerRow, ...]:
        """Return the rows of a ledger that the exchange has reset since, as they were booked."""
        key = self._keys.former_ledger(ledger_epoch, symbol)
        return tuple(ROW.decode(body) for body in self._client.read("LRANGE", key, 0, -1))

    def load_former_cursors(self, ledger_epoch: int) -> Mapping[str, int]:
        """Return how many rows each symbol had in a ledger that the exchange has reset since."""
        return self._load_counts(self._keys.former_cursors(ledger_epoch))

    def begin_ledger(
        self,
        ledger_epoch: int,
        positions: Mapping[str, Position | None],
        portfolio: Versioned[Portfolio] | None,
        *,
        began_at_ms: int,
        events: Sequence[Event],
    ) -> bool:
        """Begin a new ledger after `ledger_epoch`, as AccountStore.begin_ledger describes."""
        write_id = fresh_write_id()
        plan = {
            "ledger_epoch": str(ledger_epoch),
            "began_at_ms": began_at_ms,
            "symbols": list(positions),
            "positions": {name: POSITION.encode(one) for name, one in positions.items() if one},
            "portfolio_version": str(portfolio.version) if portfolio else "0",
            "portfolio": PORTFOLIO.encode(portfolio.value) if portfolio else "",
            "position_key": self._keys.position(""),
            "ledger_key": self._keys.ledger(""),
            "former_key": self._keys.former_ledger(ledger_epoch, ""),
            "events": plan_events(self._keys, events),
        }
        keys = (
            *self._keys.order_books(),
            self._keys.portfolio(),
            self._keys.position_symbols(),
            self._keys.trade_cursors(),
            self._keys.outbox_published(),
            self._keys.former_cursors(ledger_epoch),
            self._keys.doubted(),
        )
        try:
            return bool(self._write("begin_ledger", keys, write_id, pack(plan)))
        except StoreUnclear as error:
            return self._began(ledger_epoch, write_id, error)

    def _began(self, ledger_epoch: int, write_id: str, error: StoreUnclear) -> bool:
        """See after a lost reply whether this write began the ledger after `ledger_epoch`."""
        names = ("ledger_epoch", "ledger_by")
        stored, author = self._client.read("HMGET", self._keys.account(), *names)
        if int(stored or 0) == ledger_epoch:
            raise Retryable("Redis did not begin a ledger; nothing was changed.") from error
        return bool(author == write_id)

    def load_cursors(self) -> Mapping[str, int]:
        return self._load_counts(self._keys.cursors())

    def _load_counts(self, key: str) -> Mapping[str, int]:
        flat = self._client.read("HGETALL", key)
        return {symbol: int(rows) for symbol, rows in zip(flat[::2], flat[1::2], strict=True)}

    def list_fills(self, symbol: str | None = None, limit: int = 1000) -> tuple[Fill, ...]:
        """Return the newest fills of one market, of one position in it, or of all; newest last."""
        symbols = [name for name in self.load_cursors() if symbol in {None, name, market_of(name)}]
        fills = [fill for name in symbols for fill in self._newest_fills(name, limit)]
        return tuple(sorted(fills, key=lambda fill: fill.sort_key)[-limit:]) if limit else ()

    def _newest_fills(self, symbol: str, limit: int) -> tuple[Fill, ...]:
        """Return the last fills that were booked; other rows among them do not count."""
        rows = self._client.read("LRANGE", self._keys.ledger(symbol), -limit, -1)
        fills = only_fills(ROW.decode(body) for body in rows)
        if len(fills) == limit or len(rows) < limit:
            return fills
        return only_fills(self.load_rows(symbol))[-limit:]

    def find_trade_cursor(self, symbol: str) -> str | None:
        mark: str | None = self._client.read("HGET", self._keys.trade_cursors(), symbol)
        return mark

    def save_trade_cursor(
        self, symbol: str, mark: str, *, read_from: str | None, life: Life
    ) -> bool:
        """Move the mark on from the one that was read; False when it or the life is another one."""
        return self._save_cursor(symbol, mark, read_from or "", pack(plan_life(life)))

    def reset_trade_cursor(self, symbol: str, mark: str) -> None:
        """Set the mark whatever it is, to read again from there."""
        self._save_cursor(symbol, mark, "*", "")

    def _save_cursor(self, symbol: str, mark: str, read_from: str, life: str) -> bool:
        written = self._keys.written(fresh_write_id())
        keys = (self._keys.trade_cursors(), written, self._keys.account())
        return bool(self._write("save_trade_cursor", keys, symbol, mark, read_from, life))
