"""The state of one account in Redis, put together from its parts."""

from __future__ import annotations

from engine.store.account_state import AccountStates
from engine.store.archiving import Archiving
from engine.store.due import DueWork
from engine.store.emergency import EmergencyRuns
from engine.store.holdings import Holdings
from engine.store.ledger import Ledger
from engine.store.lookups import OrderLookups
from engine.store.orders import OrderRecords
from engine.store.outbox import Outbox
from engine.store.protections import Protections
from engine.store.streams import StreamLeadership
from engine.store.telling import Telling


class RedisAccountStore(
    OrderRecords,
    OrderLookups,
    DueWork,
    Ledger,
    Holdings,
    Outbox,
    Archiving,
    StreamLeadership,
    AccountStates,
    EmergencyRuns,
    Protections,
    Telling,
):
    """Implements the port AccountStore; every write is one script that goes out once."""
