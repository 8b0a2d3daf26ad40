"""What is remembered of a strategy between two runs: where it stands, never what it thinks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.domain.position import Position

#: The first pause after a failed run; each further one doubles it.
FIRST_RETRY_MS = 2_000


@dataclass(frozen=True, kw_only=True)
class OwnPosition:
    """What fills of a strategy's own signals' orders came to, and how far they were read."""

    position: Position  # Both sides of a contract together; its cursor counts all rows read
    #: Rows read of the ledgers of a contract's two sides, by their names: hedge mode has them.
    side_cursors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SymbolMemory:
    """How far one symbol was looked at."""

    decided_until_ms: int  # Opening time of the newest candle that was decided on
    position: Position  # Of fills of its own signals' orders; its cursor counts all rows read
    ledger_epoch: int = 0  # The exchange's ledger that the position was folded from
    side_cursors: Mapping[str, int] = field(default_factory=dict)  # As of OwnPosition

    @property
    def own(self) -> OwnPosition:
        return OwnPosition(position=self.position, side_cursors=self.side_cursors)


@dataclass(frozen=True, kw_only=True)
class StrategyRecord:
    """One strategy on one account."""

    account: str
    name: str
    symbols: Mapping[str, SymbolMemory] = field(default_factory=dict)
    runs: int = 0
    signals: int = 0  # Sent; repeats do not count
    failures: int = 0  # Since it was first run
    failures_in_row: int = 0
    problem: str = ""  # Why the last run failed; "" when it did not
    retry_at_ms: int = 0
    paused_at_ms: int = 0  # 0: it is run
    ran_at_ms: int = 0

    @property
    def is_paused(self) -> bool:
        return self.paused_at_ms > 0

    def failed(
        self, problem: str, now_ms: int, *, longest_wait_ms: int, most: int
    ) -> StrategyRecord:
        """Return the record after a failed run; paused when it was the `most`th in a row."""
        in_row = self.failures_in_row + 1
        wait_ms = min(FIRST_RETRY_MS * 2 ** min(self.failures_in_row, 30), longest_wait_ms)
        return replace(
            self,
            failures=self.failures + 1,
            failures_in_row=in_row,
            problem=problem,
            retry_at_ms=now_ms + wait_ms,
            paused_at_ms=now_ms if in_row >= most else 0,
            ran_at_ms=now_ms,
        )

    def succeeded(
        self, symbols: Mapping[str, SymbolMemory], now_ms: int, *, sent: int
    ) -> StrategyRecord:
        """Return the record after a run that came to its end."""
        return replace(
            self,
            symbols=symbols,
            runs=self.runs + 1,
            signals=self.signals + sent,
            failures_in_row=0,
            problem="",
            retry_at_ms=0,
            ran_at_ms=now_ms,
        )

    def paused(self, now_ms: int, why: str) -> StrategyRecord:
        return replace(self, paused_at_ms=now_ms, problem=why)

    def resumed(self) -> StrategyRecord:
        """Return the record of a strategy that begins anew: what closed meanwhile is past."""
        positions = {
            symbol: replace(memory, decided_until_ms=0) for symbol, memory in self.symbols.items()
        }
        return replace(
            self,
            symbols=positions,
            failures_in_row=0,
            problem="",
            retry_at_ms=0,
            paused_at_ms=0,
        )


def tick_name(interval: str) -> str:
    """Return what beat's tick for candles of this length is called among the signs of life."""
    return f"candles_{interval}"
