"""Who an account is, and the ids that follow from it."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import dataclass

#: Every client order id of ours begins so: a rebuild recognises its own orders by it.
ORDER_PREFIX = "aug"
#: A spot cancel replaces the order's client id; ours is derived, so both can be looked up.
CANCEL_PREFIX = "auc"


@dataclass(frozen=True, kw_only=True)
class AccountIdentity:
    """The triple by which everything is keyed: a name may change, this does not."""

    venue: str  # "binance", or "binance-testnet", "paper": one ledger each
    uid: str  # The exchange's own number of the account
    market_type: str  # "spot" or "linear": USDⓈ-M contracts

    @property
    def slug(self) -> str:
        """The identity as one word, used in store keys."""
        return f"{self.venue}:{self.uid}:{self.market_type}"


#: Base-32 digits of the hash: 120 bits.
DIGITS = 24


def client_order_id(identity: AccountIdentity, tag: str, key: str, length: int = 32) -> str:
    """Return the client order id of a request key: the same key gives the same id for ever.

    Lower-case letters and digits only, the alphabet that every venue accepts; `length` is the
    venue's limit. 24 base-32 digits hold 120 bits, 13 (Kraken's 18 characters) still 65.
    """
    seed = "\x00".join((identity.venue, identity.uid, identity.market_type, key))
    digest = b32encode(hashlib.sha256(seed.encode()).digest()).decode().lower()
    room = min(length - len(ORDER_PREFIX) - len(tag), DIGITS)
    return f"{ORDER_PREFIX}{tag}{digest[:room]}"


def cancel_id(order_id: str) -> str:
    """Return the client id that our cancel gives to the order it ends."""
    return CANCEL_PREFIX + order_id.removeprefix(ORDER_PREFIX)


def original_id(exchange_client_id: str) -> str:
    """Return our order id behind an id seen on the exchange, replaced by our cancel or not."""
    if exchange_client_id.startswith(CANCEL_PREFIX):
        return ORDER_PREFIX + exchange_client_id.removeprefix(CANCEL_PREFIX)
    return exchange_client_id


def other_tag(exchange_client_id: str | None, tag: str) -> str | None:
    """Return the mark of the installation that made the id; None if it is ours, or nobody's."""
    if not exchange_client_id or is_ours(exchange_client_id, tag):
        return None
    order_id = original_id(exchange_client_id)
    if not order_id.startswith(ORDER_PREFIX) or len(order_id) < len(ORDER_PREFIX) + DIGITS:
        return None
    return order_id[len(ORDER_PREFIX) : -DIGITS]


def is_ours(exchange_client_id: str | None, tag: str) -> bool:
    """Tell whether this installation made the id.

    The length keeps tags apart of which one begins another, "a" and "ab".
    """
    if not exchange_client_id:
        return False
    order_id, beginning = original_id(exchange_client_id), ORDER_PREFIX + tag
    return order_id.startswith(beginning) and len(order_id) == len(beginning) + DIGITS
