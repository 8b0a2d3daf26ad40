"""The gate that every order passes: small checks in a fixed order, the first no ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, Denied, Verdict
from engine.risk.balance import check_balance
from engine.risk.brackets import check_bracket
from engine.risk.conditional_orders import check_conditional_orders, conditional_orders
from engine.risk.context import Candidate, Check, RiskContext, terms_of
from engine.risk.exposure import check_gross_exposure, check_symbol_exposure
from engine.risk.instrument_rules import check_instrument_rules, check_symbol
from engine.risk.losses import check_daily_loss, check_drawdown
from engine.risk.order_limits import check_leverage, check_order_notional, check_price_collar
from engine.risk.pace import check_order_rate, check_rejections
from engine.risk.positions import (
    check_max_positions,
    check_reduce_only,
    check_signal_fits_position,
)
from engine.risk.reservation import build_reservation
from engine.risk.signals import check_signal, check_stop
from engine.risk.sizing import check_price, size_order
from engine.risk.trading_state import check_account_enabled, check_not_halted, check_reducing

#: What can be said before the order has a size.
BEFORE_SIZING: tuple[Check, ...] = (
    check_account_enabled,
    check_not_halted,
    check_symbol,
    check_signal,
    check_price,
    check_signal_fits_position,
    check_stop,
)
#: What needs the size. The instrument's rules come first: the others count on whole numbers.
AFTER_SIZING: tuple[Check, ...] = (
    check_instrument_rules,
    check_bracket,
    check_conditional_orders,
    check_reducing,
    check_reduce_only,
    check_order_notional,
    check_price_collar,
    check_max_positions,
    check_symbol_exposure,
    check_gross_exposure,
    check_leverage,
    check_balance,
    check_daily_loss,
    check_drawdown,
    check_order_rate,
    check_rejections,
)


def assess(intent: OrderIntent, context: RiskContext) -> Verdict:
    """Return the sized terms with what they reserve, or the first denial. Never raises.

    Explicit quantities are not changed; only a signal's order is sized here.
    """
    candidate = Candidate(intent=intent, terms=terms_of(intent), context=context)
    denied = first_denial(candidate, BEFORE_SIZING)
    if denied:
        return denied
    if candidate.needs_size:
        terms = size_order(candidate)
        if isinstance(terms, Denied):
            return terms
        candidate = replace(candidate, terms=terms)
    checks = (*AFTER_SIZING, *context.own_checks)
    return first_denial(candidate, checks) or _approve(candidate)


def first_denial(candidate: Candidate, checks: Iterable[Check]) -> Denied | None:
    """Run the checks in their order until one says no."""
    return next((denied for check in checks if (denied := check(candidate))), None)


def _approve(candidate: Candidate) -> Approved:
    terms, context = candidate.terms, candidate.context
    # Where no market price is needed, the order's own price bounds it
    reference = context.reference_price(terms.side) or terms.price or terms.trigger_price
    if reference is None:
        raise AssertionError("check_price lets no order without any price through")
    if context.instrument.market_type != "spot" and not terms.only_reduces:
        terms = replace(terms, leverage=candidate.leverage)
    held = build_reservation(terms, reference, context.settings.market_order_collar)
    waiting = conditional_orders(candidate.intent, context.instrument)
    return Approved(
        terms=terms,
        reservation=replace(held, conditional_orders=waiting),
        leverage=candidate.leverage,
    )
