"""What a demo came to, for people and for programs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.fill import Fill
from engine.domain.order import Order
from workers.demo.lines import shown
from workers.demo.snapshot import Snapshot, filled_in_parts
from workers.demo.view import money

#: The line that the demo exists for.
EQUAL_LINE = "positions and balances equal the exchange's ledger"
#: Differences shown one by one; more of the same would say nothing new.
MOST_DIFFERENCES = 20


@dataclass(frozen=True, kw_only=True)
class Result:
    """How the demo ended."""

    traded: Snapshot  # The last one of the trading
    snapshot: Snapshot  # At rest
    compared: str  # How much was compared
    differences: tuple[str, ...]
    is_at_rest: bool  # Nothing was open or unbooked when it was compared
    plot: Path
    logs: tuple[Path, ...] = ()  # Kept where the two sides differ

    @property
    def is_equal(self) -> bool:
        """Tell whether everything is settled and every digit agrees."""
        return self.is_at_rest and not self.differences

    @property
    def verdict(self) -> str:
        return f"{EQUAL_LINE}: {'yes' if self.is_equal else 'no'}"


def build_table(result: Result) -> Table:
    """Return the summary as a table of two columns."""
    snapshot = result.snapshot
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    counts = Counter(order.status.value for order in snapshot.orders)
    statuses = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    table.add_row("orders", f"{len(snapshot.orders)}: {statuses or 'none'}")
    parts = filled_in_parts(snapshot.orders)
    table.add_row("fills", f"{len(snapshot.fills)}; {parts} orders filled in parts")
    table.add_row("brackets", describe_guards(snapshot.orders))
    table.add_row("fees", ", ".join(sum_fees(snapshot.fills)) or "none")
    for row in snapshot.positions:
        entry = f" at {money(row.entry_price)}" if row.entry_price is not None else ""
        held = f"{shown(row.net_quantity)}{entry}, realized {money(row.realized_pnl)}"
        table.add_row(f"position {row.symbol}", held)
    change = f"{money(snapshot.start_equity)} → {money(snapshot.equity)} {snapshot.quote}"
    table.add_row("equity", change)
    table.add_row("compared", result.compared)
    table.add_row("plot", str(result.plot))
    return table


def describe_guards(orders: Sequence[Order]) -> str:
    """Return what became of the stops that brackets placed; their targets are limit orders."""
    stops = [order for order in orders if order.terms.order_type.has_trigger]
    acted = sum(bool(order.filled_quantity) for order in stops)
    return f"{len(stops)} stops placed, resized ones too; {acted} acted"


def describe_differences(result: Result) -> list[str]:
    """Return what keeps the two sides from being equal, a line each."""
    lines = [] if result.is_at_rest else ["the account did not come to rest in time"]
    lines += result.differences[:MOST_DIFFERENCES]
    left = len(result.differences) - MOST_DIFFERENCES
    lines += [f"and {left} more"] if left > 0 else []
    return lines + [f"log: {path}" for path in result.logs]


def to_document(result: Result) -> dict[str, Any]:
    """Return the result as JSON values; money as text."""
    snapshot = result.snapshot
    return {
        "equal": result.is_equal,
        "differences": list(result.differences),
        "compared": result.compared,
        "orders": len(snapshot.orders),
        "fills": len(snapshot.fills),
        "filled_in_parts": filled_in_parts(snapshot.orders),
        "equity": None if snapshot.equity is None else plain(snapshot.equity),
        "start_equity": plain(snapshot.start_equity),
        "plot": str(result.plot),
    }


def sum_fees(fills: Sequence[Fill]) -> list[str]:
    """Return what was paid in each coin."""
    totals: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for fill in fills:
            totals[fill.fee_currency] = totals.get(fill.fee_currency, ZERO) + fill.fee
    return [f"{plain(total)} {coin}" for coin, total in sorted(totals.items()) if total]
