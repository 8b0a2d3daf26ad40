"""What goes wrong at the exchange: seeded storms of faults, each until the next. Pure.

Every fault stays inside what the settings allow for (market.py): nothing stays hidden, nothing
shows old news, and no clock jumps further than the margins before an order is called not
placed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.chaos.deck import Deck

#: The same request about contracts, which the WebSocket API has no names for.
CONTRACT_REQUESTS = {
    "order.place": (("POST", "/fapi/v1/order"), ("POST", "/fapi/v1/algoOrder")),
    "order.cancel": (("DELETE", "/fapi/v1/order"), ("DELETE", "/fapi/v1/algoOrder")),
    "order.status": (("GET", "/fapi/v1/order"), ("GET", "/fapi/v1/algoOrder")),
    "openOrders.status": (("GET", "/fapi/v1/openOrders"), ("GET", "/fapi/v1/openAlgoOrders")),
    "myTrades": (("GET", "/fapi/v1/userTrades"),),
    "allOrders": (("GET", "/fapi/v1/allOrders"), ("GET", "/fapi/v1/allAlgoOrders")),
    "account.status": (("GET", "/fapi/v3/balance"), ("GET", "/fapi/v1/income")),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A rule for the paper exchange's control API."""

    name: str
    rule: Mapping[str, Any]
    is_pushed: bool = False  # About the user stream, not about requests
    chance: float = 0.05  # Of each request or event that it matches

    @property
    def rules(self) -> tuple[Mapping[str, Any], ...]:
        """Return its rules for both markets; streams have one for both."""
        what = {name: value for name, value in self.rule.items() if name != "command"}
        contracts = CONTRACT_REQUESTS.get(self.rule.get("command", ""), ())
        return (
            self.rule,
            *({**what, "method": method, "path": path} for method, path in contracts),
        )


@dataclass(frozen=True, kw_only=True)
class Storm:
    """Faults in force from one order on, until the next storm."""

    at: int
    faults: tuple[Fault, ...]
    read_lag_ms: int = 0  # Queries show the state of so long ago
    clock_offset_ms: int = 0  # The exchange's clock beside the machine's
    seed: int = 0


#: The longest that a placed order is hidden from queries, and that queries show old news.
LONGEST_HIDDEN_MS, LONGEST_LAG_MS = 900, 900
#: The exchange's clock is minutes off, and at times jumps ahead. Never back: what it says of
#: balances would then be older than what it said before.
LARGEST_OFFSET_MS, LARGEST_STEP_MS = 300_000, 700
STEP_CHANCE = 0.2
STORM_EVERY, FAULTS_IN_STORM = 10, 9

_BANNED = json.dumps({"code": -1003, "msg": "Too many requests; please wait."})
_UNKNOWN = json.dumps({"code": -1000, "msg": "An unknown error occurred."})
_BUSY = json.dumps({"code": -1001, "msg": "Internal error; unable to process your request."})


def _place(name: str, chance: float = 0.05, **rule: Any) -> Fault:
    return Fault(name=f"place: {name}", rule={"command": "order.place", **rule}, chance=chance)


def _cancel(name: str, **rule: Any) -> Fault:
    return Fault(name=f"cancel: {name}", rule={"command": "order.cancel", **rule}, chance=0.1)


def _query(name: str, command: str, **rule: Any) -> Fault:
    return Fault(name=f"{command}: {name}", rule={"command": command, **rule}, chance=0.04)


def _pushed(name: str, chance: float, **rule: Any) -> Fault:
    return Fault(name=f"stream: {name}", rule=rule, is_pushed=True, chance=chance)


def _quiet(status: int, seconds: int) -> dict[str, Any]:
    """Return a rule that refuses a request and asks to stay quiet for so long."""
    headers = {"Retry-After": str(seconds)}
    return {"effect": False, "answer": "status", "status": status, "body": _BANNED} | {
        "headers": headers
    }


PLACE_FAULTS = (
    _place("lost on its way", effect=False, answer="drop"),
    _place("answer lost", 0.08, answer="drop"),
    _place("answer lost, order hidden", answer="drop", invisible_ms=LONGEST_HIDDEN_MS),
    _place("connection reset", answer="reset"),
    _place("no answer", answer="hang"),
    _place("half an answer", answer="truncated"),
    _place("half an answer in chunks", answer="chunked"),
    _place("broken JSON", answer="malformed"),
    _place("empty answer", answer="empty"),
    _place("a page instead of an answer", answer="html"),
    _place("redirected after its effect", answer="redirect"),
    _place("503 and placed", answer="status", status=503, body=_UNKNOWN),
    _place("503 and not placed", effect=False, answer="status", status=503, body=_UNKNOWN),
    _place("504 and placed", answer="status", status=504),
    _place("500 and not placed", effect=False, answer="status", status=500, body=_BUSY),
    _place("late", delay_before_ms=1_500),
    _place("later than its window", delay_before_ms=3_500),
    _place("slow to match", delay_before_matching_ms=1_200),
    _place("matched after we gave up", delay_before_matching_ms=2_500),
    _place("answered after we gave up", delay_after_ms=2_500),
    _place("429", 0.01, **_quiet(429, 1)),
    _place("418", 0.01, **_quiet(418, 2)),
)
OTHER_FAULTS = (
    _cancel("lost on its way", effect=False, answer="drop"),
    _cancel("answer lost", answer="drop"),
    _cancel("503 and canceled", answer="status", status=503, body=_UNKNOWN),
    _cancel("broken JSON", answer="malformed"),
    _cancel("late", delay_before_ms=1_500),
    _query("lost", "order.status", effect=False, answer="drop"),
    _query("503", "order.status", effect=False, answer="status", status=503),
    _query("late", "order.status", delay_after_ms=1_000),
    _query("half an answer", "openOrders.status", answer="truncated"),
    _query("503", "openOrders.status", effect=False, answer="status", status=503),
    _query("lost", "myTrades", effect=False, answer="drop"),
    _query("broken JSON", "myTrades", answer="malformed"),
    _query("500", "allOrders", effect=False, answer="status", status=500),
    _query("empty answer", "account.status", answer="empty"),
    _query("504", "account.status", effect=False, answer="status", status=504),
    _pushed("lost", 0.1, action="drop"),
    _pushed("said again", 0.15, action="repeat", times=3),
    _pushed("late", 0.1, action="delay", delay_ms=1_500),
    _pushed("out of order", 0.15, action="reorder"),
    _pushed("hung up", 0.02, action="disconnect"),
    _pushed("silent", 0.02, action="silence", delay_ms=2_500),
    _pushed("dead", 0.01, action="dead"),
)


def draw_storms(orders: int, seed: int) -> tuple[Storm, ...]:
    """Return the storms over so many orders, the same ones for the same seed."""
    dice = random.Random(f"storms {seed}")
    places, others = Deck(PLACE_FAULTS, dice), Deck(OTHER_FAULTS, dice)
    offset_ms = dice.randint(0, LARGEST_OFFSET_MS)
    storms = []
    for at in range(0, orders, STORM_EVERY):
        half = FAULTS_IN_STORM // 2
        faults = [places.draw() for _ in range(FAULTS_IN_STORM - half)]
        faults += [others.draw() for _ in range(half)]
        storms.append(
            Storm(
                at=at,
                faults=tuple(faults),
                read_lag_ms=dice.choice((0, 0, 0, 200, LONGEST_LAG_MS)),
                clock_offset_ms=offset_ms,
                seed=dice.randrange(2**31),
            )
        )
        if dice.random() < STEP_CHANCE:
            offset_ms += dice.randint(1, LARGEST_STEP_MS)
    return tuple(storms)
