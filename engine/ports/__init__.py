"""What the engine needs from the world. Adapters implement it, tests and simulations too."""

from engine.ports.abilities import Abilities, IdScope, QueryWeights
from engine.ports.account_store import AccountStore
from engine.ports.answers import Answer, ExchangeAnswers, SharedAnswers
from engine.ports.archive_records import ArchiveRecords, ClosedPage, LeavingGroup, LedgerView
from engine.ports.budget import Budget, Cost, Counted, Window, WindowScope, WindowUsage
from engine.ports.dispatcher import Dispatcher
from engine.ports.gateway import Gateway
from engine.ports.history import ArchivedOrder, ArchivedRow, ArchivedSignal, History, Moved
from engine.ports.ledger_records import LedgerRecords
from engine.ports.protection_records import ProtectionRecords
from engine.ports.records import (
    ClaimOutcome,
    Due,
    NewGroup,
    OrderFilter,
    OutboxEntry,
    Recorded,
    RecordOutcome,
    Versioned,
)
from engine.ports.state_records import StateRecords
from engine.ports.store import Store
from engine.ports.strategy_records import StrategyRecords
from engine.ports.stream_records import StreamRecords
from engine.ports.time import Clock, Random
from engine.ports.user_stream import UserStream
from engine.ports.watch_records import LOOK_ENTRY, WatchRecords

__all__ = [
    "LOOK_ENTRY",
    "Abilities",
    "AccountStore",
    "Answer",
    "ArchiveRecords",
    "ArchivedOrder",
    "ArchivedRow",
    "ArchivedSignal",
    "Budget",
    "ClaimOutcome",
    "Clock",
    "ClosedPage",
    "Cost",
    "Counted",
    "Dispatcher",
    "Due",
    "ExchangeAnswers",
    "Gateway",
    "History",
    "IdScope",
    "LeavingGroup",
    "LedgerRecords",
    "LedgerView",
    "Moved",
    "NewGroup",
    "OrderFilter",
    "OutboxEntry",
    "ProtectionRecords",
    "QueryWeights",
    "Random",
    "RecordOutcome",
    "Recorded",
    "SharedAnswers",
    "StateRecords",
    "Store",
    "StrategyRecords",
    "StreamRecords",
    "UserStream",
    "Versioned",
    "WatchRecords",
    "Window",
    "WindowScope",
    "WindowUsage",
]
