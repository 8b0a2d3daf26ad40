"""Records as JSON text: exact decimals, a format version, tolerant of newer fields."""

from __future__ import annotations

import json
from typing import Annotated, Any, Generic, TypeVar

import orjson
from pydantic import Discriminator, Tag, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from engine.domain.candle import CandleList
from engine.domain.checkpoint import Checkpoint
from engine.domain.emergency import EmergencyRun
from engine.domain.equity import EquityPoint
from engine.domain.events import Event
from engine.domain.fill import BalanceRow, Fill, LedgerRow
from engine.domain.identity import AccountIdentity
from engine.domain.instrument import InstrumentList
from engine.domain.look import LookMemory
from engine.domain.order import Order
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.domain.protection import Protection
from engine.domain.report import Balances, Ticker
from engine.domain.risk import Reservation
from engine.domain.signal import SignalRecord
from engine.domain.strategy import StrategyRecord
from engine.domain.watched import Watched
from engine.errors import EngineError
from engine.ports import OutboxEntry

T = TypeVar("T")

#: Raised when a record's meaning changes so that an older program must not read it. A field that
#: is only added needs no new version: older programs skip it, newer ones have its default.
FORMAT_VERSION = 1


class UnreadableRecord(EngineError):
    """A stored record cannot be read by this program."""

    code = "UNREADABLE_RECORD"


class Codec(Generic[T]):
    """Turns one kind of record into text and back."""

    def __init__(self, name: str, record_type: Any) -> None:
        self._name = name
        self._adapter: TypeAdapter[T] = TypeAdapter(record_type)

    def encode(self, record: T) -> str:
        """Return the record as text; broken characters (half a surrogate pair) become "?"."""
        # Every record is a JSON object with at least one field: the version goes in front
        return f'{{"v":{FORMAT_VERSION},{self._dump(record)[1:]}'

    def _dump(self, record: T) -> str:
        try:
            return self._adapter.dump_json(record).decode()
        except PydanticSerializationError:
            # An exchange's message may hold them: its order must still be written down
            text = json.dumps(self._adapter.dump_python(record, mode="json"), ensure_ascii=False)
            return text.encode(errors="replace").decode()

    def decode(self, text: str) -> T:
        """Return the record; UnreadableRecord when it is newer than this program, or broken."""
        try:
            fields = orjson.loads(text)
            version = fields.pop("v")
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise UnreadableRecord(f"A stored {self._name} is not a record of ours.") from error
        if version != FORMAT_VERSION:
            raise UnreadableRecord(
                f"A stored {self._name} has format version {version}; this program reads "
                f"version {FORMAT_VERSION}. Upgrade this process."
            )
        try:
            return self._adapter.validate_python(fields)
        except ValidationError as error:
            raise UnreadableRecord(f"A stored {self._name} has a bad field: {error}") from error


def _row_tag(row: Any) -> str:
    is_fill = "trade_id" in row if isinstance(row, dict) else isinstance(row, Fill)
    return "fill" if is_fill else "balance"


_TaggedRow = Annotated[
    Annotated[Fill, Tag("fill")] | Annotated[BalanceRow, Tag("balance")], Discriminator(_row_tag)
]

ORDER: Codec[Order] = Codec("order", Order)
WATCHED: Codec[Watched] = Codec("watched order", Watched)
LOOK: Codec[LookMemory] = Codec("look", LookMemory)
RESERVATION: Codec[Reservation] = Codec("reservation", Reservation)
ROW: Codec[LedgerRow] = Codec("ledger row", _TaggedRow)
CHECKPOINT: Codec[Checkpoint] = Codec("checkpoint", Checkpoint)
POSITION: Codec[Position] = Codec("position", Position)
PORTFOLIO: Codec[Portfolio] = Codec("portfolio", Portfolio)
EQUITY_POINT: Codec[EquityPoint] = Codec("point of the equity series", EquityPoint)
EVENT: Codec[Event] = Codec("event", Event)
OUTBOX_ENTRY: Codec[OutboxEntry] = Codec("outbox entry", OutboxEntry)
SIGNAL: Codec[SignalRecord] = Codec("signal", SignalRecord)
STRATEGY: Codec[StrategyRecord] = Codec("strategy", StrategyRecord)
PROTECTION: Codec[Protection] = Codec("plan of protection", Protection)
EMERGENCY: Codec[EmergencyRun] = Codec("emergency run", EmergencyRun)
IDENTITY: Codec[AccountIdentity] = Codec("identity", AccountIdentity)
INSTRUMENTS: Codec[InstrumentList] = Codec("list of instruments", InstrumentList)
TICKER: Codec[Ticker] = Codec("ticker", Ticker)
BALANCES: Codec[Balances] = Codec("list of balances", Balances)
CANDLES: Codec[CandleList] = Codec("list of candles", CandleList)
