"""What works at the exchange and what is held there, from its own ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.domain.decimals import ZERO
from engine.domain.derivative import market_of, side_of
from workers.demo.contract_ledger_facts import child_of, contract_ledger_facts
from workers.demo.facts import Facts
from workers.demo.ledger_facts import ledger_facts
from workers.demo.our_facts import word

Row = Mapping[str, Any]

OPEN = frozenset({"NEW", "PARTIALLY_FILLED"})
#: A conditional order that its trigger has not passed on yet.
WAITING = frozenset({"NEW", "TRIGGERING"})


@dataclass(frozen=True, kw_only=True)
class Working:
    """One account at the exchange at one moment."""

    remaining: Mapping[str, Decimal]  # Client id of an open order -> what it may still trade
    positions: Mapping[str, Decimal]  # By the exchange's word, in hedge mode with the side
    prices: Mapping[str, str]

    def held(self, position: str) -> Decimal:
        """Return what is held (base) of a position by our name of it, below zero when short."""
        name = f"{word(market_of(position))} {side_of(position).upper()}"
        return self.positions.get(name.removesuffix(" BOTH"), ZERO)

    def price(self, symbol: str) -> Decimal:
        """Return the last price (quote per base)."""
        return Decimal(self.prices[word(symbol)])


def coins_working(ledger: Row, uid: str) -> Working:
    """Return the spot account `uid`; an order may have had several ids."""
    remaining = {
        name: _remaining(row)
        for row in ledger["orders"]
        if str(row["uid"]) == uid and row["status"] in OPEN
        for name in row["client_order_ids"]
    }
    return Working(
        remaining=remaining,
        positions=_positions(ledger_facts(ledger, uid)),
        prices=ledger["last_prices"],
    )


def contracts_working(ledger: Row, uid: str) -> Working:
    """Return the futures account `uid`; a conditional order may work through its child."""
    plain = {
        (row["symbol"], row["order_id"]): row
        for row in ledger["orders"]
        if str(row["uid"]) == uid and row["status"] in OPEN
    }
    remaining = {row["client_order_id"]: _remaining(row) for row in plain.values()}
    for row in ledger["algo_orders"]:
        if str(row["uid"]) != uid:
            continue
        child = plain.get(child_of(row))
        waiting = Decimal(row["quantity"]) if row["status"] in WAITING else ZERO
        remaining[row["client_algo_id"]] = _remaining(child) if child else waiting
    return Working(
        remaining=remaining,
        positions=_positions(contract_ledger_facts(ledger, uid)),
        prices=ledger["last_prices"],
    )


def _positions(facts: Facts) -> dict[str, Decimal]:
    """Return the quantities of positions: "position BTCUSDT quantity" is the name of one."""
    return {
        name.split()[1]: Decimal(text)
        for name, text in facts.items()
        if name.startswith("position ") and name.endswith(" quantity")
    }


def _remaining(row: Row) -> Decimal:
    return Decimal(row["quantity"]) - Decimal(row["filled_quantity"])
