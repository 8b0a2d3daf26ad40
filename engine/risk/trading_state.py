"""May the account trade at all, and only to reduce?"""

from __future__ import annotations

from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.fill import Side
from engine.domain.order_terms import OrderTerms
from engine.domain.risk import Denied, RiskBook
from engine.domain.trading_state import TradingState
from engine.risk.book import current_position, pending_quantity
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, base_quantity, worst_price


def check_account_enabled(candidate: Candidate) -> Denied | None:
    """Deny when the configuration says that the account takes no new orders."""
    if candidate.context.is_enabled:
        return None
    account = candidate.intent.account
    return deny(
        DenialCode.ACCOUNT_DISABLED,
        f"account is {account}, which takes no new orders; set enabled to true to allow them.",
        account=account,
    )


def check_not_halted(candidate: Candidate) -> Denied | None:
    """Deny everything while the account is halted."""
    if candidate.context.book.trading_state is not TradingState.HALTED:
        return None
    return deny(
        DenialCode.HALTED, "trading state is halted; no order is allowed until it is resumed."
    )


def check_reducing(candidate: Candidate) -> Denied | None:
    """Deny what does not shrink a position while only that is allowed."""
    context = candidate.context
    if context.book.trading_state is not TradingState.REDUCING:
        return None
    quantity = needed_quantity(candidate)
    left = reducible_quantity(context.book, candidate.terms)
    if ZERO < quantity <= left or closes_position(context.book, candidate.terms):
        return None
    return deny(
        DenialCode.REDUCING_ONLY,
        f"quantity is {plain(quantity)} to {candidate.terms.side} while only reducing is allowed;"
        f" at most {plain(left)} {context.instrument.base} can still be reduced.",
        quantity=quantity,
        reducible=left,
    )


def reducible_quantity(book: RiskBook, terms: OrderTerms, without: str = "") -> Decimal:
    """Return how much (base) an order of this side can still take off the position.

    Whatever other unfinished orders may take is gone; `without` is the order's own id once it is
    in the book itself. 0 where the order does not stand against the position.
    """
    held = current_position(book, terms.position).net_quantity
    if not _opposes(held, terms.side):
        return ZERO
    taken = pending_quantity(book, terms.position, terms.side, without=without)
    with localcontext(EXACT):
        return max(abs(held) - taken, ZERO)


def closes_position(book: RiskBook, terms: OrderTerms) -> bool:
    """Tell whether the order closes all that is left, and stands against what is held now."""
    held = current_position(book, terms.position).net_quantity
    return terms.close_position and _opposes(held, terms.side)


def _opposes(held: Decimal, side: Side) -> bool:
    return held > 0 if side is Side.SELL else held < 0


def is_reducing(book: RiskBook, terms: OrderTerms, price: Decimal, without: str = "") -> bool:
    """Tell whether the order can do nothing but shrink its position (`price`: quote per base)."""
    if terms.close_position:
        return closes_position(book, terms)
    quantity = base_quantity(terms, price)
    return ZERO < quantity <= reducible_quantity(book, terms, without)


def needed_quantity(candidate: Candidate) -> Decimal:
    """Return the largest base quantity that the order may come to; 0 when it cannot be told."""
    terms, context = candidate.terms, candidate.context
    reference = context.reference_price(terms.side)
    if terms.quantity is not None:
        return terms.quantity
    if reference is None:
        return ZERO
    price = worst_price(terms, reference, context.settings.market_order_collar)
    return base_quantity(terms, price)
