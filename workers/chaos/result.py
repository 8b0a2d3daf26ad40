"""What chaos came to, for people and for programs. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from workers.chaos.proof import Proof

#: Sentences shown of each kind; all of them are in the folder that is left.
MOST_SHOWN = 5
#: What must be zero, in the words of the table.
ZEROS = {
    "duplicates": "second orders for one intent",
    "lost": "intents without an end",
    "in_doubt": "in doubt at the end",
    "unsettled": "not settled at the end",
    "fills_twice": "fills booked twice",
    "order_differences": "orders and trades that differ",
    "position_differences": "positions that differ",
    "balance_differences": "balances that differ",
    "unprotected": "positions without their stop and target",
    "outliving": "stops and targets without their position",
}


@dataclass(frozen=True, kw_only=True)
class Result:
    """The proof, and what it had to withstand."""

    proof: Proof
    seed: int
    repeats: int  # Calls with an id that had been used before
    faults: Counter[str]  # By name
    kills: Counter[str]  # By title
    pauses: Counter[str]
    stops: int = 0  # Emergency stops, each with its resume
    longest_in_doubt_ms: int
    seconds: float  # From the first order to the proof
    folder: Path | None = None  # What is left for the curious

    @property
    def verdict(self) -> str:
        answer = "yes" if self.proof.holds else "no"
        return f"each order placed once, each fill booked once, nothing lost: {answer}"


def to_document(result: Result) -> dict[str, Any]:
    """Return the result as JSON values."""
    proof = result.proof
    return {
        "intents": proof.intents,
        "own_orders": proof.own_orders,
        "exchange_orders": proof.exchange_orders,
        **{name: len(getattr(proof, name)) for name in ZEROS},
        "fills": proof.fills,
        "longest_in_doubt_ms": result.longest_in_doubt_ms,
        "faults": result.faults.total(),
        "kills": result.kills.total(),
        "pauses": result.pauses.total(),
        "stops": result.stops,
        "repeats": result.repeats,
        "seed": result.seed,
        "seconds": round(result.seconds, 1),
        "faults_by_name": dict(sorted(result.faults.items())),
        "kills_by_name": dict(sorted((result.kills + result.pauses).items())),
        "ends": dict(sorted(proof.ends.items())),
        "violations": {name: list(found) for name, found in proof.violations.items()},
        "folder": str(result.folder) if result.folder else None,
    }


def build_table(result: Result) -> Table:
    """Return the proof as a table of two columns."""
    proof = result.proof
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_row("intents", str(proof.intents))
    table.add_row("orders that followed from them", str(proof.own_orders))
    table.add_row("orders of the exchange", str(proof.exchange_orders))
    table.add_row("its fills", str(proof.fills))
    table.add_row("calls with a used id", str(result.repeats))
    table.add_row("faults that struck", str(result.faults.total()))
    table.add_row("processes killed", str(result.kills.total()))
    table.add_row("processes frozen", str(result.pauses.total()))
    table.add_row("emergency stops", str(result.stops))
    table.add_row("longest doubt", f"{result.longest_in_doubt_ms / 1000:.1f} s")
    table.add_section()
    for name, words in ZEROS.items():
        count = len(getattr(proof, name))
        table.add_row(words, f"[{'red' if count else 'green'}]{count}[/]")
    table.add_section()
    table.add_row("seed", str(result.seed))
    table.add_row("time", f"{result.seconds:.0f} s")
    return table


def describe_violations(result: Result) -> list[str]:
    """Return what is wrong, a line each, and where the rest is."""
    lines = []
    for name, found in result.proof.violations.items():
        lines += [f"{ZEROS[name]}: {sentence}" for sentence in found[:MOST_SHOWN]]
        left = len(found) - MOST_SHOWN
        lines += [f"{ZEROS[name]}: and {left} more"] if left > 0 else []
    return [*lines, f"logs, ledger and proof are in {result.folder}"] if lines else []
