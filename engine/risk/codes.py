"""Every reason that an order can be denied for: a closed list of stable codes."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from engine.domain.decimals import plain
from engine.domain.risk import Denied


class DenialCode(StrEnum):
    """Programs compare the code; each has a sentence for the table of the documentation."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> DenialCode:
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    ACCOUNT_DISABLED = ("ACCOUNT_DISABLED", "The account takes no new orders by configuration.")
    HALTED = ("HALTED", "Trading of the account is halted; only cancels pass.")
    REDUCING_ONLY = ("REDUCING_ONLY", "Only orders that shrink a position pass, and this does not.")
    UNKNOWN_SIGNAL = ("UNKNOWN_SIGNAL", "The order names a signal that is not there or another's.")
    STALE_SIGNAL = ("STALE_SIGNAL", "The signal was acted on after its time.")
    ALREADY_LONG = ("ALREADY_LONG", "A long position is open in the symbol.")
    ALREADY_SHORT = ("ALREADY_SHORT", "A short position is open in the symbol.")
    ALREADY_FLAT = ("ALREADY_FLAT", "There is nothing to close, or only dust.")
    SHORT_NOT_POSSIBLE = ("SHORT_NOT_POSSIBLE", "A spot account cannot sell what it does not hold.")
    ENTRY_PENDING = ("ENTRY_PENDING", "An unfinished order may already open this position.")
    EXIT_PENDING = ("EXIT_PENDING", "Unfinished orders already sell all that could be closed.")
    NOT_CLOSED = ("NOT_CLOSED", "What was to be reversed was not closed; nothing was opened.")
    NOT_REDUCING = ("NOT_REDUCING", "A reduce-only order would open or enlarge a position.")
    NO_STOP = ("NO_STOP", "The signal has no stop price and the settings require one.")
    STOP_ON_WRONG_SIDE = ("STOP_ON_WRONG_SIDE", "The stop would trigger at the current price.")
    TARGET_ON_WRONG_SIDE = ("TARGET_ON_WRONG_SIDE", "The target would be reached at once.")
    PROTECTION_NOT_POSSIBLE = ("PROTECTION_NOT_POSSIBLE", "An order that only closes has no stop.")
    TOO_MANY_STOPS = ("TOO_MANY_STOPS", "No more orders of the symbol may wait for a trigger.")
    NO_PRICE = ("NO_PRICE", "The market shows no price to check or size the order with.")
    NOT_TRADING = ("NOT_TRADING", "The exchange has suspended the symbol.")
    SYMBOL_MISMATCH = ("SYMBOL_MISMATCH", "The order was checked against another symbol's rules.")
    QUANTITY_MISSING = ("QUANTITY_MISSING", "Neither quantity nor quote quantity was given.")
    QUANTITY_AMBIGUOUS = ("QUANTITY_AMBIGUOUS", "Both quantity and quote quantity were given.")
    QUANTITY_NOT_POSITIVE = ("QUANTITY_NOT_POSITIVE", "The quantity is zero or below.")
    QUANTITY_OFF_STEP = ("QUANTITY_OFF_STEP", "The quantity is no multiple of the step.")
    QUANTITY_TOO_SMALL = ("QUANTITY_TOO_SMALL", "The quantity is below the symbol's minimum.")
    QUANTITY_TOO_LARGE = ("QUANTITY_TOO_LARGE", "The quantity is above the symbol's maximum.")
    QUOTE_QUANTITY_NOT_POSSIBLE = ("QUOTE_QUANTITY_NOT_POSSIBLE", "Only market orders take one.")
    QUOTE_QUANTITY_OFF_STEP = ("QUOTE_QUANTITY_OFF_STEP", "The amount has too many decimals.")
    NOTIONAL_TOO_SMALL = ("NOTIONAL_TOO_SMALL", "Price times quantity is below the minimum.")
    PRICE_MISSING = ("PRICE_MISSING", "The order type needs a price.")
    PRICE_NOT_POSSIBLE = ("PRICE_NOT_POSSIBLE", "The order type takes no price.")
    PRICE_OFF_TICK = ("PRICE_OFF_TICK", "The price is between two ticks.")
    PRICE_OUT_OF_RANGE = ("PRICE_OUT_OF_RANGE", "The price is outside the symbol's limits.")
    TRIGGER_MISSING = ("TRIGGER_MISSING", "The order type needs a trigger price.")
    TRIGGER_NOT_POSSIBLE = ("TRIGGER_NOT_POSSIBLE", "The order type takes no trigger price.")
    TRAILING_RATE = ("TRAILING_RATE", "A trailing stop needs a rate within its bounds.")
    TRAILING_NOT_POSSIBLE = ("TRAILING_NOT_POSSIBLE", "Only a trailing stop takes it.")
    TIME_IN_FORCE_NOT_POSSIBLE = ("TIME_IN_FORCE_NOT_POSSIBLE", "The order type cannot have it.")
    CLOSE_POSITION_NOT_POSSIBLE = (
        "CLOSE_POSITION_NOT_POSSIBLE",
        "Only a contract's stop or take-profit without an amount can close all of a position.",
    )
    GOOD_TILL_MISSING = ("GOOD_TILL_MISSING", "An order that is good till a date names none.")
    GOOD_TILL_NOT_POSSIBLE = ("GOOD_TILL_NOT_POSSIBLE", "The order cannot have a date of its end.")
    GOOD_TILL_TOO_SOON = ("GOOD_TILL_TOO_SOON", "The end is nearer than the exchange allows.")
    TRIGGER_BY_NOT_POSSIBLE = ("TRIGGER_BY_NOT_POSSIBLE", "The order cannot watch that price.")
    POST_ONLY_NOT_POSSIBLE = ("POST_ONLY_NOT_POSSIBLE", "Only a resting limit order can be one.")
    LEVERAGE_OUT_OF_RANGE = ("LEVERAGE_OUT_OF_RANGE", "The leverage is below 1 or above 125.")
    TOO_MANY_POSITIONS = ("TOO_MANY_POSITIONS", "The limit of open positions is reached.")
    LEVERAGE_ABOVE_LIMIT = ("LEVERAGE_ABOVE_LIMIT", "The leverage is above the account's limit.")
    ORDER_TOO_LARGE = ("ORDER_TOO_LARGE", "The order is worth more than one order may be.")
    PRICE_COLLAR = ("PRICE_COLLAR", "The limit price is much worse than the market's.")
    SYMBOL_EXPOSURE = ("SYMBOL_EXPOSURE", "The symbol would come to more than one symbol may.")
    GROSS_EXPOSURE = ("GROSS_EXPOSURE", "All symbols together would come to more than they may.")
    DAILY_LOSS = ("DAILY_LOSS", "The account lost as much today as it may in a day.")
    DRAWDOWN = ("DRAWDOWN", "The account is as far below its peak as it may be.")
    EQUITY_UNKNOWN = ("EQUITY_UNKNOWN", "A limit of losses is set, and nobody knows the equity.")
    ORDER_RATE = ("ORDER_RATE", "As many orders as a minute may have were placed in the last one.")
    REPEATED_REJECTIONS = (
        "REPEATED_REJECTIONS",
        "The exchange keeps refusing orders in the symbol for the same reason.",
    )
    OWN_CHECK = ("OWN_CHECK", "A check of the user's own said no.")
    OWN_CHECK_FAILED = ("OWN_CHECK_FAILED", "A check of the user's own raised or is not there.")
    INSUFFICIENT_BALANCE = ("INSUFFICIENT_BALANCE", "The free balance does not cover the order.")
    BUDGET_USED = ("BUDGET_USED", "Open positions and orders use the whole budget.")
    SIZE_TOO_SMALL = ("SIZE_TOO_SMALL", "What the limits allow is below the symbol's minimum.")


def deny(code: DenialCode, message: str, **numbers: Decimal | int | str) -> Denied:
    """Return a denial with the numbers that were compared, as plain text."""
    shown = tuple(
        (name, plain(value) if isinstance(value, Decimal) else str(value))
        for name, value in numbers.items()
    )
    return Denied(code=code.value, message=message, numbers=shown)
