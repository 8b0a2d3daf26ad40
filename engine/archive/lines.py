"""What one line of the archive says. Pure: records to bytes and back.

Each line is an object with the ids by which it is found in front, then the record as the store
kept it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.domain.events import Event
from engine.domain.fill import LedgerRow
from engine.domain.order import Order
from engine.domain.signal import SignalRecord
from engine.ports.history import ArchivedOrder, ArchivedRow, ArchivedSignal
from engine.store.codec import EVENT, ORDER, ROW, SIGNAL

#: Raised when a line's meaning changes, so that an older program leaves it alone.
LINE_VERSION = 1

Line = Mapping[str, Any]


def encode_order(order: Order, timeline: Sequence[Event], left_at_ms: int) -> bytes:
    return orjson.dumps(
        {
            "v": LINE_VERSION,
            "id": order.client_order_id,
            "exchange_order_id": order.exchange_order_id,
            "left_at_ms": left_at_ms,
            "order": orjson.Fragment(ORDER.encode(order)),
            "timeline": [orjson.Fragment(EVENT.encode(event)) for event in timeline],
        }
    )


def decode_order(line: Line) -> ArchivedOrder:
    timeline = tuple(EVENT.decode(_text(event)) for event in line["timeline"])
    return ArchivedOrder(order=ORDER.decode(_text(line["order"])), timeline=timeline)


def encode_row(row: LedgerRow, number: int, left_at_ms: int) -> bytes:
    return orjson.dumps(
        {
            "v": LINE_VERSION,
            "row_id": row.row_id,
            "symbol": row.ledger,
            "ledger_epoch": row.ledger_epoch,
            "number": number,
            "left_at_ms": left_at_ms,
            "row": orjson.Fragment(ROW.encode(row)),
        }
    )


def decode_row(line: Line) -> ArchivedRow:
    row = ROW.decode(_text(line["row"]))
    return ArchivedRow(row=row, number=line["number"], ledger_epoch=line["ledger_epoch"])


def encode_signal(signal_id: str, record: SignalRecord, left_at_ms: int) -> bytes:
    return orjson.dumps(
        {
            "v": LINE_VERSION,
            "id": signal_id,
            "left_at_ms": left_at_ms,
            "signal": orjson.Fragment(SIGNAL.encode(record)),
        }
    )


def decode_signal(line: Line) -> ArchivedSignal:
    return ArchivedSignal(signal_id=line["id"], record=SIGNAL.decode(_text(line["signal"])))


def parse(line: bytes) -> Line | None:
    """Return a line's fields; None for one that is damaged, or newer than this program."""
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    is_known = isinstance(fields, dict) and fields.get("v") == LINE_VERSION
    return fields if is_known else None


def named(field: str, value: str) -> bytes:
    """Return how a line says that a field of its own begins with `value`."""
    return orjson.dumps({field: value})[1:-2]


def _text(record: Any) -> str:
    return orjson.dumps(record).decode()
