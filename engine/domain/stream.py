"""What an exchange pushes about one account, and how well that works."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.report import OrderReport


@dataclass(frozen=True, kw_only=True)
class OrderNews:
    """Something happened to an order; a trade comes as the report's one fill."""

    report: OrderReport
    sent_at_ms: int  # Exchange time of the message


@dataclass(frozen=True, kw_only=True)
class BalanceNews:
    """Balances moved. A hint to ask anew: a lost message before it would leave a mixture."""

    assets: tuple[str, ...]
    updated_at_ms: int  # Exchange time


@dataclass(frozen=True, kw_only=True)
class StreamEnding:
    """The exchange announced that this subscription or connection ends."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class MarginCall:
    """Positions are near their liquidation, by the exchange's word."""

    positions: tuple[str, ...]  # By the name of the position
    sent_at_ms: int  # Exchange time


StreamMessage = OrderNews | BalanceNews | MarginCall | StreamEnding


@dataclass(frozen=True, kw_only=True)
class StreamHealth:
    """How far the stream of one account can be relied on; written by its leader."""

    leader: str = ""  # Who listens; "" = nobody
    term: int = 0  # Rises with every change of the leader: the fence of its writes
    is_live: bool = False  # Connected, subscribed, and heard of lately
    live_since_ms: int = 0  # Our time from which on nothing was missed
    heard_at_ms: int = 0  # Our time of the last sign of life
    doubts: int = 0  # How often a poll saw news that the stream should have brought before
    doubt: str = ""  # Why it was doubted last
    messages: int = 0  # Of this term
    reconnects: int = 0  # Of this term
