"""Fault rules: which requests go wrong, and how."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field

Rule = TypeVar("Rule", bound=BaseModel)

FaultAnswer = Literal[
    "normal",
    "drop",
    "hang",
    "reset",
    "truncated",
    "chunked",
    "malformed",
    "empty",
    "html",
    "gzip",
    "redirect",
    "status",
]


class RequestFault(BaseModel):
    """One rule. What it matches: every field given; what it does: delays, effect and answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # What it matches
    method: str | None = None
    path: str | None = None
    command: str | None = None  # The endpoint's name on the WebSocket API, for example order.place
    symbol: str | None = None
    client_order_id_prefix: str | None = None
    key: str | None = None
    # How often
    skip: int = Field(0, ge=0)  # Matching requests to let pass first
    count: int | None = Field(1, ge=1)  # How many then go wrong; None for all
    probability: float = Field(1.0, ge=0, le=1)
    seed: int = 0
    # What happens
    delay_before_ms: int = Field(0, ge=0)  # Before anything is checked
    delay_before_matching_ms: int = Field(0, ge=0)  # After the first check of its timestamp
    delay_after_ms: int = Field(0, ge=0)  # After its effect, before the answer
    effect: bool = True  # Whether the request is processed
    answer: FaultAnswer = "normal"
    status: int = Field(503, ge=200, le=599)  # For the answer "status"
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    invisible_ms: int = Field(0, ge=0)  # A placed order is hidden from queries this long


class Armed(Generic[Rule]):
    """A rule with its memory: how many it let pass and hit."""

    def __init__(self, rule: Rule, skip: int, count: int | None, chance: float, seed: int) -> None:
        self.rule = rule
        self.hits = 0
        self._skip = skip
        self._count = count
        self._chance = chance
        self._random = random.Random(seed)

    def strikes(self) -> bool:
        """Return whether this match goes wrong, and count it."""
        if self._count is not None and self.hits >= self._count:
            return False
        if self._skip > 0:
            self._skip -= 1
            return False
        if self._chance < 1 and self._random.random() >= self._chance:
            return False
        self.hits += 1
        return True


class RequestFaults:
    """The rules in force, asked in the order in which they were added."""

    def __init__(self) -> None:
        self._rules: list[Armed[RequestFault]] = []

    def add(self, rule: RequestFault) -> None:
        self._rules.append(Armed(rule, rule.skip, rule.count, rule.probability, rule.seed))

    def clear(self) -> None:
        self._rules.clear()

    def hits(self) -> list[int]:
        """Return how often each rule struck."""
        return [armed.hits for armed in self._rules]

    def find(
        self, *, method: str, path: str, command: str, key: str, values: dict[str, str]
    ) -> RequestFault | None:
        """Return the rule that strikes this request, None when it goes well."""
        for armed in self._rules:
            rule = armed.rule
            if _matches(rule, method, path, command, key, values) and armed.strikes():
                return rule
        return None


#: A parameter that only one kind of list has, and its legs in their order.
_LEGS = {
    "pendingAboveType": ("working", "pendingAbove", "pendingBelow"),
    "pendingType": ("working", "pending"),
    "aboveType": ("above", "below"),
}


def _matches(
    rule: RequestFault, method: str, path: str, command: str, key: str, values: dict[str, str]
) -> bool:
    wanted = (
        (rule.method, method),
        (rule.path, path),
        (rule.command, command),
        (rule.key, key),
        (rule.symbol, values.get("symbol")),
    )
    if any(want is not None and want != has for want, has in wanted):
        return False
    if rule.client_order_id_prefix is None:
        return True
    named = values.get("origClientOrderId", "")
    return any(i.startswith(rule.client_order_id_prefix) for i in (*sent_ids(values), named))


def sent_ids(values: Mapping[str, str]) -> list[str]:
    """Return the client ids of the orders that a request would place, empty where it has none."""
    if "batchOrders" in values:
        try:
            rows = orjson.loads(values["batchOrders"])
        except orjson.JSONDecodeError:
            return []
        return [str(row.get("newClientOrderId", "")) for row in rows if isinstance(row, dict)]
    for mark, legs in _LEGS.items():
        if mark in values:
            return [values.get(f"{leg}ClientOrderId", "") for leg in legs]
    return [values.get("newClientOrderId") or values.get("clientAlgoId") or ""]
