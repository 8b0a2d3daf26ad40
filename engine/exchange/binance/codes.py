"""What Binance's error codes prove. Data and tiny functions.

-1000 to -1099 are about server and network: only those listed are certain not to have acted. All
others (-1100 and below: malformed requests, refused orders, filters) refuse before anything is
done, as long as they come with a 4xx status.
"""

from __future__ import annotations

from dataclasses import replace

from engine.exchange.error_codes import Codes

#: Answered before the request went any further: no permission, traffic, overload, a message that
#: no engine ever sees, unknown kind of order, order rate, operation, clock, signature.
FINAL_SERVER_CODES = frozenset({-1002, -1003, -1008, -1013, -1014, -1015, -1020, -1021, -1022})
TOO_MANY_REQUESTS, OVERLOAD, ORDER_RATE, CLOCK = -1003, -1008, -1015, -1021
NEW_ORDER_REJECTED, CANCEL_REJECTED, NO_SUCH_ORDER, IDS_DO_NOT_MATCH = -2010, -2011, -2013, -2039
BAD_KEY_FORMAT, KEY_REFUSED = -2014, -2015
FUTURES_DUPLICATE = -4116
#: "Stop order is triggering": its cancel came too late, and what became of it must be asked.
TRIGGERING = -4117
FILTER_FAILURE, TOO_MANY_DIGITS, UNKNOWN_SYMBOL = -1013, -1111, -1121
#: Of a contract: price, quantity, steps, and the least value.
FUTURES_RULES = frozenset(
    {*(-4001, -4002, -4003, -4004, -4005, -4006), *(-4013, -4014, -4016, -4023, -4024, -4164)}
)

#: Filters that look at what the account has already, or at prices, and not at the order alone.
MOMENT_FILTERS = ("MAX_NUM_", "EXCHANGE_MAX_NUM_", "MAX_POSITION", "PERCENT_PRICE", "NOTIONAL")
#: Of futures: balance, margin, position, reduce-only with nothing left to reduce, open orders, the
#: largest position, stop orders, a stop that closes the position beside another one.
ROOM_CODES = frozenset({-2018, -2019, -2022, -2024, -2025, -2027, -4045, -4118, -4130})
#: Of futures: a trigger that the price has passed, a limit order that would take or that cannot be
#: filled at once, prices too far from the market.
PRICE_CODES = frozenset({-2020, -2021, -4016, -4024, -4131, -5021, -5022})


def is_final(code: int) -> bool:
    """Tell whether the code, in a 4xx answer, proves that nothing was done."""
    return code in FINAL_SERVER_CODES or code <= -1100


def is_duplicate(code: int, message: str) -> bool:
    """Tell whether an order with our client id exists: never a rejection."""
    if code == FUTURES_DUPLICATE:
        return True
    return code == NEW_ORDER_REJECTED and "duplicate" in message.lower()


def is_of_moment(code: int, message: str) -> bool:
    """Tell whether an order that had been accepted a moment before could be refused like that.

    It would have taken the room or the money itself, or the price has moved through it since.
    """
    if code in ROOM_CODES or code in PRICE_CODES or code == NEW_ORDER_REJECTED:
        return True
    return code == FILTER_FAILURE and any(name in message for name in MOMENT_FILTERS)


def never_overload(code: int, message: str) -> bool:
    """Spot documents every 5xx as unknown; the definite overload texts are the futures' own."""
    return False


#: What futures answers with 503 when nothing reached the engine: its documentation says "100 %
#: failure" of both. The third text, "Unknown error, …", is what it says: unknown.
DEFINITE_OVERLOADS = frozenset(
    {
        "Service Unavailable.",
        "Internal error; unable to process your request. Please try again.",
    }
)


def is_definite_overload(code: int, message: str) -> bool:
    """Tell whether a 503 of the futures market proves that nothing was done."""
    return code == OVERLOAD or message in DEFINITE_OVERLOADS


SPOT = Codes(
    is_final=is_final,
    is_duplicate=is_duplicate,
    is_definite_overload=never_overload,
    is_of_moment=is_of_moment,
    passing=frozenset({TOO_MANY_REQUESTS, OVERLOAD, ORDER_RATE, CLOCK}),
    clock=frozenset({CLOCK}),
    order_rate=frozenset({ORDER_RATE}),
    no_such_order=frozenset({str(NO_SUCH_ORDER)}),
    not_open=frozenset({CANCEL_REJECTED, NO_SUCH_ORDER, IDS_DO_NOT_MATCH}),
    key_refused=frozenset({BAD_KEY_FORMAT, KEY_REFUSED}),
    rules=frozenset({FILTER_FAILURE, TOO_MANY_DIGITS, UNKNOWN_SYMBOL}),
)

FUTURES = replace(
    SPOT,
    is_definite_overload=is_definite_overload,
    not_open=SPOT.not_open | {TRIGGERING},
    rules=SPOT.rules | FUTURES_RULES,
)
