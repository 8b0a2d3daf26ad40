"""Fault rules for what is pushed over WebSockets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from workers.paper_exchange.control.faults import Armed

#: "silence": events stop for a while, pongs come. "dead": nothing comes any more on that
#: connection, no answer and no pong, though it stays open.
StreamAction = Literal["drop", "repeat", "delay", "reorder", "disconnect", "silence", "dead"]


class StreamFault(BaseModel):
    """One rule: which pushed events go wrong, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # What it matches
    stream: Literal["user", "market"] = "user"
    event: str | None = None  # executionReport, outboundAccountPosition, trade …
    execution_type: str | None = None  # NEW, TRADE, CANCELED … of a report about an order
    uid: int | None = None
    symbol: str | None = None
    client_order_id_prefix: str | None = None  # Of the id, or of the id before a cancel
    # How often
    skip: int = Field(0, ge=0)
    count: int | None = Field(1, ge=1)
    probability: float = Field(1.0, ge=0, le=1)
    seed: int = 0
    # What happens
    action: StreamAction
    times: int = Field(1, ge=1, le=100)  # Of "repeat": how often it is said again
    delay_ms: int = Field(0, ge=0)  # Of "delay"; of "silence": how long nothing is said


class StreamFaults:
    """The rules in force, asked in the order in which they were added."""

    def __init__(self) -> None:
        self._rules: list[Armed[StreamFault]] = []

    def add(self, rule: StreamFault) -> None:
        self._rules.append(Armed(rule, rule.skip, rule.count, rule.probability, rule.seed))

    def clear(self) -> None:
        self._rules.clear()

    def hits(self) -> list[int]:
        """Return how often each rule struck."""
        return [armed.hits for armed in self._rules]

    def find(self, stream: str, uid: int | None, event: dict[str, object]) -> StreamFault | None:
        """Return the rule that strikes this event, None when it goes well."""
        for armed in self._rules:
            if _matches(armed.rule, stream, uid, event) and armed.strikes():
                return armed.rule
        return None


def _matches(rule: StreamFault, stream: str, uid: int | None, event: dict[str, object]) -> bool:
    inner = event.get("o")  # Futures put what is said of an order into a part of its own
    said = inner if isinstance(inner, dict) else event
    wanted = (
        (rule.stream, stream),
        (rule.uid, uid),
        (rule.event, event.get("e")),
        (rule.execution_type, said.get("x")),
        (rule.symbol, said.get("s")),
    )
    if any(want is not None and want != has for want, has in wanted):
        return False
    prefix = rule.client_order_id_prefix
    return prefix is None or any(
        str(said.get(name, "")).startswith(prefix) for name in ("c", "C", "caid")
    )
