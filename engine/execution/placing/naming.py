"""What a wish is known by: the ids that its key stands for, and a fingerprint of what it asks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.domain.identity import client_order_id
from engine.domain.request import OrderIntent
from engine.domain.signal import Signal
from engine.execution.context import AccountContext


def digest_of(intents: Sequence[OrderIntent], signal: Signal | None) -> str:
    """Return one fingerprint for the whole wish.

    A signal is its own: the order that it means depends on the position, which moves.
    """
    words = repr(signal) if signal else "/".join(intent.digest for intent in intents)
    return hashlib.sha256(words.encode()).hexdigest()


def order_ids(
    context: AccountContext, key: str, count: int, *, is_signal: bool = False
) -> tuple[str, ...]:
    """Return the client order ids that a key stands for; the legs of a group are key/1, key/2.

    A signal's first order has the key itself: how many there are depends on what is held, and
    whoever looks a key up that a store has lost must find the first one at any number.
    """
    keys = [f"{key}/{number}" for number in range(1, count + 1)]
    if count == 1 or is_signal:
        keys[0] = key
    length = context.gateway.abilities.id_length
    return tuple(client_order_id(context.identity, context.tag, leg, length) for leg in keys)
