"""What a caller believes about a position, compared with the fold. Never touches the ledger.

A bot that keeps its own idea of a position should learn at once when the exchange disagrees. The
belief is kept beside the state, so that whichever process folds the position can compare.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.events import Event, EventKind
from engine.domain.identity import AccountIdentity
from engine.domain.instrument import Instrument
from engine.domain.position import Position, PositionState, empty_position
from engine.errors import ExchangeRefused, Retryable
from engine.ports import AccountStore, Gateway, Store

#: A belief that nobody renewed for so long is forgotten.
KEEP_MS = 30 * 86_400_000
#: Fees, rounding and partial fills move an average price a little; beyond this it is another.
PRICE_TOLERANCE = Decimal("0.005")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A caller's belief; None is no belief."""

    symbol: str
    state: PositionState | None = None
    entry_price: Decimal | None = None  # Quote per base
    is_alarmed: bool = False  # A person was told already


def save_expectation(shared: Store, identity: AccountIdentity, expected: Expectation) -> None:
    """Keep the belief where every process sees it."""
    price = expected.entry_price
    text = json.dumps(
        {
            "state": expected.state,
            "entry_price": None if price is None else plain(price),
            "is_alarmed": expected.is_alarmed,
        }
    )
    shared.put_cache(_key(identity, expected.symbol), text, KEEP_MS)


def find_expectation(shared: Store, identity: AccountIdentity, symbol: str) -> Expectation | None:
    """Return the belief about `symbol`, if anybody has told one."""
    text = shared.find_cache(_key(identity, symbol))
    if text is None:
        return None
    words = json.loads(text)
    return Expectation(
        symbol=symbol,
        state=PositionState(words["state"]) if words["state"] else None,
        entry_price=Decimal(words["entry_price"]) if words["entry_price"] else None,
        is_alarmed=bool(words["is_alarmed"]),
    )


def _key(identity: AccountIdentity, symbol: str) -> str:
    return f"expectation:{identity.slug}:{symbol}"


def find_mismatch(
    expected: Expectation,
    position: Position,
    instrument: Instrument | None,
    price: Decimal | None = None,
) -> str | None:
    """Return what differs as one sentence, or None when belief and fold agree.

    Dust, what is too small to be sold, counts as FLAT; it cannot be told without `instrument`,
    nor by its worth without a `price` (quote per base).
    """
    differences = []
    is_dust = instrument is not None and instrument.is_dust(position.net_quantity, price)
    state = PositionState.FLAT if is_dust else position.direction
    if expected.state is not None and expected.state is not state:
        differences.append(f"is {state}, expected {expected.state}")
    entry, wanted = position.entry_price, expected.entry_price
    if wanted is not None and (entry is None or abs(entry - wanted) > wanted * PRICE_TOLERANCE):
        shown = "without entry price" if entry is None else f"entered at {entry:.8g}"
        differences.append(f"is {shown}, expected {plain(wanted)}")
    if not differences:
        return None
    return f"position of {expected.symbol} {' and '.join(differences)}."


def check_expectation(
    shared: Store, store: AccountStore, gateway: Gateway, symbol: str, now_ms: int
) -> str | None:
    """Compare the belief about `symbol` with its position; alarm once for each belief.

    Returns what differs. Compares nothing while an order of the symbol is unfinished or a trade
    is not folded: then neither side is the last word.
    """
    expected = find_expectation(shared, store.identity, symbol)
    if expected is None:
        return None
    book = store.load_risk_book()
    moves = any(one.symbol == symbol for one in book.reservations)
    if moves or book.unfolded.get(symbol):
        return None
    stored = store.find_position(symbol)
    position = stored.value if stored else empty_position("", symbol)
    instrument = _find_instrument(gateway, symbol)
    mismatch = find_mismatch(expected, position, instrument)
    if mismatch and expected.state is PositionState.FLAT:
        mismatch = find_mismatch(expected, position, instrument, _find_price(gateway, symbol))
    if mismatch and not expected.is_alarmed:
        alarm = Event(kind=EventKind.ALARM, at_ms=now_ms, symbol=symbol, message=mismatch)
        store.emit([alarm])
        save_expectation(shared, store.identity, replace(expected, is_alarmed=True))
    return mismatch


def _find_price(gateway: Gateway, symbol: str) -> Decimal | None:
    """Return what a sale would meet (quote per base); None when nobody tells: then it counts."""
    try:
        bid = gateway.load_ticker(symbol).bid
    except (Retryable, ExchangeRefused):
        return None
    return bid if bid.is_finite() and bid > 0 else None


def _find_instrument(gateway: Gateway, symbol: str) -> Instrument | None:
    return next((one for one in gateway.load_instruments() if one.symbol == symbol), None)
