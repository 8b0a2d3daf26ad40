"""What a caller writes of time limits and chases, checked. InvalidRequest names the field."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.domain.changing import Chase, ChaseEnd
from engine.domain.decimals import parse_positive, plain, shorten
from engine.domain.order_terms import OrderType, TimeInForce
from engine.domain.request import OrderIntent
from engine.domain.words import parse_word
from engine.errors import InvalidRequest

LONGEST_LIMIT_MS = 366 * 86_400_000
#: Each move is two requests and a record.
MOST_MOVES = 200
#: Percent: beyond it a chase has no bound worth the name.
LARGEST_DISTANCE = Decimal(20)


def parse_cancel_after(value: object) -> int | None:
    """Return the time limit in ms, from 1 to a year; None where none is set."""
    if value is None:
        return None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not 1 <= int(str(value)) <= LONGEST_LIMIT_MS:
        raise InvalidRequest(
            f"cancel_after_ms is {shorten(value)}; it must be a whole number from 1 to"
            f" {LONGEST_LIMIT_MS} (a year)."
        )
    return int(str(value))


def parse_chase(wish: Chase | None) -> Chase | None:
    """Return the chase with its numbers checked; what only we write is as it begins."""
    if wish is None:
        return None
    if not isinstance(wish, Chase):
        raise InvalidRequest(f"chase is {shorten(wish)}; it must be a Chase or None.")
    moves = wish.most_moves
    if isinstance(moves, bool) or not isinstance(moves, int) or not 1 <= moves <= MOST_MOVES:
        raise InvalidRequest(
            f"chase.most_moves is {shorten(moves)}; it must be a whole number from 1 to"
            f" {MOST_MOVES}."
        )
    away = parse_positive(wish.most_away, "chase.most_away")
    if away > LARGEST_DISTANCE:
        raise InvalidRequest(
            f"chase.most_away is {plain(away)}; it must be at most {plain(LARGEST_DISTANCE)}"
            " percent."
        )
    then = parse_word(ChaseEnd, wish.then, "chase.then")
    return Chase(most_moves=moves, most_away=away, then=then)


def check_following(intent: OrderIntent) -> OrderIntent:
    """Return the wish, a chased one post-only; InvalidRequest for what does not go together."""
    if intent.cancel_after_ms is not None and _ends_at_once(intent):
        raise InvalidRequest(
            f"cancel_after_ms is {intent.cancel_after_ms}; this {intent.order_type} order ends at"
            " once and takes none."
        )
    if intent.chase is None:
        return intent
    if intent.order_type is not OrderType.LIMIT or _ends_at_once(intent):
        raise InvalidRequest(
            f"chase is given; only a limit order that rests can be chased, not this"
            f" {intent.order_type} order."
        )
    if intent.price is not None:
        raise InvalidRequest(
            f"price is {plain(intent.price)}; a chased order takes the best price of its side."
        )
    return replace(intent, post_only=True)


def _ends_at_once(intent: OrderIntent) -> bool:
    forces = {TimeInForce.IOC, TimeInForce.FOK}
    is_triggered = intent.order_type.has_trigger
    is_market = intent.order_type is OrderType.MARKET
    return is_market or (intent.time_in_force in forces and not is_triggered)
