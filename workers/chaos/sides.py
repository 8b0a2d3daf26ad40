"""How an account's market is read on both sides: coins and contracts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workers.chaos.market import FUTURES, SPOT
from workers.chaos.working import Working, coins_working, contracts_working
from workers.demo.contract_ledger_facts import child_of, contract_ledger_facts
from workers.demo.facts import Facts
from workers.demo.ledger_facts import ledger_facts
from workers.demo.our_contract_facts import our_contract_facts
from workers.demo.our_facts import Books, our_facts


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One order of the exchange's ledger."""

    title: str
    names: tuple[str, ...]  # Every client id that it ever had, the first one first


def _placed_coins(ledger: Mapping[str, Any], uid: str) -> list[Placed]:
    rows = [row for row in ledger["orders"] if str(row["uid"]) == uid]
    return [
        Placed(title=f"{row['symbol']} {row['order_id']}", names=tuple(row["client_order_ids"]))
        for row in rows
    ]


def _placed_contracts(ledger: Mapping[str, Any], uid: str) -> list[Placed]:
    """Return the orders; one that a trigger placed is its conditional order's own."""
    conditional = [row for row in ledger["algo_orders"] if str(row["uid"]) == uid]
    children = {child_of(row) for row in conditional}
    plain = [row for row in ledger["orders"] if str(row["uid"]) == uid]
    return [
        *(
            Placed(title=f"{row['symbol']} {row['order_id']}", names=(row["client_order_id"],))
            for row in plain
            if (row["symbol"], row["order_id"]) not in children
        ),
        *(
            Placed(title=f"{row['symbol']} algo {row['algo_id']}", names=(row["client_algo_id"],))
            for row in conditional
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Market:
    """How the two sides of an account are read, and its orders at the exchange."""

    name: str  # Of the exchange's ledger

    ours: Callable[[Books], Facts]
    theirs: Callable[[Mapping[str, Any], str], Facts]
    placed: Callable[[Mapping[str, Any], str], list[Placed]]
    working: Callable[[Mapping[str, Any], str], Working]


COINS = Market(
    name="spot",
    ours=our_facts,
    theirs=ledger_facts,
    placed=_placed_coins,
    working=coins_working,
)
CONTRACTS = Market(
    name="futures",
    ours=our_contract_facts,
    theirs=contract_ledger_facts,
    placed=_placed_contracts,
    working=contracts_working,
)
#: Of each account of the configuration.
MARKETS = {SPOT: COINS, FUTURES: CONTRACTS}
