"""What works at the exchange and what is held there, from its own ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.domain.decimals import ZERO
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
    facts: Facts
    prices: Mapping[str, str]

    def held(self, symbol: str) -> Decimal:
        """Return the position (base), below zero when short."""
        return Decimal(self.facts.get(f"position {word(symbol)} quantity", "0"))

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
        remaining=remaining, facts=ledger_facts(ledger, uid), prices=ledger["last_prices"]
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
        facts=contract_ledger_facts(ledger, uid),
        prices=ledger["last_prices"],
    )


def _remaining(row: Row) -> Decimal:
    return Decimal(row["quantity"]) - Decimal(row["filled_quantity"])
