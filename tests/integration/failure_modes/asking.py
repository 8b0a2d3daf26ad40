"""What the tests of the failure modes ask of a desk again and again."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.request import urlopen

from engine.domain.order import Order
from engine.execution.placing import submission
from tests.desk import Desk

#: An order that rests: below every bid.
LIMIT: dict[str, Any] = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}
#: Past window, tail and margins of the desk's timings.
PAST_WINDOW_MS = 120_000


def error_body(code: int, message: str) -> str:
    return json.dumps({"code": code, "msg": message})


def leave_out_market(desk: Desk, symbol: str) -> None:
    """Let the exchange's list of markets lack one of them."""
    with urlopen(f"{desk.paper.base_url}/api/v3/exchangeInfo") as answer:
        info = json.load(answer)
    info["symbols"] = [row for row in info["symbols"] if row["symbol"] != symbol]
    body, path = json.dumps(info), "/api/v3/exchangeInfo"
    desk.paper.control.add_fault(path=path, status=200, body=body, count=None, answer="status")


def submit_into(desk: Desk, fault: dict[str, Any], **terms: Any) -> Order:
    """Send one order into a fault; return it as the answer leaves it."""
    order = desk.place(**({"quantity": 1} | terms))
    desk.control.add_fault(method="POST", path=desk.order_path, **fault)
    submission.submit_order(desk.context, order.client_order_id)
    return desk.order(order.client_order_id)


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind == "alarm"]


def sent(desk: Desk, order: Order) -> int:
    """Return how often the exchange was asked to place the order since its counts began."""
    counts = desk.paper.control.stats()["sent_client_ids"]
    return int(counts.get(order.client_order_id, 0))
