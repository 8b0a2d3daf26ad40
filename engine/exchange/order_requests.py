"""Requests that act on orders: placements and cancels. Their answers say what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import (
    CancelAllAnswer,
    CancelAllDone,
    CancelAnswer,
    OrderReport,
    Refusal,
    SubmitAnswer,
    Unclear,
)
from engine.errors import ClockUnknown, ExchangeRefused, ExchangeUnavailable
from engine.exchange.answers import judge_cancel, judge_cancel_all, judge_submit
from engine.exchange.contract_settings import ContractSettings
from engine.exchange.dialect import Dialect, OrderWords, Request
from engine.exchange.questions import Questions, accept
from engine.exchange.raw_answer import RawAnswer
from engine.exchange.wire import Wire


class OrderRequests:
    """Places and cancels on one account."""

    def __init__(
        self,
        *,
        dialect: Dialect,
        wire: Wire,
        questions: Questions,
        confirm: Callable[[Lane], None],
        contracts: ContractSettings | None,
        on_rules: Callable[[], None],
    ) -> None:
        """`on_rules` hears that an order was refused by the rules of its instrument."""
        self._dialect = dialect
        self._wire = wire
        self._questions = questions
        self._confirm = confirm
        self._contracts = contracts
        self._on_rules = on_rules

    def prepare(self, order: Order, *, nonce: str, lane: Lane) -> None:
        """Make ready all that `submit` needs: connection, clock, and last the allowance."""
        self._wire.check_process()
        self._dialect.check_order(order)
        self._confirm(lane)
        if self._contracts is not None:
            self._contracts.prepare(order.terms, lane)
        if self._wire.is_cold or self._wire.is_clock_due:
            self._wire.measure_clock(lane)
        self._wire.reserve(self._dialect.submit_cost, lane, nonce)

    def submit(self, order: Order) -> SubmitAnswer:
        """Send a claimed order, signed with its `signed_at_ms`: one request, no waiting."""
        words = self._words(order)
        answer = self._wire.send(words.submit(order))
        return self._judge(answer, partial(words.read_placed, order=order))

    def prepare_list(self, orders: tuple[Order, Order], *, nonce: str, lane: Lane) -> None:
        """Make ready all that `submit_list` needs: connection, clock, and last the allowance."""
        self._wire.check_process()
        cost = self._dialect.check_list(orders)
        self._confirm(lane)
        if self._wire.is_cold or self._wire.is_clock_due:
            self._wire.measure_clock(lane)
        self._wire.reserve(cost, lane, nonce)

    def submit_list(self, orders: tuple[Order, Order]) -> tuple[SubmitAnswer, SubmitAnswer]:
        """Send two claimed orders in one request; what is proven of each is told alone."""
        answer = self._wire.send(self._dialect.submit_list(orders))
        first, second = (
            self._judge(answer, partial(self._dialect.read_listed, order=order)) for order in orders
        )
        return first, second

    def _judge(self, answer: RawAnswer, read: Callable[[Any], OrderReport]) -> SubmitAnswer:
        codes = self._dialect.codes
        verdict = judge_submit(answer, codes, read)
        if isinstance(verdict, Refusal) and verdict.code in map(str, codes.rules):
            self._on_rules()
        return verdict

    def cancel(self, order: Order, lane: Lane) -> CancelAnswer:
        """Ask for the end of the order. May be repeated; raises BudgetExhausted only."""
        words = self._words(order)
        request = words.cancel(order)
        try:
            self._confirm(lane)
            self._questions.ready_to_sign(lane)
        except (ExchangeUnavailable, ExchangeRefused, ClockUnknown) as error:
            return Unclear(message=f"not sent: {error}")
        self._wire.reserve(request.endpoint.cost, lane)
        answer = self._wire.send(request)
        return judge_cancel(
            answer, self._dialect.codes, lambda said: words.read_canceled(said, order)
        )

    def cancel_all(
        self, symbol: str, *, signed_at_ms: int, recv_window_ms: int, lane: Lane
    ) -> CancelAllAnswer:
        """End every open order of the symbol, whoever's, signed for that time.

        One request for each service that keeps orders, conditional ones first: what is triggered
        between the two is among the others then. All allowances are taken before the first.
        """
        services: list[OrderWords] = [self._dialect]
        if self._dialect.conditional is not None:
            services.insert(0, self._dialect.conditional)
        requests = [one.cancel_all(symbol, signed_at_ms, recv_window_ms) for one in services]
        self._confirm(lane)
        costs = [request.endpoint.cost for request in requests]
        weight, count = sum(one.weight for one in costs), len(costs)
        self._wire.reserve(replace(costs[0], weight=weight, requests=count), lane)
        return _together(
            [
                self._end_all(words, request, symbol)
                for words, request in zip(services, requests, strict=True)
            ]
        )

    def set_countdown(self, symbol: str, length_ms: int, lane: Lane) -> None:
        """Have the exchange end every order of the symbol after so long; 0 takes that away."""
        request = self._dialect.set_countdown(symbol, length_ms)
        self._questions.ask(request, lane, f"the countdown of {symbol}", accept)

    def _end_all(self, words: OrderWords, request: Request, symbol: str) -> CancelAllAnswer:
        answer = self._wire.send(request)
        return judge_cancel_all(
            answer, self._dialect.codes, lambda said: words.read_canceled_all(said, symbol)
        )

    def _words(self, order: Order) -> OrderWords:
        conditional = self._dialect.conditional
        keeps = conditional is not None and conditional.keeps(order)
        return conditional if conditional is not None and keeps else self._dialect


def _together(answers: list[CancelAllAnswer]) -> CancelAllAnswer:
    """Return the answer to all: the least certain of them. Pure."""
    for answer in sorted(answers, key=lambda one: not isinstance(one, Unclear)):
        if not isinstance(answer, CancelAllDone):
            return answer
    done = [answer for answer in answers if isinstance(answer, CancelAllDone)]
    return CancelAllDone(reports=tuple(report for one in done for report in one.reports))
