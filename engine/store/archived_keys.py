"""Where an archived order is noted whose key a caller chose: a Bloom filter of fixed size. Pure.

What it does not know never left; what it may know is asked of the archive. A megabyte holds a
million ids with two wrong guesses in a hundred, and never misses one.
"""

from __future__ import annotations

import hashlib

from engine.domain.key_age import made_at_ms
from engine.domain.order import Order

#: Bits of the field, a mebibyte: seven of each byte, so that what reads all keys finds text.
SIZE = 7 * (1 << 20)
#: Bits that each id sets.
_BITS = 4
#: A key that we made ourselves is as old as its order; nobody repeats it by accident, and one
#: that is old is always asked for.
OWN_KEY_MS = 60_000


def bits_of(order: Order) -> list[int]:
    """Return the bits of an order's id; none where its key tells its age."""
    made_ms = made_at_ms(order.request_key)
    if made_ms is not None and abs(order.created_at_ms - made_ms) < OWN_KEY_MS:
        return []
    return bits_of_id(order.client_order_id)


def bits_of_id(client_order_id: str) -> list[int]:
    """Return the bits that an id sets."""
    digest = hashlib.sha256(client_order_id.encode()).digest()
    numbers = (int.from_bytes(digest[4 * at : 4 * at + 4]) % SIZE for at in range(_BITS))
    return [number // 7 * 8 + 1 + number % 7 for number in numbers]
