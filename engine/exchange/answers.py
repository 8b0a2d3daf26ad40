"""What an HTTP answer proves. Pure.

ccxt's exception classes do not tell whether an order was placed: a refused connection and one
that was cut after the order was taken raise the same class, and a page of HTML comes back as an
order. So verdicts are made from the raw answer, by an allow-list: placed needs the exchange's own
JSON with both ids, refused needs its own JSON with a code that is final, or proof that nothing
left this machine. Everything else is unclear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

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
from engine.exchange.error_codes import SERVICE_UNAVAILABLE, Codes, is_definite_refusal
from engine.exchange.penalties import DEFAULT_PENALTY_S, penalty_ms
from engine.exchange.raw_answer import RawAnswer, Reach, Unreadable, read_body, read_error

T = TypeVar("T")

NOT_SENT = "NOT_SENT"


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
        may_stand=is_passing or codes.is_of_moment(code, message),
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
