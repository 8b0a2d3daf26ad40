"""What an HTTP answer proves. Pure.

ccxt's exception classes do not tell whether an order was placed: a refused connection and one
that was cut after the order was taken raise the same class, and a page of HTML comes back as an
order. So verdicts are made from the raw answer, by an allow-list: placed needs the exchange's own
JSON with both ids, refused needs its own JSON with a code that is final, or proof that nothing
left this machine. Everything else is unclear.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from engine.domain.decimals import shorten
from engine.domain.report import (
    CancelAllAnswer,
    CancelAllDone,
    CancelAnswer,
    CancelDone,
    CancelRefused,
    Duplicate,
    OrderReport,
    Placed,
    Refusal,
    SubmitAnswer,
    Unclear,
)
from engine.errors import ExchangeRefused, ExchangeUnavailable

T = TypeVar("T")

FORBIDDEN, REQUEST_TIMEOUT, CONFLICT, IM_A_TEAPOT, TOO_MANY_REQUESTS = 403, 408, 409, 418, 429
SERVICE_UNAVAILABLE = 503
#: How long to stay quiet when the exchange does not say, in seconds.
DEFAULT_PENALTY_S = {TOO_MANY_REQUESTS: 60, IM_A_TEAPOT: 120}
#: A firewall before the exchange does not say how long it blocks; asking on makes it longer.
FIREWALL_PENALTY_S = 60
#: An exchange bans for three days at most; a larger figure is a mistake.
LONGEST_PENALTY_S = 3 * 86_400
NOT_SENT = "NOT_SENT"


class Unreadable(ValueError):
    """The exchange's message is not of the shape that its documentation gives."""


class Reach(StrEnum):
    """How far a request came."""

    BUILT = "built"  #: It could not even be signed
    CONNECTED = "connected"  #: No connection: not a byte of it left
    SENT = "sent"  #: It may have left


@dataclass(frozen=True, kw_only=True)
class RawAnswer:
    """One HTTP exchange as it was seen, before anybody interpreted it."""

    status: int | None = None  # None: no whole answer came
    headers: Mapping[str, str] = field(default_factory=dict)  # Names in lower case
    body: str = ""
    failed_before: Reach | None = None  # What the request did not reach; None: answered or SENT
    failure: str = ""  # In words, secrets masked

    @property
    def never_left(self) -> bool:
        """Tell whether it is proven that no byte of the request left."""
        return self.failed_before in {Reach.BUILT, Reach.CONNECTED}

    @property
    def is_ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True)
class Codes:
    """What an exchange's error codes mean: data of its dialect."""

    is_final: Callable[[int], bool]  # In a 4xx answer: nothing was done, for certain
    is_duplicate: Callable[[int, str], bool]  # The client id is in use: an order exists
    is_definite_overload: Callable[[int, str], bool]  # In a 503 answer: certainly not done
    is_of_room: Callable[[int, str], bool]  # What was missing, room or money, an order takes
    passing: frozenset[int]  # Of the final ones: another attempt may go well
    clock: frozenset[int]  # Our clock is off
    order_rate: frozenset[int]  # Too many orders of this account, the address is innocent
    no_such_order: frozenset[str]  # To a query
    not_open: frozenset[int]  # To a cancel
    key_refused: frozenset[int]  # Of a wrong form, unknown, from another address, or without right
    rules: frozenset[int]  # To an order: it is against the rules of its instrument


def parse_json(body: str) -> Any:
    """Return the JSON of `body`, numbers exact; raise Unreadable for anything else."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, ArithmeticError):
        raise Unreadable(f"the answer is not JSON: {shorten(body)}") from None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


def read_body(body: str, read: Callable[[Any], T]) -> T:
    """Return what `read` makes of the JSON of `body`; raise Unreadable for anything else."""
    try:
        return read(parse_json(body))
    except RecursionError:
        raise Unreadable("the answer is nested too deeply") from None


def read_error(answer: RawAnswer) -> tuple[int, str] | None:
    """Return the exchange's own (code, message), or None when the answer is not of that form."""
    try:
        error = parse_json(answer.body)
    except Unreadable:
        return None
    if not isinstance(error, dict):
        return None
    code, message = error.get("code"), error.get("msg")
    if isinstance(code, bool) or not isinstance(code, int) or not isinstance(message, str):
        return None
    return code, message


def is_definite_refusal(status: int, code: int, message: str, codes: Codes) -> bool:
    """Tell whether an error answer proves that the exchange did not act."""
    if status == SERVICE_UNAVAILABLE:
        return codes.is_definite_overload(code, message)
    is_client_error = 400 <= status < 500 and status not in {REQUEST_TIMEOUT, CONFLICT}
    return is_client_error and codes.is_final(code)


def judge_submit(
    answer: RawAnswer, codes: Codes, read: Callable[[Any], OrderReport]
) -> SubmitAnswer:
    """Return what the answer to a placement proves; `read` must raise Unreadable for junk."""
    if answer.never_left:
        is_passing = answer.failed_before is Reach.CONNECTED
        return Refusal(code=NOT_SENT, message=answer.failure, is_passing=is_passing)
    if answer.status is None:
        return Unclear(message=answer.failure or "no answer")
    if answer.is_ok:
        try:
            return Placed(report=read_body(answer.body, read))
        except Unreadable as error:
            return Unclear(message=f"HTTP {answer.status}: {error}")
    return _judge_error(answer.status, answer, codes)


def _judge_error(status: int, answer: RawAnswer, codes: Codes) -> SubmitAnswer:
    error = read_error(answer)
    if error is None:
        return Unclear(message=f"HTTP {status} without a word of the exchange's own")
    code, message = error
    if not is_definite_refusal(status, code, message, codes):
        return Unclear(message=f"HTTP {status}: {code} {message}")
    if codes.is_duplicate(code, message):
        return Duplicate(code=str(code), message=message)
    # A 503 that is a definite refusal is an overload, and those pass
    is_passing = code in codes.passing or status in {*DEFAULT_PENALTY_S, SERVICE_UNAVAILABLE}
    wait_ms = penalty_ms(answer) if is_passing else 0
    return Refusal(
        code=str(code),
        message=message,
        is_passing=is_passing,
        retry_after_ms=wait_ms,
        may_stand=codes.is_of_room(code, message),
    )


def judge_cancel(
    answer: RawAnswer, codes: Codes, read: Callable[[Any], OrderReport]
) -> CancelAnswer:
    """Return what the answer to a cancel proves; a cancel may always be sent again."""
    return _judge_cancel(answer, codes, lambda said: CancelDone(report=read(said)))


def judge_cancel_all(
    answer: RawAnswer, codes: Codes, read: Callable[[Any], tuple[OrderReport, ...]]
) -> CancelAllAnswer:
    """Return what the answer to a cancel of everything proves; unread in part is unclear."""
    return _judge_cancel(answer, codes, lambda said: CancelAllDone(reports=read(said)))


def _judge_cancel(
    answer: RawAnswer, codes: Codes, read: Callable[[Any], T]
) -> T | CancelRefused | Unclear:
    if answer.status is None:
        return Unclear(message=answer.failure or "no answer")
    if answer.is_ok:
        try:
            return read_body(answer.body, read)
        except Unreadable as error:
            return Unclear(message=f"HTTP {answer.status}: {error}")
    said = read_error(answer)
    if said is None:
        return Unclear(message=f"HTTP {answer.status} without a word of the exchange's own")
    code, message = said
    if code in codes.not_open and is_definite_refusal(answer.status, code, message, codes):
        return CancelRefused(code=str(code), message=message)
    return Unclear(message=f"HTTP {answer.status}: {code} {message}")


def read_answer(answer: RawAnswer, codes: Codes, what: str, read: Callable[[Any], T]) -> T:
    """Return what `read` makes of the answer to a question.

    Raises ExchangeRefused for a definite refusal, ExchangeUnavailable for everything else.
    """
    if answer.status is None:
        raise ExchangeUnavailable(f"{what}: {answer.failure or 'no answer'}.")
    if answer.is_ok:
        try:
            return read_body(answer.body, read)
        except Unreadable as error:
            raise ExchangeUnavailable(f"{what}: HTTP {answer.status}, {error}.") from None
    said = read_error(answer)
    if said is None:
        raise ExchangeUnavailable(f"{what}: HTTP {answer.status} without an explanation.")
    code, message = said
    sentence = f"{what}: {code} {message}"
    is_passing = code in codes.passing or answer.status in {*DEFAULT_PENALTY_S, SERVICE_UNAVAILABLE}
    if is_passing or not is_definite_refusal(answer.status, code, message, codes):
        raise ExchangeUnavailable(sentence)
    raise ExchangeRefused(sentence, exchange_code=str(code))


def penalty_ms(answer: RawAnswer) -> int:
    """Return how long the exchange wants us to be quiet; 0 when it did not complain of traffic."""
    default_s = DEFAULT_PENALTY_S.get(answer.status or 0)
    if is_firewall(answer):
        default_s = FIREWALL_PENALTY_S
    if default_s is None:
        return 0
    text = answer.headers.get("retry-after", "").strip()
    stated_s = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return min(stated_s or default_s, LONGEST_PENALTY_S) * 1_000


def is_firewall(answer: RawAnswer) -> bool:
    """Tell whether a firewall before the exchange refused: 403 without a word of its own."""
    return answer.status == FORBIDDEN and read_error(answer) is None


def is_ban(answer: RawAnswer) -> bool:
    """Tell whether this address is blocked, and not only asked to slow down."""
    return answer.status == IM_A_TEAPOT or is_firewall(answer)
